"""What the best of a random number of private tries costs, from the Rényi curve of one try."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from equipoise._checks import check_choice, check_delta, check_epsilon, check_number
from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_delta

__all__ = ["Tries", "base_mu", "selection_epsilon"]

SHAPES = {"logarithmic": 0.0, "geometric": 1.0}
LEAST_MU = 1e-5


@dataclass(frozen=True)
class Tries:
    """A random number of tries: the truncated negative binomial distribution, at least 1.

    Attributes
    ----------
    shape : float
        eta: 0 is the logarithmic distribution, whose tail is longer, and 1 the geometric one.
    gamma : float
        In (0, 1): smaller means more tries.
    """

    shape: float
    gamma: float

    @classmethod
    def of_mean(cls, mean: float, shape: str) -> Self:
        """Return the distribution with that mean.

        Examples
        --------
        >>> Tries.of_mean(4.0, "geometric").gamma
        0.25
        """
        check_choice("shape", shape, SHAPES)
        move = "Use for example twice the number of candidates."
        mean = check_number("mean_tries", mean, low=1.0, open_low=True, high=1000, next_move=move)
        eta = SHAPES[shape]
        if eta:
            return cls(eta, 1 / mean)
        root = brentq(lambda x: _logarithmic_mean(math.exp(x)) - mean, -40.0, -1e-9, xtol=1e-13)
        return cls(eta, math.exp(root))

    @property
    def mean(self) -> float:
        """How many tries there are on average."""
        return 1 / self.gamma if self.shape else _logarithmic_mean(self.gamma)

    def draw(self, rng: np.random.Generator) -> int:
        """Return a number of tries."""
        if self.shape:
            return int(rng.geometric(self.gamma))
        return int(rng.logseries(1 - self.gamma))


def _logarithmic_mean(gamma: float) -> float:
    return (1 / gamma - 1) / -math.log(gamma)


def selection_epsilon(mu: float, delta: float, tries: Tries) -> float:
    """Return the epsilon of releasing the best of a random number of tries, each a Gaussian release.

    Parameters
    ----------
    mu : float
        The ratio of one try, everything that it looks at together.
    delta : float
        In (0, 1).
    tries : Tries

    Returns
    -------
    float
        The least over Rényi orders, each of which is a valid bound.

    Notes
    -----
    Theorem 2 of the source: where one try has Rényi loss e(a) at order a, the best of K tries has at most

        e(a) + (1 + eta) (1 - 1/b) e(b) + (1 + eta) log(1/gamma) / b + log(mean of K) / (a - 1)

    for every order b of at least 1. A Gaussian release has e(a) = a mu² / 2, for which the best b is the root
    of log(1/gamma) / (mu² / 2), or 1 where that is less. What is best may be judged by anything that a try
    releases. From Rényi loss to (epsilon, delta) by Canonne, Kamath & Steinke (2020), proposition 12.

    References
    ----------
    Papernot & Steinke (2022), Hyperparameter tuning with Rényi differential privacy.

    Examples
    --------
    Ten tries on average, each of which alone would promise epsilon 0.54 at this delta:

    >>> round(selection_epsilon(0.1336, 1e-6, Tries.of_mean(10, "logarithmic")), 2)
    1.0
    """
    mu = check_number("mu", mu, low=0.0, next_move="Give sensitivity / sd.")
    delta = check_delta(delta, 1.0)
    if mu == 0 or math.isinf(mu):
        return mu
    rho, spread = mu * mu / 2, -math.log(tries.gamma)
    order = max(1.0, math.sqrt(spread / rho))
    repeated = (1 + tries.shape) * ((order - 1) * rho + spread / order)

    def bound(x: float) -> float:
        above = math.exp(x)  # the order a, less 1
        turned = (math.log(tries.mean) - math.log(delta) - math.log1p(above)) / above
        return (1 + above) * rho + repeated + turned + x - math.log1p(above)

    # Where the two main terms balance: any order is valid, a search that stops early is only loose.
    start = math.log((math.log(tries.mean) - math.log(delta)) / rho) / 2
    found = minimize_scalar(
        bound, bounds=(start - 6, start + 6), method="bounded", options={"xatol": 1e-10}
    )
    return max(0.0, float(found.fun)) * (1 + 1e-12)


def base_mu(epsilon: float, delta: float, tries: Tries) -> float:
    """Return the largest ratio of one try at which the best of all is (epsilon, delta)-private.

    Raises
    ------
    InputError
        Where epsilon is so small that a try could say nothing beyond what delta alone allows.
    """
    epsilon = check_epsilon(epsilon)
    if math.isinf(epsilon):
        return math.inf
    least = LEAST_MU
    while gaussian_delta(0.0, least) <= delta:  # delta alone covers a try that says so little
        least *= 2
    if selection_epsilon(least, delta, tries) >= epsilon:
        raise InputError(
            "epsilon",
            "must leave something for each try",
            f"{epsilon:g} with {tries.mean:g} tries on average",
            "Use a larger epsilon, a smaller delta or fewer tries.",
        )
    high = max(1.0, 2 * least)
    while selection_epsilon(high, delta, tries) < epsilon:
        high *= 2
    root: float = brentq(
        lambda x: selection_epsilon(math.exp(x), delta, tries) - epsilon,
        math.log(least),
        math.log(high),
        xtol=1e-12,
    )
    return math.exp(root) * (1 - 1e-8)
