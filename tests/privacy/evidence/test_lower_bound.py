"""The attack finds what is there, and no more."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy import epsilon_lower_bound


def responses(rng, n, chance):
    return (rng.random(n) < chance).astype(float) + rng.uniform(0, 1e-6, n)


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 2.0])
def test_it_stays_below_an_exactly_tight_mechanism_and_comes_near(epsilon):
    truth = math.exp(epsilon) / (1 + math.exp(epsilon))
    found = [
        epsilon_lower_bound(responses(rng, 4000, truth), responses(rng, 4000, 1 - truth), delta=0.0)
        for rng in map(np.random.default_rng, range(60))
    ]
    assert np.mean(np.array(found) > epsilon) <= 0.05
    assert np.median(found) > 0.6 * epsilon


def test_a_perfect_attack_reaches_the_known_ceiling():
    # 500 draws to test on, each bound one-sided at .005: 4.54 (Jagielski et al. 2020).
    found = epsilon_lower_bound(np.ones(1000) + np.linspace(0, 1, 1000), np.zeros(1000), delta=0.0)
    assert found <= 4.542
    assert found > 3.5


def test_two_equal_worlds_show_nothing():
    rng = np.random.default_rng(0)
    assert epsilon_lower_bound(rng.normal(size=2000), rng.normal(size=2000), delta=0.0) <= 0.2


def test_it_does_not_depend_on_the_order_of_the_worlds():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=2000), rng.normal(2, 1, size=2000)
    assert epsilon_lower_bound(one, other, delta=0.0) == epsilon_lower_bound(other, one, delta=0.0)


def test_delta_has_no_default():
    with pytest.raises(TypeError, match="delta"):
        epsilon_lower_bound([0.0, 1.0], [0.0, 1.0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"delta": 1.0},
            "delta must lie in [0, 1), got 1.0. Use the claim's own, 0 if it is pure.",
        ),
        (
            {"delta": math.nan},
            "delta must lie in [0, 1), got nan. Use the claim's own, 0 if it is pure.",
        ),
        (
            {"delta": "0"},
            "delta must lie in [0, 1), got '0'. Use the claim's own, 0 if it is pure.",
        ),
        (
            {"delta": None},
            "delta must lie in [0, 1), got None. Use the claim's own, 0 if it is pure.",
        ),
        (
            {"confidence": "0.9"},
            "confidence must lie strictly between 0 and 1, got '0.9'. Use for example 0.99.",
        ),
        (
            {"draws": ["a", "b"]},
            "draws must be a row of numbers, got list. Pass a list or an array of what was released.",
        ),
        (
            {"neighbours": (draw for draw in (0.0, 1.0))},
            "neighbours must be a row of numbers, got generator. "
            "Pass a list or an array of what was released.",
        ),
        (
            {"confidence": 1.0},
            "confidence must lie strictly between 0 and 1, got 1.0. Use for example 0.99.",
        ),
        (
            {"draws": [1.0]},
            "draws must be a row of at least two numbers, got shape (1,). Draw more often.",
        ),
        (
            {"neighbours": [[0.0, 1.0]] * 2},
            "neighbours must be a row of at least two numbers, got shape (2, 2). Draw more often.",
        ),
        (
            {"neighbours": [0.0, math.inf, math.nan]},
            "neighbours must be finite numbers, got NaN or infinity in 2 of 3. "
            "Correct the mechanism.",
        ),
    ],
)
def test_what_is_no_claim_or_no_draws_is_refused(changes, message):
    given = {"draws": [0.0, 1.0], "neighbours": [0.0, 1.0], "delta": 0.0} | changes
    with pytest.raises(InputError) as refused:
        epsilon_lower_bound(given.pop("draws"), given.pop("neighbours"), **given)
    assert str(refused.value) == message
