"""A gap among requests that are alike: the same way in, the same priority."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.intervals import Interval
from equipoise.models.service._parts import NONE, Part, t_interval

__all__ = ["Alike", "cells_of", "gap_among_alike"]

FEWEST_CUSTOMERS = 2
"""A cell in which fewer customers of the reference have a request is compared with nothing."""


class Alike(NamedTuple):
    """A gap, and the requests on either side that have their like on the other."""

    gap: Interval
    compared: Part
    with_these: Part


def cells_of(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.intp]:
    """Return for each row the number of its combination of values; missing is a value."""
    codes = np.zeros(len(table), dtype=np.intp)
    for name in columns:
        own, levels = pd.factorize(table[name], use_na_sentinel=False)
        codes = pd.factorize(codes * len(levels) + own)[0]
    return np.asarray(codes)


def gap_among_alike(
    part: Part, base: Part, values: NDArray[np.float64], cells: NDArray[np.intp]
) -> Alike:
    """Return by how much a group exceeds the reference's requests of the same cells.

    Each request of the group is compared with the mean of the reference's requests in its cell, so
    the cells weigh as the group has them. What remains of the raw gap is what the groups' different
    mix of cells makes. The variance is that of a mean over the group's customers plus that of the
    reference's means, customers being the sample; where customers have requests in both, as if what
    raises one always lowered the other.

    References
    ----------
    Kitagawa (1955), Components of a difference between two rates. JASA 50.
    """
    size = int(cells.max()) + 1
    enough = _customers_by_cell(base, cells, size) >= FEWEST_CUSTOMERS
    there = np.bincount(cells[part.rows], minlength=size) > 0
    part = part.take(enough[cells[part.rows]])
    base = base.take((enough & there)[cells[base.rows]])
    if part.note or base.note:
        return Alike(NONE, part, base)
    own, theirs = cells[part.rows], cells[base.rows]
    times = np.maximum(np.bincount(theirs, minlength=size), 2)
    usual = np.bincount(theirs, values[base.rows], size) / times
    excess = values[part.rows] - usual[own]
    gap = float(excess.mean())
    weight = np.bincount(own, minlength=size) / len(own) / np.sqrt(times * (times - 1.0))
    errors = np.sqrt(
        [
            _squares(excess - gap, part.owners) / len(own) ** 2,
            _squares((values[base.rows] - usual[theirs]) * weight[theirs], base.owners),
        ]
    )
    shared = np.isin(part.owners, base.owners).any()
    variance = errors.sum() ** 2 if shared else (errors**2).sum()
    return Alike(t_interval(gap, variance, min(part.customers, base.customers)), part, base)


def _customers_by_cell(part: Part, cells: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    pairs = pd.DataFrame({"cell": cells[part.rows], "owner": part.owners}).drop_duplicates()
    return np.bincount(pairs["cell"], minlength=size)


def _squares(values: NDArray[np.float64], owners: NDArray[np.intp]) -> float:
    return float((np.bincount(owners, weights=values) ** 2).sum())
