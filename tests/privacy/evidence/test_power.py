"""What an attack can show at best, and what a mechanism exactly at its claim would show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_delta
from equipoise.privacy.evidence import ceiling
from equipoise.privacy.evidence._family import Family, simulated_losses
from equipoise.privacy.evidence._power import (
    chance_to_show,
    median_shown,
    response_rates,
    runs_needed,
)
from equipoise.privacy.evidence._rates import (
    AnyNoise,
    GaussianNoise,
    at_least,
    at_most,
    epsilon_of_mu,
)

LEVEL = 0.025


@pytest.mark.parametrize(
    ("runs", "reached"),
    [(50, 2.57), (100, 3.28), (200, 3.98), (500, 4.91), (1000, 5.60), (5000, 7.21), (10000, 7.90)],
)
def test_the_ceiling_of_a_perfect_attack(runs, reached):
    assert ceiling(runs, confidence=0.95) == pytest.approx(reached, abs=0.005)


def test_the_published_ceiling():
    # 500 runs, 99 % in two one-sided bounds: Jagielski, Ullman & Oprea (2020).
    assert ceiling(500, confidence=0.99) == pytest.approx(4.54, abs=0.005)


@given(runs=st.integers(1, 3000), delta=st.floats(0, 0.5), confidence=st.floats(0.5, 0.999))
@settings(max_examples=30, deadline=None)
def test_delta_and_confidence_lower_the_ceiling(runs, delta, confidence):
    plain = ceiling(runs, confidence=confidence)
    assert ceiling(runs, delta=delta, confidence=confidence) <= plain
    assert ceiling(runs, confidence=(1 + confidence) / 2) <= plain


@given(hits=st.integers(0, 400), level=st.floats(0.001, 0.4))
@settings(max_examples=40, deadline=None)
def test_bounds_of_a_rate_are_exact(hits, level):
    low, high = float(at_least(hits, 400, level)), float(at_most(hits, 400, level))
    assert low <= hits / 400 <= high
    if hits:
        assert stats.binom.sf(hits - 1, 400, low) == pytest.approx(level, rel=1e-6)
    if hits < 400:
        assert stats.binom.cdf(hits, 400, high) == pytest.approx(level, rel=1e-6)


@pytest.mark.parametrize(
    ("sigma", "epsilon"), [(1.0, 4.3772), (2.0, 1.9931), (3.7, 1.0091), (5.0, 0.7255)]
)
def test_a_gaussian_ratio_read_as_epsilon(sigma, epsilon):
    # dp-accounting 0.6.0, privacy loss distribution, delta 1e-5.
    assert epsilon_of_mu(1 / sigma, 1e-5) == pytest.approx(epsilon, abs=1e-4)


@given(mu=st.floats(0.0, 30), delta=st.floats(1e-9, 0.3))
@settings(max_examples=40, deadline=None)
def test_the_reading_is_the_inverse_of_delta(mu, delta):
    epsilon = epsilon_of_mu(mu, delta)
    assert gaussian_delta(epsilon, mu) <= delta * (1 + 1e-6)
    assert epsilon == 0 or gaussian_delta(epsilon * 0.999, mu) > delta


@pytest.mark.parametrize(
    ("epsilon", "medians"),
    [
        (0.1, [0.0, 0.0, 0.0, 0.07]),
        (0.5, [0.10, 0.31, 0.37, 0.47]),
        (1.0, [0.56, 0.81, 0.86, 0.97]),
        (2.0, [1.37, 1.73, 1.80, 1.96]),
        (4.0, [2.78, 3.35, 3.57, 3.90]),
    ],
)
def test_randomised_response_shows_what_simulation_showed(epsilon, medians):
    # 400 simulated repeats each; at 100 runs and epsilon 4 one count more moves it by .16.
    found = [
        median_shown(response_rates(epsilon, 0.0), runs=runs, level=LEVEL, reading=AnyNoise(0.0))
        for runs in (100, 500, 1000, 20_000)
    ]
    assert found == pytest.approx(medians, abs=0.04) or (
        epsilon == 4.0 and found == pytest.approx(medians, abs=0.17)
    )


@pytest.mark.parametrize(
    ("epsilon", "runs", "raw", "gaussian"),
    [
        (0.93, 1000, 0.08, 0.36),
        (0.93, 4000, 0.25, 0.63),
        (1.99, 1000, 0.45, 1.30),
        (1.99, 4000, 0.75, 1.62),
        (4.38, 1000, 1.37, 3.62),
        (4.38, 4000, 1.85, 3.97),
    ],
)
def test_gaussian_noise_shows_more_where_its_shape_is_known(epsilon, runs, raw, gaussian):
    # 60 simulated repeats each, of the best threshold; delta 1e-5. Choosing it costs up to a tenth.
    family = Family("gaussian", (1e-5, 1.0))
    for reading, measured in ((AnyNoise(1e-5), raw), (GaussianNoise(1e-5), gaussian)):
        losses = simulated_losses(family, epsilon, runs, LEVEL, reading)
        found = reading.epsilon(float(np.median(losses)))
        assert measured - 0.2 < found < measured + 0.05


@pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 0.1), (1.0, 0.02), (0.2, 0.2)])
def test_a_delta_that_is_spent_shows_in_the_rates(epsilon, delta):
    yes, no = response_rates(epsilon, delta)
    assert yes == pytest.approx(np.exp(epsilon) * no + delta)
    assert 1 - no == pytest.approx(np.exp(epsilon) * (1 - yes) + delta)
    shown = median_shown((yes, no), runs=20_000, level=LEVEL, reading=AnyNoise(delta))
    assert shown == pytest.approx(epsilon, abs=0.08)


@pytest.mark.parametrize("reading", [AnyNoise(0.0), AnyNoise(0.01), GaussianNoise(1e-5)])
def test_the_chance_is_that_of_drawn_counts(reading):
    rng, rates, runs = np.random.default_rng(0), (0.7, 0.35), 300
    hits, misses = (rng.binomial(runs, rate, 20_000) for rate in rates)
    loss = reading.loss(at_least(hits, runs, LEVEL), at_most(misses, runs, LEVEL))
    for limit in (0.3, 0.45, 0.6):
        exact = chance_to_show(limit, rates, runs=runs, level=LEVEL, reading=reading)
        assert (loss > limit).mean() == pytest.approx(exact, abs=0.02)


def test_more_runs_are_asked_for_until_they_would_do():
    assert runs_needed(lambda runs: runs / 5000) == 5000
    assert runs_needed(lambda runs: 0.79) is None


def test_no_confidence_is_refused():
    with pytest.raises(InputError) as refused:
        ceiling(100, confidence=1.0)
    assert str(refused.value) == (
        "confidence must lie strictly between 0 and 1, got 1.0. Use for example 0.99."
    )
