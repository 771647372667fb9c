"""The Gaussian mechanism is calibrated exactly, and never on the wrong side."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_delta, gaussian_mu

epsilons = st.floats(1e-3, 1e4)
deltas = st.floats(-15, -1).map(lambda exponent: 10**exponent)


# dp-accounting 0.6.0, PLD, delta 1e-5, add-remove, sensitivity 1, to four places.
@pytest.mark.parametrize(
    ("ratio", "epsilon"),
    [(1.0, 4.3772), (1 / 2, 1.9931), (1 / 3.7, 1.0091), (1 / 5, 0.7255), (30**0.5 / 10, 2.2071)],
)
def test_the_ratio_gives_the_golden_epsilon_of_dp_accounting(ratio, epsilon):
    assert gaussian_mu(epsilon, 1e-5) == pytest.approx(ratio, rel=2e-4)
    assert gaussian_delta(epsilon, ratio) == pytest.approx(1e-5, rel=2e-3)


# Roots of theorem 8 of Balle & Wang with fifty digits (mpmath 1.4.1).
@pytest.mark.parametrize(
    ("epsilon", "delta", "exact"),
    [
        (0.001, 1e-15, 0.00015416656798859),
        (0.001, 1e-06, 0.00041041594735417),
        (0.001, 0.1, 0.25245767759268),
        (1, 1e-15, 0.13356467682803),
        (1, 1e-06, 0.23670438066344),
        (1, 0.1, 0.92091396661328),
        (100, 1e-15, 8.3211166063657),
        (100, 1e-06, 10.221058605069),
        (100, 0.1, 12.985427395106),
        (10_000, 1e-15, 133.70966170427),
        (10_000, 1e-06, 136.75474166172),
        (10_000, 0.1, 140.15264957645),
    ],
)
def test_the_ratio_is_the_exact_root_and_never_above_it(epsilon, delta, exact):
    assert exact * (1 - 1e-6) < gaussian_mu(epsilon, delta) < exact


@pytest.mark.parametrize(
    ("epsilon", "delta", "exact"),
    [
        (1e-4, 1e-9, 2.76315690739893e-5),
        (1e-6, 1e-12, 2.42569760596583e-7),
        (1e-8, 1e-14, 2.42569766680161e-9),
        (1e-10, 1e-16, 2.42569766740997e-11),
        (1e-12, 1e-18, 2.42569766741606e-13),
    ],
)
def test_it_is_the_exact_root_where_the_two_terms_are_almost_equal(epsilon, delta, exact):
    assert exact * (1 - 1e-7) < gaussian_mu(epsilon, delta) < exact


@given(mu=st.floats(1e-6, 1e-3), ratio=st.floats(0, 8))
def test_the_series_meets_the_difference_of_the_terms(mu, ratio):
    a, b = mu / 2 - ratio, -mu / 2 - ratio
    terms = norm.sf(-a) - math.exp(ratio * mu) * norm.cdf(b)
    assert gaussian_delta(ratio * mu, mu) == pytest.approx(terms, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("epsilon", [0.001, 0.01, 0.1, 1.0, 3.0, 10.0, 100.0])
@pytest.mark.parametrize("delta", [1e-15, 1e-9, 1e-6, 1e-3, 0.1])
def test_sigma_is_that_of_dp_accounting(epsilon, delta):
    oracle = pytest.importorskip("dp_accounting", reason="dp-accounting is a development extra")
    wanted = oracle.get_sigma_gaussian(epsilon, delta)
    ours = 1 / gaussian_mu(epsilon, delta)
    assert ours >= wanted * (1 - 1e-9)
    assert ours == pytest.approx(wanted, rel=1e-4)


@given(epsilon=epsilons, delta=deltas)
def test_the_delta_of_the_ratio_is_at_most_the_one_asked_for_and_close(epsilon, delta):
    mu = gaussian_mu(epsilon, delta)
    assert gaussian_delta(epsilon, mu) <= delta
    assert gaussian_delta(epsilon, mu * (1 + 1e-6)) > delta


@given(epsilon=epsilons, delta=deltas, more=st.floats(1.001, 10))
def test_a_weaker_promise_needs_less_noise(epsilon, delta, more):
    assert gaussian_mu(epsilon * more, delta) > gaussian_mu(epsilon, delta)
    assert gaussian_mu(epsilon, min(delta * more, 0.9)) > gaussian_mu(epsilon, delta)


@given(epsilon=st.floats(0, 1e4), mu=st.floats(1e-6, 1e4), more=st.floats(1, 10))
def test_delta_is_a_probability_that_falls_with_epsilon_and_grows_with_the_ratio(epsilon, mu, more):
    delta = gaussian_delta(epsilon, mu)
    assert 0 <= delta <= 1
    assert gaussian_delta(epsilon, mu * more) >= delta * (1 - 1e-9)
    assert gaussian_delta(epsilon * more, mu) <= delta * (1 + 1e-9) + 1e-15


@given(mu=st.floats(1e-6, 20))
def test_at_epsilon_zero_delta_is_the_distance_between_the_two_worlds(mu):
    assert gaussian_delta(0.0, mu) == pytest.approx(2 * norm.cdf(mu / 2) - 1, rel=1e-9)


def test_the_ends_are_values():
    assert gaussian_mu(math.inf, 1e-6) == math.inf
    assert gaussian_delta(1.0, math.inf) == 1.0
    assert gaussian_delta(1.0, 0.0) == 0.0
    assert gaussian_delta(math.inf, 1.0) == 0.0


@pytest.mark.parametrize(
    ("epsilon", "delta", "said"),
    [
        (0, 1e-6, "epsilon must be a number in (0, inf], got 0. "
         "Use a positive number such as 1.0, or float('inf') for no privacy."),
        (1, 0, "delta must lie strictly between 0 and 1, got 0. Use a value such as 1e-6."),
        (1, 1, "delta must lie strictly between 0 and 1, got 1. Use a value such as 1e-6."),
    ],
)  # fmt: skip
def test_a_ratio_without_a_meaning_is_refused(epsilon, delta, said):
    with pytest.raises(InputError) as refused:
        gaussian_mu(epsilon, delta)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("epsilon", "mu", "said"),
    [
        (-1, 1, "epsilon must be a number in [0, inf], got -1. Use a number such as 1.0."),
        (1, math.nan, "mu must be a number in [0, inf], got nan. Give sensitivity / sigma."),
    ],
)
def test_a_delta_without_a_meaning_is_refused(epsilon, mu, said):
    with pytest.raises(InputError) as refused:
        gaussian_delta(epsilon, mu)
    assert str(refused.value) == said
