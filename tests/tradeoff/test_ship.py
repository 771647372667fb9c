"""Shipping: refused before a customer is looked at, charged once, written whole or not at all."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from equipoise._files import text_digest
from equipoise.exceptions import InputError, StalePolicyError
from equipoise.privacy import Ledger
from equipoise.tradeoff import Plan, Policy, choose, read_policy, sweep
from equipoise.tradeoff._learner_of_policy import LearnerOfPolicy
from equipoise.tradeoff._record import json_text
from equipoise.tradeoff._release_file import ReleasedModel
from equipoise.tradeoff.ways_out import read_release, ship, synthetic

PLAN = Plan(
    epsilons=[1.0, math.inf],
    delta=1e-6,
    models=["private_logistic"],
    mitigations=["none"],
    seeds=1,
)
GROUPS = ["a", "b", "z"]
BARE = {"delta": 1e-6, "attribute": "band"}
READ = "the choice of policy, which read these customers without noise"


@pytest.fixture(scope="module")
def chosen(task):
    return choose(sweep(task, PLAN, jobs=1), {"epsilon": 2})


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "spring.ledger", epsilon=3.0, delta=1e-5)


@pytest.fixture
def no_fit(monkeypatch):
    """Fail a test that looks at customers."""

    def fitted(self, task):
        raise AssertionError("customers were looked at")

    monkeypatch.setattr(LearnerOfPolicy, "fitted", fitted)


def refused(*arguments, kind=InputError, **asked) -> str:
    with pytest.raises(kind) as problem:
        ship(*arguments, **{"purpose": "offers", **asked})
    return str(problem.value)


def test_a_release_is_charged_once_and_read_back_as_it_was(chosen, task, ledger, tmp_path):
    shipped = ship(chosen, task, ledger=ledger, purpose="offers", out=tmp_path / "release.json")
    assert read_release(tmp_path / "release.json") == shipped.release
    assert ledger.frame()["epsilon"].tolist() == [1.0] and shipped.spend.purpose == "offers"
    assert shipped.release.number in shipped.spend.what
    assert shipped.spend.what.startswith("small: private_logistic, epsilon 1 [release ")
    assert shipped.release.guarantee.does_not_cover[-1] == READ
    assert ledger.verify().ok


def test_the_file_scores_as_the_model_did(chosen, task, ledger, tmp_path, monkeypatch):
    models, fitted = [], LearnerOfPolicy.fitted

    def kept(self, rows):
        models.append(fitted(self, rows))
        return models[-1]

    monkeypatch.setattr(LearnerOfPolicy, "fitted", kept)
    ship(chosen, task, ledger=ledger, purpose="offers", out=tmp_path / "release.json")
    release, rows = read_release(tmp_path / "release.json"), task.X.iloc[::-1]
    assert np.allclose(release.scores(rows), models[0].predict_proba(rows)[:, 1], atol=1e-12)
    assert release.decide(rows.assign(more=1), seed=0).sum() == 300
    assert release.frame()["column"].tolist() == models[0].encoding_.names
    with pytest.raises(InputError, match=r"^X must name a column of the table, got 'age'"):
        release.scores(rows.drop(columns="age"))


def test_noise_is_fresh_each_time(chosen, task, ledger):
    asked = {"ledger": ledger, "purpose": "offers", "again": True}
    first, second = (ship(chosen, task, **asked).release for _ in range(2))
    assert first.weights != second.weights and first.number != second.number
    assert not any("seed" in line for line in first.guarantee.does_not_cover)


def test_the_file_holds_no_digest_of_the_customers(chosen, task, ledger, tmp_path):
    ship(chosen, task, ledger=ledger, purpose="offers", out=tmp_path / "release.json")
    text = (tmp_path / "release.json").read_text()
    for digest in (task.digest, chosen.sweep_digest):
        assert digest[:16] not in text
    assert task.digest[:16] in ledger.frame()["what"].iloc[0]


def test_it_says_what_it_promises(chosen, task, ledger):
    told = ship(chosen, task, ledger=ledger, purpose="offers").release.explain()
    assert told[1] == "It contacts the 25% with the highest scores."
    assert told[3] == (
        "Somebody who knows everything but one customer's part and looks at this file has a true "
        "positive rate at most 0.462 above the false positive rate (0 is guessing, 1 is certainty)."
    )
    assert told[-1] == f"Not covered: {READ}."


def test_a_second_shipment_of_a_decision_is_refused(chosen, task, ledger, tmp_path):
    chosen.save(tmp_path / "choice.json")
    spend = ship(tmp_path / "choice.json", task, ledger=ledger, purpose="offers").spend
    for same in (tmp_path / "choice.json", chosen, read_policy(tmp_path / "choice.json")):
        assert refused(same, task, ledger=ledger) == (
            f"choice must not be shipped twice to one ledger, got entry 1 of {spend.time}. That release "
            "is there and can be used. Shipping again costs again: pass again=True, or --again, if that "
            "is meant."
        )
    assert len(ledger.frame()) == 1
    ship(chosen, task, ledger=ledger, purpose="offers", again=True)
    assert ledger.frame()["epsilon"].sum() == 2.0


def test_what_does_not_fit_the_ledger_is_refused_before_the_fit(chosen, task, tmp_path, no_fit):
    small = Ledger(tmp_path / "small.ledger", epsilon=0.5, delta=1e-5)
    assert refused(chosen, task, ledger=small, out=tmp_path / "release.json") == (
        "ledger must have room for the release before anything is fitted, got (epsilon 1, delta 1e-06) "
        "per id, add-remove; left is epsilon 0.5 with delta 1e-05, over all purposes. Choose a policy "
        "with a smaller epsilon."
    )
    assert small.frame().empty and not (tmp_path / "release.json").exists()


def test_a_ledger_emptied_during_the_fit_leaves_no_file(chosen, task, tmp_path, monkeypatch):
    ledger = Ledger(tmp_path / "tight.ledger", epsilon=1.5, delta=1e-5)
    fitted = LearnerOfPolicy.fitted

    def spent_meanwhile(self, rows):
        ledger.spend(epsilon=1.0, delta=0, what="somebody else")
        return fitted(self, rows)

    monkeypatch.setattr(LearnerOfPolicy, "fitted", spent_meanwhile)
    told = refused(chosen, task, ledger=ledger, out=tmp_path / "release.json")
    assert told.startswith("spend must fit what is left of (epsilon 1.5, delta 1e-05)")
    assert ledger.frame()["what"].tolist() == ["somebody else"]
    assert [path.name for path in tmp_path.glob("*release*")] == []


def test_a_crash_while_writing_leaves_a_spend_and_no_file(
    chosen, task, ledger, tmp_path, monkeypatch
):
    def full(self):
        raise OSError("no space left")

    monkeypatch.setattr(ReleasedModel, "text", full)
    with pytest.raises(OSError, match="no space left") as problem:
        ship(chosen, task, ledger=ledger, purpose="offers", out=tmp_path / "release.json")
    assert problem.value.__notes__ == [
        "Entry 1 of the ledger is spent, and no release file was written. Shipping again needs "
        "again=True and costs again."
    ]
    assert len(ledger.frame()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["spring.ledger"]


def test_a_crash_during_the_fit_leaves_nothing(chosen, task, ledger, tmp_path, no_fit):
    with pytest.raises(AssertionError, match="customers were looked at"):
        ship(chosen, task, ledger=ledger, purpose="offers", out=tmp_path / "release.json")
    assert ledger.frame().empty and not (tmp_path / "release.json").exists()


def test_a_policy_that_is_not_private_is_refused(task, ledger, no_fit):
    assert refused(Policy("logistic", "none", math.inf), task, ledger=ledger, **BARE) == (
        "policy must be private to be shipped, got logistic, not private, which promises nothing that a "
        "ledger could hold. Choose again with a limit on epsilon, such as epsilon=2; or keep the model "
        "and all its scores inside, as an internal study."
    )


def test_a_choice_without_a_pick_is_refused(chosen, task, ledger, no_fit):
    none = replace(chosen, policy=None)
    assert refused(none, task, ledger=ledger) == (
        "choice must have picked a policy, got none within its limits. Choose again with other limits: "
        "its relaxations say which."
    )


def test_a_policy_without_a_private_form_is_refused(task, ledger, no_fit):
    assert refused(
        Policy("diffprivlib_logistic", "reweighing", 1.0), task, ledger=ledger, **BARE
    ) == (
        "policy must have a mitigation that is built privately for diffprivlib_logistic, got "
        "'reweighing'. There are: none."
    )


def test_a_choice_of_other_customers_is_stale(chosen, task_with, ledger, no_fit):
    other = task_with(1300)
    told = refused(chosen, other, ledger=ledger, kind=StalePolicyError)
    assert told == (
        f"task must be the one that the choice was made on, got {other.digest[:12]}, where the choice "
        f"has {chosen.task_digest[:12]}. The table or the task file changed since: choose again. If the "
        "choice was made on synthetic or other customers on purpose, pass these as chosen_on."
    )


def test_an_edited_choice_is_refused(chosen, task, ledger, tmp_path, no_fit):
    chosen.save(tmp_path / "choice.json")
    record = json.loads((tmp_path / "choice.json").read_text())
    record["policy"]["epsilon"] = 0.5
    (tmp_path / "choice.json").write_text(json.dumps(record))
    assert refused(tmp_path / "choice.json", task, ledger=ledger).startswith(
        "policy must be as it was written, got choice.json."
    )


def test_a_choice_on_synthetic_customers_is_covered_by_their_release(task, ledger):
    made = synthetic(task, attribute="band", groups=GROUPS, epsilon=1, delta=1e-6, random_state=0)
    chosen = choose(sweep(made.task, PLAN, jobs=1), {"epsilon": 2})
    shipped = ship(chosen, task, ledger=ledger, purpose="offers", chosen_on=made)
    assert shipped.release.guarantee.covers[-1] == (
        "the choice of policy, as part of the release of synthetic customers that it was made on, "
        "(epsilon 1, delta 1e-06) per id, add-remove: the two epsilons add up, and the ledger must hold "
        "both"
    )
    assert READ not in shipped.release.guarantee.does_not_cover
    assert shipped.release.guarantee.does_not_cover[-1] == (
        "the choice of policy, to anybody who knows the seed of the synthetic customers"
    )


def test_synthetic_customers_without_noise_cover_nothing(task, ledger):
    made = synthetic(
        task, attribute="band", groups=GROUPS, epsilon=math.inf, delta=1e-6, random_state=0
    )
    chosen = choose(sweep(made.task, PLAN, jobs=1), {"epsilon": 2})
    shipped = ship(chosen, task, ledger=ledger, purpose="offers", chosen_on=made)
    assert shipped.release.guarantee.does_not_cover[-1] == READ


def test_a_choice_on_other_customers_is_covered_only_if_they_are_others(
    chosen, task, task_with, ledger
):
    same = task_with(1300)  # the first 1,200 ids are those of the task
    renamed = replace(task_with(1300), unit="x" + task_with(1300).unit)
    told = []
    for shipped_to in (same, renamed):
        asked = {"ledger": ledger, "purpose": "offers", "chosen_on": task, "again": True}
        told.append(ship(chosen, shipped_to, **asked).release.guarantee)
    assert told[0].does_not_cover[-1] == READ
    assert told[1].covers[-1] == "the choice of policy, which was made on other customers"
    assert READ not in told[1].does_not_cover


def test_a_choice_reads_the_withheld_rows_too_so_these_are_no_other_customers(task_with, ledger):
    consents = {"opt_in": "agreed", "opt_out": "not_refused"}
    spring = task_with(allowed=consents, policy="opt_in")
    plan = replace(PLAN, consent_policies=["opt_in", "opt_out"])
    chosen = choose(sweep(spring, plan, jobs=1), {"epsilon": 2})
    agreed = spring.whole.allowed["opt_in"]
    autumn = replace(spring.whole, allowed=pd.DataFrame(dict.fromkeys(consents, ~agreed)))
    later = autumn.under("opt_in")
    assert not {*later.unit} & {*spring.unit}
    asked = {"ledger": ledger, "purpose": "offers", "chosen_on": spring}
    told = ship(chosen, later, **asked).release.guarantee
    assert told.does_not_cover[-1] == READ and "other customers" not in told.covers[-1]


def test_only_permitted_customers_are_fitted_on(task_with, ledger, monkeypatch):
    seen, fitted = [], LearnerOfPolicy.fitted

    def kept(self, rows):
        seen.append(len(rows))
        return fitted(self, rows)

    monkeypatch.setattr(LearnerOfPolicy, "fitted", kept)
    task = task_with(allowed={"opt_in": "agreed", "opt_out": "not_refused"}, policy="opt_out")
    for consent, rows in (("opt_in", 600), ("opt_out", 960)):
        policy = Policy("private_logistic", "none", 0.5, consent)
        ship(policy, task, ledger=ledger, purpose="offers", **BARE)
        assert seen[-1] == rows


def test_an_old_release_is_never_overwritten(chosen, task, ledger, tmp_path, no_fit):
    path = tmp_path / "release.json"
    path.write_text("kept")
    assert refused(chosen, task, ledger=ledger, out=path) == (
        f"out must be a new file, got {path}. A release is kept as it is: choose another name."
    )
    assert path.read_text() == "kept" and ledger.frame().empty


def test_an_edited_release_is_refused(chosen, task, ledger, tmp_path):
    path = tmp_path / "release.json"
    ship(chosen, task, ledger=ledger, purpose="offers", out=path)
    record = json.loads(path.read_text())
    record["guarantee"]["epsilon"] = 0.1
    path.write_text(json.dumps(record))
    with pytest.raises(InputError) as problem:
        read_release(path)
    assert str(problem.value) == (
        "release must be as it was written, got release.json. Restore it from a copy; shipping again "
        "would cost again."
    )


def test_a_release_without_a_part_is_refused_though_its_digest_fits(chosen, task, ledger, tmp_path):
    path = tmp_path / "release.json"
    ship(chosen, task, ledger=ledger, purpose="offers", out=path)
    whole = json.loads(path.read_text())
    del whole["digest"]
    for part in ("weights", "guarantee", "decision", "curves"):
        record = {name: value for name, value in whole.items() if name != part}
        path.write_text(json.dumps({**record, "digest": text_digest(json_text(record))}))
        with pytest.raises(InputError) as problem:
            read_release(path)
        assert str(problem.value) == (
            "release must have every part of a release, got release.json. Restore it from a copy."
        )


def test_a_replace_one_promise_needs_a_replace_one_ledger(task, ledger, tmp_path):
    policy = Policy("diffprivlib_logistic", "none", 1.0)
    assert refused(policy, task, ledger=ledger, **BARE).startswith(
        "adjacency must be add-remove in this ledger"
    )
    other = Ledger(tmp_path / "other.ledger", epsilon=2, delta=0, adjacency="replace-one")
    shipped = ship(policy, task, ledger=other, purpose="offers", **BARE)
    assert str(shipped.release.guarantee) == "(epsilon 1, delta 0) per id, replace-one"


def test_a_purpose_must_be_one_of_the_ledger(chosen, task, tmp_path, no_fit):
    caps = Ledger(tmp_path / "caps.ledger", epsilon=2, delta=1e-5, purposes={"offers": (2, 1e-5)})
    assert refused(chosen, task, ledger=caps, purpose="offer") == (
        "purpose must be a known name, got 'offer'. Did you mean 'offers'?"
    )


@pytest.mark.parametrize(
    ("model", "mitigation"),
    [
        ("private_logistic", "reweighing"),
        ("private_logistic", "score_gap_penalty"),
        ("private_logistic", "group_thresholds"),
        ("private_logistic", "group_thresholds_tpr"),
        ("sufficient_statistics", "group_thresholds"),
    ],
)
def test_a_mitigation_is_part_of_the_release(
    task, ledger, tmp_path, monkeypatch, model, mitigation
):
    made, fitted = [], LearnerOfPolicy.fitted

    def kept(self, rows):
        made.append((self, fitted(self, rows)))
        return made[-1][1]

    monkeypatch.setattr(LearnerOfPolicy, "fitted", kept)
    policy = Policy(model, mitigation, 2.0)
    path = tmp_path / "release.json"
    shipped = ship(policy, task, ledger=ledger, purpose="offers", out=path, groups=GROUPS, **BARE)
    learner, model = made[0]
    rows = learner.rows_of(task)
    release = read_release(path)
    assert np.allclose(release.scores(rows), learner.scores(model, task), atol=1e-12)
    if release.curves is not None:  # levels have another scale, and the same order
        ranks = [
            pd.Series(each).rank().to_numpy()
            for each in (release.scores(rows), model.predict_proba(rows)[:, 1])
        ]
        assert np.corrcoef(*ranks)[0, 1] > 0.999
    assert str(shipped.release.guarantee) == "(epsilon 2, delta 1e-06) per id, add-remove"
    assert (release.curves is not None) == mitigation.startswith("group_thresholds")
    if release.curves is not None:
        with pytest.raises(InputError, match=r"^column 'band' must hold only the groups of the "):
            release.scores(rows.assign(band="elsewhere"))


def test_the_columns_of_a_release_are_those_of_the_table(chosen, task, ledger):
    weights = ship(chosen, task, ledger=ledger, purpose="offers").release.frame()
    assert isinstance(weights, pd.DataFrame) and list(weights) == ["column", "weight"]
