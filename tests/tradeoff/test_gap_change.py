"""A change between two gaps is seen where it is, and not where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.tradeoff._gap_change import expected_gap_change, gap_change


def surveyed(rng, sizes, one, other, shared):
    """Two policies' rates by group on the same customers and on draws of them."""
    both = []
    for n, first, second in zip(sizes, one, other, strict=True):
        lots = rng.random(n)
        again = np.where(rng.random(n) < shared, lots, rng.random(n))
        weights = np.vstack([np.ones(n), rng.poisson(1, (100, n))])
        decided = np.column_stack([lots < first, again < second])
        both.append((weights @ decided) / weights.sum(axis=1)[:, None])
    return np.moveaxis(np.array(both), 2, 0)


@pytest.mark.parametrize(
    ("sizes", "one", "other"),
    [
        ((400, 200), (0.3, 0.2), (0.25, 0.22)),
        ((400, 30), (0.2, 0.2), (0.3, 0.05)),
        ((300, 300), (0.2, 0.2), (0.2, 0.2)),
        ((100,) * 6, (0.2,) * 6, (0.1, 0.3) * 3),
    ],
)
@pytest.mark.parametrize("shared", [0.0, 0.9])
def test_the_interval_holds_the_true_change(sizes, one, other, shared):
    rng = np.random.default_rng(4)
    true = np.ptp(one) - np.ptp(other)
    inside = 0
    for _ in range(100):
        found = gap_change(*surveyed(rng, sizes, one, other, shared), np.array(sizes))
        assert found.low <= found.value <= found.high
        inside += found.low <= true <= found.high
    assert inside >= 93  # it is on the wide side of 95


def test_a_gap_that_closes_is_seen_and_pairing_helps():
    sizes, one, other = (2000, 1500), (0.26, 0.20), (0.34, 0.20)
    rng = np.random.default_rng(5)
    apart = gap_change(*surveyed(rng, sizes, one, other, 0.0), np.array(sizes))
    paired = gap_change(*surveyed(rng, sizes, one, other, 1.0), np.array(sizes))
    assert paired.high < 0
    assert paired.high - paired.low < 0.8 * (apart.high - apart.low)


def test_a_policy_against_itself_changes_nothing_and_is_not_overly_sure():
    rates = np.full((2, 101), 0.0)
    found = gap_change(rates, rates, np.array([12, 12]))
    assert found.value == 0
    assert found.low < -0.1 and found.high > 0.1


def test_few_groups_and_one_seed_are_told():
    rates = np.full((3, 1, 11), 0.2)
    trials = np.array([100, 100, 8])
    value, low, high = expected_gap_change(rates, rates, trials)
    assert value == 0 and np.isnan([low, high]).all()
    assert np.isnan(expected_gap_change(rates[1:], rates[1:], trials[1:])).all()
    several = np.repeat(rates, 4, axis=1)
    moved = several + np.arange(4)[:, None] * np.array([0.02, 0.0, 0.5])[:, None, None]
    found = expected_gap_change(moved, several, trials)
    assert found.value == pytest.approx(0.03)  # the group with too few is left out
    assert found.low < found.value < found.high
