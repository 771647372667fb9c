"""Columns as whole numbers, one for each different value; what is missing is a value of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_columns
from equipoise.exceptions import InputError

__all__ = ["Codes", "check_named_once", "coded", "combined", "names_of", "plain_columns"]

Codes = NDArray[np.intp]


def plain_columns(table: object, wanted: Sequence[str], parameter: str) -> pd.DataFrame:
    """Return the wanted columns of a pandas table with rows and without repeated names."""
    if not isinstance(table, pd.DataFrame):
        kind = type(table).__name__
        raise InputError(
            "table", "must be a pandas DataFrame", kind, "Convert it with to_pandas()."
        )
    if not len(table):
        raise InputError("table", "must have rows", "0 rows", "Give the customers it is about.")
    check_columns(parameter, wanted, table.columns)
    part = table[list(wanted)]
    check_named_once(part)
    return part


def check_named_once(table: pd.DataFrame) -> None:
    """Refuse a table of which two columns have one name."""
    repeated = table.columns[table.columns.duplicated()]
    if len(repeated):
        rule, next_move = "must name each column once", "Rename one of them."
        raise InputError("table", rule, repr(repeated[0]), next_move)


def names_of(parameter: str, given: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return column names as a tuple: one name alone is a list of one."""
    if not isinstance(given, Iterable | None):
        move = "Write for example ['postcode', 'gender']."
        raise InputError(parameter, "must be names of columns", repr(given), move)
    names = () if given is None else (given,) if isinstance(given, str) else tuple(given)
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        shown = repr(sorted(map(str, repeated))[0])
        raise InputError(
            parameter, "must name each column once", shown, "Leave the repetition out."
        )
    return names


def coded(column: pd.Series) -> tuple[Codes, pd.Index]:
    """Return a code from 0 for each row, and the values the codes stand for, in order.

    Missing values (None, NaN, NaT, NA) share the last code; it has no entry among the values.
    Values without an order keep the order of their first rows.
    """
    try:
        codes, values = pd.factorize(column)
    except TypeError as wrong:
        raise InputError(
            f"column {column.name!r}",
            "must hold single values",
            "lists or other collections",
            "Spread them over columns, or leave the column out.",
        ) from wrong
    rank = _ranks(pd.Index(values))
    ordered = np.append(rank, len(values))[codes]
    return ordered, pd.Index(values)[np.argsort(rank, kind="stable")]


def combined(columns: Iterable[Codes]) -> Codes:
    """Return one code from 0 without gaps for each different combination of the columns' codes.

    Combinations are numbered in the order of the columns' codes.
    """
    key: Codes | None = None
    for column in columns:
        # Numbered anew after each column, so that the product never exceeds rows times values.
        key = column if key is None else key * (int(column.max()) + 1) + column
        key = _without_gaps(key)
    if key is None:
        raise ValueError("no columns to combine")
    return key


def _without_gaps(codes: Codes) -> Codes:
    if int(codes.max()) < 4 * len(codes):
        present = np.bincount(codes) > 0
        place: Codes = np.cumsum(present) - 1
        return place[codes]
    found: Codes = np.unique(codes, return_inverse=True)[1]
    return found


def _ranks(values: pd.Index) -> Codes:
    if isinstance(values.dtype, pd.CategoricalDtype):
        places = values.codes
    else:
        try:
            places = values.argsort().argsort()
        except (TypeError, NotImplementedError):  # the second by pyarrow
            return np.arange(len(values))
    rank: Codes = np.argsort(np.argsort(places))
    return rank
