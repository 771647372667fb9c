"""Moments row by row, and how much later one lies than another."""

from __future__ import annotations

from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError

__all__ = ["later_by", "moments_of", "shown"]


def moments_of(values: ArrayLike, name: str, *, rows: int, index: pd.Index | None) -> pd.Series:
    """Return one moment a row, NaT or NaN where unknown, or refuse.

    Moments are dates, all of them with a time zone (then in UTC) or none, or numbers where time is
    counted.

    Parameters
    ----------
    values : array_like of dates, ISO texts or numbers, shape (n,); or one for all rows
    name : str
        What they are called in a refusal.
    rows : int
    index : Index, optional
        Of the other rows: a Series with another index is refused, since positions do not match.
    """
    if np.ndim(values) == 0:
        return _read(pd.Series([values] * rows), name)
    if np.ndim(values) != 1 or len(values) != rows:  # type: ignore[arg-type]
        found = f"shape {np.shape(values)} for {rows:,} rows"
        raise InputError(name, "must be one moment a row, or one for all", found, "Pass a column.")
    if isinstance(values, pd.Series) and index is not None and not values.index.equals(index):
        raise InputError(
            name,
            "must have the same index as the other rows, in the same order",
            "another one",
            "Align the rows first, or pass an array to have it read by position.",
        )
    return _read(pd.Series(values).reset_index(drop=True), name)


def _read(column: pd.Series, name: str) -> pd.Series:
    if pd.api.types.is_bool_dtype(column.dtype):
        raise InputError(name, "must be dates or numbers", "true and false", "Name another column.")
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.astype(float)
        if np.isinf(numbers).any():
            move = "Leave blank what is unknown."
            raise InputError(name, "must be finite where it is known", "infinity", move)
        return numbers
    try:
        known = pd.to_datetime(column, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise InputError(
            name,
            "must hold ISO dates (2026-03-31) or numbers",
            _first_odd(column),
            "Rewrite the dates year-month-day: 03/04 means two different days.",
        ) from error
    return known if known.dt.tz is None else known.dt.tz_convert("UTC")


def _first_odd(column: pd.Series) -> str:
    parsed = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    odd = column[parsed.isna() & column.notna()]
    return repr(odd.iloc[0] if len(odd) else column.dropna().iloc[0])


def later_by(one: pd.Series, other: pd.Series, names: tuple[str, str]) -> NDArray[np.float64]:
    """Return by how much each moment lies after the other, or refuse what cannot be compared.

    Returns
    -------
    array of float, shape (n,)
        Days, or the unit of the numbers; NaN where a moment is unknown.
    """
    kinds = [_kind(each) for each in (one, other)]
    if kinds[0] != kinds[1]:
        raise InputError(
            f"{names[0]} and {names[1]}",
            "must be of one kind",
            f"{kinds[0]} against {kinds[1]}",
            "Convert one of them.",
        )
    apart = one - other
    days = apart if kinds[0] == "numbers" else apart / pd.Timedelta(days=1)
    return np.asarray(days.to_numpy(dtype=float, na_value=np.nan))


def shown(moments: pd.Series, row: int) -> str:
    """Return one moment as a reader would write it."""
    value = moments.iloc[row]
    if isinstance(value, Real):
        return f"{value:g}"
    stamp = pd.Timestamp(value)
    return f"{stamp:%Y-%m-%d}" if stamp == stamp.normalize() else f"{stamp:%Y-%m-%d %H:%M}"


def _kind(moments: pd.Series) -> str:
    if moments.dtype.kind == "f":
        return "numbers"
    return "dates" if moments.dt.tz is None else "dates with a time zone"
