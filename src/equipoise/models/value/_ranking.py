"""Rows by score, and what the highest of them hold; rows of one score are taken in proportion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Ranking", "thinned"]

Floats = NDArray[np.float64]
MOST_POINTS = 200


@dataclass(frozen=True, eq=False)
class Ranking:
    """Which rows come first. A step is all rows of one score, so no order is made up within it.

    Where a cut falls into a step, each of its rows counts in the same part: this is the mean over
    all ways to break the tie, and the order of the rows has no say.

    Attributes
    ----------
    step : array of int, shape (n,)
        Step of each row; 0 has the highest score.
    ends : array of float, shape (steps + 1,)
        Rows down to the end of each step, beginning with 0.
    customer : array of int, shape (n,)
        Number of each row's customer, from 0 without a gap.
    """

    step: NDArray[np.intp]
    ends: Floats
    customer: NDArray[np.intp]

    @classmethod
    def of(cls, scores: Floats, customer: NDArray[np.intp]) -> Self:
        """Return the ranking of scores, highest first."""
        levels, step = np.unique(-scores, return_inverse=True)
        sizes = np.bincount(step, minlength=len(levels))
        return cls(step, np.concatenate([[0.0], np.cumsum(sizes)]), customer)

    def __len__(self) -> int:
        return len(self.step)

    @cached_property
    def own_rows(self) -> Floats:
        """How many rows each customer has."""
        return np.bincount(self.customer).astype(float)

    def taken(self, count: float) -> Floats:
        """Return the part of each row, from 0 to 1, that is among the `count` highest."""
        within = (count - self.ends[:-1]) / np.diff(self.ends)
        return np.asarray(np.clip(within, 0, 1)[self.step])

    def by_step(self, values: Floats) -> Floats:
        """Return the sum of each step."""
        return np.bincount(self.step, values, len(self.ends) - 1).astype(float)

    def down_to(self, values: Floats) -> Floats:
        """Return the sum of all rows down to the end of each step, beginning with 0."""
        return np.concatenate([[0.0], np.cumsum(self.by_step(values))])

    def totals(self, values: Floats, counts: ArrayLike) -> Floats:
        """Return the sum of the highest so many rows."""
        return np.asarray(np.interp(np.asarray(counts, float), self.ends, self.down_to(values)))

    def slopes(self, values: Floats, counts: ArrayLike) -> Floats:
        """Return what a row at the cut holds: the mean of the rows near it on both sides.

        The nearer ones say it better and the more of them the surer; half of n to the power 0.8
        on each side is narrow enough for large n and never fewer than ten.
        """
        at, down = np.asarray(counts, float), self.down_to(values)
        reach = max(10, math.ceil(0.5 * len(self) ** 0.8))
        low, high = np.maximum(at - reach, 0), np.minimum(at + reach, len(self))
        gained = np.interp(high, self.ends, down) - np.interp(low, self.ends, down)
        return np.asarray(gained / (high - low))


def thinned(rows: int, *also: int) -> NDArray[np.int_]:
    """Return about 200 numbers of contacts from nobody to everybody, and those named."""
    points = min(rows, MOST_POINTS)
    even = np.rint(np.linspace(0, rows, points + 1)).astype(int)
    return np.unique(np.concatenate([even, np.array(also, dtype=int)]))
