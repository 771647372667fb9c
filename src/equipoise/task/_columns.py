"""What a raw column is: text of its values, blanks, and whether it holds numbers or dates."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.task._file import Source

__all__ = ["UNKNOWN", "Column", "as_numbers", "as_text", "columns_of", "looks_like_dates"]

UNKNOWN = "unknown"
LARGEST_NUMBER = (
    1e15  # beyond it a float cannot tell whole numbers apart; exports write "missing" so
)

_WHOLE = r"-?(?:0|[1-9][0-9]*)(?:[.]0+)?"
_NUMBER = r"[+-]?(?:(?:0|[1-9][0-9]*)(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]+)?"
_DATE = re.compile(
    r"(?:\d{4}-(?:0[1-9]|1[0-2])|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}-\d{2,4}"
    r"|\d{1,4}/\d{1,2}/\d{2,4}|\d{1,2}\.\d{1,2}\.\d{2,4}"
    r"|\d{1,2}\.?[- ][^\W\d_]{3,9}\.?[- ,]+\d{2,4}|[^\W\d_]{3,9}\.? \d{1,2},? \d{4})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z| ?[+-]\d{2}:?\d{2})?)?"
)
_SHARE_OF_DATES = 0.9


def as_text(
    column: pd.Series, missing_values: Collection[str] = (), *, decimal: str = "."
) -> pd.Series:
    """Return each value as text without outer blanks; a missing value is `None`.

    Whole numbers lose their decimal point when every value of the column is whole, so that a
    code is `"1"` whether the file stored 1, 1.0 or "1"; leading zeros (postcodes) are kept.

    Examples
    --------
    >>> as_text(pd.Series([1.0, None, 2.0])).tolist()
    ['1', None, '2']
    >>> as_text(pd.Series(["01", " 2 ", "?"]), {"?"}).tolist()
    ['01', '2', None]
    """
    codes, distinct = _distinct(column)
    missing = {"", *missing_values}
    texts = [text if text not in missing else None for text in _texts(distinct)]
    whole = re.compile(_WHOLE.replace("[.]", f"[{decimal}]"))
    if all(whole.fullmatch(text) for text in texts if text is not None):
        plain = (None if text is None else re.split("[.,]", text)[0] for text in texts)
        texts = [text if text not in missing else None for text in plain]
    return _spread(codes, texts, dtype=object)


def as_numbers(text: pd.Series, *, decimal: str = ".") -> pd.Series | None:
    """Return text as floats (missing stays NaN), or None if a value is not a finite number.

    Numbers with leading zeros are codes, not numbers, and a number written with another decimal
    sign than `decimal` is none: 1.234 is twelve hundred or one and a bit. A column without any
    value has no type.
    """
    is_number = _number_pattern(decimal).fullmatch
    codes, distinct = _distinct(text)
    texts = _texts(distinct)
    if not texts or not all(is_number(value) for value in texts):
        return None
    values = np.array([value.replace(",", ".") for value in texts], dtype=float)
    return _spread(codes, [*values], dtype=float) if np.isfinite(values).all() else None


def looks_like_dates(text: pd.Series) -> bool:
    """Say whether nine in ten of the different values are written like a date."""
    values = text.dropna().unique()
    dates = sum(_DATE.fullmatch(value) is not None for value in values)
    return dates > _SHARE_OF_DATES * len(values)


@dataclass(frozen=True, eq=False)
class Column:
    """One raw column; what it holds is worked out only when asked, on all of its rows.

    Attributes
    ----------
    name : str
        As in the table.
    raw : Series
        As it came from the file.
    words : tuple of str
        What means "missing" besides an empty cell.
    decimal : str
        The decimal sign of numbers that are written as text.
    """

    name: str
    raw: pd.Series
    words: tuple[str, ...] = ()
    decimal: str = "."

    @cached_property
    def is_plain(self) -> bool:
        """Whether its values are single values, rather than lists, records or bytes."""
        if self.raw.dtype.kind in "mV":
            return False
        return self.raw.dtype != object or all(_is_plain(value) for value in self.raw)

    @cached_property
    def text(self) -> pd.Series:
        """Its values as text, `None` where missing."""
        if not self.is_plain:
            raise InputError(
                f"column {self.name!r}",
                "must hold plain values",
                "lists, records, bytes or durations",
                "Leave it out, or spread it over columns of its own.",
            )
        return as_text(self.raw, self.words, decimal=self.decimal)

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Where it has no value."""
        if not self._stores_numbers:
            return np.asarray(self.text.isna(), dtype=bool)
        sentinels = [float(word) for word in self.words if re.fullmatch(_NUMBER, word)]
        return np.isnan(self._floats) | np.isin(self._floats, sentinels)

    @cached_property
    def numbers(self) -> pd.Series | None:
        """Its values as floats, NaN where missing; None unless all are finite numbers."""
        if not self._stores_numbers:
            return as_numbers(self.text, decimal=self.decimal)
        values = np.where(self.missing, np.nan, self._floats)
        if self.missing.all() or np.isinf(values).any():
            return None
        return pd.Series(values)

    def odd_words(self) -> list[str]:
        """Return its different values that are no finite numbers, in the order of the rows."""
        is_number = _number_pattern(self.decimal).fullmatch
        return [
            value
            for value in self.text.dropna().unique()
            if not (is_number(value) and math.isfinite(float(value.replace(",", "."))))
        ]

    @cached_property
    def holds_dates(self) -> bool:
        """Whether it holds dates: as a type, as text, or as whole numbers like 20260331."""
        if self.raw.dtype.kind == "M":
            return True
        if self.numbers is not None:
            return _are_compact_dates(self.numbers.dropna().to_numpy())
        return not self._stores_numbers and looks_like_dates(self.text)

    @property
    def _stores_numbers(self) -> bool:
        return self.raw.dtype.kind in "iuf"

    @cached_property
    def _floats(self) -> NDArray[np.float64]:
        floats: NDArray[np.float64] = self.raw.to_numpy(dtype=float, na_value=np.nan)
        return floats


def columns_of(frame: pd.DataFrame, source: Source) -> dict[str, Column]:
    """Return each column of a table, read the way its source is written."""
    return {
        name: Column(name, frame[name], source.missing_values, source.decimal) for name in frame
    }


@cache
def _number_pattern(decimal: str) -> re.Pattern[str]:
    return re.compile(_NUMBER.replace("[.]", f"[{decimal}]"))


def _distinct(column: pd.Series) -> tuple[NDArray[np.intp], pd.Series]:
    """Return a code per row (-1 where missing) and the value of each code.

    Work is then done once per value. Objects of mixed types are not merged: 1 equals True.
    """
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) != "string":
        present = column.notna().to_numpy()
        codes = np.where(present, np.cumsum(present) - 1, -1)
        return codes, column[present].reset_index(drop=True)
    codes, values = pd.factorize(column)
    return codes, pd.Series(values)


def _texts(values: pd.Series) -> list[str]:
    if values.dtype.kind == "f":
        floats = values.to_numpy(dtype=float) + 0.0  # -0.0 is 0
        if np.isfinite(floats).all() and (floats == np.floor(floats)).all():
            return [f"{number:.0f}" for number in floats]
        return [str(number) for number in floats.tolist()]
    return [str(value).strip() for value in values.astype(object)]


def _spread(codes: NDArray[np.intp], values: list[Any], dtype: type) -> pd.Series:
    lookup: NDArray[Any] = np.empty(len(values) + 1, dtype=dtype)
    lookup[:-1] = values
    lookup[-1] = None
    return pd.Series(lookup[codes], dtype=dtype)


def _is_plain(value: object) -> bool:
    return not isinstance(value, (list, tuple, set, dict, bytes, bytearray, np.ndarray))


def _are_compact_dates(numbers: NDArray[np.float64]) -> bool:
    year, month, day = numbers // 10_000, numbers // 100 % 100, numbers % 100
    whole = numbers == np.floor(numbers)
    known = (year >= 1900) & (year < 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return bool(len(numbers)) and bool((whole & known).all())
