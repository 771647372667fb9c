"""Two tables on which one customer weighs as much as a learner's declared bounds allow."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_columns, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy._bounds import DeclaredBounds, Limits, checked_bounds, is_category
from equipoise.privacy._guarantee import Adjacency

__all__ = ["CROWD", "Table", "my_data", "random_neighbours", "worst_case"]

CROWD = 1000  # enough steps of a descent for the canary to be thought impossible
BEYOND = 10  # where she lies: at the lower bound plus so many times the distance between bounds


@dataclass(frozen=True)
class Table:
    """What a learner is fitted on: rows, outcomes, and whose rows they are where that is known."""

    X: Any
    y: Any
    unit: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.X)


def worst_case(
    bounds: DeclaredBounds,
    *,
    rows_per_unit: int = 1,
    adjacency: Adjacency,
    outcomes: tuple[float, float] = (0, 1),
) -> tuple[Table, Table]:
    """Return a crowd that says one thing, without and with a customer who says the opposite.

    Half of the crowd has every number at its upper bound and outcome 0, the other half every number
    at its lower bound and outcome 1. The customer, the canary, lies far above the upper bounds, to
    which she must be clipped, with outcome 1, in as many rows as one may have. The crowd makes her as
    surprising as can be, so she moves every sum of gradients by nearly all that bounds allow. Under
    replace-one adjacency she is there twice, and has outcome 0 in the first table. Where a target
    is learnt, its bounds stand for 0 and 1.
    """
    limits = checked_bounds(bounds)
    of_one = check_whole("rows_per_unit", rows_per_unit, low=1, next_move="Use 1.")
    crowd = np.arange(CROWD) % 2
    with_her = np.r_[crowd, np.zeros(of_one, dtype=int)]
    high, low, beyond = (_at(limits, place) for place in (1, 0, BEYOND))
    rows = {name: np.where(with_her == 0, high[name], low[name]) for name in limits}
    for name in limits:
        rows[name][CROWD:] = beyond[name]
    owners = np.r_[np.arange(CROWD), np.full(of_one, CROWD)] if of_one > 1 else None
    said = [np.array(outcomes)[np.r_[crowd, np.full(of_one, place)]] for place in (0, 1)]
    X = pd.DataFrame(rows) if hasattr(bounds, "keys") else np.column_stack(list(rows.values()))
    full = [Table(X, told, owners) for told in said]
    if adjacency == "replace-one":
        return full[0], full[1]
    ids = None if owners is None else owners[:CROWD]
    return Table(X[:CROWD], said[1][:CROWD], ids), full[1]


def _at(limits: dict[Any, Limits], place: float) -> dict[Any, Any]:
    """Return each feature's value at the lower bound (0), the upper (1), or further on."""
    return {
        name: values[0 if place else -1]
        if is_category(values)
        else _along(float(values[0]), float(values[1]), place)
        for name, values in limits.items()
    }


def _along(low: float, high: float, place: float) -> float:
    return min(low + place * (high - low), sys.float_info.max)


def my_data(
    X: pd.DataFrame | ArrayLike,
    y: ArrayLike,
    unit: ArrayLike | None,
    bounds: DeclaredBounds,
    *,
    rows_per_unit: int = 1,
    adjacency: Adjacency,
    outcomes: tuple[float, float] = (0, 1),
) -> tuple[Table, Table]:
    """Return the given table, and the same with a mislabelled customer of extreme features.

    She has every number far above its upper bound and the outcome that is rarer, among the rows at
    hand, on that side of the middle. Under replace-one adjacency she takes the place of the first
    customer. Bounds go with columns by name, for arrays by position; a column without bounds she has
    of the first row.
    """
    rows = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X, dtype=object))
    rows = rows.reset_index(drop=True)
    limits = _by_column(bounds, rows, named=isinstance(X, pd.DataFrame))
    known = np.asarray(y)
    owners = _owners(unit, len(rows))
    canary = pd.DataFrame([rows.iloc[0].to_dict() | _at(limits, BEYOND)])[list(rows.columns)]
    canary = pd.concat([canary] * rows_per_unit)
    kept = np.ones(len(rows), dtype=bool)
    if adjacency == "replace-one":
        kept = owners != owners[0]
        canary = canary[: int((~kept).sum())]
    raised = pd.concat([rows[kept], canary], ignore_index=True)
    said = np.r_[known[kept], np.full(len(canary), outcomes[_rarer(rows, known, limits)])]
    whose = np.r_[owners[kept], np.full(len(canary), len(rows))]
    tables = []
    for table, told, ids in ((rows, known, owners), (raised, said, whose)):
        kind = table if isinstance(X, pd.DataFrame) else table.to_numpy()
        tables.append(Table(kind, told, None if unit is None else ids))
    return tables[0], tables[1]


def _by_column(bounds: DeclaredBounds, rows: pd.DataFrame, *, named: bool) -> dict[Any, Limits]:
    """Return the limits of each column: by name, or by position where one side has no names."""
    limits = checked_bounds(bounds)
    if named and isinstance(bounds, Mapping):
        check_columns("bounds", bounds, rows.columns)
        return dict(zip(bounds, limits.values(), strict=True))
    if len(limits) != rows.shape[1]:
        found, move = f"{len(limits)} for {rows.shape[1]}", "Declare one for each column of X."
        raise InputError("bounds", "must be one a column", found, move)
    return dict(zip(rows.columns, limits.values(), strict=True))


def _owners(unit: ArrayLike | None, n: int) -> NDArray[np.intp]:
    return np.arange(n) if unit is None else pd.factorize(np.asarray(unit, dtype=object))[0]


def _rarer(rows: pd.DataFrame, outcomes: NDArray[Any], limits: dict[Any, Limits]) -> int:
    """Return the place of the outcome that is rarer where numbers are above the middle."""
    above = np.zeros(len(rows))
    for name, values in limits.items():
        if not is_category(values):
            low, high = float(values[0]), float(values[1])
            above += (rows[name].to_numpy(dtype=float) - low) / (high - low) - 0.5
    near = outcomes[above >= np.median(above)]
    return int(near.mean() <= outcomes.mean())


def random_neighbours(
    bounds: DeclaredBounds, rows_per_unit: int, rng: np.random.Generator
) -> tuple[Table, Table]:
    """Return random rows, many far outside the bounds, without and with one customer more."""
    limits = checked_bounds(bounds)
    n = int(rng.integers(4, 30)) + rows_per_unit
    columns = {}
    for name, values in limits.items():
        if is_category(values):
            columns[name] = rng.choice(np.array(values, dtype=object), n)
        else:
            low, high = float(values[0]), float(values[1])
            columns[name] = low + (high - low) * (0.5 + rng.standard_cauchy(n))
    X = (
        pd.DataFrame(columns)
        if hasattr(bounds, "keys")
        else np.column_stack(list(columns.values()))
    )
    y = np.r_[0, 1, rng.integers(0, 2, n - 2)]
    owners = None
    if rows_per_unit > 1:
        owners = np.r_[np.arange(n - rows_per_unit), np.full(rows_per_unit, n)]
    others = n - rows_per_unit
    fewer = Table(X[:others], y[:others], None if owners is None else owners[:others])
    return fewer, Table(X, y, owners)
