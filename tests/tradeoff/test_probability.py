"""The probability of satisfying limits counts draws, and errs on the careful side for gaps."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from equipoise.tradeoff import Policy, choose
from equipoise.tradeoff._probability import probability
from equipoise.tradeoff._words import share

INF = float("inf")
ONE = Policy("m0", "none", 1.0)


def with_draws(sweep, **values):
    """Replace draws of the confirm-customers, shape (seeds, replicates + 1), of the only policy."""
    own = sweep.draws["part"] == "confirm"
    draws = sweep.draws.copy()
    for name, table in values.items():
        draws.loc[own, name] = np.asarray(table, float).ravel()
    return dataclasses.replace(sweep, draws=draws)


def test_it_is_the_share_of_draws_and_seeds_and_all_limits_count_in_the_same_draw(sweep_of):
    sweep = sweep_of([{"epsilon": 1.0}], seeds=2, replicates=4)
    drawn = with_draws(
        sweep,
        auc=[[0, 0.7, 0.7, 0.6, 0.6], [0, 0.7, 0.7, 0.7, np.nan]],
        selection_gap=[[0, 0.1, 0.2, 0.1, 0.1], [0, 0.1, 0.2, 0.1, 0.1]],
    )
    told = probability(drawn, ONE, {"auc": 0.7, "selection_gap": 0.1, "epsilon": 2})
    assert told["limit"].tolist() == ["auc", "selection_gap", "epsilon", "all limits"]
    assert told["probability"].tolist() == [5 / 8, 6 / 8, 1.0, 3 / 8]
    assert told["draws"].tolist() == [8, 8, 0, 8]
    conservative = (
        "conservative: a draw adds noise to each group, so extremes over groups look worse"
    )
    assert told["note"].tolist() == ["", conservative, "declared, not drawn", conservative]
    assert probability(drawn, ONE, {"epsilon": 0.5})["probability"].tolist() == [0.0, 0.0]
    assert probability(drawn, ONE, {}).empty


def test_what_is_not_drawn_has_no_probability_and_neither_have_all_limits(sweep_of):
    told = probability(sweep_of([{"epsilon": 1.0}]), ONE, {"auc": 0.4, "attack_advantage": 0.6})
    assert told["probability"].tolist()[0] == 1.0
    assert told["probability"].isna().tolist() == [False, True, True]
    assert told["note"].tolist() == ["", *["not estimable: no draws of attack_advantage"] * 2]


def test_the_reasons_say_it_in_shares(sweep_of):
    choice = choose(sweep_of([{"epsilon": 1.0}], seeds=2), {"auc": 0.4, "worst_group_tpr": 0.6})
    assert choice.policy is None
    choice = choose(sweep_of([{"epsilon": 1.0}], seeds=2), {"auc": 0.4, "worst_group_tpr": 0.4})
    assert (
        "Of 400 draws of confirm-customers and seeds, the pick satisfies auc ≥ 0.4 in 100 %, "
        "worst_group_tpr ≥ 0.4 in 100 %, all limits at once in 100 %. Shares for gaps and for the "
        "worst-off group are conservative, more so with many small groups."
    ) in choice.reasons
    only = choose(sweep_of([{"epsilon": 1.0}]), {"epsilon": 2}).reasons
    assert not any("draws of confirm" in reason for reason in only)


def test_only_none_is_nothing_and_only_all_is_everything():
    assert [share(p) for p in (0.0, 1e-4, 0.004, 0.5, 0.996, 1 - 1e-4, 1.0)] == [
        "0 %", "less than 1 %", "less than 1 %", "50 %", "more than 99 %", "more than 99 %", "100 %",
    ]  # fmt: skip


def gaps(rng, groups, size, true_gap, draws):
    """Return the largest gap in contact rate in a sample, and on Poisson draws of its customers."""
    rates = np.full(groups, 0.2)
    rates[0] += true_gap
    contacted = rng.random((groups, size)) < rates[:, None]
    weights = rng.poisson(1.0, (draws, groups, size))
    drawn = (weights * contacted).sum(axis=2) / weights.sum(axis=2)
    return np.ptp(contacted.mean(axis=1)), np.ptp(drawn, axis=1)


@pytest.mark.parametrize(
    ("groups", "size", "true_gap", "low", "high"),
    [
        (2, 1000, 0.02, 0.98, 1.0),
        (16, 500, 0.02, 0.6, 0.8),
        (8, 300, 0.02, 0.5, 0.7),
        (16, 100, 0.02, 0.0, 0.01),
        (2, 1000, 0.12, 0.1, 0.35),
        (8, 300, 0.12, 0.0, 0.1),
        (16, 100, 0.12, 0.0, 0.01),
    ],
)
def test_for_gaps_it_is_too_low_as_documented(sweep_of, groups, size, true_gap, low, high):
    rng = np.random.default_rng(1)
    base, limit = sweep_of([{"epsilon": 1.0}], replicates=60), 0.1
    shares, held = [], []
    for _ in range(40):
        own, drawn = gaps(rng, groups, size, true_gap, draws=60)
        sweep = with_draws(base, selection_gap=[own, *drawn])
        shares.append(probability(sweep, ONE, {"selection_gap": limit})["probability"][0])
        held.append(own <= limit)
    assert low <= np.mean(shares) <= high
    if true_gap <= limit:  # it denies what holds, and more often than the sample's own gap does
        assert np.mean(shares) <= np.mean(held) + 0.02
