"""What a part cannot tell is said, with the number of customers rather than of rows."""

from __future__ import annotations

import dataclasses

import numpy as np

from equipoise.tradeoff import Plan
from equipoise.tradeoff._measuring import measured
from equipoise.tradeoff._parts import prepare


def part_of(task):
    plan = Plan(epsilons=[float("inf")], models=["logistic"], mitigations=["none"], seeds=1)
    return prepare(task, plan.for_task(task)).choose["as_given"]


def measured_alone(part):
    return measured(part, np.random.default_rng(0).random((1, len(part.task))), [0])


def test_few_customers_with_many_rows_have_no_area(task_with):
    """Hundreds of rows of six customers are six customers."""
    part = part_of(task_with(3600, rows_per_customer=60))
    own = np.isin(part.task.unit, part.task.unit.unique()[:6])
    outcome = np.where(own, part.task.y, 0)
    assert outcome.sum() > 60
    few = dataclasses.replace(part, task=dataclasses.replace(part.task, y=outcome))
    found = measured_alone(few)
    assert np.isnan([found.measures["auc"][0], *found.draws[0, :, 0]]).all()
    (told,) = (note for note in found.notes[0] if note.startswith("auc: not estimable (n="))
    assert 4 < float(told.split("=")[1].rstrip(")")) <= 6


def test_weights_that_nothing_heeds_are_named(task_with):
    found = measured_alone(part_of(task_with(weights="weight")))
    lost = "weights 'weight' not used: in fits and figures each row counts once"
    assert found.notes[0][-1] == lost
    assert "weights" not in " ".join(measured_alone(part_of(task_with())).notes[0])
