"""Declared groups: every combination of them is a cell, whether or not somebody is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_columns, suggestion
from equipoise.exceptions import InputError
from equipoise.privacy._bounds import category_text
from equipoise.privacy._encoding import level_codes

__all__ = ["Cells", "checked_groups", "group_columns", "product"]

RESERVED = ("value", "rows", "noise_scale", "low", "high")  # what a release tells of each group


@dataclass(frozen=True, eq=False)
class Cells:
    """All combinations of declared groups, and the place of each row among them.

    Attributes
    ----------
    groups : DataFrame
        One row a cell, one column an attribute.
    codes : array of int, shape (n,)
    """

    groups: pd.DataFrame
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, table: pd.DataFrame, declared: Any) -> Cells:
        """Place each row, or refuse a group that was not declared."""
        levels = _declared(table, declared)
        codes = np.zeros(len(table), dtype=np.intp)
        for name, known in levels.items():
            codes = codes * len(known) + _places(name, table[name], known)
        return cls(product(levels), codes)


def checked_groups(name: str, levels: object) -> Sequence[str]:
    """Return declared groups as text, or refuse what lists none."""
    listed = [] if isinstance(levels, str) or not isinstance(levels, Iterable) else list(levels)
    known = [category_text(level) for level in listed]
    if not known or len(set(known)) < len(known) or pd.isna(pd.Series(listed)).any():
        rule, move = "must list each declared group once", "List the groups that there can be."
        raise InputError(f"groups of {name!r}", rule, repr(levels), move)
    return known


def product(levels: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return one row a combination, the last attribute changing fastest."""
    return pd.MultiIndex.from_product(list(levels.values()), names=list(levels)).to_frame(
        index=False
    )


def group_columns(groups: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """Return the groups as a table, or refuse what is none or clashes with a column of a release."""
    table = groups if isinstance(groups, pd.DataFrame) else _column(groups)
    names = list(table.columns)
    if not names:
        raise InputError("groups", "must have a column", "none", "Name what to group by.")
    for name in names:
        if name in RESERVED:
            rule = "must not be named as a column of the release is"
            raise InputError("groups", rule, repr(name), "Rename the column.")
        if names.count(name) > 1:
            move = "Rename one of them."
            raise InputError("groups", "must name each column once", repr(name), move)
    return table


def _column(groups: ArrayLike) -> pd.DataFrame:
    if isinstance(groups, pd.Series):
        return groups.to_frame(groups.name if isinstance(groups.name, str) else "group")
    values = np.asarray(groups)
    if values.ndim != 1:
        move = "Pass one group a row; convert another table with to_pandas()."
        found = type(groups).__name__
        raise InputError("groups", "must be a column or a pandas DataFrame", found, move)
    return pd.DataFrame({"group": values})


def _declared(table: pd.DataFrame, declared: Any) -> dict[str, Sequence[str]]:
    if declared is None:
        move = "List the groups that there can be, without a look at the customers."
        raise InputError("declared", "groups are required", "None", move)
    if not isinstance(declared, Mapping):
        if len(table.columns) > 1:
            rule, move = "must be a mapping by column", "Write {column: [group, …], …}."
            raise InputError("declared", rule, repr(declared), move)
        declared = {table.columns[0]: declared}
    check_columns("declared", declared, table.columns)
    check_columns("groups", table.columns, declared)
    return {name: checked_groups(name, declared[name]) for name in table.columns}


def _places(name: str, column: pd.Series, known: Sequence[str]) -> NDArray[np.intp]:
    missing = int(column.isna().sum())
    if missing:
        move = "Make it a group of its own, such as 'unknown'."
        raise InputError(
            f"group {name!r}", "must be known for every row", f"{missing:,} missing", move
        )
    codes = level_codes(column, known)
    if (codes < 0).any():
        value = column[codes < 0].iloc[0]
        odd = category_text(value)
        move = f"{suggestion(odd, known)} Declare it, or map it to a declared one."
        if isinstance(value, datetime):
            move = (
                "Convert the column to text first, as .dt.strftime('%Y-%m-%d') does, or declare it."
            )
        raise InputError(f"group {name!r}", "must be a declared one", repr(odd), move)
    return codes
