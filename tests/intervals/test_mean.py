"""The mean of bounded amounts: Wilson's interval in euros, and its coverage of skewed amounts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from equipoise.exceptions import InputError
from equipoise.intervals import mean_amount, wilson


@settings(deadline=None)
@given(
    st.integers(0, 200),
    st.integers(10, 200),
    st.floats(-50, 50),
    st.floats(0.1, 100),
    st.sampled_from([0.8, 0.95]),
)
def test_amounts_of_two_values_have_wilsons_interval_in_euros(many, few, low, width, confidence):
    high = low + width
    amounts = np.repeat([low, high], [many, few])
    found = mean_amount(amounts, bounds=(low, high), confidence=confidence)
    share = wilson(few, many + few, confidence=confidence)
    expected = [low + (high - low) * side for side in share]
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.floats(0, 5), min_size=10, max_size=60))
def test_a_mean_lies_within_its_bounds_and_these_within_what_an_amount_can_be(amounts):
    value, low, high = mean_amount(amounts, bounds=(0, 5))
    assert value == pytest.approx(np.mean(amounts), abs=1e-9)
    assert 0 <= low <= value + 1e-9
    assert value <= high + 1e-9 <= 5 + 2e-9
    assert low < high


@settings(deadline=None)
@given(st.lists(st.floats(0, 5), min_size=10, max_size=40), st.floats(0.1, 9), st.floats(-9, 9))
def test_another_unit_gives_the_same_interval_in_that_unit(amounts, factor, shift):
    before = mean_amount(amounts, bounds=(0, 5))
    moved = factor * np.array(amounts) + shift
    lowest, highest = min(moved.min(), shift), max(moved.max(), factor * 5 + shift)
    after = mean_amount(moved, bounds=(lowest, highest))
    assert after == pytest.approx([factor * side + shift for side in before], rel=1e-4, abs=1e-4)


def test_of_many_amounts_well_inside_their_bounds_it_is_the_normal_interval():
    amounts = np.random.default_rng(1).uniform(2, 3, 20_000)
    value, low, high = mean_amount(amounts, bounds=(0, 5))
    reach = norm.ppf(0.975) * amounts.std() / np.sqrt(20_000)
    assert (value, low, high) == pytest.approx((value, value - reach, value + reach), abs=1e-5)


@pytest.mark.parametrize("amount", [0.0, 0.1, 0.3, 1 / 3, 5.0])
def test_amounts_that_are_all_alike_leave_the_doubt_of_their_number(amount):
    found = mean_amount(np.full(100, amount), bounds=(0, 5))
    expected = [5 * side for side in wilson(100 * amount / 5, 100)]
    assert found == pytest.approx(expected)
    repeated = mean_amount(np.full(300, amount), bounds=(0, 5), clusters=np.arange(300) // 3)
    assert repeated == pytest.approx(expected)


def test_identical_rows_of_a_customer_count_once():
    amounts = np.random.default_rng(2).gamma(1, 1, 80).clip(0, 5)
    once = mean_amount(amounts, bounds=(0, 5))
    names = np.array([f"customer {place}" for place in range(80)])
    assert mean_amount(amounts, bounds=(0, 5), clusters=names) == pytest.approx(once)
    thrice = mean_amount(amounts.repeat(3), bounds=(0, 5), clusters=names.repeat(3))
    assert thrice == pytest.approx(once)
    rows = mean_amount(amounts.repeat(3), bounds=(0, 5))
    assert rows.high - rows.low < 0.7 * (once.high - once.low)


def test_fewer_than_ten_independent_customers_have_no_mean():
    for amounts, clusters in (
        ([], None),
        (np.arange(9), None),
        (np.arange(100) / 20, np.arange(100) // 12),
        (np.arange(100) / 20, np.r_[np.arange(50), np.full(50, 50)]),
    ):
        assert np.isnan(mean_amount(amounts, bounds=(0, 9), clusters=clusters)).all()
    assert np.isfinite(mean_amount(np.arange(10), bounds=(0, 9))).all()


@pytest.mark.parametrize(
    ("amounts", "bounds", "clusters", "message"),
    [
        (
            [1.0, 6.0, -1.0], (0, 5), None,
            "amounts must lie in 0..5, got something else in 2 of 3 rows. "
            "Widen the bounds, or complete those rows.",
        ),
        (
            [1.0, np.nan, 2.0], (0, 2.5), None,
            "amounts must lie in 0..2.5, got something else in 1 of 3 rows. "
            "Widen the bounds, or complete those rows.",
        ),
        (
            [1.0], (5, 0), None,
            "bounds must be two rising numbers, got (5, 0). Use for example (0, 5).",
        ),
        (
            [1.0], (1, 1), None,
            "bounds must be two rising numbers, got (1, 1). Use for example (0, 5).",
        ),
        (
            [1.0], (0, np.inf), None,
            "bounds must be two rising numbers, got (0, inf). Use for example (0, 5).",
        ),
        (
            [1.0, 2.0, 3.0], (0, 5), ["a", "b"],
            "amounts and clusters must have the same number of rows, got (3,), (2,). "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            [1.0, 2.0, 3.0], (0, 5), ["a", None, "b"],
            "clusters must not be missing, got something else in 1 of 3 rows. "
            "Correct or remove those rows.",
        ),
    ],
)  # fmt: skip
def test_amounts_without_a_meaning_are_refused(amounts, bounds, clusters, message):
    with pytest.raises(InputError) as refusal:
        mean_amount(amounts, bounds=bounds, clusters=clusters)
    assert str(refusal.value) == message


def spent(customers, buying, spread, most, random):
    """Draw what customers spend, most of them nothing: up to a share of e^3 · e^(spread · normal)."""
    return np.exp(3 + spread * random.normal(size=customers)).clip(0, most) * (
        random.random(customers) < buying
    )


def spent_on_average(buying, spread, most):
    """Return the mean of what `spent` draws."""
    far = (np.log(most) - 3) / spread
    return buying * (np.exp(3 + spread**2 / 2) * norm.cdf(far - spread) + most * norm.sf(far))


def coverage(customers, buying, spread, most, repeats, seed):
    random, true = np.random.default_rng(seed), spent_on_average(buying, spread, most)
    found = np.array(
        [
            mean_amount(spent(customers, buying, spread, most, random), bounds=(0, most))
            for _ in range(repeats)
        ]
    )
    return ((found[:, 1] <= true) & (true <= found[:, 2])).mean(), found[:, 0].mean() / true


@pytest.mark.parametrize(
    ("customers", "buying", "spread", "most"),
    [
        (200, 0.05, 0.5, 100),
        (1000, 0.05, 0.5, 500),
        (50, 0.2, 0.5, 100),
        (1000, 0.05, 1.0, 100),
        (200, 0.2, 1.0, 100),
        (1000, 0.2, 1.0, 500),
        (200, 1.0, 1.0, 500),
    ],
)
def test_the_mean_of_skewed_amounts_of_which_most_are_zero_keeps_its_coverage(
    customers, buying, spread, most, at_least
):
    covered, unbiased = coverage(customers, buying, spread, most, 1500, seed=customers)
    assert covered > at_least(0.935, 1500)
    assert covered < 0.985
    assert unbiased == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(("customers", "buying"), [(200, 0.05), (50, 0.2)])
def test_of_ten_buyers_whose_amounts_are_most_unlike_it_covers_less_often(customers, buying):
    covered, _ = coverage(customers, buying, 1.0, 500, 1500, seed=1)
    assert 0.85 < covered < 0.93


def test_the_mean_amount_of_customers_with_several_rows_keeps_its_coverage(at_least):
    random, repeats, customers = np.random.default_rng(3), 600, 150
    clusters = np.arange(customers).repeat(4)
    inside = naive = 0
    for _ in range(repeats):
        own = random.beta(0.5, 1, customers)[clusters]
        amounts = 5 * (0.7 * own + 0.3 * random.random(len(clusters)))
        true = 5 * (0.7 / 3 + 0.3 / 2)
        for which in (clusters, None):
            _, low, high = mean_amount(amounts, bounds=(0, 5), clusters=which)
            inside += (which is clusters) and low <= true <= high
            naive += (which is None) and low <= true <= high
    assert inside / repeats > at_least(0.94, repeats)
    assert naive / repeats < 0.8
