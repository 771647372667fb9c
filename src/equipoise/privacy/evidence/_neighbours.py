"""Whether two tables are neighbours: one unit is present in one of them alone, or has other rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy.evidence._worst_case import Table

__all__ = ["adjacency_of", "as_table", "row_apart"]

MOVE = "Give two tables that are alike but for one unit."


def as_table(given: Any) -> Table:
    """Return (X, y) or (X, y, unit) as a table."""
    parts = given if isinstance(given, tuple | list) else ()
    if len(parts) not in (2, 3):
        found = f"{len(parts)} parts" if parts else type(given).__name__
        move = "Write neighbours=((X, y), (other_X, other_y))."
        raise InputError("neighbours", "must be two pairs of rows and outcomes", found, move)
    unit = np.asarray(parts[2], dtype=object) if len(parts) == 3 else None
    return Table(parts[0], parts[1], unit)


def adjacency_of(one: Table, other: Table) -> Adjacency:
    """Return how two tables differ; refuse those that differ by no unit, or by several."""
    codes, owners = _row_codes(one, other), [one.unit, other.unit]
    alone = [_left_over(codes[place], codes[1 - place]) for place in (0, 1)]
    units = [
        len(rows) if ids is None else len(set(ids[rows]))
        for rows, ids in zip(alone, owners, strict=True)
    ]
    if max(units) == 0:
        raise InputError("neighbours", "must differ by one unit", "two equal tables", MOVE)
    if max(units) > 1:
        what = "rows" if one.unit is None else "units"
        found = f"{units[0]} and {units[1]} {what} that the other table has not"
        raise InputError("neighbours", "must differ by one unit", found, MOVE)
    return "replace-one" if min(units) == 1 or _remains(alone, owners) else "add-remove"


def row_apart(one: Table, other: Table) -> Any:
    """Return the first row that one table has and the other has not, shape (1, d)."""
    codes = _row_codes(one, other)
    for table, mine, others in ((other, codes[1], codes[0]), (one, codes[0], codes[1])):
        places = _left_over(mine, others)[:1]
        if len(places):
            return table.X.iloc[places] if hasattr(table.X, "iloc") else np.asarray(table.X)[places]
    return None


def _remains(alone: list[Any], owners: list[Any]) -> bool:
    """Say whether the unit that lost rows still has others."""
    changed = 0 if len(alone[0]) else 1
    if owners[changed] is None:
        return False
    return bool(np.isin(owners[1 - changed], owners[changed][alone[changed]]).any())


def _row_codes(one: Table, other: Table) -> list[Any]:
    frames = [_frame(table) for table in (one, other)]
    if list(frames[0].columns) != list(frames[1].columns):
        found = f"{list(frames[0].columns)} and {list(frames[1].columns)}"
        raise InputError("neighbours", "must have the same columns", found, MOVE)
    both = pd.util.hash_pandas_object(pd.concat(frames, ignore_index=True), index=False)
    return [both.to_numpy()[: len(frames[0])], both.to_numpy()[len(frames[0]) :]]


def _frame(table: Table) -> pd.DataFrame:
    frame = _columns(table.X).reset_index(drop=True)
    extra = {"outcome": table.y, "unit": table.unit}
    told = {name: np.asarray(values) for name, values in extra.items() if values is not None}
    for name, values in told.items():
        if len(values) != len(frame):
            found = f"{len(values)} for {len(frame)} rows"
            raise InputError("neighbours", f"must have one {name} a row", found, "Align them.")
    return pd.concat([frame, pd.DataFrame(told)], axis=1)


def _columns(rows: pd.DataFrame | ArrayLike) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows
    try:
        values = np.asarray(rows)
    except ValueError as problem:
        found, move = "parts of different shapes", "Pass one array or frame for each world."
        raise InputError("neighbours", "must be two tables", found, move) from problem
    if values.ndim > 2 or (values.ndim == 0 and values.dtype.kind == "O"):
        found = f"shape {values.shape}" if values.ndim else type(rows).__name__
        raise InputError("neighbours", "must be two tables", found, "Pass arrays or frames.")
    columns = values if values.ndim == 2 else values.reshape(-1, 1)
    return pd.DataFrame(columns).rename(columns=str)


def _left_over(codes: Any, others: Any) -> Any:
    """Return the places of rows that the other table does not have as often."""
    mine = pd.Series(codes)
    copies = mine.groupby(mine).cumcount().to_numpy()
    there = pd.Series(others).value_counts().reindex(codes, fill_value=0).to_numpy()
    return np.flatnonzero(copies >= there)
