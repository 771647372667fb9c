"""Customers by group, and which group an attack reaches more than everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, Interval, clopper_pearson, difference
from equipoise.privacy._units import check_same_order

__all__ = [
    "NOTHING",
    "Bools",
    "Cell",
    "Floats",
    "Groups",
    "beside_the_rest",
    "cells",
    "exact_share",
    "not_estimable",
    "spread",
]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Groups: TypeAlias = pd.DataFrame | pd.Series | None
Estimate = Callable[[Bools, float], Interval]

NOTHING = Interval(np.nan, np.nan, np.nan)


class Cell(NamedTuple):
    """One group of one attribute, and which rows it has."""

    attribute: str
    group: str
    rows: Bools


def cells(groups: Groups, table: pd.DataFrame) -> list[Cell]:
    """Return everybody, then each group of each attribute; a missing group is "unknown"."""
    found = [Cell("all", "all", np.ones(len(table), dtype=bool))]
    if groups is None:
        return found
    frame = groups.to_frame() if isinstance(groups, pd.Series) else groups
    if not isinstance(frame, pd.DataFrame) or len(frame) != len(table):
        shown = f"{len(frame):,} rows" if isinstance(frame, pd.DataFrame) else type(groups).__name__
        raise InputError(
            "groups",
            f"must be a frame with one row for each of {len(table):,} customers",
            shown,
            "Pass the attributes of the same customers in the same order.",
        )
    for name, column in frame.items():
        check_same_order(table=table, groups=column)
        values = column.astype(object).where(column.notna(), "unknown").map(str).to_numpy()
        found += [Cell(str(name), level, values == level) for level in sorted(set(values))]
    return found


def exact_share(hits: Bools, confidence: float) -> Interval:
    """Return the share of hits with Clopper and Pearson's interval; NaN of too few."""
    if len(hits) < MINIMUM_TRIALS:
        return NOTHING
    return clopper_pearson(hits.sum(), len(hits), confidence=confidence)


def spread(name: str, interval: Interval, prefix: str | None = None) -> dict[str, float]:
    """Return an interval as three columns: the name, and its low and high."""
    before = f"{name}_" if prefix is None else prefix
    return {
        name: float(interval.value),
        f"{before}low": float(interval.low),
        f"{before}high": float(interval.high),
    }


def not_estimable(trials: int, what: str = "n") -> str:
    """Return the note of a cell with too few trials, empty where there are enough."""
    return f"not estimable ({what}={trials})" if trials < MINIMUM_TRIALS else ""


def beside_the_rest(
    found: list[Cell], estimate: Estimate, confidence: float
) -> Iterator[tuple[Cell, Interval]]:
    """Yield each group, and how much more it has of something than everybody else.

    The intervals pay for looking at all groups of an attribute (Bonferroni), so that the group that
    stands out was not merely the luckiest of many. The estimates should therefore be exact ones.
    """
    for cell in found:
        searched = sum(cell.attribute == other.attribute for other in found)
        if searched < 2:
            yield cell, NOTHING
            continue
        level = 1 - (1 - confidence) / searched
        yield cell, difference(estimate(cell.rows, level), estimate(~cell.rows, level))
