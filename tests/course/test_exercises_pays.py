"""The exercises of lesson 2: right answers, every misconception that they name, and other wrong ones."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from equipoise.course import EXERCISES
from equipoise.course._exercise_calibration import of_hundred
from equipoise.course._exercise_cut import cut
from equipoise.course._exercise_leak import COLUMNS, leak
from equipoise.intervals import area_under_curve


def falling(scores, profit_eur):
    order = np.argsort(-scores)
    return scores[order], profit_eur[order]


def binned(scores, profit_eur):
    ranked, euros = falling(scores, profit_eur)
    parts = np.array_split(np.arange(len(ranked)), 40)
    so_far = np.cumsum([euros[part].sum() for part in parts])
    return ranked[parts[so_far.argmax()][-1]] if so_far.max() > 0 else float("inf")


def smoothed(scores, profit_eur):
    expected = IsotonicRegression(out_of_bounds="clip").fit(scores, profit_eur).predict(scores)
    return scores[expected > 0].min() if (expected > 0).sum() > 20 else np.inf


def most_per_contact(scores, profit_eur):
    ranked, euros = falling(scores, profit_eur)
    return ranked[np.argmax(euros.cumsum() / np.arange(1, len(euros) + 1))]


def always_somebody(scores, profit_eur):
    return min(cut(scores, profit_eur), np.quantile(scores, 0.9))


def top_share(share):
    return lambda scores, profit_eur: np.quantile(scores, 1 - share)


def areas(table, blank=None):
    """Return how well each column alone orders who responded, with an interval."""
    return {
        name: area_under_curve(
            table["responded"][table[name].notna()] if blank is None else table["responded"],
            table[name].dropna() if blank is None else table[name].fillna(blank),
        )
        for name in COLUMNS
    }


def late(written, decided):
    found = [name for name in COLUMNS if (written[name] > decided).any()]
    return (found[0], "written after") if found else None


def telling(table, known, blank=-1e6):
    """Return the column that a rule calls telling, from its area with an interval."""
    found = [name for name, area in areas(table, blank).items() if known(area)]
    return (found[0], "tells the answer") if found else None


def by_rule(known, blank=-1e6, dates=True):
    """Return answers to 2b that look at dates, if at all, and then for areas with this property."""
    return lambda table, written, decided: (
        (dates and late(written, decided)) or telling(table, known, blank)
    )


def either_way(area):
    return area.low > 0.9 or area.high < 0.1


def by_blank(table, written, decided):
    """Look at numbers and at blanks apart."""
    shown = late(written, decided)
    for name in COLUMNS:
        for values in (table[name].fillna(table[name].median()), table[name].notna() * 1.0):
            area = area_under_curve(table["responded"], values)
            shown = shown or ((name, "tells the answer") if either_way(area) else None)
    return list(shown) if shown else None


def strongest(table, written, decided):
    found = {name: max(area.value, 1 - area.value) for name, area in areas(table, -1e6).items()}
    return max(found, key=found.get), "tells the answer"


def undated(table, written, decided):
    shown = leak(table, written, decided)
    return shown or (written.columns[written.isna().all()][0], "written after")


def odds(rows, columns):
    return LogisticRegression(max_iter=1000).fit(rows[columns], rows["ordered"])


def chance(past, new, contacted):
    rows = past[past["contacted"] == contacted]
    return odds(rows, list(new)).predict_proba(new)[:, 1]


def ranked_by(scores, figure="estimate"):
    return lambda past, new: (scores(past, new), figure)


def effect(past, new):
    return chance(past, new, 1) - chance(past, new, 0)


def euros(past, new):
    return 28 * chance(past, new, 1) - 35 * chance(past, new, 0)


def one_model(past, new):
    model = odds(past, [*new, "contacted"])
    both = [model.predict_proba(new.assign(contacted=arm))[:, 1] for arm in (1, 0)]
    return both[0] - both[1]


def nearest(plot, score):
    return plot.loc[(plot["mean_score"] - score).abs().idxmin()]


def read(first, second):
    """Return answers to 2d of the nearest row, where its rate is known."""

    def answer(plot, score):
        row = nearest(plot, score)
        return None if np.isnan(row["rate"]) else (first(row), second(row))

    return answer


def ordered(row):
    return 100 * row["rate"]


def moved(row):
    return 100 * (row["rate"] - row["rate_left_alone"])


def anyway(row):
    return 100 * row["rate_left_alone"]


def between(plot, score):
    if np.isnan(nearest(plot, score)["rate"]):
        return None
    at = [100 * np.interp(score, plot["mean_score"], plot[name]) for name in plot.columns[[2, 5]]]
    return [round(at[0], 1), round(at[0] - at[1], 1)]


RIGHT = {
    "2a": [binned, smoothed, lambda scores, profit_eur: np.float64(cut(scores, profit_eur))],
    "2b": [by_rule(either_way), by_blank],
    "2c": [ranked_by(euros), lambda past, new: [pd.Series(effect(past, new)), "estimate"]],
    "2d": [between, read(ordered, moved)],
}
WRONG = {
    "2a": {
        "the threshold is 0.5": lambda scores, profit_eur: 0.5,
        "one share fits every firm": top_share(0.2),
        "more contacts, more profit": lambda scores, profit_eur: scores.min(),
        "all or nobody": lambda scores, profit_eur: 0 if profit_eur.mean() > 0 else np.inf,
        "the most profit per contact": most_per_contact,
        "somebody must be contacted": always_somebody,
    },
    "2b": {
        "the best predictor is the leak": strongest,
        "an unknown date is a late date": undated,
        "an area above 0.9 is a leak, however few the customers": by_rule(
            lambda area: area.value > 0.9 or area.value < 0.1
        ),
        "a leak must tell the whole answer": by_rule(either_way, dates=False),
        "only a perfect column leaks": by_rule(lambda area: area.value > 0.999),
        "a leak rises with the answer": by_rule(lambda area: area.low > 0.9),
        "a blank tells nothing": by_rule(either_way, blank=None),
    },
    "2c": {
        "response equals effect": ranked_by(lambda past, new: chance(past, new, 1)),
        "one effect for everybody": ranked_by(one_model),
        "who may leave is worth most": ranked_by(lambda past, new: new["months_quiet"]),
        "who would not order has most to be moved": ranked_by(
            lambda past, new: -chance(past, new, 0)
        ),
        "the lowest effect first": ranked_by(lambda past, new: -effect(past, new)),
        "a firm can see the truth": ranked_by(effect, "truth"),
    },
    "2d": {
        "a score is a rate": lambda plot, score: (100 * score, moved(nearest(plot, score))),
        "below 0.5 means no": lambda plot, score: (100 * (score > 0.5), 0),
        "who was left alone for who was contacted": read(anyway, moved),
        "response equals effect": read(ordered, ordered),
        "who orders would have ordered anyway": read(ordered, lambda row: 0),
        "what the model is off by for what the coupon does": read(
            ordered, lambda row: 100 * abs(row["rate"] - row["mean_score"])
        ),
        "who orders anyway for who is moved": read(ordered, anyway),
        "not estimable is as good as its neighbours": lambda plot, score: of_hundred(
            plot.dropna(), score
        ),
    },
}
UNNAMED = {
    "2a": [
        lambda scores, profit_eur: np.nan,
        lambda scores, profit_eur: scores,
        lambda scores, profit_eur: "everybody",
        lambda scores, profit_eur: True,
        lambda scores, profit_eur: max(cut(scores, profit_eur), np.quantile(scores, 0.8)),
        lambda scores, profit_eur: np.inf,
        lambda scores, profit_eur: max(cut(scores[:60], profit_eur[:60]), cut(scores, profit_eur)),
        lambda scores, profit_eur: 1 / 0,
        0.3,
    ],
    "2b": [
        lambda table, written, decided: "visits",
        lambda table, written, decided: ("visits", "correlated"),
        lambda table, written, decided: ("responded", "tells the answer"),
        lambda table, written, decided: ("visits", "tells the answer"),
        lambda table, written, decided: (leak(table, written, decided) or [None])[0],
        lambda table, written, decided: (
            shown and (shown[0], "tells the answer")
            if (shown := leak(table, written, decided))
            else None
        ),
        lambda table, written, decided: (
            leak(table, written, decided) if table["visits"].mean() > 0 else None
        ),
        lambda table, written, decided: table["visit"],
        "visits",
    ],
    "2c": [
        ranked_by(effect, "the hold-out"),
        ranked_by(lambda past, new: np.zeros(len(new))),
        ranked_by(lambda past, new: new["years"]),
        ranked_by(lambda past, new: effect(past, new)[:-1]),
        ranked_by(lambda past, new: effect(past, new) * np.nan),
        effect,
        lambda past, new: "estimate",
        lambda past, new: past["bought"],
        0.2,
    ],
    "2d": [
        lambda plot, score: score,
        lambda plot, score: "thirty",
        lambda plot, score: (np.nan, 1.0),
        read(lambda row: row["rate"], lambda row: row["rate"] - row["rate_left_alone"]),
        read(lambda row: 20.0, moved),
        read(ordered, lambda row: 20.0),
        lambda plot, score: plot["score"],
        (30, 10),
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
    assert EXERCISES[name].check(answer).state == "right"


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
    assert (verdict.state, verdict.misconception) == ("wrong", "")
    assert verdict.message


def test_the_answers_here_are_to_all_exercises_of_the_lesson():
    lesson = [name for name in EXERCISES if name.startswith("2")]
    assert list(RIGHT) == list(WRONG) == list(UNNAMED) == lesson
    assert min(len(answers) for answers in WRONG.values()) >= 2


def test_no_hint_and_no_verdict_gives_the_whole_answer():
    for name in WRONG:
        exercise = EXERCISES[name]
        last_line = exercise.solution_source().strip().splitlines()[-1].strip()
        texts = [exercise.task, *exercise.hints]
        texts += [judged(name, misconception).message for misconception in WRONG[name]]
        assert not any(last_line in text for text in texts)


def test_an_answer_that_changes_its_table_cannot_change_what_it_is_judged_by():
    def spoiling(table, written, decided):
        shown = leak(table, written, decided)
        table.loc[:, "responded"] = 0
        written.loc[:, :] = pd.NaT
        return shown

    assert EXERCISES["2b"].check(spoiling).state == "right"
