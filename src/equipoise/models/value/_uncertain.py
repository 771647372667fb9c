"""How sure a sum over the highest scores is, when other customers might have been drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.intervals import MINIMUM_TRIALS, Interval, wilson
from equipoise.intervals.repeated import effective_trials
from equipoise.models.value._ranking import Ranking

__all__ = ["CutSums", "bounded_total", "not_estimable"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CutSums:
    """Sums over customers of the squares of what each holds among the highest rows, at any cut.

    How far a customer moves the total T of the highest k of n rows is, in the first order, what
    the rows of the customer among them hold, each less what a row at the cut holds (m): taking a
    row in pushes another one out. Less the mean of that over all rows, its squares add up to the
    variance of T. With a cut at a score instead of a share nobody is pushed out, and m is 0.

    The sums are kept step by step, so that all cuts together cost little more than one.
    """

    ranking: Ranking
    values: Floats

    def squares(self, counts: ArrayLike, slopes: ArrayLike, *, of_all: bool = False) -> Floats:
        """Return the sum over customers of the squares, at each cut.

        Parameters
        ----------
        counts : array_like, shape (cuts,)
            Rows above each cut; within a step in proportion.
        slopes : array_like, shape (cuts,)
            What a row at the cut holds, or 0 where a score is the cut.
        of_all : bool
            For the part of all values that lies above the cut, in units of values: each customer
            moves the whole, too.
        """
        at, m = np.asarray(counts, float), np.asarray(slopes, float)
        n, whole = len(self.ranking), self.values.sum()
        total = self.ranking.totals(self.values, at)
        g = total / whole if of_all else np.zeros_like(at)
        b = (total - m * at) / n - g * whole / n
        held = self._sum("aa", at) - 2 * m * self._sum("ar", at) + m**2 * self._sum("rr", at)
        crossed = b * (self._sum("an", at) - m * self._sum("rn", at))
        crossed += g * (self._sum("ay", at) - m * self._sum("ry", at))
        rows, own = self.ranking.own_rows, self._own
        fixed = b**2 * (rows @ rows) + 2 * b * g * (rows @ own) + g**2 * (own @ own)
        people = len(rows)
        return np.asarray(np.maximum(held - 2 * crossed + fixed, 0) * people / max(people - 1, 1))

    def carried(self, counts: ArrayLike) -> Floats:
        """Return the sum over customers of the squares of their rows above each cut."""
        return self._sum("rr", np.asarray(counts, float))

    def of_hits_and_misses(self, counts: ArrayLike) -> tuple[Floats, Floats]:
        """Return the sums of squares of what customers hold above each cut, and below it."""
        at = np.asarray(counts, float)
        above = self._sum("aa", at)
        below = self._own @ self._own - 2 * self._sum("ay", at) + above
        return above, np.asarray(np.maximum(below, 0))

    def _sum(self, name: str, at: Floats) -> Floats:
        """Return one sum at each cut: whole steps, and of the step that is cut its part."""
        linear, square = self._steps[name]
        step = np.clip(np.searchsorted(self.ranking.ends, at, side="right") - 1, 0, len(linear) - 1)
        part = (at - self.ranking.ends[step]) / np.diff(self.ranking.ends)[step]
        before = np.concatenate([[0.0], np.cumsum(linear + square)])[step]
        return np.asarray(before + part * linear[step] + part**2 * square[step])

    @cached_property
    def _own(self) -> Floats:
        return np.bincount(self.ranking.customer, self.values).astype(float)

    @cached_property
    def _steps(self) -> dict[str, tuple[Floats, Floats]]:
        """By name, what each step adds: in proportion to its part, and to the square of that."""
        steps = len(self.ranking.ends) - 1
        pairs, row = np.unique(
            self.ranking.customer * steps + self.ranking.step, return_inverse=True
        )
        person, step = np.divmod(pairs, steps)
        a, r = np.bincount(row, self.values).astype(float), np.bincount(row).astype(float)
        above, rows_above = _before(a, person), _before(r, person)
        n, y = self.ranking.own_rows[person], self._own[person]

        def summed(each: Floats) -> Floats:
            return np.bincount(step, each, steps).astype(float)

        none = np.zeros(steps)
        return {
            "aa": (summed(2 * above * a), summed(a * a)),
            "ar": (summed(above * r + rows_above * a), summed(a * r)),
            "rr": (summed(2 * rows_above * r), summed(r * r)),
            "an": (summed(a * n), none),
            "rn": (summed(r * n), none),
            "ay": (summed(a * y), none),
            "ry": (summed(r * y), none),
        }


def _before(values: Floats, person: NDArray[np.intp]) -> Floats:
    """Return, of values by person, the sum of those that come earlier with the same person."""
    earlier = np.cumsum(values) - values
    first = np.concatenate([[0], np.flatnonzero(np.diff(person)) + 1])
    return np.asarray(earlier - np.repeat(earlier[first], np.diff([*first, len(person)])))


def bounded_total(
    totals: Floats, counts: Floats, *, squares: Floats, carried: Floats, bounds: tuple[float, float]
) -> Interval:
    """Return totals of so many rows with 95 % intervals, given the bounds of a row's value.

    The mean of a row is read as a rate between the bounds and gets Wilson's interval at the size
    of sample that the squares amount to; where the values do not vary, the customers alone decide.

    NaN bounds where fewer than `MINIMUM_TRIALS` customers (Kish) are behind a total; a total of no
    row is zero for sure, and one of rows that can have one value only is what it is.
    """
    low, high = bounds
    if not high > low:
        return Interval(totals, totals.copy(), totals.copy())
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.clip((totals / counts - low) / (high - low), 0, 1)
        size = effective_trials(
            rate * counts,
            counts,
            deviation=squares / (high - low) ** 2,
            by_row=0.0,
            by_customer=carried,
        )
        sides = wilson(np.nan_to_num(rate) * size, size)
        few = counts**2 < MINIMUM_TRIALS * carried
    below, above = (counts * (low + (high - low) * side) for side in sides[1:])
    ends = np.minimum(below, totals), np.maximum(above, totals)  # but for rounding they are
    known = [np.where(counts > 0, np.where(few, np.nan, end), 0.0) for end in ends]
    return Interval(totals, *known)


def not_estimable(carriers: ArrayLike) -> list[str]:
    """Say of each estimate that too few customers are behind it; empty where there are enough."""
    return [
        f"not estimable (n={np.floor(10 * n) / 10:g})" if n < MINIMUM_TRIALS else ""
        for n in np.atleast_1d(np.asarray(carriers, float))
    ]
