"""From one way of stating a privacy loss to another, never on the wrong side."""

from __future__ import annotations

import math

from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_expit, ndtri_exp

from equipoise._checks import check_delta, check_epsilon, check_number
from equipoise.privacy.accounting._gaussian import gaussian_delta

__all__ = ["gaussian_epsilon", "half_square", "pure_mu", "zcdp_epsilon", "zcdp_rho"]

LARGEST_MU = 1e6  # beyond it epsilon exceeds 10^11: no privacy that a number could describe
SMALLEST_EPSILON = 1e-150  # below it rho, which goes with its square, is no float
ROUNDING = 1e-12
UNSURE = 2e-9  # of delta: more than its computation is out by, for every mu up to the largest
UNSURE = 2e-9  # of delta: more than its computation is out by, for every mu up to the largest


def gaussian_epsilon(mu: float, delta: float) -> float:
    """Return the smallest epsilon at which sensitivity / sigma = `mu` is (epsilon, delta)-private.

    Parameters
    ----------
    mu : float
        At least 0; several releases count as one with the root of the sum of their squares.
    delta : float
        In (0, 1).

    Returns
    -------
    float
        Exact up to what two billionths of delta change, and never below; 0 where delta alone covers
        the release.

    Examples
    --------
    >>> round(gaussian_epsilon(1.0, 1e-5), 4)
    4.3772
    """
    mu = check_number("mu", mu, low=0.0, next_move="Give sensitivity / sigma.")
    delta = check_delta(delta, 1.0)
    if mu > LARGEST_MU:
        return math.inf
    aim = delta * (1 - UNSURE)
    if gaussian_delta(0.0, mu) <= aim:
        return 0.0
    high = mu  # epsilons go with mu while that is small
    while gaussian_delta(high, mu) > aim:
        high *= 2
    root: float = brentq(
        lambda e: gaussian_delta(e, mu) - aim, 0.0, high, xtol=1e-14 * high + math.ulp(0.0)
    )
    step = root * ROUNDING + math.ulp(0.0)
    while gaussian_delta(root, mu) > aim:
        root, step = root + step, 2 * step
    return root


def pure_mu(epsilon: float) -> float:
    """Return the mu at which a Gaussian release is no more private than pure `epsilon`.

    The trade-off curve of a pure mechanism has one corner, at 1 / (1 + e^epsilon). A convex Gaussian
    curve that passes through that corner lies below its two straight sides.

    References
    ----------
    Dong, Roth & Su (2022), Gaussian differential privacy, for the trade-off curves.

    Examples
    --------
    >>> round(pure_mu(1.0), 4)
    1.232
    """
    # Concave with this slope at zero, where the quantile function loses digits.
    tangent = epsilon * math.sqrt(math.pi / 2)
    return tangent if epsilon < 1e-6 else float(-2 * ndtri_exp(log_expit(-epsilon)))


def half_square(number: float) -> float:
    """Return number squared / 2; what costs anything costs at least the smallest float."""
    return max(number * number / 2, math.ulp(0.0)) if number else 0.0


def zcdp_epsilon(rho: float, delta: float) -> float:
    """Return an epsilon at which `rho`-zCDP is (epsilon, delta)-private.

    Parameters
    ----------
    rho : float
        At least 0.
    delta : float
        In (0, 1).

    Returns
    -------
    float
        The least over the orders alpha; each order is a valid bound, so that a search which stops
        early is loose and never wrong.

    References
    ----------
    Canonne, Kamath & Steinke (2020), The discrete Gaussian for differential privacy, corollary 13.

    Examples
    --------
    >>> round(zcdp_epsilon(0.5, 1e-6), 4)
    5.2215
    """
    rho = check_number("rho", rho, low=0.0, next_move="Give mu squared / 2.")
    delta = check_delta(delta, 1.0)
    if rho == 0 or math.isinf(rho):
        return rho
    start = (math.log(-math.log(delta)) - math.log(rho)) / 2
    least = _least(lambda x: (1 + math.exp(x)) * rho + _overhead(x, delta), start)
    return max(0.0, least * (1 + ROUNDING))


def zcdp_rho(epsilon: float, delta: float) -> float:
    """Return the largest rho that `zcdp_epsilon` turns into `epsilon` at `delta`.

    Examples
    --------
    >>> round(zcdp_rho(1.0, 1e-6), 5)
    0.02436
    """
    epsilon = check_epsilon(epsilon)
    if math.isinf(epsilon):
        return epsilon
    delta = check_delta(delta, epsilon)
    if epsilon < SMALLEST_EPSILON:
        return 0.0
    log_delta = -math.log(delta)
    near = math.log(epsilon) - math.log(math.sqrt(epsilon + log_delta) + math.sqrt(log_delta))
    start = math.log(log_delta) / 2 - near  # near: half the logarithm of a rho that almost fits
    return -_least(lambda x: (_overhead(x, delta) - epsilon) / (1 + math.exp(x)), start) * (
        1 - ROUNDING
    )


def _overhead(x: float, delta: float) -> float:
    """Return what order alpha = 1 + e^x adds to alpha rho: corollary 13, solved for epsilon."""
    t = math.exp(x)
    return -(math.log(delta) + math.log1p(t)) / t + x - math.log1p(t)


def _least(bound: object, start: float) -> float:
    found = minimize_scalar(
        bound, bounds=(start - 12, start + 12), method="bounded", options={"xatol": 1e-9}
    )
    return float(found.fun)
