"""Conversions agree with published and independent values, and err on the safe side."""

from __future__ import annotations

import math

import dp_accounting as dp
import pytest
from dp_accounting import pld, rdp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import (
    gaussian_delta,
    gaussian_epsilon,
    pld_epsilon,
    zcdp_epsilon,
    zcdp_rho,
)
from equipoise.privacy.accounting._conversions import pure_mu

deltas = st.floats(-14, -1).map(lambda exponent: 10**exponent)


def sampled(noise, rate, steps):
    return dp.SelfComposedDpEvent(dp.PoissonSampledDpEvent(rate, dp.GaussianDpEvent(noise)), steps)


# dp-accounting 0.6.0, add-remove, sensitivity 1, delta 1e-5: PLD, then RDP.
GOLDEN = [
    (dp.GaussianDpEvent(1.0), 4.3772, 4.7285),
    (dp.GaussianDpEvent(2.0), 1.9931, 2.1657),
    (dp.GaussianDpEvent(3.7), 1.0091, 1.1025),
    (dp.GaussianDpEvent(5.0), 0.7255, 0.7945),
    (dp.SelfComposedDpEvent(dp.GaussianDpEvent(10.0), 30), 2.2071, 2.3964),
    (sampled(1.1, 256 / 60000, 14062), 2.3817, 2.5966),
    (sampled(1.3, 256 / 60000, 4700), 1.0088, 1.1081),
    (sampled(1.0, 0.01, 1000), 1.8282, 2.1014),
    (sampled(4.0, 0.01, 10000), 0.9470, 1.0355),
]


@pytest.mark.parametrize(("event", "by_pld", "by_rdp"), GOLDEN)
def test_loss_distributions_give_the_golden_epsilons(event, by_pld, by_rdp):
    found = pld_epsilon(event, 1e-5)
    assert found == pytest.approx(by_pld, abs=1e-4)
    orders = rdp.RdpAccountant().compose(event).get_epsilon(1e-5)
    assert orders == pytest.approx(by_rdp, abs=1e-4)
    assert found < orders


def test_ten_laplace_releases_cost_a_hair_less_than_their_sum():
    assert pld_epsilon([dp.LaplaceDpEvent(1.0)] * 10, 1e-6) == pytest.approx(9.9990, abs=1e-4)


@pytest.mark.parametrize(("rho", "epsilon"), [(0.1, 2.1419), (0.5, 5.2215), (1.0, 7.7662)])
def test_zcdp_gives_the_golden_epsilons(rho, epsilon):
    assert zcdp_epsilon(rho, 1e-6) == pytest.approx(epsilon, abs=1e-4)


@pytest.mark.parametrize(("epsilon", "rho"), [(0.1, 0.000321), (1.0, 0.02436), (5.0, 0.4631)])
def test_the_inverse_gives_the_golden_rhos(epsilon, rho):
    assert zcdp_rho(epsilon, 1e-6) == pytest.approx(rho, rel=5e-4)


@given(epsilon=st.floats(1e-3, 1e3), delta=deltas)
@settings(max_examples=60)
def test_rho_there_and_back_is_the_same_epsilon_and_never_more(epsilon, delta):
    back = zcdp_epsilon(zcdp_rho(epsilon, delta), delta)
    assert back == pytest.approx(epsilon, rel=1e-6)
    assert back <= epsilon * (1 + 1e-11)


@given(rho=st.floats(1e-6, 50), delta=deltas, order=st.floats(1e-3, 1e3))
@settings(max_examples=60)
def test_no_order_gives_less_than_the_least(rho, delta, order):
    alpha = 1 + order
    bound = alpha * rho + math.log(1 / (alpha * delta)) / order + math.log1p(-1 / alpha)
    assert zcdp_epsilon(rho, delta) <= max(0.0, bound) * (1 + 1e-8) + 1e-9


@given(mu=st.floats(1e-4, 50), delta=deltas)
@settings(max_examples=60)
def test_gaussian_epsilon_is_tight_and_on_the_safe_side(mu, delta):
    epsilon = gaussian_epsilon(mu, delta)
    assert gaussian_delta(epsilon, mu) <= delta
    assert epsilon == 0 or gaussian_delta(epsilon * (1 - 1e-6), mu) > delta
    assert epsilon <= zcdp_epsilon(mu**2 / 2, delta)


# Roots of theorem 8 of Balle & Wang with 120 digits (mpmath 1.4.1).
@pytest.mark.parametrize(
    ("mu", "delta", "exact"),
    [
        (1e-16, 1e-20, 3.36301532592708e-16),
        (1e-12, 1e-16, 3.36301532592752e-12),
        (1e-8, 1e-12, 3.36301533028919e-8),
        (1e-5, 1e-8, 2.71780965088714e-5),
        (1e3, 1e-12, 507033.487326462),
        (1e5, 1e-6, 5000475341.430906),
    ],
)
def test_gaussian_epsilon_is_never_below_the_exact_root(mu, delta, exact):
    assert exact * (1 - 1e-15) <= gaussian_epsilon(mu, delta) < exact * (1 + 1e-9)


@pytest.mark.parametrize("adjacency", ["add-remove", "replace-one"])
@pytest.mark.parametrize("steps", [1_000, 10_000, 100_000])
def test_many_releases_at_a_small_delta_never_cost_less_than_the_exact_gaussian(steps, adjacency):
    event = sampled(math.sqrt(steps), 1.0, steps)  # sampled surely: together one Gaussian of mu 1
    mu = 2.0 if adjacency == "replace-one" else 1.0
    for delta in (1e-5, 1e-8, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14):
        found, exact = pld_epsilon(event, delta, adjacency=adjacency), gaussian_epsilon(mu, delta)
        assert found >= exact * (1 - 1e-9)
        assert found < 1.1 * exact or (adjacency == "replace-one" and math.isinf(found))
    library = pld.PLDAccountant().compose(event).get_epsilon(1e-12)
    assert steps < 10_000 or library < gaussian_epsilon(1.0, 1e-12) - 0.01


def test_what_is_too_small_for_a_float_is_nothing():
    assert zcdp_rho(5e-324, 1e-6) == 0.0 < zcdp_rho(1e-100, 1e-6)
    assert gaussian_epsilon(5e-324, 5e-324) == 0.0


@given(delta=deltas, excess=st.floats(0, 1e-3))
@settings(max_examples=30)
def test_where_delta_alone_almost_suffices_epsilon_is_almost_nothing(delta, excess):
    mu = 2 * norm.ppf((1 + delta) / 2) * (1 + excess)  # without excess, delta covers it alone
    epsilon = gaussian_epsilon(mu, delta)
    assert gaussian_delta(epsilon, mu) <= delta
    assert epsilon <= 1e-2


@given(epsilon=st.floats(1e-9, 600))
@settings(max_examples=60)
def test_a_pure_mechanism_is_harder_to_tell_apart_than_its_gaussian(epsilon):
    mu = pure_mu(epsilon)
    corner = 1 / (1 + math.exp(epsilon))
    assert norm.logcdf(-mu / 2) <= math.log(corner) + 1e-12
    assert mu == pytest.approx(-2 * norm.ppf(corner), rel=1e-5)
    assert mu**2 > epsilon**2 or epsilon > 0.5


def test_nothing_costs_nothing_and_no_noise_costs_everything():
    assert gaussian_epsilon(0.0, 1e-6) == zcdp_epsilon(0.0, 1e-6) == 0.0
    assert gaussian_epsilon(1e9, 1e-6) == zcdp_epsilon(math.inf, 1e-6) == math.inf
    assert zcdp_rho(math.inf, 1e-6) == math.inf


@pytest.mark.parametrize("convert", [gaussian_epsilon, zcdp_epsilon, zcdp_rho])
@pytest.mark.parametrize("first", [-1.0, math.nan, "1"])
def test_what_is_no_loss_is_refused(convert, first):
    with pytest.raises(InputError, match="must be a number"):
        convert(first, 1e-6)


@pytest.mark.parametrize("delta", [0.0, 1.0, math.nan, None])
@pytest.mark.parametrize("convert", [gaussian_epsilon, zcdp_epsilon, zcdp_rho])
def test_a_delta_is_required(convert, delta):
    with pytest.raises(InputError, match="delta"):
        convert(1.0, delta)
