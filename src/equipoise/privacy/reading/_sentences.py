"""A limit in a sentence for the person it is about."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["comparison", "sentence", "ways"]

SUSPICIONS = {
    ("presence", False): "that you are among the customers",
    ("presence", True): "that a certain row is in the table",
    ("values", False): "that your data say one thing and not another",
    ("values", True): "that a row of yours says one thing and not another",
}


def sentence(row: Any, unit: str) -> str:
    """Return what one row of a reading says of a suspicion, in words."""
    suspicion = SUSPICIONS[row.question, unit == "row"]
    if math.isinf(row.epsilon):
        return (
            f"Nothing limits what somebody can learn who suspects {suspicion}: it is not private."
        )
    of = _base(row.prior)
    told = (
        f"If somebody's suspicion {suspicion} was {ways(row.prior, of)}, after the release it can be at "
        f"most {ways(row.posterior, of, up=True)} and at least {ways(row.posterior_low, of, up=False)}, "
        "whatever else they know."
    )
    if row.exception:
        rare = ways(row.exception, _base(row.exception), up=True)
        told += (
            f" Delta allows an exception: in at most {rare} releases it may be more, up to certain."
        )
    return told


def comparison(row: Any, unit: str) -> str:
    """Return what one row of a reading says of tests, in words."""
    points = f"{_rounded(100 * row.advantage, up=True)} points of 100"
    told = (
        f"Whoever tests the suspicion {SUSPICIONS[row.question, unit == 'row']} has a share of hits "
        f"at most {points} above the share of false alarms"
    )
    if not math.isnan(row.noise_advantage):
        told += f", and {_rounded(100 * row.noise_advantage, up=True)} as the noise is Gaussian"
    return f"{told}."


def ways(chance: float, of: int, *, up: bool | None = None) -> str:
    """Write a chance as so many in 100, 1,000, …; limits are rounded so that they stay true.

    Examples
    --------
    >>> ways(0.01, 100), ways(0.026726, 100, up=True), ways(0.00369, 100, up=False)
    ('1 in 100', '2.68 in 100', '0.369 in 100')
    """
    return f"{_rounded(chance * of, up=up)} in {of:,}"


def _base(chance: float) -> int:
    """Return the smallest of 100, 1,000, … of which a chance is at least one."""
    return int(10 ** max(2, math.ceil(-math.log10(chance) - 1e-9)))


def _rounded(value: float, *, up: bool | None = None) -> str:
    """Write three digits of a number, rounded to the nearest, up or down."""
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(value))
    scaled = round(value * 10.0**digits, 6)
    whole = round(scaled) if up is None else math.ceil(scaled) if up else math.floor(scaled)
    text = f"{whole / 10.0**digits:.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
