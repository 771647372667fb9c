"""From counts to a bound on epsilon: Clopper-Pearson rates, for any noise and for Gaussian noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtr, ndtri

from equipoise._checks import check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_epsilon

__all__ = [
    "AnyNoise",
    "GaussianNoise",
    "Reading",
    "ceiling",
    "check_confidence",
    "check_own_delta",
    "epsilon_of_mu",
]

Floats = NDArray[np.float64]


def at_least(hits: ArrayLike, runs: ArrayLike, level: float) -> Floats:
    """Return the one-sided Clopper-Pearson lower bound of a rate; 0 where nothing was seen."""
    hits, runs = np.asarray(hits, dtype=float), np.asarray(runs)
    low: Floats = betaincinv(np.maximum(hits, 1), runs - hits + 1, level)
    return np.where(hits > 0, low, 0.0)


def at_most(hits: ArrayLike, runs: ArrayLike, level: float) -> Floats:
    """Return the one-sided Clopper-Pearson upper bound of a rate; 1 where all were seen."""
    hits, runs = np.asarray(hits, dtype=float), np.asarray(runs)
    high: Floats = betaincinv(hits + 1, np.maximum(runs - hits, 1), 1 - level)
    return np.where(hits < runs, high, 1.0)


@dataclass(frozen=True)
class AnyNoise:
    """The definition itself: e^epsilon is at least (low - delta) / high, whatever the noise."""

    delta: float

    def loss(self, low: Floats, high: Floats) -> Floats:
        """Return the epsilon that a rate of at least `low` against one of at most `high` shows."""
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(low - self.delta, 0.0)) - np.log(high)

    def limit(self, low: Floats, loss: float) -> Floats:
        """Return the `high` below which `low` shows more than `loss`."""
        return np.maximum(low - self.delta, 0.0) * math.exp(-loss)

    def epsilon(self, loss: float) -> float:
        """Return a loss as an epsilon, never below 0."""
        return max(0.0, loss)


@dataclass(frozen=True)
class GaussianNoise:
    """The Gaussian ratio mu is at least the distance of the two rates' normal quantiles."""

    delta: float

    def loss(self, low: Floats, high: Floats) -> Floats:
        """Return the ratio that the two rates show."""
        found: Floats = ndtri(low) - ndtri(high)
        return found

    def limit(self, low: Floats, loss: float) -> Floats:
        """Return the `high` below which `low` shows more than `loss`."""
        found: Floats = ndtr(ndtri(low) - loss)
        return found

    def epsilon(self, loss: float) -> float:
        """Return a ratio as the epsilon that Gaussian noise of that ratio has."""
        return epsilon_of_mu(max(0.0, loss), self.delta)


Reading = AnyNoise | GaussianNoise


def epsilon_of_mu(mu: float, delta: float) -> float:
    """Return the epsilon of a ratio that was shown: 0 where nothing was, infinite without a delta.

    Examples
    --------
    >>> round(epsilon_of_mu(0.5, 1e-5), 4), epsilon_of_mu(0.5, 0.0)
    (1.9931, inf)
    """
    if mu == 0 or delta == 1:
        return 0.0
    return math.inf if delta == 0 or math.isinf(mu) else gaussian_epsilon(mu, delta)


def ceiling(runs: int, *, delta: float = 0.0, confidence: float) -> float:
    """Return the epsilon that an attack shows which is right every time.

    No attack with so many runs can refute a larger claim.

    Parameters
    ----------
    runs : int
        In each world, in the half that is judged.
    delta : float
        Of the claim; 0 where it is pure.
    confidence : float
        Strictly between 0 and 1. Each of the two bounds is one-sided at half the remaining level.

    References
    ----------
    Jagielski, Ullman & Oprea (2020), Auditing differentially private machine learning: 500 runs at
    99 % give 4.54.

    Examples
    --------
    >>> round(ceiling(500, confidence=0.99), 2)
    4.54
    """
    runs = check_whole("runs", runs, low=1, next_move="Use for example 1,000.")
    level = (1 - check_confidence(confidence)) / 2
    delta = check_number("delta", delta, low=0.0, high=1.0, next_move="Use the claim's own.")
    low, high = at_least(runs, runs, level), at_most(0, runs, level)
    return max(0.0, float(AnyNoise(delta).loss(low, high)))


def check_confidence(confidence: object) -> float:
    """Return the confidence, strictly between 0 and 1."""
    number = _number(confidence)
    if not 0 < number < 1:
        rule = "must lie strictly between 0 and 1"
        raise InputError("confidence", rule, repr(confidence), "Use for example 0.99.")
    return number


def check_own_delta(delta: object) -> float:
    """Return the delta of a claim, in [0, 1)."""
    number = _number(delta)
    if not 0 <= number < 1:
        move = "Use the claim's own, 0 if it is pure."
        raise InputError("delta", "must lie in [0, 1)", repr(delta), move)
    return number


def _number(value: object) -> float:
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
