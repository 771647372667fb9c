"""What an epsilon does to each group: its sign as found, its two variances, and its interval."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff._effects import effect_of_epsilon

PAIR = [
    {"model": "private_logistic", "epsilon": 1.0},
    {"model": "private_logistic", "epsilon": np.inf},
]


def with_rates(result, rate):
    """The sweep with rates of each group on draws: `rate(cell, group, replicates + 1)`."""
    rows = []
    for (cell, group), own in result.group_draws.groupby(["cell", "group"], sort=False):
        rates = rate(cell, group, len(own))
        rows.append(own.assign(selection_rate=rates, true_positive_rate=rates))
    return dataclasses.replace(result, group_draws=pd.concat(rows, ignore_index=True))


def hurt(sweep_of, *, by, seeds=6, noise=0.01, sampling=0.02, seed=0):
    """Epsilon 1 moves each group's rate of 0.5 by `by`; seeds and customers blur it."""
    rng = np.random.default_rng(seed)
    base = sweep_of(PAIR, seeds=seeds, spread=0.0)
    shared = {group: sampling * rng.normal(size=201) for group in "abz"}

    def rate(cell, group, size):
        at_epsilon = cell < seeds
        moved = np.where(np.arange(size) > 0, shared[group], 0.0) * at_epsilon
        return 0.5 + at_epsilon * (by.get(group, 0.0) + noise * rng.normal()) + moved

    return with_rates(base, rate)


def test_signs_are_as_found_and_small_groups_are_not_estimable(sweep_of):
    found = effect_of_epsilon(hurt(sweep_of, by={"a": 0.1, "b": -0.2}))
    frame = found.frame().set_index("group")
    assert frame.index.tolist() == ["a", "b", "z"]
    assert frame["told"].tolist() == ["rises", "falls", "not estimable (n=4)"]
    assert frame["effect"].tolist()[:2] == pytest.approx([0.1, -0.2], abs=0.02)
    assert frame["without_privacy"].tolist()[:2] == pytest.approx([0.5, 0.5])
    assert frame.loc["z", ["effect", "low", "high", "without_privacy"]].isna().all()
    assert (frame["seeds"] == 6).all() and (frame["epsilon"] == 1.0).all()
    between = found.between_groups().set_index("group")
    assert found.reference == "a"
    assert between["told"].tolist() == ["lower than the effect on a", "not estimable (n=4)"]
    assert between.loc["b", "effect"] == pytest.approx(
        frame.loc["b", "effect"] - frame.loc["a", "effect"]
    )
    flipped = effect_of_epsilon(hurt(sweep_of, by={"a": -0.2, "b": 0.1}))
    assert flipped.between.loc[0, "told"] == "higher than the effect on a"


def test_no_effect_is_not_called_one(sweep_of):
    found = effect_of_epsilon(hurt(sweep_of, by={}))
    assert found.effects["told"].tolist()[:2] == ["not told apart from no effect"] * 2
    assert found.between.loc[0, "told"] == "not told apart from the effect on a"


def test_noise_and_sampling_are_told_apart(sweep_of):
    """Over 40 sweeps of six seeds, both variances come out as they were put in."""
    frames = [
        effect_of_epsilon(hurt(sweep_of, by={}, noise=0.03, sampling=0.01, seed=seed)).effects
        for seed in range(40)
    ]
    means = pd.concat(frames).groupby("group")[["noise_variance", "sampling_variance"]].mean()
    assert means.loc[["a", "b"], "noise_variance"].tolist() == pytest.approx([9e-4] * 2, rel=0.25)
    assert means.loc[["a", "b"], "sampling_variance"].tolist() == pytest.approx([1e-4] * 2, rel=0.1)


def test_the_interval_holds_the_true_effect(sweep_of):
    """Over 60 sweeps, whose customers and seeds both move the sample itself."""
    rng = np.random.default_rng(9)
    held = 0
    base = sweep_of(PAIR, seeds=4, spread=0.0)
    for _ in range(60):
        luck = {group: 0.05 * rng.normal() for group in "abz"}
        moved = {group: 0.05 * rng.normal(size=201) for group in "abz"}

        def rate(cell, group, size, luck=luck, moved=moved):
            drawn = np.where(np.arange(size) > 0, moved[group], 0.0)
            return 0.5 + (cell < 4) * (-0.1 + luck[group] + drawn + 0.05 * rng.normal())

        frame = effect_of_epsilon(with_rates(base, rate)).effects
        held += ((frame["low"] <= -0.1) & (frame["high"] >= -0.1)).sum()
    assert 108 <= held <= 120  # of 120; it is on the wide side of 114


def test_few_customers_who_show_no_change_leave_room_for_one(sweep_of):
    frame = effect_of_epsilon(with_rates(sweep_of(PAIR, seeds=2), lambda *_: 0.5)).effects
    a = frame.iloc[0]
    assert (a["effect"], a["sampling_variance"], a["noise_variance"]) == (0.0, 0.0, 0.0)
    assert a["high"] == pytest.approx(1.959964 / 72)  # 70 customers with the outcome, and two


def test_one_seed_says_nothing_of_noise(sweep_of):
    frame = effect_of_epsilon(sweep_of(PAIR)).effects
    assert frame["told"].tolist()[0] == "not estimable (one seed)"
    assert frame[["low", "high", "noise_variance"]].isna().all(axis=None)
    assert np.isfinite(frame["effect"].iloc[0])


def test_the_selection_rate_has_more_trials(sweep_of):
    found = effect_of_epsilon(sweep_of(PAIR, seeds=2), "selection_rate")
    assert found.effects["told"].tolist()[2] == "not estimable (n=8)"
    assert found.metric == "selection_rate"


def test_bad_input_is_refused(sweep_of):
    with pytest.raises(InputError) as refused:
        effect_of_epsilon(sweep_of(PAIR), "true_positiv_rate")
    assert str(refused.value) == (
        "metric must be a known name, got 'true_positiv_rate'. Did you mean 'true_positive_rate'?"
    )
    with pytest.raises(InputError) as refused:
        effect_of_epsilon(sweep_of(PAIR[:1]))
    assert str(refused.value) == (
        "sweep must have a policy at a finite and at infinite epsilon, got none. Add inf and a "
        "finite epsilon to the plan, with a model that has a private form."
    )
