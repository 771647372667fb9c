"""What the highest rows hold, ties in proportion, and how sure that is over customers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.models.value._ranking import Ranking, thinned
from equipoise.models.value._uncertain import CutSums, bounded_total, not_estimable


@st.composite
def rows(draw):
    n = draw(st.integers(2, 40))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    scores = random.integers(0, draw(st.integers(1, 12)), n) / 4.0
    customer = np.unique(random.integers(0, n, n), return_inverse=True)[1]
    return Ranking.of(scores, customer), scores, random.normal(size=n).round(3)


@settings(max_examples=40, deadline=None)
@given(rows(), st.floats(0, 1))
def test_the_highest_rows_come_first_and_tied_ones_in_proportion(made, share):
    ranking, scores, values = made
    count = share * len(scores)
    taken = ranking.taken(count)
    assert taken.sum() == pytest.approx(count, abs=1e-9)
    assert ranking.totals(values, count) == pytest.approx(taken @ values, abs=1e-9)
    for level in np.unique(scores):
        assert np.ptp(taken[scores == level]) == 0
    by_score = taken[np.argsort(scores)]
    assert (np.diff(by_score) >= 0).all()
    assert ((by_score > 0) & (by_score < 1)).sum() <= max(np.bincount(ranking.step))


@settings(max_examples=40, deadline=None)
@given(rows(), st.floats(0, 1), st.floats(-2, 2), st.booleans())
def test_sums_of_squares_are_those_of_each_customer_added_one_by_one(made, share, slope, of_all):
    ranking, scores, values = made
    values = np.abs(values) + 0.1 if of_all else values
    count, n = share * len(scores), len(scores)
    taken = ranking.taken(count)
    part = taken @ values / values.sum() if of_all else 0.0
    moved = (values - slope) * taken - part * values
    own = np.bincount(ranking.customer, moved - moved.mean())
    expected = own @ own * len(own) / max(len(own) - 1, 1)
    sums = CutSums(ranking, values)
    found = sums.squares([count], [slope], of_all=of_all)
    assert found[0] == pytest.approx(expected, rel=1e-6, abs=1e-7)
    held = np.bincount(ranking.customer, taken)
    assert sums.carried([count])[0] == pytest.approx(held @ held, abs=1e-9)
    above = np.bincount(ranking.customer, taken * values)
    below = np.bincount(ranking.customer, (1 - taken) * values)
    hits, misses = sums.of_hits_and_misses([count])
    assert hits[0] == pytest.approx(above @ above, abs=1e-7)
    assert misses[0] == pytest.approx(below @ below, abs=1e-7)
    assert n == len(ranking)


def test_a_row_at_the_cut_holds_the_mean_of_its_neighbours():
    ranking = Ranking.of(-np.arange(1000.0), np.arange(1000))
    values = -np.arange(1000.0)
    assert ranking.slopes(values, 500) == pytest.approx(-499.5)
    assert ranking.slopes(np.ones(1000), [0, 3, 1000]) == pytest.approx([1, 1, 1])


def test_a_curve_has_about_two_hundred_points_and_those_named():
    assert thinned(5).tolist() == [0, 1, 2, 3, 4, 5]
    points = thinned(1_000_000, 7, 123_457)
    assert {0, 7, 123_457, 1_000_000} <= set(points.tolist())
    assert len(points) == 203


def test_totals_without_doubt_have_no_width_and_few_customers_no_interval():
    one = bounded_total(
        np.array([0.0, -3.0, -8.0]),
        np.array([0.0, 3.0, 100.0]),
        squares=np.zeros(3),
        carried=np.array([0.0, 3.0, 100.0]),
        bounds=(-1.0, 20.0),
    )
    assert (one.low[0], one.high[0]) == (0, 0)
    assert np.isnan([one.low[1], one.high[1]]).all()
    assert one.low[2] >= -100
    assert one.high[2] > one.low[2]
    sure = bounded_total(
        np.array([-3.0]), np.array([3.0]), squares=np.zeros(1), carried=np.ones(1), bounds=(-1, -1)
    )
    assert [side.tolist() for side in sure] == [[-3.0]] * 3
    assert not_estimable([9.96, 10]) == ["not estimable (n=9.9)", ""]
