"""The Gaussian mechanism, calibrated exactly, for one release or for many at once."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import log_ndtr

__all__ = ["gaussian_delta", "gaussian_mu"]


def gaussian_delta(epsilon: float, mu: float) -> float:
    """Return the smallest delta at which sensitivity / sigma = `mu` is (epsilon, delta)-private.

    References
    ----------
    Balle & Wang (2018), Improving the Gaussian mechanism for differential privacy, theorem 8.

    Examples
    --------
    >>> f"{gaussian_delta(4.3772, 1.0):.2e}"
    '1.00e-05'
    """
    inside = math.exp(log_ndtr(mu / 2 - epsilon / mu))
    return max(0.0, inside - math.exp(epsilon + log_ndtr(-mu / 2 - epsilon / mu)))


def gaussian_mu(epsilon: float, delta: float) -> float:
    """Return the largest sensitivity / sigma that keeps (epsilon, delta).

    T releases of sensitivity S with the same sigma, each chosen with knowledge of the earlier ones,
    are together one release with ratio `sqrt(T) S / sigma`; so sigma = sqrt(T) S / mu.

    Parameters
    ----------
    epsilon : float
        Positive and finite.
    delta : float
        In (0, 1).

    Returns
    -------
    float
        The ratio mu. Smaller means more noise.

    Examples
    --------
    >>> round(1 / gaussian_mu(1.0, 1e-6), 4)
    4.2247
    """
    high = 1.0
    while gaussian_delta(epsilon, high) < delta:
        high *= 2
    root = brentq(lambda mu: gaussian_delta(epsilon, mu) - delta, 1e-12, high, xtol=1e-14)
    return float(root * (1 - 1e-9))  # never on the wrong side of the root
