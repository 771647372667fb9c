"""Two variances are told apart, and the interval made of them holds as often as it says."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.intervals import Interval
from equipoise.tradeoff import Policy
from equipoise.tradeoff._paired import drawn_together, expected, groups_together, over_seeds_too


def made(runs, seeds, noise, sampling, seed):
    """Draws of a figure that is zero in truth: seeds and customers move it, each by its own amount."""
    rng = np.random.default_rng(seed)
    sample = noise * rng.normal(size=(runs, seeds, 1)) + sampling * rng.normal(size=(runs, 1, 1))
    moved = sampling * rng.normal(size=(runs, 1, 200))
    return np.concatenate([sample, sample + moved], axis=2)


@pytest.mark.parametrize("noise", [0.002, 0.02, 0.1])
@pytest.mark.parametrize("sampling", [0.002, 0.02])
@pytest.mark.parametrize("seeds", [3, 10])
def test_both_variances_are_recovered_and_the_interval_covers(noise, sampling, seeds):
    told = expected(made(2000, seeds, noise, sampling, seed=1))
    assert told.noise_variance.mean() == pytest.approx(noise**2, rel=0.1)
    assert told.sampling_variance.mean() == pytest.approx(sampling**2, rel=0.05)
    # 2,000 runs: 0.95 is seen with an error of 0.005. Squares added are on the wide side.
    assert 0.935 <= ((told.low <= 0) & (told.high >= 0)).mean() <= 0.985


def test_one_seed_has_no_noise_variance_and_no_interval():
    told = expected(made(3, 1, 0.1, 0.1, seed=2))
    assert np.isfinite(told.value).all()
    assert np.isfinite(told.sampling_variance).all()
    assert np.isnan([told.noise_variance, told.low, told.high]).all()


def test_a_draw_without_the_figure_is_left_out_and_a_sample_without_it_is_not_estimable():
    draws = made(1, 4, 0.1, 0.1, seed=3)[0]
    holed = draws.copy()
    holed[1, 7] = np.nan
    assert expected(holed).sampling_variance == pytest.approx(
        np.delete(draws, 7, axis=1)[:, 1:].mean(axis=0).var(ddof=1)
    )
    holed[1, 0] = np.nan
    assert np.isnan(expected(holed).value)


def test_seeds_widen_an_interval_over_customers():
    customers = Interval(1.0, 0.7, 1.4)
    same = over_seeds_too(customers, np.full(5, 1.0))
    assert same == pytest.approx(customers)
    told = over_seeds_too(customers, np.array([0.0, 1.0, 2.0]))
    reach = 4.302652730 / np.sqrt(3)  # Student's t with two degrees of freedom, variance one
    assert told == pytest.approx((1.0, 1 - np.hypot(0.3, reach), 1 + np.hypot(0.4, reach)))
    assert np.isnan(over_seeds_too(customers, np.array([1.0])).low)


def test_draws_of_several_policies_are_those_of_each(sweep_of):
    result = sweep_of(
        [{}, {"status": "failed"}, {"epsilon": 1.0}], seeds=2, noise=0.1, replicates=5
    )
    policies = [Policy("m2", "none", 1.0), Policy("m0", "none", np.inf)]
    found = drawn_together(result, policies, "confirm", ["auc", "reach_gap"])
    assert found.shape == (2, 2, 6, 2)
    for policy, own in zip(policies, found, strict=True):
        for place, measure in enumerate(["auc", "reach_gap"]):
            table = result.drawn(policy, "confirm", measure)
            np.testing.assert_array_equal(own[..., place].T, table.to_numpy())
    groups, rates = groups_together(result, policies, "selection_rate")
    assert groups == ["a", "b", "z"]
    own = result.group_draws.query("cell == 5 and group == 'b'")["selection_rate"]
    np.testing.assert_array_equal(rates[0, 1, 1], own)
