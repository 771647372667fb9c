"""Differences, means and ratios: published bounds, what they follow from, and their coverage."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import binom

from equipoise.exceptions import InputError
from equipoise.intervals import Interval, difference, newcombe, ratio, wilson
from equipoise.intervals.compared import mean_of, quotient

COUNTS = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SOME = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))
CONFIDENCE = st.floats(0.5, 0.999)
ESTIMATE = st.lists(st.floats(0, 1), min_size=3, max_size=3).map(
    lambda sides: Interval(*np.sort(sides)[[1, 0, 2]])
)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_published_bounds(counts, low, high):
    assert newcombe(*counts)[1:] == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(COUNTS, COUNTS, CONFIDENCE)
def test_newcombe_contains_its_gap_and_flips_with_the_reference(one, other, confidence):
    gap, low, high = newcombe(*one, *other, confidence=confidence)
    assert -1 <= low <= gap <= high <= 1
    flipped = newcombe(*other, *one, confidence=confidence)
    assert flipped == pytest.approx((-gap, -high, -low), abs=1e-12)


@settings(deadline=None)
@given(COUNTS, COUNTS, CONFIDENCE)
def test_newcombe_is_the_difference_of_wilsons(one, other, confidence):
    parts = (wilson(*counts, confidence=confidence) for counts in (one, other))
    assert newcombe(*one, *other, confidence=confidence) == difference(*parts)


def test_zero_trials_on_either_side_are_not_estimable():
    assert np.isnan(newcombe(0, 0, 5, 10)).all()
    assert np.isnan(newcombe(5, 10, 0, 0)).all()


@pytest.mark.parametrize("rates", [(0.05, 0.05), (0.1, 0.2), (0.5, 0.5), (0.3, 0.9), (0.02, 0.5)])
@pytest.mark.parametrize("expected", [(10, 10), (10, 100), (200, 20), (1000, 5000)])
def test_newcombe_covers_where_ten_of_either_outcome_are_expected(rates, expected, at_least):
    trials = [round(k / min(rate, 1 - rate)) for rate, k in zip(rates, expected, strict=True)]
    draws = np.random.default_rng(1).binomial(trials, rates, size=(20_000, 2))
    _, low, high = newcombe(draws[:, 0], trials[0], draws[:, 1], trials[1])
    gap = rates[0] - rates[1]
    assert ((low <= gap) & (gap <= high)).mean() > at_least(0.945, 20_000)


def test_a_difference_moves_both_sides_by_the_root_of_the_sum_of_squares():
    found = difference(Interval(0.5, 0.47, 0.62), Interval(0.2, 0.11, 0.24))
    assert found == pytest.approx((0.3, 0.3 - 0.05, 0.3 + 0.15))


@given(ESTIMATE, ESTIMATE)
def test_a_difference_contains_its_gap_within_the_furthest_bounds_of_both(one, other):
    gap, low, high = difference(one, other)
    assert gap == one.value - other.value
    assert one.low - other.high - 1e-12 <= low <= gap <= high <= one.high - other.low + 1e-12


@given(ESTIMATE, ESTIMATE)
def test_a_difference_mirrors_when_its_sides_are_swapped(one, other):
    gap, low, high = difference(one, other)
    assert difference(other, one) == pytest.approx((-gap, -high, -low), abs=1e-12)


@given(ESTIMATE, st.floats(0, 1))
def test_a_difference_to_what_is_known_for_sure_shifts_the_interval(one, known):
    shifted = [side - known for side in one]
    assert difference(one, Interval(known, known, known)) == pytest.approx(shifted, abs=1e-12)


@given(ESTIMATE)
def test_the_mean_of_one_is_itself(one):
    assert mean_of([one]) == pytest.approx(one, abs=1e-12)


@given(ESTIMATE, st.integers(2, 9))
def test_the_mean_of_equally_good_estimates_is_better_by_the_root_of_their_number(one, many):
    value, low, high = mean_of([one] * many)
    assert value == pytest.approx(one.value, abs=1e-12)
    assert value - low == pytest.approx((one.value - one.low) / np.sqrt(many), abs=1e-12)
    assert high - value == pytest.approx((one.high - one.value) / np.sqrt(many), abs=1e-12)


@given(st.lists(ESTIMATE, min_size=2, max_size=5))
def test_a_mean_contains_its_value_within_the_mean_bounds_in_any_order(parts):
    value, low, high = mean_of(parts)
    outer = np.mean(parts, axis=0)
    assert value == pytest.approx(outer[0], abs=1e-12)
    assert outer[1] - 1e-12 <= low <= value <= high <= outer[2] + 1e-12
    assert mean_of(parts[::-1]) == pytest.approx((value, low, high), abs=1e-12)


@pytest.mark.parametrize("rates", [(0.1, 0.3), (0.02, 0.5), (0.9, 0.95)])
def test_the_mean_of_two_rates_keeps_its_coverage(rates, at_least):
    trials = [round(20 / min(rate, 1 - rate)) for rate in rates]
    draws = np.random.default_rng(2).binomial(trials, rates, size=(20_000, 2))
    _, low, high = mean_of([wilson(draws[:, part], trials[part]) for part in (0, 1)])
    covered = (low <= np.mean(rates)) & (np.mean(rates) <= high)
    assert covered.mean() > at_least(0.945, 20_000)


# The Physicians' Health Study in Agresti, An Introduction to Categorical Data Analysis; Katz's bounds
# from Wald's variance.
def test_ratio_of_large_counts_gives_katzs_published_bounds():
    assert ratio(189, 11_034, 104, 11_037) == pytest.approx((1.82, 1.43, 2.31), abs=0.015)


@settings(deadline=None)
@given(SOME, SOME, CONFIDENCE)
def test_a_ratio_is_the_difference_of_the_logarithms(one, other, confidence):
    sides = [wilson(*each, confidence=confidence) for each in (one, other)]
    logs = [Interval(*(np.log(side) for side in each)) for each in sides]
    expected = [np.exp(side) for side in difference(*logs)]
    assert ratio(*one, *other, confidence=confidence) == pytest.approx(expected, rel=1e-9)


@settings(deadline=None)
@given(COUNTS, SOME, CONFIDENCE)
def test_a_ratio_lies_within_its_bounds_which_leave_doubt(one, other, confidence):
    share, low, high = ratio(*one, *other, confidence=confidence)
    assert share == pytest.approx(one[0] / one[1] / (other[0] / other[1]))
    assert 0 <= low <= share <= high < np.inf
    assert low < high


@settings(deadline=None)
@given(SOME, SOME, CONFIDENCE)
def test_the_bounds_of_a_ratio_are_inverse_when_its_sides_are_swapped(one, other, confidence):
    share, low, high = ratio(*one, *other, confidence=confidence)
    swapped = ratio(*other, *one, confidence=confidence)
    assert swapped == pytest.approx((1 / share, 1 / high, 1 / low), rel=1e-9)


def test_a_rate_of_zero_has_a_ratio_of_zero_with_an_upper_bound():
    share, low, high = ratio(0, 50, 10, 50)
    assert (share, low) == (0, 0)
    assert 0.3 < high < 1


def test_a_reference_rate_of_zero_and_zero_trials_have_no_ratio():
    for counts in ((5, 10, 0, 10), (0, 10, 0, 10), (0, 0, 5, 10), (5, 10, 0, 0)):
        assert np.isnan(ratio(*counts)).all()
    for side in ratio([5, 5], [10, 10], [0, 5], [10, 10]):
        assert np.isnan(side).tolist() == [True, False]


def test_rates_of_one_leave_doubt_below_and_none_above_what_the_reference_leaves():
    share, low, high = ratio(10, 10, 500, 500)
    assert share == 1
    assert low < 0.75
    assert high == pytest.approx(1 / wilson(500, 500).low)


@given(SOME, SOME, CONFIDENCE)
def test_customers_behind_both_widen_gap_and_ratio_to_the_sum_of_the_distances(one, other, level):
    sides = [wilson(*each, confidence=level) for each in (one, other)]
    for compare in (difference, quotient):
        apart, joint = (compare(*sides, dependent=each) for each in (False, True))
        assert joint.value == apart.value
        assert joint.low <= apart.low
        assert joint.high >= apart.high
    gap = difference(*sides, dependent=True)
    assert gap[1:] == pytest.approx((sides[0].low - sides[1].high, sides[0].high - sides[1].low))
    share = quotient(*sides, dependent=True)
    assert share[1:] == pytest.approx((sides[0].low / sides[1].high, sides[0].high / sides[1].low))


def test_each_comparison_has_its_own_say_on_dependence():
    one, other = wilson([30, 30], [100, 100]), wilson([50, 50], [100, 100])
    _, low, _ = difference(one, other, dependent=[True, False])
    assert low[0] < low[1] == newcombe(30, 100, 50, 100).low


def covered(rates, trials, compare=ratio):
    """Return how often the interval holds the true ratio or gap, of all counts that have a ratio."""
    counts = [np.arange(int(binom.isf(1e-9, *at)) + 1) for at in zip(trials, rates, strict=True)]
    chances = [binom.pmf(k, n, p) for k, n, p in zip(counts, trials, rates, strict=True)]
    chance = np.outer(chances[0], chances[1][1:])
    _, low, high = compare(counts[0][:, None], trials[0], counts[1][1:], trials[1])
    true = rates[0] / rates[1] if compare is ratio else rates[0] - rates[1]
    return chance[(low <= true) & (true <= high)].sum() / chance.sum()


@pytest.mark.parametrize("rates", [*itertools.product([0.01, 0.1, 0.5, 0.9], repeat=2)])
@pytest.mark.parametrize(
    ("expected", "share"),
    [((10, 10), 0.935), ((10, 100), 0.935), ((20, 20), 0.94), ((20, 100), 0.94), ((100, 20), 0.94)],
)
def test_ratio_covers_where_ten_or_twenty_of_either_outcome_are_expected(rates, expected, share):
    trials = [round(k / min(rate, 1 - rate)) for rate, k in zip(rates, expected, strict=True)]
    assert covered(rates, trials) >= share


@pytest.mark.parametrize(
    ("rates", "trials"),
    [
        ((0.02, 0.02), (50, 50)),
        ((0.02, 0.02), (100, 1000)),
        ((0.01, 0.05), (200, 400)),
        ((0.2, 0.1), (24, 476)),
        ((0.3, 0.3), (10, 10)),
        ((0.9, 0.9), (10, 10)),
        ((0.95, 0.95), (24, 476)),
        ((0.99, 0.97), (100, 1000)),
        ((0.05, 0.95), (24, 10)),
        ((0.05, 0.3), (24, 476)),
        ((0.1, 0.2), (24, 476)),
    ],
)
def test_ratio_covers_rates_near_zero_and_one_of_few_customers(rates, trials):
    assert covered(rates, trials) >= 0.94


@pytest.mark.parametrize("rates", [(0.99, 0.99), (0.01, 0.01)])
def test_gap_and_ratio_cover_less_often_where_ten_face_thousands_at_rates_near_the_edge(rates):
    assert 0.88 < covered(rates, (10, 2000)) < 0.94
    assert 0.88 < covered(rates, (10, 2000), newcombe) < 0.94


NEAR_THE_EDGE, OTHERS = (0.005, 0.01, 0.015, 0.02), (0.03, 0.05, 0.1, 0.2, 0.3, 0.5)


@pytest.mark.parametrize(
    ("few", "rates", "least"),
    [
        *(((10, 15, 25, 30, 50), rates, least) for rates, least in ((NEAR_THE_EDGE, 0.86), (OTHERS, 0.91))),
        ((60, 80, 100, 200), NEAR_THE_EDGE + OTHERS, 0.93),
    ],
)  # fmt: skip
def test_newcombe_covers_few_customers_against_thousands_as_often_as_it_says(few, rates, least):
    found = [
        covered((rate, rate * times), (trials, 5000), newcombe)
        for trials, rate, times in itertools.product(few, rates, (0.5, 1, 1.9))
    ]
    assert least <= min(found) < least + 0.02


@pytest.mark.parametrize(("counts", "named"), [((11, 10, 5, 10), 11), ((5, 10, -1, 10), -1)])
def test_a_ratio_of_what_are_no_counts_is_refused(counts, named):
    with pytest.raises(InputError) as refusal:
        ratio(*counts)
    assert str(refusal.value) == (
        f"successes must be between 0 and their trials, got {float(named)} of 10.0. "
        "Pass counts, not rates."
    )


def test_arrays_are_compared_one_by_one():
    hits, trials = np.array([3, 20]), np.array([10, 40])
    for compare in (newcombe, ratio):
        together = compare(hits, trials, 15, 30)
        alone = [compare(h, n, 15, 30) for h, n in zip(hits, trials, strict=True)]
        assert_allclose(np.array(together).T, alone)
