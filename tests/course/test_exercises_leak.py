"""The exercises of lesson 5: right answers, every misconception that they name, and other wrong ones."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from equipoise.course import EXERCISES
from equipoise.course import _exercise_exposed as exposed_module
from equipoise.course import _exercise_reidentify as reidentify_module
from equipoise.course import _exercise_ten_alike as ten_alike_module
from equipoise.course import _exercise_told as told_module
from equipoise.course._exercise_exposed import exposed_most
from equipoise.course._exercise_reidentify import find
from equipoise.course._exercise_ten_alike import KNOWN, STEPS, ten_alike
from equipoise.course._exercise_told import told_by
from equipoise.intervals import difference, newcombe
from equipoise.privacy.anonymity import ModelLoss, anonymise
from equipoise.privacy.attacks import within_generalised

# The hidden worlds are made once, in the process that judges.

PERSON = ["postcode_area", "birth_date", "gender"]


def rows_of(table, public, person, columns=PERSON):
    own = public.set_index("name").loc[person]
    return table[np.logical_and.reduce([table[name] == own[name] for name in columns])]


def by_rows(say, columns=PERSON):
    """Return answers to 5a from the rows that fit on these columns, and the people who do."""
    return lambda export, public, person: say(
        rows_of(export, public, person, columns), rows_of(public, public, person, columns)
    )


def only(rows, people):
    return rows.index[0] if len(rows) == len(people) == 1 else None


def by_merging(export, public, person):
    both = export.reset_index().merge(public, on=PERSON)
    mine = both[both["name"] == person]["index"]
    return np.int64(mine.iloc[0]) if (both["index"].isin(mine)).sum() == 1 else np.nan


def positions(export, public, person):
    label = find(export, public, person)
    return None if label is None else export.index.get_loc(label)


def nearest(export, public, person):
    rows = rows_of(export, public, person)
    if len(rows):
        return only(rows, rows_of(public, public, person))
    return rows_of(export, public, person, ["gender"]).index[0]


def without_unknown(export, public, person):
    return find(export[export["gender"] != "unknown"], public, person)


def generalised(**how):
    """Return answers to 5b by `anonymise`, whose loss may be made of the task."""

    def answer(table, task):
        loss = how.get("loss", "ncp")
        asked = {"quasi_identifiers": STEPS, "k": 10} | how
        return anonymise(table, **(asked | {"loss": loss(task) if callable(loss) else loss})).table

    return answer


def bands(recency, tenure=None):
    """Return answers to 5b by hand: two columns in wide bands, the others hidden."""

    def answer(table, task):
        said = table.assign(**dict.fromkeys(KNOWN, "*"))
        said["days_since_last_order"] = (table["days_since_last_order"] // recency).clip(upper=3)
        if tenure is not None:
            said["tenure_days"] = np.where(table["tenure_days"] < tenure, "new", "old")
        return said

    return answer


def hidden(*names):
    return lambda table, task: table.assign(**dict.fromkeys(names, "*"))


def each_column(table, task):
    said = table.copy()
    for name in KNOWN:
        values = table[name].astype(str)
        said[name] = values.where(values.map(values.value_counts()) > 30, "other")
        shared = said[name].map(said[name].value_counts())
        said.loc[shared < 10, name] = said[name].mode()[0]
    return said


def leaving_out(table, task):
    said = bands(30)(table, task).assign(lead_source=table["lead_source"])
    said["postcode_area"] = table["postcode_area"]
    return said[said.groupby(KNOWN)["orders_3m"].transform("size") >= 10]


def telling(table, task):
    return hidden(*KNOWN)(table, task).assign(lead_source=task.y)


def spoiling(table, task):
    said = bands(90)(table, task)
    table.loc[:, "tenure_days"] = 0
    task.X.loc[:, "tenure_days"] = 0
    return said


def reasons(say, starred=True):
    """Return answers to 5c from the reasons of the rows that may be the person."""

    def answer(released, person):
        fits = np.ones(len(released), bool)
        for name in PERSON:
            fits &= [within_generalised(v, person[name]) for v in released[name]]
            fits &= [starred or v != "*" for v in released[name]]
        return say(released["reason"][fits].tolist())

    return answer


def same(said):
    return said[0] if len(set(said)) == 1 else None


def commonest(said):
    return max(sorted(set(said)), key=said.count) if said else None


def cut_of(rows, best=None):
    alarms, hits, cuts = roc_curve(rows["member"], rows["score"], drop_intermediate=False)
    share = rows["member"].mean()
    gain = hits - alarms if best is None else share * hits + (1 - share) * (1 - alarms)
    return cuts[np.argmax(gain)]


def rates(rows, called):
    member = rows["member"]
    return called[member].mean(), called[~member].mean()


def measured(measure, whom=lambda scores: exposed_most(scores)[1], best=None):
    """Return answers to 5d with a figure of rows, the called and their own cut on the same rows."""

    def answer(scores):
        called = scores["score"] >= cut_of(scores, best)
        return float(measure(scores, called)), whom(scores)

    return answer


def advantage(scores, called):
    hits, alarms = rates(scores, called)
    return hits - alarms


def in_folds(scores):
    """Choose each cut on four fifths and count on the fifth."""
    fold = np.random.default_rng(3).permutation(len(scores)) % 5
    called = pd.Series(False, index=scores.index)
    for place in range(5):
        called[fold == place] = scores["score"][fold == place] >= cut_of(scores[fold != place])
    hits, alarms = rates(scores, called)
    return np.float64(hits - alarms), against_the_rest(scores, called)


def against_the_rest(scores, called, level=1 - 0.05 / 3):
    """Return the group whose advantage is above that of the others, whoever they are."""
    for group in "ABC":
        own = scores["group"] == group
        gaps = []
        for rows in (own, ~own):
            yes, member = called[rows], scores["member"][rows]
            counts = yes[member].sum(), member.sum(), yes[~member].sum(), (~member).sum()
            gaps.append(newcombe(*counts, confidence=level))
        if difference(*gaps).low > 0:
            return group
    return None


def in_halves(scores, level=0.95, floor=None):
    half = np.random.default_rng(11).random(len(scores)) < 0.5
    judged = scores[half]
    called = judged["score"] >= cut_of(scores[~half])
    value = advantage(judged, called)
    return [
        value if floor is None else max(floor, value),
        against_the_rest(judged, called, level) or np.nan,
    ]


def whom(measure):
    """Return answers to 5d with the right advantage, whose group is highest by this measure."""

    def answer(scores):
        called = scores["score"] >= cut_of(scores)
        by_group = {
            group: measure(rows, called[rows.index]) for group, rows in scores.groupby("group")
        }
        return exposed_most(scores)[0], max(by_group, key=by_group.get)

    return answer


def leaking(scores):
    """Name the group with the highest advantage, wherever scores tell anything."""
    value = exposed_most(scores)[0]
    return value, whom(advantage)(scores)[1] if value > 0.1 and len(scores) > 100 else None


def where_sure(say):
    return lambda scores: say(scores) if exposed_most(scores)[1] else exposed_most(scores)


RIGHT = {
    "5a": [by_rows(only), by_merging, lambda *given: float(find(*given) or np.nan)],
    "5b": [
        bands(90),
        bands(60, tenure=720),
        generalised(loss=lambda task: ModelLoss(task, seeds=range(20, 23))),
        spoiling,
    ],
    "5c": [reasons(same), lambda *given: np.str_(told_by(*given) or "") or None],
    "5d": [in_folds, in_halves, lambda scores: in_halves(scores, floor=0.0)],
}
WRONG = {
    "5a": {
        "one row that fits is the person": by_rows(
            lambda rows, people: rows.index[0] if len(rows) == 1 else None
        ),
        "the first that fits is the person": by_rows(
            lambda rows, people: rows.index[0] if len(rows) else None
        ),
        "fewer columns will do": by_rows(
            lambda rows, people: rows.index[0] if len(rows) == 1 else None, PERSON[:2]
        ),
        "somebody must be the person": nearest,
        "unknown is no value": without_unknown,
        "a position is a label": positions,
    },
    "5b": {
        "what is changed least costs least": generalised(),
        "hide everything to be on the safe side": hidden(*KNOWN),
        "ten on average is ten alike": generalised(k=3),
        "ten alike in each column are ten alike": each_column,
        "who is rare can be left out": leaving_out,
        "without a name nobody stands out": lambda table, task: table,
    },
    "5c": {
        "who cannot be singled out is told nothing about": reasons(
            lambda said: said[0] if len(said) == 1 else None
        ),
        "the commonest reason is told": reasons(commonest),
        "the first row that fits is the person": reasons(lambda said: said[0] if said else None),
        "a star is nobody": reasons(same, starred=False),
        "who is left out is like the rest": reasons(lambda said: same(said) if said else "advice"),
    },
    "5d": {
        "accuracy is the advantage": measured(
            lambda scores, called: (called == scores["member"]).mean(), best="accuracy"
        ),
        "the best cut on the rows that judge it": measured(advantage),
        "the advantage is the share of members found": measured(
            lambda scores, called: rates(scores, called)[0]
        ),
        "guessing is an advantage of one half": measured(
            lambda scores, called: roc_auc_score(scores["member"], scores["score"])
        ),
        "some group is always exposed most": whom(advantage),
        "whoever is exposed is exposed most": leaking,
        "who is called a member most is exposed most": where_sure(
            whom(lambda rows, called: rates(rows, called)[0])
        ),
        "the average speaks for every group": lambda scores: (exposed_most(scores)[0], None),
    },
}
UNNAMED = {
    "5a": [
        lambda export, public, person: person,
        lambda export, public, person: export.index,
        lambda export, public, person: 10**7,
        lambda export, public, person: export[export["name"] == person].index[0],
        by_rows(
            lambda rows, people: only(rows, people) if len(rows) and rows.index[0] % 2 else None
        ),
        lambda export, public, person: {"row": find(export, public, person)},
        lambda export: 1,
        4711,
    ],
    "5b": [
        lambda table, task: table.head(0),
        lambda table, task: table.drop(columns=KNOWN),
        lambda table, task: hidden(*KNOWN)(table, task).sample(frac=1.0, replace=True),
        lambda table, task: hidden(*KNOWN)(table, task).set_axis(range(10**6, 10**6 + len(table))),
        lambda table, task: hidden(*KNOWN, "orders_3m")(table, task),
        hidden("tenure_days"),
        hidden(*KNOWN[:4]),
        telling,
        lambda table, task: 10,
        lambda table: table,
        "ten",
    ],
    "5c": [
        lambda released, person: "holidays",
        lambda released, person: released["reason"],
        lambda released, person: ["advice"],
        lambda released, person: "advice",
        lambda released, person: released.loc[released["gender"] == person["name"], "reason"],
        lambda released, person: told_by(released, person) and "advice",
        lambda released: "advice",
        "advice",
    ],
    "5d": [
        lambda scores: exposed_most(scores)[0],
        lambda scores: (exposed_most(scores)[0], "D"),
        lambda scores: (100 * exposed_most(scores)[0], None),
        lambda scores: (-exposed_most(scores)[0], None),
        lambda scores: (0.0, None),
        lambda scores: (np.nan, None),
        lambda scores: ("much", "A"),
        lambda scores: (exposed_most(scores)[0], ["A"]),
        lambda scores: (exposed_most(scores)[0], "A" if len(scores) < 100 else None),
        lambda scores: scores["scores"],
        0.1,
    ],
}


def cases(table):
    return [
        pytest.param(name, answer, id=f"{name}-{place}")
        for name, answers in table.items()
        for place, answer in enumerate(answers)
    ]


@pytest.mark.parametrize(("name", "answer"), cases(RIGHT))
def test_other_right_answers_are_right(name, answer):
    verdict = EXERCISES[name].check(answer)
    assert verdict.state == "right", verdict


@cache
def judged(name, misconception):
    return EXERCISES[name].check(WRONG[name][misconception])


@pytest.mark.parametrize(
    ("name", "misconception"), [(n, m) for n, answers in WRONG.items() for m in answers]
)
def test_a_misconception_is_named(name, misconception):
    verdict = judged(name, misconception)
    assert (verdict.state, verdict.misconception) == ("wrong", misconception), verdict


@pytest.mark.parametrize(("name", "answer"), cases(UNNAMED))
def test_other_wrong_answers_are_wrong_and_never_raise(name, answer):
    verdict = EXERCISES[name].check(answer)
    assert (verdict.state, verdict.misconception) == ("wrong", ""), verdict
    assert verdict.message


def test_the_answers_here_are_to_all_exercises_of_the_lesson():
    lesson = [name for name in EXERCISES if name.startswith("5")]
    assert list(RIGHT) == list(WRONG) == list(UNNAMED) == lesson
    assert min(len(answers) for answers in WRONG.values()) >= 2


def test_no_hint_and_no_verdict_gives_the_whole_answer():
    for name in WRONG:
        exercise = EXERCISES[name]
        last_line = exercise.solution_source().strip().splitlines()[-1].strip()
        texts = [exercise.task, *exercise.hints]
        texts += [judged(name, misconception).message for misconception in WRONG[name]]
        assert not any(last_line in text for text in texts)


def test_the_label_that_must_be_the_persons_is_that_of_the_persons_own_request():
    world = reidentify_module._world()
    firm = reidentify_module._firm().set_index("name")
    assert firm.index.is_unique
    for person in world.asked.index[world.asked.isin(["alone", "unknown"])]:
        label = find(world.export, world.public, person)
        assert world.export.loc[label, "reason"] == firm.loc[person, "reason"]
    assert set(world.asked) == set(reidentify_module.ASKED)


def test_what_a_class_tells_of_who_is_in_it_is_true():
    for released, people in told_module._tables():
        rows = told_module._requests()
        for _, person in people.iterrows():
            case = told_module._case(released, person)
            if case.truth is not None:
                own = rows[np.logical_and.reduce([rows[n] == person[n] for n in PERSON])]
                assert case.truth in set(own["reason"])


def test_every_released_table_but_the_rough_one_hides_each_row_among_three():
    sizes = [released.groupby(PERSON).size().min() for released, _ in told_module._tables()]
    assert sorted(sizes)[:2] == [1, 3]


def test_an_answer_that_changes_its_table_cannot_change_what_it_is_judged_by():
    def told_then_spoilt(released, person):
        said = told_by(released, person)
        released.loc[:, "reason"] = "advice"
        person["gender"] = "none"
        return said

    def found_then_spoilt(export, public, person):
        said = find(export, public, person)
        export.loc[:, "gender"] = "none"
        public.loc[:, "name"] = "nobody"
        return said

    def exposed_then_spoilt(scores):
        said = exposed_most(scores)
        scores.loc[:, "member"] = True
        return said

    for name, answer in (
        ("5a", found_then_spoilt),
        ("5c", told_then_spoilt),
        ("5d", exposed_then_spoilt),
    ):
        for _ in range(2):
            assert EXERCISES[name].check(answer).state == "right"


def test_the_true_advantage_is_that_of_the_best_cut_on_many_rows(monkeypatch):
    families = {
        name: family._replace(rows=200_000) for name, family in exposed_module.FAMILIES.items()
    }
    monkeypatch.setattr(exposed_module, "FAMILIES", families)
    for family, truth in exposed_module._truth().items():
        scores = exposed_module._drawn(np.random.default_rng(1), family)
        found = advantage(scores, scores["score"] >= cut_of(scores))
        assert found == pytest.approx(truth, abs=0.012)


def test_in_another_firm_chance_may_hide_which_table_is_best(monkeypatch):
    other = ten_alike_module.make_crm(customers=ten_alike_module.CUSTOMERS, seed=48)
    task = other.task("offer_response")
    loss = ModelLoss(task, seeds=ten_alike_module.SEEDS)
    least_changed = loss(generalised()(task.X, task))
    assert loss(ten_alike(task.X, task)) > ten_alike_module.ALLOWED * least_changed
