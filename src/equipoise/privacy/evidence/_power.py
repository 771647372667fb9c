"""What an attack could have shown: exactly, from the binomial counts of the best event."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, expit

from equipoise.privacy.evidence._rates import Floats, Reading, at_least, at_most

__all__ = ["ENOUGH", "chance_to_show", "median_shown", "response_rates", "runs_needed"]

ENOUGH = 0.8  # the chance to refute twice the claim, below which silence says nothing
LARGEST, PRECISION = 60.0, 1e-5  # where the median is looked for
TRIED = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


def response_rates(epsilon: float, delta: float) -> tuple[float, float]:
    """Return how often a yes is heard in both worlds, where nothing hides more than is promised.

    With probability delta the truth is told and known for it, else as in randomised response.
    """
    return delta + (1 - delta) * float(expit(epsilon)), (1 - delta) * float(expit(-epsilon))


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
