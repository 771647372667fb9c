"""What every interval is made of: a value, its bounds, and how sure they are meant to be."""

from __future__ import annotations

from typing import Any, NamedTuple

from scipy.special import ndtr, ndtri

from equipoise.exceptions import InputError

__all__ = ["MINIMUM_TRIALS", "Interval", "critical", "level"]

MINIMUM_TRIALS = 10
"""Below this many trials a rate is "not estimable": the rule looks at denominators only."""


class Interval(NamedTuple):
    """An estimate with its lower and upper bound, numbers or arrays as the counts were.

    NaN where there is nothing to estimate.
    """

    value: Any
    low: Any
    high: Any


def critical(confidence: float) -> float:
    """Return how many standard errors reach as far as `confidence` on both sides, or refuse."""
    if not 0 < confidence < 1:
        raise InputError(
            "confidence", "must lie strictly between 0 and 1", confidence, "Use for example 0.95."
        )
    return -float(ndtri((1 - confidence) / 2))


def level(errors: float) -> float:
    """Return the two-sided confidence that so many standard errors reach."""
    return float(1 - 2 * ndtr(-errors))
