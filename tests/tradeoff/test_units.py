"""Ways out protect so many rows of a customer as were declared, and refuse more."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.exceptions import InputError, LargeDeltaWarning
from equipoise.task import DecisionRule
from equipoise.tradeoff.ways_out import evaluate_privately, select_privately, synthetic

ASKED = {"attribute": "band", "groups": ["a", "b", "z"], "epsilon": 2.0, "delta": 1e-6}
SEED = {"random_state": 0}
PAIRS = [("private_logistic", "none")]


def synthesised(task, **more):
    return synthetic(task, **ASKED | SEED | more)


def evaluated(task, **more):
    return evaluate_privately(np.full(len(task), 0.5), task, **ASKED | SEED | more)


def selected(task, **more):
    return select_privately(task, PAIRS, **ASKED | SEED | more)


WAYS = (synthesised, evaluated, selected)


@pytest.fixture(scope="module")
def by_threshold(task_with):
    return task_with(decision=DecisionRule(threshold=0.3))


@pytest.mark.parametrize("way", WAYS)
def test_rows_taken_twice_are_refused(way, by_threshold):
    twice = by_threshold.take(np.r_[np.zeros(300, dtype=int), np.arange(len(by_threshold))])
    with pytest.raises(InputError) as refused:
        way(twice)
    assert str(refused.value) == (
        "unit must stand in at most rows_per_unit = 1 rows, got a customer with 301. Raise "
        "rows_per_unit, which raises the noise, or pass X, y and unit through keep_rows first."
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_delta_of_one_over_the_customers_is_warned_of_at_the_line_that_asks(way, by_threshold):
    with pytest.warns(
        LargeDeltaWarning, match=r"^delta 0\.001 is at least 1 / n, one over"
    ) as heard:
        way(by_threshold, delta=1e-3)
    assert __file__ in {each.filename for each in heard}


@pytest.mark.parametrize("way", WAYS[:2])
def test_without_noise_there_is_no_delta_to_warn_of(way, by_threshold):
    assert way(by_threshold, delta=1e-3, epsilon=math.inf).guarantee.delta == 0
