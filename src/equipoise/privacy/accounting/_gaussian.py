"""The Gaussian mechanism, calibrated exactly, for one release or for many at once."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import erfcx, ndtr

from equipoise._checks import check_delta, check_epsilon, check_number

__all__ = ["gaussian_delta", "gaussian_mu"]

SMALL_MU = 3e-5  # where a series and the difference of two terms are equally exact, to 3e-10

SMALL_MU = 3e-5  # where a series and the difference of two terms are equally exact, to 3e-10


def gaussian_delta(epsilon: float, mu: float) -> float:
    """Return the smallest delta at which sensitivity / sigma = `mu` is (epsilon, delta)-private.

    Parameters
    ----------
    epsilon : float
        At least 0; infinity gives 0.
    mu : float
        At least 0; 0 is a release that says nothing, infinity one without noise.

    Raises
    ------
    InputError
        Where epsilon or mu is negative or no number.

    References
    ----------
    Balle & Wang (2018), Improving the Gaussian mechanism for differential privacy, theorem 8.

    Examples
    --------
    >>> f"{gaussian_delta(4.3772, 1.0):.2e}"
    '1.00e-05'
    """
    epsilon = check_number("epsilon", epsilon, low=0.0, next_move="Use a number such as 1.0.")
    mu = check_number("mu", mu, low=0.0, next_move="Give sensitivity / sigma.")
    if mu == 0 or math.isinf(epsilon):
        return 0.0
    if math.isinf(mu):
        return 1.0
    return _delta(epsilon, mu)


def gaussian_mu(epsilon: float, delta: float) -> float:
    """Return the largest sensitivity / sigma that keeps (epsilon, delta).

    T releases of sensitivity S with the same sigma, each chosen with knowledge of the earlier ones,
    are together one release with ratio `sqrt(T) S / sigma`; so sigma = sqrt(T) S / mu.

    Parameters
    ----------
    epsilon : float
        Positive; infinity needs no noise and gives infinity.
    delta : float
        In (0, 1).

    Returns
    -------
    float
        The ratio mu, short of the exact one by less than a millionth and never above it. Smaller
        means more noise.

    Raises
    ------
    InputError
        Where epsilon is not positive, or delta does not lie strictly between 0 and 1.

    References
    ----------
    Dong, Roth & Su (2022), Gaussian differential privacy, for the composition.

    Examples
    --------
    >>> round(1 / gaussian_mu(1.0, 1e-6), 4)
    4.2247
    """
    epsilon = check_epsilon(epsilon)
    delta = check_delta(delta, epsilon)
    if math.isinf(epsilon):
        return math.inf
    low = high = 1.0
    while _delta(epsilon, high) < delta:
        high *= 2
    while _delta(epsilon, low) >= delta:
        low /= 2
    root = brentq(
        lambda log_mu: _delta(epsilon, math.exp(log_mu)) - delta,
        math.log(low),
        math.log(high),
        xtol=1e-13,
    )
    return math.exp(root) * (1 - 1e-8)  # never on the wrong side of the root


def _delta(epsilon: float, mu: float) -> float:
    """Return Phi(a) - e^epsilon Phi(b), without the cancellation of two nearly equal terms."""
    if mu < SMALL_MU:
        return _small_delta(epsilon, epsilon / mu, mu)
    a, b = mu / 2 - epsilon / mu, -mu / 2 - epsilon / mu
    # e^epsilon phi(b) = phi(a), so the density leaves both terms as a factor.
    half_density, later = math.exp(-a * a / 2) / 2, float(erfcx(-b / math.sqrt(2)))
    if a > 0:
        return max(0.0, float(ndtr(a)) - half_density * later)
    return max(0.0, half_density * (float(erfcx(-a / math.sqrt(2))) - later))


def _small_delta(epsilon: float, x: float, mu: float) -> float:
    """Return the delta of a small mu, where even the factored terms are equal in most digits.

    At fixed x = epsilon / mu, e^(-epsilon / 2) delta is odd in mu and starts with
    mu (phi(x) - x Phi(-x)); the next term is less than mu squared / 8 of it.
    """
    mills = math.sqrt(2 / math.pi) - x * float(erfcx(x / math.sqrt(2)))
    return math.exp(epsilon / 2 - x * x / 2) * mu * max(0.0, mills) / 2
