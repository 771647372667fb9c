"""Private numbers by declared group or bin: counts, sums and means; empty groups get noise, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy._units import check_same_order
from equipoise.privacy.queries._cells import Cells, group_columns
from equipoise.privacy.queries._query import Query
from equipoise.privacy.queries._release import MeanRelease, Release
from equipoise.privacy.queries._values import (
    checked_range,
    clipped,
    numbers,
    on_grid,
    shares_of_range,
)

__all__ = ["private_group_by", "private_histogram"]

Statistic = Literal["count", "sum", "mean"]


def private_histogram(
    values: ArrayLike,
    *,
    epsilon: float,
    delta: float,
    edges: Sequence[float] | None = None,
    categories: Sequence[str] | None = None,
    unit: ArrayLike | None = None,
    rows_per_unit: int | None = None,
    adjacency: Adjacency = "add-remove",
    random_state: int | None = None,
) -> Release:
    """Count rows by declared bin or category, with noise in every one of them.

    Parameters
    ----------
    values : array_like, shape (n,)
    epsilon, delta, unit, rows_per_unit, adjacency, random_state
        As in `private_count`. A row counts in one bin alone, so each gets noise for the whole epsilon.
    edges : sequence of float, optional
        Of numeric bins, rising; a bin holds its lower edge, the last one both. What lies outside is
        counted in the first or last bin.
    categories : sequence of str, optional
        All that there can be; either these or `edges`.

    Returns
    -------
    Release
        With columns `bin_low` and `bin_high`, or `category`.

    Raises
    ------
    InputError
        Where a value is none of the categories, or another argument breaks a rule.

    Warns
    -----
    ClippedRowsWarning, DroppedRowsWarning, LargeDeltaWarning
        As in `private_sum`.

    Examples
    --------
    >>> orders = ["web"] * 60 + ["shop"] * 35
    >>> channels = ["web", "shop", "app"]
    >>> private_histogram(orders, epsilon=1, delta=0, categories=channels, random_state=0).frame()[
    ...     ["category", "value", "low", "high"]
    ... ]
      category  value   low  high
    0      web     59  56.0  62.0
    1     shop     33  30.0  36.0
    2      app      0  -3.0   3.0
    """
    if (edges is None) == (categories is None):
        found = "both" if edges is not None else "neither"
        move = "Declare bins for numbers or categories for text."
        raise InputError("edges or categories", "must be declared, one of them", found, move)
    query = Query.of(
        values,
        epsilon=epsilon,
        delta=delta,
        unit=unit,
        rows_per_unit=rows_per_unit,
        adjacency=adjacency,
        random_state=random_state,
    )
    if edges is None:
        column = pd.DataFrame({"category": np.asarray(values, dtype=object)})
        cells = Cells.of(column, categories)
    else:
        bounds = _checked_edges(edges)
        cells = _bins(clipped(numbers(values), bounds[0], bounds[-1]), bounds)
    return _counted(query, cells)


def private_group_by(
    values: ArrayLike | None,
    groups: ArrayLike | pd.DataFrame,
    *,
    statistic: Statistic,
    declared: Sequence[str] | Mapping[str, Sequence[str]],
    epsilon: float,
    delta: float,
    bounds: tuple[float, float] | None = None,
    unit: ArrayLike | None = None,
    rows_per_unit: int | None = None,
    rows_per_group: int | None = None,
    adjacency: Adjacency = "add-remove",
    random_state: int | None = None,
) -> Release:
    """Count rows, add up or average clipped values by declared group, with noise in every group.

    A customer may have rows in several groups: `rows_per_unit` bounds them over all groups together,
    and the one epsilon covers the whole table.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        None for counts.
    groups : array_like of shape (n,), or DataFrame
        Group of each row; with several columns every combination of declared groups is reported.
        No column may be named `value`, `rows`, `noise_scale`, `low` or `high`, as those of a release.
    statistic : {"count", "sum", "mean"}
    declared : sequence of str, or mapping by column
        All groups that there can be, listed without a look at the rows.
    epsilon, delta, unit, rows_per_unit, adjacency, random_state
        As in `private_count`.
    bounds : (low, high)
        As in `private_sum`; required for sums and means.
    rows_per_group : int, optional
        So many of the counted rows of a customer may be in one group. It lowers Gaussian noise, which
        then follows the square root of rows_per_unit × rows_per_group, and no other.

    Returns
    -------
    Release
        `MeanRelease` for means.

    Raises
    ------
    InputError
        Where a row is in no declared group, or another argument breaks a rule.

    Warns
    -----
    ClippedRowsWarning, DroppedRowsWarning, LargeDeltaWarning
        As in `private_sum`.

    Examples
    --------
    >>> spend, region = [30.0, 50.0] * 200, ["north", "south"] * 200
    >>> means = private_group_by(
    ...     spend, region, statistic="mean", declared=["north", "south", "west"],
    ...     bounds=(0, 100), epsilon=1, delta=0, random_state=1,
    ... )
    >>> means.frame().round(1)
       group  value   rows   low   high
    0  north   31.0  201.1  29.2   32.8
    1  south   50.7  201.8  48.9   52.5
    2   west    NaN    0.9   0.0  100.0
    """
    check_choice("statistic", statistic, get_args(Statistic))
    limits = _limits(values, statistic, bounds)
    table = group_columns(groups)
    given = np.zeros(len(table)) if values is None else values
    check_same_order(values=values, groups=groups, unit=unit)
    if np.ndim(given) == 1 and len(table) != len(given):  # type: ignore[arg-type]
        rule = f"must have one group for each of {len(given):,} rows"  # type: ignore[arg-type]
        raise InputError("groups", rule, f"{len(table):,}", "Align values and groups.")
    cells = Cells.of(table, declared)
    query = Query.of(
        given,
        epsilon=epsilon,
        delta=delta,
        unit=unit,
        rows_per_unit=rows_per_unit,
        adjacency=adjacency,
        random_state=random_state,
        groups=cells.codes,
        rows_per_group=rows_per_group,
    )
    if limits is None:
        return _counted(query, cells)
    within = clipped(numbers(given), *limits)
    summarised = _summed if statistic == "sum" else _averaged
    return summarised(query, cells, within, limits)


def _limits(
    values: object, statistic: Statistic, bounds: tuple[float, float] | None
) -> tuple[float, float] | None:
    if statistic != "count":
        if values is None:
            raise InputError("values", f"are required for a {statistic}", "None", "Pass a column.")
        return checked_range(bounds)
    if values is not None or bounds is not None:
        found = "values" if values is not None else "bounds"
        move = "Pass None to count rows, or choose 'sum' or 'mean'."
        raise InputError("values and bounds", "must be left out of a count", found, move)
    return None


def _checked_edges(edges: Sequence[float]) -> NDArray[np.float64]:
    try:
        bounds = np.asarray(edges, dtype=float)
    except (TypeError, ValueError):
        bounds = np.empty(0)
    if bounds.ndim != 1 or len(bounds) < 2 or not (np.diff(bounds) > 0).all():
        move = "Write two or more edges, the lowest first."
        raise InputError("edges", "must be numbers that rise", repr(edges), move)
    if not np.isfinite(bounds).all():
        raise InputError("edges", "must be finite", repr(edges), "Values outside are clipped.")
    return bounds


def _bins(values: NDArray[np.float64], edges: NDArray[np.float64]) -> Cells:
    codes = np.minimum(np.searchsorted(edges, values, side="right") - 1, len(edges) - 2)
    return Cells(pd.DataFrame({"bin_low": edges[:-1], "bin_high": edges[1:]}), codes)


def _counted(query: Query, cells: Cells) -> Release:
    counts = np.bincount(cells.codes[query.rows.places], minlength=len(cells.groups))
    mechanism = query.noise(0.0, 1.0, cells=len(cells.groups), whole=True)
    value = mechanism.release(counts, query.rng)
    promise = query.guarantee("the released counts, all together", mechanism.guarantee)
    return Release(cells.groups.assign(value=value), promise, mechanism)


def _summed(
    query: Query, cells: Cells, values: NDArray[np.float64], bounds: tuple[float, float]
) -> Release:
    exact, low, high = on_grid(values, bounds)
    kept = query.rows.places
    sums = np.bincount(cells.codes[kept], weights=exact[kept], minlength=len(cells.groups))
    mechanism = query.noise(low, high, cells=len(cells.groups))
    value = mechanism.release(sums, query.rng)
    promise = query.guarantee("the released sums, all together", mechanism.guarantee)
    return Release(cells.groups.assign(value=value), promise, mechanism)


def _averaged(
    query: Query, cells: Cells, values: NDArray[np.float64], bounds: tuple[float, float]
) -> MeanRelease:
    kept = query.rows.places
    halves = shares_of_range(values, *bounds)[kept]
    sums = [
        np.bincount(cells.codes[kept], weights=half, minlength=len(cells.groups))
        for half in halves.T
    ]
    mechanism = query.noise(0.0, 1.0, cells=2 * len(cells.groups))
    noised = mechanism.release(np.column_stack(sums), query.rng)
    told = "the released means and numbers of rows, all together"
    promise = query.guarantee(told, mechanism.guarantee)
    return MeanRelease.of(cells.groups, noised, bounds, promise, mechanism)
