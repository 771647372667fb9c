"""A queue at a fixed capacity: nobody is lost, nobody idles, and the order decides who waits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.models.service._simulate import days_waited, order_of, traffic

DAYS = st.lists(st.integers(0, 12), min_size=1, max_size=40)


def waits(opened, scores, capacity, seed=0):
    opened = np.asarray(opened, dtype=np.int64)
    chance = np.random.default_rng(seed).random(len(opened))
    given_scores = None if scores is None else np.asarray(scores, float)
    return opened, days_waited(opened, order_of(opened, given_scores, chance), capacity)


@given(DAYS, st.integers(1, 5), st.integers(0, 99))
def test_every_case_is_handled_once_at_most_so_many_a_day_and_no_place_stays_free(
    days, capacity, seed
):
    scores = np.random.default_rng(seed).integers(0, 3, len(days))
    opened, waited = waits(days, scores, capacity, seed)
    assert (waited >= 0).all()
    evening = traffic(opened, waited)
    assert evening["handled"].sum() == evening["opened"].sum() == len(days)
    assert evening["handled"].max() <= capacity
    assert evening["waiting"].iloc[-1] == 0
    idle = evening["handled"] < capacity
    assert (evening["waiting"][idle] == 0).all()


@given(DAYS, st.integers(1, 5), st.integers(0, 99))
def test_no_order_adds_capacity(days, capacity, seed):
    scores = np.random.default_rng(seed).random(len(days))
    _, by_score = waits(days, scores, capacity)
    _, first_come = waits(days, None, capacity)
    assert by_score.sum() == first_come.sum()


@given(DAYS, st.integers(1, 5), st.integers(0, 99))
def test_of_two_cases_opened_alike_the_higher_score_never_waits_longer(days, capacity, seed):
    scores = np.random.default_rng(seed).integers(0, 4, len(days))
    opened, waited = waits(days, scores, capacity)
    for one in range(len(days)):
        lower = (opened == opened[one]) & (scores < scores[one])
        assert (waited[lower] >= waited[one]).all()


def test_first_come_first_served_takes_them_by_day():
    _, waited = waits([0, 0, 0, 1, 9], None, 1)
    assert sorted(waited[:3]) == [0, 1, 2]
    assert waited[3:].tolist() == [2, 0]


def test_a_low_score_waits_until_nobody_else_does():
    _, waited = waits([0, 0, 1, 2, 3], [1, 0, 1, 1, 1], 1)
    assert waited.tolist() == [0, 4, 0, 0, 0]


@pytest.mark.parametrize("seed", [1, 2])
def test_ties_go_by_chance_and_not_by_the_order_of_rows(seed):
    firsts = {int(np.argmin(waits([0] * 6, None, 1, seed=each)[1])) for each in range(30)}
    assert len(firsts) > 3
    assert waits([0] * 6, None, 1, seed)[1].tolist() == waits([0] * 6, None, 1, seed)[1].tolist()
