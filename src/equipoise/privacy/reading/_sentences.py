"""A limit in a sentence for the person it is about."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

__all__ = ["comparison", "sentence", "suspicion_of", "ways"]

PERSONS = ("customer", "individual", "person", "contact")
# Closer to certainty or to nothing than one in a million is said in words.
NEGLIGIBLE = 1e-6


def suspicion_of(question: str, unit: str) -> str:
    """Return what somebody suspects; a single person is addressed, another unit is named.

    Examples
    --------
    >>> suspicion_of("presence", "customer"), suspicion_of("presence", "household_id")
    ('you are among the customers', 'a certain household is in the table')
    """
    name = unit.removesuffix("_id")
    if question == "presence":
        return (
            "you are among the customers"
            if name in PERSONS
            else f"a certain {name} is in the table"
        )
    says = "a row of yours says" if name == "row" else f"the data of a certain {name} say"
    return f"{'your data say' if name in PERSONS else says} one thing and not another"


def sentence(row: Any, unit: str) -> str:
    """Return what one row of a reading says of a suspicion, in words."""
    suspicion = suspicion_of(row.question, unit)
    if math.isinf(row.epsilon) or row.exception >= 1:
        why = "it is not private" if math.isinf(row.epsilon) else "delta is too large"
        return f"Nothing limits what somebody can learn who suspects that {suspicion}: {why}."
    of = _base(row.prior)
    told = (
        f"If somebody's suspicion that {suspicion} was {ways(row.prior, of)}, after the release it can "
        f"be at most {_limit(row.posterior, of, up=True)} and at least "
        f"{_limit(row.posterior_low, of, up=False)}, whatever else they know."
    )
    if row.exception:
        rare = ways(row.exception, _base(row.exception), up=True)
        told += (
            f" Delta allows exceptions: in at most {rare} releases it may be more, up to certain, and "
            "in at most as many it may be less, down to ruled out."
        )
    return told


def comparison(row: Any, unit: str) -> str:
    """Return what one row of a reading says of tests, in words."""
    told = (
        f"Whoever tests the suspicion that {suspicion_of(row.question, unit)} has a share of hits at "
        f"most {_counted(row.advantage, 100, up=True)} points of 100 above the share of false alarms"
    )
    if not math.isnan(row.noise_advantage):
        told += f", and {_counted(row.noise_advantage, 100, up=True)} as the noise is Gaussian"
    return f"{told}."


def ways(chance: float, of: int, *, up: bool | None = None) -> str:
    """Write a chance as so many in 100, 1,000, …; limits are rounded so that they stay true.

    Examples
    --------
    >>> ways(0.01, 100), ways(0.026726, 100, up=True), ways(0.00369, 100, up=False)
    ('1 in 100', '2.68 in 100', '0.369 in 100')
    >>> ways(0.99991234, 100, up=True)
    '99.99124 in 100'
    """
    return f"{_counted(chance, of, up=up)} in {of:,}"


def _limit(chance: float, of: int, *, up: bool) -> str:
    if up and 1 - chance < NEGLIGIBLE:
        return "almost certain"
    if not up and Decimal(chance) * of < NEGLIGIBLE:
        return "almost ruled out"
    return ways(chance, of, up=up)


def _base(chance: float) -> int:
    """Return the smallest of 100, 1,000, … of which a chance is at least one."""
    return int(10 ** max(2, math.ceil(-math.log10(chance) - 1e-9)))


def _counted(chance: float, of: int, *, up: bool | None) -> str:
    """Write three digits of so many of a number; close to all of it, of what is missing."""
    missing = 1 - chance
    if 0 < missing < 0.01:
        left = _rounded(Decimal(missing) * of, up=None if up is None else not up)
        return f"{of - left:f}"
    return f"{_rounded(Decimal(chance) * of, up=up):f}"


def _rounded(value: Decimal, *, up: bool | None) -> Decimal:
    """Return three digits of a number, rounded to the nearest, up or down."""
    way = ROUND_HALF_EVEN if up is None else ROUND_CEILING if up else ROUND_FLOOR
    # Twelve digits first: 2.68 may be a little more as a float.
    plain = Context(prec=12).plus(value)
    return Context(prec=3, rounding=way).plus(plain).normalize()
