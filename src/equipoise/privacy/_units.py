"""Whose row each is: ids, their names, and columns that belong to the same rows."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.privacy._bounds import category_text
from equipoise.privacy._guarantee import UNNAMED_UNIT

__all__ = ["check_same_order", "owners_of", "unit_name"]


def check_same_order(**columns: object) -> None:
    """Refuse columns whose indexes have the same labels in another order: they were shuffled apart.

    Other labels are read by position, as arrays are.
    """
    indexed = {
        name: column.index
        for name, column in columns.items()
        if isinstance(column, pd.Series | pd.DataFrame)
    }
    for (one, first), (other, index) in combinations(indexed.items(), 2):
        if len(first) != len(index) or first.equals(index):
            continue
        if first.isin(index).all() and index.isin(first).all():
            raise InputError(
                other,
                f"must be in the order of {one}",
                "the same index in another order",
                "Align the rows first, or pass arrays to have them read by position.",
            )


def unit_name(unit: ArrayLike) -> str:
    """Return the name of ids; those of an array or a list have none."""
    name = getattr(unit, "name", None)
    name = name.strip() if isinstance(name, str) else ""
    if name == "row":
        raise InputError(
            "unit",
            "must not be named as a single row is",
            "'row'",
            "Rename the ids, for example to 'customer'.",
        )
    return name or UNNAMED_UNIT


def owners_of(unit: ArrayLike, n: int) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return the number of each row's unit, and the units as text.

    An id is its text, whatever the ids of others look like: 1 and "1" are one unit.
    """
    ids = unit if isinstance(unit, pd.Series) else np.asarray(unit, dtype=object)
    if np.ndim(ids) != 1:
        move = "Pass one id a row, such as table['customer']; join ids of several parts into one."
        raise InputError("unit", "must be a column of ids", f"shape {np.shape(ids)}", move)
    owners: pd.Series[Any] = pd.Series(ids).reset_index(drop=True)
    named = int(owners.notna().sum())
    if len(owners) != n or named < n:
        raise InputError(
            "unit",
            f"must name the customer of each of {n} rows",
            f"{named} names",
            "Pass one id a row, none of them missing.",
        )
    if isinstance(owners.dtype, pd.CategoricalDtype):
        owners = owners.astype(owners.cat.categories.dtype)
    if owners.dtype == object:
        owners = owners.map(category_text)
    codes, ids_seen = pd.factorize(owners)
    return codes, np.array([category_text(each) for each in ids_seen], dtype=object)
