"""Areas under Qini and uplift curves, and what each row pulls at them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.intervals import MINIMUM_TRIALS, Interval
from equipoise.intervals._interval import critical
from equipoise.models.uplift._arm_rates import support_of
from equipoise.models.uplift._ranked import Ranked

__all__ = ["area_over_random", "gain_over_random"]

Floats = NDArray[np.float64]

CELLS = range(4)
"""2 × contacted + outcome."""


class Area(NamedTuple):
    """An area under a curve, and by how much one more of each sum at each level raises it.

    The pulls, shape (levels,), are of rows, and of trials and hits of those left alone and of the
    contacted.
    """

    value: float
    pulls: list[Floats]


def area_over_random(rows: Ranked, kind: str) -> Interval:
    """Return the area between a curve and chance, as a share of what the perfect curve encloses.

    The bounds are those of a normal distribution at the standard error that the rows' pulls amount
    to, summed over customers (the infinitesimal jackknife).
    """
    if not _enough(rows):
        return Interval(np.nan, np.nan, np.nan)
    cell = 2 * rows.treated + rows.y
    order = _perfect_order(np.bincount(cell, minlength=4), kind)
    own, chance = _area(rows.levels, kind), _area(rows.levels[:, -1:], kind)
    best = _area(_of_cells(rows, cell, order), kind)
    room = best.value - chance.value
    if not room > 0:
        return Interval(np.nan, np.nan, np.nan)
    value = (own.value - chance.value) / room
    place = [next(k for k, part in enumerate(order) if each in part) for each in CELLS]
    by_cell = -value * _by_cell(best, place) - (1 - value) * _by_cell(chance, [0, 0, 0, 0])
    pull = _by_row(rows, own) + by_cell[0, cell] + rows.weights * by_cell[1, cell]
    return _normal(value, _error(rows, pull) / room)


def gain_over_random(rows: Ranked) -> Interval:
    """Return by how many outcomes per 1,000 rows the ranking beats chance, on average over cuts."""
    if not _enough(rows):
        return Interval(np.nan, np.nan, np.nan)
    own, chance = _area(rows.levels, "uplift"), _area(rows.levels[:, -1:], "uplift")
    over = own.value - chance.value
    cell = 2 * rows.treated + rows.y
    by_cell = _by_cell(chance, [0, 0, 0, 0])
    pull = _by_row(rows, own) - by_cell[0, cell] - rows.weights * by_cell[1, cell]
    scale = 1000 / len(rows) ** 2
    # The area grows with the square of the rows, which are many or few by chance, too.
    return _normal(over * scale, _error(rows, pull - 2 * over / len(rows)) * scale)


def _area(sums: Floats, kind: str) -> Area:
    """Return the area by trapezoids between levels, from running sums of shape (5, levels).

    Where an arm is still empty its rate counts as zero.
    """
    count, wc, yc, wt, yt = sums
    per_c, per_t = (np.divide(1.0, own, out=np.zeros_like(own), where=own > 0) for own in (wc, wt))
    rate_c, rate_t = yc * per_c, yt * per_t
    height = (rate_t - rate_c) * count if kind == "uplift" else yt - rate_c * wt
    before, after = np.append(0.0, height[:-1]), np.append(height[1:], -height[-1])
    width = np.diff(count, prepend=0.0)
    steep = (width + np.append(width[1:], 0.0)) / 2
    pulls = [(before - after) / 2, *(steep,) * 4]
    if kind == "uplift":
        pulls[0] = pulls[0] + steep * (rate_t - rate_c)
        of_c, of_t = steep * count * per_c, steep * count * per_t
        pulls[1:] = [rate_c * of_c, -of_c, -rate_t * of_t, of_t]
    else:
        of_c = steep * wt * per_c
        pulls[1:] = [rate_c * of_c, -of_c, -rate_c * steep, steep]
    # A row counts at its own level and at all below.
    summed = [each[::-1].cumsum()[::-1] for each in pulls]
    return Area(float((width * (height + before)).sum() / 2), summed)


def _perfect_order(counts: NDArray[np.intp], kind: str) -> list[list[int]]:
    """Return cells in the order of a ranking that knows the outcomes."""
    if kind == "qini":
        return [[3], [0, 2], [1]]
    return [[3], [0], [1], [2]] if counts[1] > counts[2] else [[3], [0], [2], [1]]


def _of_cells(rows: Ranked, cell: NDArray[np.intp], order: list[list[int]]) -> Floats:
    """Return running sums, shape (5, levels), where rows are ranked by their cell."""
    count = np.bincount(cell, minlength=4).astype(float)
    weight = np.bincount(cell, weights=rows.weights, minlength=4)
    zero = np.zeros(4)
    arm, positive = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    each = np.stack(
        [
            count,
            np.where(arm == 0, weight, zero),
            np.where((arm == 0) & (positive == 1), weight, zero),
            np.where(arm == 1, weight, zero),
            np.where((arm == 1) & (positive == 1), weight, zero),
        ]
    )
    return np.stack([each[:, part].sum(axis=1) for part in order], axis=1).cumsum(axis=1)


def _by_cell(area: Area, place: list[int]) -> Floats:
    """Return by how much one row, and one more of its weight, raises an area: shape (2, cells)."""
    pulls = [[float(each[level]) for each in area.pulls] for level in place]
    of_weight = [
        own[1 + cell // 2 * 2] + cell % 2 * own[2 + cell // 2 * 2] for cell, own in enumerate(pulls)
    ]
    return np.array([[own[0] for own in pulls], of_weight])


def _by_row(rows: Ranked, area: Area) -> Floats:
    """Return by how much one more row like each would raise the area."""
    sizes = np.diff(rows.ends, prepend=0)
    pulls = area.pulls if len(sizes) == len(rows) else [np.repeat(p, sizes) for p in area.pulls]
    untouched, trials_c, hits_c, trials_t, hits_t = pulls
    contacted, positive = rows.treated == 1, rows.y == 1
    of_hits = np.where(positive, np.where(contacted, hits_t, hits_c), 0.0)
    of_weight = np.where(contacted, trials_t, trials_c) + of_hits
    return np.asarray(untouched + rows.weights * of_weight)


def _error(rows: Ranked, pull: Floats) -> float:
    """Return a standard error from what each row pulls, summed over customers."""
    own = pull if rows.codes is None else np.bincount(rows.codes, weights=pull)
    customers = len(own)
    return float(np.sqrt((own**2).sum() * customers / (customers - 1)))


def _normal(value: float, error: float) -> Interval:
    reach = critical(0.95) * error
    return Interval(value, value - reach, value + reach)


def _enough(rows: Ranked) -> bool:
    """Say whether each arm has enough customers."""
    return bool(support_of(rows.totals) >= MINIMUM_TRIALS)
