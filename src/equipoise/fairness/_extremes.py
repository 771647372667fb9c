"""The highest and the lowest rate that groups can have where the group of some customers is unknown.

Line up the customers of one proxy value: hits first, then those outside the denominator, then misses.
A group that makes up a share q of them has its highest rate if it takes the first q of the line:
min(hits, q) hits and max(0, q - hits - outside) misses, and no allocation has more of the first or
fewer of the second. It has its lowest rate if it takes the last q. Shares sum to one, so the first q
of one group never overlaps the last q of another, and others take what lies between: one group's
highest and another's lowest rate hold at once, in every line and therefore in total. Their difference
is a gap that is possible, and none is larger. Where nothing is known of shares, one group takes all
hits and the other all misses, and the same holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from equipoise.fairness._frames import CONFIDENCE
from equipoise.intervals import Interval, difference, wilson
from equipoise.intervals.repeated import effective_trials

__all__ = ["Counted", "gap_limits"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counted:
    """Customers in and about a rate: hits, misses, and those outside its denominator.

    Attributes
    ----------
    known : array, shape (2, groups)
        Hits and misses of known group.
    unknown : array, shape (3, cells)
        Hits, misses and customers outside, of unknown group, by proxy value; no cell is empty.
    least, most : array, shape (cells, groups)
        Between which shares of a cell a group lies: the same number where its share is known, 0 and
        1 where nothing is.
    """

    known: Floats
    unknown: Floats
    least: Floats
    most: Floats

    @property
    def support(self) -> Floats:
        """Customers in the denominator by group: the known, and its least share of the unknown."""
        return np.asarray(self.known.sum(axis=0) + self.unknown[:2].sum(axis=0) @ self.least)

    def turned(self) -> Self:
        """Return the counts of one minus the rate."""
        return replace(self, known=self.known[::-1], unknown=self.unknown[[1, 0, 2]])


class _Smaller(NamedTuple):
    """The smaller of a cell's count and a group's share of its customers, by cell and group.

    `by_count` says for which part of the customers the count was taken, not the share.
    """

    total: Floats
    by_count: Floats


_Smallest = Callable[[Floats, Floats, Floats], _Smaller]


def gap_limits(counted: Counted, reference: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return each group's gap to a reference: sharp bounds, and these with sampling error on top.

    Parameters
    ----------
    counted : Counted
    reference : int
        Place of the reference among the groups; its own row means nothing.

    Returns
    -------
    bound_low, bound_high, low, high : array, shape (groups,)
        The interval holds for the true gap, wherever between the bounds it lies: each end has the
        error of one bound of a 95 % interval.
    """
    top, bottom = _highest(counted), _lowest(counted)
    upper, lower = _highest_sampled(counted), _lowest_sampled(counted)
    bound_low, bound_high = bottom - top[reference], top - bottom[reference]
    low = difference(lower, _at(upper, reference)).low
    high = difference(upper, _at(lower, reference)).high
    return bound_low, bound_high, np.minimum(low, bound_low), np.maximum(high, bound_high)


def _highest(counted: Counted) -> Floats:
    """Return the supremum of each group's rate: zero where no customer can be a hit."""
    hits, misses, _ = _taken(counted, _smaller)
    return _ratio(hits, hits + misses, empty=0.0)


def _lowest(counted: Counted) -> Floats:
    misses, hits, _ = _taken(counted.turned(), _smaller)
    return _ratio(hits, hits + misses, empty=1.0)


def _highest_sampled(counted: Counted) -> Interval:
    """Return the highest rate with a Wilson interval, at the trials that its variance amounts to.

    Each customer adds to hits and trials either as itself or as a share of itself; so both are sums
    over customers, and the rate is a ratio of sums.
    """
    hits, misses, own = _taken(counted, _smaller_elsewhere)
    hits, misses = np.maximum(hits, 0), np.maximum(misses, 0)
    rate, (hit, miss) = _ratio(hits, hits + misses, empty=0.0), own
    rows, known = counted.unknown[:, :, None], counted.known
    deviation = (rows * (hit - rate * (hit + miss)) ** 2).sum(axis=(0, 1))
    deviation += known[0] * (1 - rate) ** 2 + known[1] * rate**2
    squares = (rows * (hit + miss) ** 2).sum(axis=(0, 1)) + known.sum(axis=0)
    size = effective_trials(
        hits, hits + misses, deviation=deviation, by_row=squares, by_customer=squares
    )
    _, low, high = wilson(rate * size, size, confidence=CONFIDENCE)
    return Interval(rate, np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=1.0))


def _lowest_sampled(counted: Counted) -> Interval:
    value, low, high = _highest_sampled(counted.turned())
    return Interval(1 - value, 1 - high, 1 - low)


def _taken(counted: Counted, smallest: _Smallest) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Return hits and misses by group at its highest rate, and what one customer adds to them.

    The latter two have the shape (3, cells, groups): for a hit, a miss, and a customer outside.
    """
    hits, misses, outside = counted.unknown[:, :, None]
    rows, others = hits + misses + outside, 1 - counted.least
    taken = smallest(hits, rows, counted.most)
    left = smallest(misses, rows, others)
    share, rest = (1 - taken.by_count) * counted.most, (1 - left.by_count) * others
    return (
        counted.known[0] + taken.total.sum(axis=0),
        counted.known[1] + (misses - left.total).sum(axis=0),
        (
            np.stack([taken.by_count + share, share, share]),
            np.stack([-rest, 1 - left.by_count - rest, -rest]),
        ),
    )


def _smaller(count: Floats, rows: Floats, share: Floats) -> _Smaller:
    return _Smaller(np.minimum(count, share * rows), (count < share * rows).astype(float))


def _smaller_elsewhere(count: Floats, rows: Floats, share: Floats) -> _Smaller:
    """Return the smaller of the two, chosen on one half of a cell and counted on the other half.

    Whoever picks the smaller of two numbers where they are seen finds too small a one, the more so
    the fewer customers a cell has: with one customer each, bounds shrink to a point that is none.
    Picked on other customers, the sum is in expectation never too small. It is the mean over all
    ways to halve the cell. The picking half is helped by one customer of the rate of all cells.

    References
    ----------
    Chernozhukov, Lee & Rosen (2013), Intersection bounds: estimation and inference. Econometrica 81.
    """
    prior = count.sum() / max(rows.sum(), 1)
    total, by_count = np.zeros(share.shape), np.zeros(share.shape)
    for size in (rows // 2, rows - rows // 2):
        last = np.ceil(share * (size + 1) - prior) - 1
        chance = hypergeom.cdf(last, rows, count, size)
        # E[picking hits, count chosen] is a hypergeometric chance with one customer set apart.
        apart = (np.maximum(part - 1, low) for part, low in ((rows, 1), (count, 0), (size, 0)))
        picking = size * count / rows * hypergeom.cdf(last - 1, *apart)
        total += count * chance - picking + (1 - chance) * share * (rows - size)
        by_count += chance * (rows - size) / rows
    return _Smaller(total, by_count)


def _ratio(hits: Floats, trials: Floats, *, empty: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(trials > 0, hits / trials, empty))


def _at(rates: Interval, place: int) -> Interval:
    parts: list[Any] = [side[place] for side in rates]
    return Interval(*parts)
