"""What an attack could have shown: exactly, from the binomial counts of the best event."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, expit, ndtr

from equipoise.privacy.evidence._rates import Floats, Reading, at_least, at_most

__all__ = ["ENOUGH", "Power", "chance_to_show", "median_shown", "runs_needed"]

ENOUGH = 0.8  # the chance to refute twice the claim, below which silence says nothing
LARGEST, PRECISION = 60.0, 1e-5  # where the median is looked for
TRIED = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True)
class Power:
    """What mechanisms that are exactly as private as stated show to the best attack on them.

    Attributes
    ----------
    shown : float
        Median lower bound on epsilon for one that is exactly tight at the claim.
    chance_to_refute : float
        Of refuting the claim where the true epsilon is twice it.
    """

    shown: float
    chance_to_refute: float


def response_rates(epsilon: float) -> tuple[float, float]:
    """Return how often randomised response says yes to a yes, and to a no: pure and exactly tight."""
    return float(expit(epsilon)), float(expit(-epsilon))


def gaussian_rates(mu: float, threshold: float) -> tuple[float, float]:
    """Return how often a Gaussian release lies above a threshold, in both worlds."""
    return float(ndtr(mu - threshold)), float(ndtr(-threshold))


@lru_cache(maxsize=256)
def best_threshold(mu: float, runs: int, level: float, reading: Reading) -> float:
    """Return the threshold at which the expected counts show most."""
    thresholds = np.linspace(min(0.0, mu) - 1, mu + 4, 120)
    hits, misses = np.rint(runs * ndtr(mu - thresholds)), np.rint(runs * ndtr(-thresholds))
    loss = reading.loss(at_least(hits, runs, level), at_most(misses, runs, level))
    return float(thresholds[int(np.argmax(loss))])


@lru_cache(maxsize=64)
def _likely(runs: int, rate: float) -> tuple[Floats, Floats]:
    """Return the counts that occur at all, and the probability of fewer than each, and of all."""
    reach = 9 * math.sqrt(runs * rate * (1 - rate)) + 10
    first, last = max(0, math.floor(runs * rate - reach)), min(runs, math.ceil(runs * rate + reach))
    counts = np.arange(first, last + 1, dtype=float)
    return counts, np.r_[0.0, bdtr(counts, runs, rate)]


@lru_cache(maxsize=64)
def _bounds(runs: int, rates: tuple[float, float], level: float) -> tuple[Floats, Floats]:
    """Return the lower bound of every likely count of one world, the upper of the other."""
    hits, misses = (_likely(runs, rate)[0] for rate in rates)
    return at_least(hits, runs, level), at_most(misses, runs, level)


def chance_to_show(
    loss: float, rates: tuple[float, float], *, runs: int, level: float, reading: Reading
) -> float:
    """Return the probability that an event of these rates shows more than `loss`.

    Summed over the counts of one world; the other's must stay below a limit.
    """
    low, high = _bounds(runs, rates, level)
    allowed = np.searchsorted(high, reading.limit(low, loss), side="left")
    chances = np.diff(_likely(runs, rates[0])[1])
    return float((chances * _likely(runs, rates[1])[1][allowed]).sum())


def median_shown(rates: tuple[float, float], *, runs: int, level: float, reading: Reading) -> float:
    """Return the median lower bound on epsilon that an event of these rates gives."""
    below, above = 0.0, LARGEST
    while above - below > PRECISION:
        middle = (below + above) / 2
        chance = chance_to_show(middle, rates, runs=runs, level=level, reading=reading)
        below, above = (middle, above) if chance >= 0.5 else (below, middle)
    return reading.epsilon(below) if below > 0 else 0.0


def runs_needed(chance: Callable[[int], float]) -> int | None:
    """Return the first round number of runs with enough chance to refute; None above 100,000."""
    return next((runs for runs in TRIED if chance(runs) >= ENOUGH), None)
