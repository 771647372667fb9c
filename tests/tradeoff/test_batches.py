"""Cells run together are the cells run alone, and what goes wrong is a row with its reason."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from equipoise.exceptions import InputError
from equipoise.tradeoff import Plan, Policy
from equipoise.tradeoff._batches import Batch, batches, run_batch
from equipoise.tradeoff._learners import LEARNERS, Learner
from equipoise.tradeoff._measures import DRAWN, MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._parts import prepare

INF = math.inf
PLAN = Plan(
    epsilons=[0.5, 4, INF],
    delta=1e-6,
    models=["logistic", "private_logistic", "sufficient_statistics"],
    mitigations=["none", "reweighing", "group_thresholds"],
    seeds=3,
)


def cells_of(plan):
    return [(policy, seed) for policy in plan.policies() for seed in range(plan.seeds)]


def asked_of(found):
    return [(batch.policy(epsilon), seed) for batch in found for epsilon, seed in batch.asked]


@pytest.fixture(scope="module")
def prepared(task):
    return prepare(task, PLAN.for_task(task))


EVERY = Plan.preset(
    "full",
    delta=1e-6,
    mitigations=["none", "reweighing"],
    consent_policies=["opt_in", "opt_out"],
)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.floats(0, 1))
def test_batches_hold_each_wanted_cell_once(seed, share):
    rng = np.random.default_rng(seed)
    wanted = [one for one in cells_of(EVERY) if rng.random() < share]
    found = batches(EVERY, wanted)
    assert sorted(asked_of(found)) == sorted(wanted)
    for batch in found:
        epsilons, seeds = map(set, zip(*batch.asked, strict=True))
        assert len(batch.asked) == len(epsilons) * len(seeds) <= LEARNERS[batch.model].at_once
        assert epsilons == {INF} or INF not in epsilons
    shuffled = [wanted[place] for place in rng.permutation(len(wanted))]
    assert batches(EVERY, shuffled) == found


def test_a_batch_has_all_finite_epsilons_of_a_few_seeds():
    plan = Plan.preset("class", delta=1e-6, models=["private_logistic"], mitigations=["none"])
    found = batches(plan, cells_of(plan))
    assert [len(batch.asked) for batch in found] == [14, 14, 14, 14, 14, 10]
    assert found[0].asked[:4] == ((0.1, 0), (0.1, 1), (0.3, 0), (0.3, 1))
    assert found[-1].asked == tuple((INF, seed) for seed in range(10))


def same(one, other):
    rows = [
        {name: told for name, told in cell.row.items() if name != "seconds"}
        for cell in (one, other)
    ]
    assert repr(rows[0]) == repr(rows[1])
    assert repr(one.groups) == repr(other.groups)
    np.testing.assert_array_equal(one.draws, other.draws)
    np.testing.assert_array_equal(one.group_draws, other.group_draws)
    assert (one.levels, one.guarantee) == (other.levels, other.guarantee)


def test_a_cell_is_the_same_to_the_last_bit_alone_and_beside_others(prepared):
    for batch in batches(prepared.plan, cells_of(prepared.plan)):
        together = run_batch(prepared, batch)
        (alone,) = run_batch(prepared, batch._replace(asked=batch.asked[-1:]))
        same(alone, together[-1])


def test_a_cell_has_its_keys_figures_groups_draws_and_promise(prepared, task):
    batch = Batch("as_given", "private_logistic", "reweighing", ((0.5, 2), (4.0, 2), (INF, 2)))
    cells = run_batch(prepared, batch)
    for cell, epsilon in zip(cells, (0.5, 4.0, INF), strict=True):
        delta = 1e-6 if math.isfinite(epsilon) else 0.0
        keys = [*cell.row.items()][:8]
        assert keys == [
            ("model", "private_logistic"),
            ("mitigation", "reweighing"),
            ("epsilon", epsilon),
            ("delta", delta),
            ("consent_policy", "as_given"),
            ("attribute", "band"),
            ("seed", 2),
            ("status", "ok"),
        ]
        assert [*cell.row][8:] == [*MEASURES, *PROFIT_BOUNDS, "n_train", "seconds", "note"]
        assert 0.5 < cell.row["auc"] < 1 and cell.row["n_train"] == 720
        assert [(row["part"], row["group"]) for row in cell.groups] == [
            (part, group) for part in ("choose", "confirm") for group in ("a", "b", "z")
        ]
        assert cell.levels == ("a", "b", "z")
        assert cell.draws.shape[::2] == (2, len(DRAWN))
        assert cell.draws[0, 0, DRAWN.index("auc")] == pytest.approx(cell.row["auc"])
        assert cell.group_draws.shape == (cell.draws.shape[1], 3, 2)
        assert (cell.guarantee is None) == math.isinf(epsilon)
        assert cell.warned == ()
    assert [cell.guarantee["epsilon"] for cell in cells[:2]] == [0.5, 4.0]
    assert len({cell.row["seconds"] for cell in cells}) == 1 and cells[0].row["seconds"] > 0


def test_what_a_learner_cannot_have_is_refused_at_every_epsilon(prepared):
    batch = Batch("as_given", "sufficient_statistics", "reweighing", ((0.5, 0), (INF, 1)))
    for cell, (epsilon, seed) in zip(run_batch(prepared, batch), batch.asked, strict=True):
        assert Policy.of(cell.row) == batch.policy(epsilon) and cell.row["seed"] == seed
        assert cell.row["status"] == "refused"
        assert cell.row["note"] == "reweighing gives weights, and this learner takes none"
        assert all(math.isnan(cell.row[name]) for name in (*MEASURES, "seconds", "n_train"))
        assert (cell.groups, cell.draws.size, cell.group_draws.size) == ([], 0, 0)
        assert cell.guarantee is None


def test_a_consent_policy_that_cannot_be_measured_is_refused_with_its_reason(prepared):
    withheld = dataclasses.replace(prepared, refused={"opt_in": "nobody agreed"})
    (cell,) = run_batch(withheld, Batch("opt_in", "logistic", "none", ((INF, 0),)))
    assert (cell.row["status"], cell.row["note"]) == ("refused", "nobody agreed")
    assert cell.row["consent_policy"] == "opt_in"


def breaking(problem):
    """A logistic regression that breaks with seed 1, whatever it is fitted beside."""

    def fit(task, mitigation, asked, setting):
        if any(seed == 1 for _, seed in asked):
            raise problem
        return LEARNERS["logistic"].fit(task, mitigation, asked, setting)

    return Learner(fit)


BOOSTED = Batch("as_given", "hist_gradient_boosting", "none", ((INF, 0), (INF, 1), (INF, 2)))


def test_a_message_that_is_not_utf_8_can_be_written_all_the_same(prepared, monkeypatch):
    monkeypatch.setitem(LEARNERS, "hist_gradient_boosting", breaking(RuntimeError("bad \udc80")))
    cell = run_batch(prepared, BOOSTED)[1]
    assert cell.row["note"] == "RuntimeError: bad \\udc80"
    assert cell.warned[0][1].encode()


def test_one_broken_cell_costs_no_other(prepared, monkeypatch):
    problem = RuntimeError("the disk is on fire")
    monkeypatch.setitem(LEARNERS, "hist_gradient_boosting", breaking(problem))
    cells = run_batch(prepared, BOOSTED)
    assert [cell.row["status"] for cell in cells] == ["ok", "failed", "ok"]
    assert cells[1].row["note"] == "RuntimeError: the disk is on fire"
    ((category, text),) = cells[1].warned
    assert category == "equipoise.exceptions:PolicyFailedWarning"
    assert text.startswith(
        "hist_gradient_boosting, not private failed with seed 1: "
        "RuntimeError: the disk is on fire\nTraceback"
    )
    assert text.count("the disk is on fire") > 1 and "in fit" in text
    assert cells[0].warned == cells[2].warned == ()
    logistic = run_batch(prepared, BOOSTED._replace(model="logistic"))
    assert cells[2].row["auc"] == logistic[2].row["auc"]


def test_what_breaks_a_stated_rule_is_refused_and_not_failed(prepared, monkeypatch):
    problem = InputError("spend", "must be paid", "nothing", "Pay.")
    monkeypatch.setitem(LEARNERS, "hist_gradient_boosting", breaking(problem))
    cells = run_batch(prepared, BOOSTED)
    assert [cell.row["status"] for cell in cells] == ["ok", "refused", "ok"]
    assert cells[1].row["note"] == "spend must be paid, got nothing. Pay."
    assert cells[1].warned == ()


def test_ctrl_c_is_not_swallowed(prepared, monkeypatch):
    monkeypatch.setitem(LEARNERS, "hist_gradient_boosting", breaking(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run_batch(prepared, BOOSTED)


def test_warnings_are_kept_as_text_and_not_given(task):
    plan = Plan(epsilons=[1, 2], delta=0.01, models=["private_logistic"], mitigations=["none"])
    prepared = prepare(task, plan.for_task(task))
    cells = run_batch(prepared, Batch("as_given", "private_logistic", "none", ((1, 0), (2, 0))))
    for cell in cells:
        ((category, text),) = cell.warned
        assert category == "equipoise.exceptions:LargeDeltaWarning"
        assert text.startswith("delta 0.01 is at least 1 / n")


def test_a_batch_takes_one_thread(prepared, monkeypatch):
    seen = []

    def fit(task, mitigation, asked, setting):
        seen.extend(pool["num_threads"] for pool in threadpool_info())
        return LEARNERS["logistic"].fit(task, mitigation, asked, setting)

    monkeypatch.setitem(LEARNERS, "hist_gradient_boosting", Learner(fit))
    run_batch(prepared, BOOSTED)
    assert set(seen) == {1}


def test_consent_policies_are_measured_on_their_own_rows(task_with):
    task = task_with(allowed={"opt_in": "agreed", "opt_out": "not_refused"}, policy="opt_in")
    plan = Plan(
        epsilons=[INF],
        models=["logistic"],
        mitigations=["none"],
        consent_policies=["opt_in", "opt_out"],
        seeds=1,
    ).for_task(task)
    prepared = prepare(task, plan)
    found = [run_batch(prepared, batch)[0] for batch in batches(plan, cells_of(plan))]
    assert [cell.row["consent_policy"] for cell in found] == ["opt_in", "opt_out"]
    assert found[0].row["n_train"] < found[1].row["n_train"]
    assert found[0].row["reach"] < found[1].row["reach"]
