"""Means of one arm: the interval of a rate, at the sample size that weights leave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.intervals import difference, wilson
from equipoise.models.uplift._policy_means import arm_mean, arm_support, combined
from equipoise.models.uplift._policy_rows import CampaignRows


def drawn(seed, n=400, *, rate=0.2, chance=0.7):
    rng = np.random.default_rng(seed)
    chances = np.broadcast_to(chance, n).astype(float)
    treated = (rng.random(n) < chances).astype(float)
    return CampaignRows(treated, chances, (rng.random(n) < rate).astype(float), np.arange(n))


@pytest.mark.parametrize("arm", [0, 1])
def test_an_arm_of_equal_weights_has_the_interval_of_a_rate(arm):
    rows = drawn(4)
    seen = rows.treated == arm
    found = arm_mean(rows, np.ones(400), arm, normalised=True)
    assert found.mean == pytest.approx(rows.y[seen].mean())
    told = wilson(found.mean * seen.sum(), seen.sum())
    assert (found.low, found.high) == pytest.approx((told.low, told.high), rel=0.02)


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_support_is_at_most_the_customers_of_the_arm(seed, chance):
    rows = drawn(seed, 60, chance=chance)
    acts = np.random.default_rng(seed).random(60)
    for arm in (0, 1):
        support = arm_support(rows, acts, arm)
        assert 0 <= support <= (rows.treated == arm).sum() + 1e-9
        one_customer = rows._replace(codes=np.zeros(60, dtype=int))
        assert arm_support(one_customer, acts, arm) <= 1 + 1e-9


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.booleans())
def test_bounds_enclose_the_mean_whatever_was_seen(seed, n, normalised):
    rng = np.random.default_rng(seed)
    rows = drawn(seed, n, rate=rng.choice([0.0, 0.5, 1.0]), chance=rng.uniform(0.05, 0.95, n))
    predicted = None if rng.random() < 0.5 else rng.random(n)
    for arm in (0, 1):
        if not (rows.treated == arm).any():
            continue
        found = arm_mean(rows, np.ones(n), arm, predicted, normalised=normalised)
        assert found.low <= found.mean <= found.high
        assert found.high > found.low


def test_an_arm_that_nobody_met_may_have_any_rate():
    rows = drawn(1)._replace(treated=np.ones(400))
    assert arm_mean(rows, np.ones(400), 0)[1:4] == (0.0, 0.0, 1.0)


def test_no_order_among_few_leaves_room_for_some():
    rows = drawn(1, 40, rate=0.0)
    found = arm_mean(rows, np.ones(40), 0)
    size = min(40 * 0.3, (rows.treated == 0).sum())
    assert (found.mean, found.low) == (0.0, 0.0)
    found = arm_mean(rows, np.ones(40), 0, normalised=True)
    assert found.high == pytest.approx(wilson(0, size).high)


def test_weights_that_need_not_sum_to_the_rows_make_a_common_outcome_unsure():
    """Of 90 rows, nearly all with the outcome, more or fewer than stated may meet the arm."""
    held = []
    for seed in range(200):
        found = arm_mean(drawn(seed, 90, rate=0.95, chance=0.7), np.ones(90), 1)
        held.append(found.low <= 0.95 <= found.high)
    assert np.mean(held) >= 0.93


def test_two_arms_of_different_customers_join_like_independent_rates():
    rows = drawn(9, 4000)
    one, other = (arm_mean(rows, np.ones(4000), arm, normalised=True) for arm in (1, 0))
    found = combined([(10.0, one), (-20.0, other)], 5.0)
    apart = difference(
        type(found)(10 * one.mean, 10 * one.low, 10 * one.high),
        type(found)(20 * other.mean, 20 * other.low, 20 * other.high),
    )
    expected = [side + 5 for side in apart]
    np.testing.assert_allclose(list(found), expected, rtol=0.01)


def test_what_the_same_customers_cause_on_both_sides_cancels():
    rows = drawn(9)
    mean = arm_mean(rows, np.ones(400), 1)
    assert combined([(10.0, mean), (-10.0, mean)], 1.0) == pytest.approx((1.0, 1.0, 1.0), abs=2)
    twice = combined([(10.0, mean), (10.0, mean)], 0.0)
    assert twice == pytest.approx((20 * mean.mean, 20 * mean.low, 20 * mean.high))
