"""Noise drawn exactly: whole numbers from the operating system's entropy, and no rounding anywhere."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from fractions import Fraction

__all__ = ["Below", "discrete_gaussian", "discrete_laplace"]

Below = Callable[[int], int]
"""Takes n and returns a whole number from 0 to n - 1, all of them equally probable."""


def discrete_laplace(scale: Fraction, below: Below = secrets.randbelow) -> int:
    """Return a whole number z with a probability in proportion to exp(-|z| / scale).

    References
    ----------
    Canonne, Kamath & Steinke (2020), The discrete Gaussian for differential privacy, algorithm 2.

    Examples
    --------
    >>> import random
    >>> [discrete_laplace(Fraction(3), random.Random(s).randrange) for s in range(5)]
    [-1, 0, 0, -5, -3]
    """
    top, bottom = scale.as_integer_ratio()
    while True:
        remainder = below(top)
        if not _happens(remainder, top, below):
            continue
        wholes = 0
        while _happens(1, 1, below):
            wholes += 1
        size = (remainder + top * wholes) // bottom
        negative = below(2)
        if size or not negative:
            return -size if negative else size


def discrete_gaussian(variance: Fraction, below: Below = secrets.randbelow) -> int:
    """Return a whole number z with a probability in proportion to exp(-z² / (2 variance)).

    References
    ----------
    Canonne, Kamath & Steinke (2020), algorithm 3.
    """
    top, bottom = variance.as_integer_ratio()
    scale = math.isqrt(top // bottom) + 1
    while True:
        drawn = discrete_laplace(Fraction(scale), below)
        off = abs(drawn) * bottom * scale - top
        if _happens(off * off, 2 * top * bottom * scale * scale, below):
            return drawn


def _happens(top: int, bottom: int, below: Below) -> bool:
    """Return True with probability exp(-top / bottom), by comparing whole numbers alone."""
    while top > bottom:
        if not _happens(1, 1, below):
            return False
        top -= bottom
    tries = 1
    while below(bottom * tries) < top:
        tries += 1
    return tries % 2 == 1
