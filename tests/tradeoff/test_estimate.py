"""An estimate counts the fits of a plan and scales the time of a few."""

from __future__ import annotations

import dataclasses
import math

import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff import Plan
from equipoise.tradeoff import _estimate as module
from equipoise.tradeoff._estimate import Estimate, estimate

INF = math.inf


@pytest.mark.parametrize(
    ("seconds", "cores", "told"),
    [
        (41.0, 2, "about 20 s on 2 cores"),
        (0.3, 1, "about 1 s on 1 core"),
        (7.2, 1, "about 7 s on 1 core"),
        (88.0, 1, "about 90 s on 1 core"),
        (240.0, 1, "about 4 min on 1 core"),
        (7000.0, 2, "about 60 min on 2 cores"),
        (80_000.0, 2, "about 10 h on 2 cores"),
    ],
)
def test_a_time_is_told_with_about_one_digit(seconds, cores, told):
    found = Estimate(cells=1200, policies=120, seconds=seconds)
    assert found.on(cores) == f"1,200 fits of 120 policies; {told}"


def test_more_cores_than_fits_do_not_help():
    assert Estimate(1, 1, 30.0).on(16) == "1 fit of 1 policy; about 30 s on 16 cores"


@pytest.fixture
def costs(monkeypatch):
    """Time by a rule in place of a clock: a constant a batch, a constant a cell, and so much a row."""
    seen = []

    def seconds(prepared, batch):
        part = sum(len(part) for part in (prepared.fit[batch.consent_policy],)) / 0.6
        seen.append((batch.model, batch.mitigation, len(batch.asked), round(part)))
        return 0.5 + part * 1e-3 * len(batch.asked)

    monkeypatch.setattr(module, "_seconds", seconds)
    return seen


def test_time_grows_in_proportion_to_rows_and_cells(task_with, costs):
    task = task_with(20_000)
    plan = Plan(
        epsilons=[1, INF],
        delta=1e-6,
        models=["private_logistic"],
        mitigations=["none"],
        seeds=4,
    )
    found = estimate(task, plan)
    assert (found.cells, found.policies) == (8, 2)
    # Two batches of four cells: finite epsilons, and infinity.
    assert found.seconds == pytest.approx(2 * (0.5 + 4 * 20_000 * 1e-3), rel=0.01)
    assert {rows for *_, rows in costs} == {500, 2000}


def test_what_is_fitted_one_by_one_is_timed_once(task_with, costs):
    plan = Plan(epsilons=[INF], models=["explainable_boosting"], mitigations=["none"], seeds=6)
    found = estimate(task_with(4000), plan)
    assert {cells for _, _, cells, _ in costs} == {1}
    assert found.seconds == pytest.approx(6 * (0.5 + 4000 * 1e-3), rel=0.01)


def test_a_small_task_is_not_scaled(task, costs):
    plan = Plan(epsilons=[INF], models=["logistic"], mitigations=["none"], seeds=1)
    assert estimate(task, plan).seconds == pytest.approx(0.5 + 1.2, rel=0.01)
    assert max(rows for *_, rows in costs) == 1200


def test_customers_are_added_until_they_can_be_split(task_with, costs):
    task = task_with(8000)
    rare = dataclasses.replace(task, y=(task.X["age"] > 89.6).astype(int).to_numpy())
    plan = Plan(epsilons=[INF], models=["logistic"], mitigations=["none"], seeds=1)
    assert estimate(rare, plan).seconds == pytest.approx(0.5 + 8, rel=0.05)


def test_it_runs_for_real_and_says_so_in_a_sentence(task):
    plan = Plan(
        epsilons=[1, INF],
        delta=1e-6,
        models=["logistic", "private_logistic"],
        mitigations=["none"],
        seeds=2,
    )
    found = estimate(task, plan)
    assert 0 < found.seconds < 60
    assert str(found).startswith("6 fits of 3 policies; about ")


def test_a_plan_that_does_not_fit_is_refused(task):
    with pytest.raises(InputError) as refused:
        estimate(task, Plan(epsilons=[INF], attribute="bnd"))
    assert str(refused.value) == "attribute must be a known name, got 'bnd'. Did you mean 'band'?"
