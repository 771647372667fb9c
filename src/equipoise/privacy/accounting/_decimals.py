"""Exact sums of floats as decimals, whatever context the caller has set for its own decimals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_CEILING, Context, Decimal, Inexact

__all__ = ["EXACT", "added", "exact", "root_of_squares"]

# Doubles have at most 17 digits between 10^-324 and 10^308, so sums stay exact.
EXACT = Context(prec=1400, traps=[Inexact])
# Sums that are multiplied by a count may need more digits than that; they are rounded up.
_UP = Context(prec=60, rounding=ROUND_CEILING, traps=[])


def exact(number: float) -> Decimal:
    """Return the shortest decimal that stands for a float: 0.1 is one tenth, as it was written."""
    return Decimal(repr(float(number)))


def added(parts: Iterable[tuple[float, int]]) -> float:
    """Return the sum of costs, each so many times, never below it: three times 0.1 is 0.3."""
    return _float(_sum((exact(cost), times) for cost, times in parts))


def root_of_squares(parts: Iterable[tuple[float, int]]) -> float:
    """Return the root of the sum of squares, each so many times, never below it.

    Squares of doubles underflow below 10^-162, where many of them together are still loud.
    """
    total = _sum((_UP.multiply(exact(cost), exact(cost)), times) for cost, times in parts)
    root = _UP.sqrt(total)  # to the nearest, whatever the rounding of the context
    return _float(root if _UP.multiply(root, root) >= total else _UP.next_plus(root))


def _sum(parts: Iterable[tuple[Decimal, int]]) -> Decimal:
    total = Decimal(0)
    for cost, times in parts:
        if cost and times:  # infinitely much of what never happens is nothing
            total = _UP.add(total, _UP.multiply(cost, Decimal(times)))
    return total


def _float(number: Decimal) -> float:
    """Return the nearest float, or the one above it if that stands for too little."""
    nearest = float(number)
    return nearest if exact(nearest) >= number else math.nextafter(nearest, math.inf)
