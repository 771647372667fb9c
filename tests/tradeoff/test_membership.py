"""How surely a policy is on the frontier: draws of customers and of seeds, and who dominates it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from equipoise.tradeoff._paired import redrawn

MORE, LESS = ["profit_eur"], ["selection_gap"]


def test_a_lone_policy_is_on_the_frontier_for_sure(sweep_of):
    told = sweep_of([{}], seeds=3, noise=1.0).membership(MORE, LESS)
    assert told.loc[0, "membership_probability"] == 1.0
    assert bool(told.loc[0, "on_frontier"])
    assert told.loc[0, ["dominated_by", "note"]].tolist() == ["", ""]
    assert np.isnan(told.loc[0, "dominated_in"])


def test_equal_policies_dominate_neither(sweep_of):
    result = sweep_of([{"epsilon": 1.0}, {"epsilon": 1.0}], seeds=3, noise=0.3)
    half = len(result.draws) // 2
    first = result.draws.iloc[:half]
    same = first.assign(cell=first["cell"] + 3)
    equal = dataclasses.replace(
        result,
        draws=pd.concat([first, same], ignore_index=True),
        rows=result.rows.assign(profit_eur=np.tile(result.rows["profit_eur"][:3], 2)),
    )
    told = equal.membership(["profit_eur"], ["epsilon"])
    assert told["membership_probability"].tolist() == [1.0, 1.0]
    assert told["on_frontier"].tolist() == [True, True]


def test_a_toss_up_is_shared_and_a_clear_case_is_not(sweep_of):
    result = sweep_of(
        [{"profit_eur": 100.0}, {"profit_eur": 100.0001}, {"profit_eur": 50.0}],
        spread=1.0,
        replicates=400,
    )
    told = result.membership(["profit_eur"], [])
    shares = told["membership_probability"]
    assert shares[0] + shares[1] == pytest.approx(1.0)
    assert 0.35 < shares[0] < 0.65  # two independent draws, so a half with an error of 0.025
    assert shares[2] == 0.0
    assert told["dominated_by"].tolist() == ["m1, not private", "", "m1, not private"]
    assert told.loc[0, "dominated_in"] == pytest.approx(shares[1])
    assert told.loc[2, "dominated_in"] == 1.0


def test_the_one_that_dominates_most_clearly_is_named(sweep_of):
    result = sweep_of([{"auc": 0.70}, {"auc": 0.71}, {"auc": 0.9}], spread=0.01)
    told = result.membership(["auc"], [])
    assert told["dominated_by"].tolist() == ["m2, not private", "m2, not private", ""]


def test_what_is_not_drawn_stays_at_its_mean(sweep_of):
    result = sweep_of([{"reach": 0.3}, {"reach": 0.2}], spread=5.0)
    told = result.membership(["reach"], ["epsilon"])
    assert told["membership_probability"].tolist() == [1.0, 0.0]
    assert list(told.columns[:6]) == [
        "model", "mitigation", "epsilon", "consent_policy", "reach", "on_frontier",
    ]  # fmt: skip


def test_a_policy_that_lacks_a_measure_has_no_probability(sweep_of):
    told = sweep_of([{"profit_eur": 1.0}, {"profit_eur": np.nan}]).membership(MORE, LESS)
    assert told["note"].tolist() == ["", "not estimable (profit_eur)"]
    assert told["on_frontier"].tolist() == [True, False]
    assert np.isnan(told.loc[1, "membership_probability"])
    assert told.loc[1, "dominated_by"] == ""


def test_noise_of_training_counts_and_customers_count(sweep_of):
    """A better policy is surer of its place the less the seeds, or the customers, move it."""
    pair = [{"auc": 0.5}, {"auc": 0.6}]

    def sure(**moves):
        return sweep_of(pair, **moves).membership(["auc"], [])["membership_probability"].max()

    calm = sure(seeds=5, spread=0.01)
    assert calm == 1.0
    assert sure(seeds=5, spread=0.2) < 0.9
    assert sure(seeds=5, spread=0.01, noise=0.4) < calm


@pytest.mark.parametrize("seeds", [2, 5, 10])
def test_redrawn_seeds_vary_as_a_mean_over_seeds_does(seeds):
    """Over 400 sets of seeds: the variance over redraws is that of a mean, not (n - 1) / n of it."""
    rng = np.random.default_rng(seeds)
    draws = np.repeat(rng.normal(size=(400, seeds, 1, 1)), 301, axis=2)
    found = redrawn(draws, seed=0)[..., 0].var(axis=0, ddof=1).mean()
    assert found == pytest.approx(1 / seeds, rel=0.12)


def test_all_policies_get_the_same_customers_and_seeds():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(1, 4, 51, 1))
    moved = redrawn(np.concatenate([one, one + 2.0]), seed=3)
    assert moved.shape == (50, 2, 1)
    np.testing.assert_allclose(moved[:, 1] - moved[:, 0], 2.0)
    np.testing.assert_array_equal(redrawn(one, seed=3), moved[:, :1])
    single = one[:, :1]
    np.testing.assert_array_equal(redrawn(single, seed=3)[:, 0, 0], single[0, 0, 1:, 0])
