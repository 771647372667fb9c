"""Text columns made without touching one value at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

__all__ = ["MOST_CUSTOMERS", "coded", "named", "numbered", "subnumbered", "taken"]

DIGITS = 8
MOST_CUSTOMERS = 10**DIGITS - 1


def numbered(letter: str, numbers: npt.NDArray[Any]) -> pd.Series[str]:
    """Return identifiers: a letter and eight digits.

    Examples
    --------
    >>> numbered("I", np.array([1, 20])).tolist()
    ['I00000001', 'I00000020']
    """
    return _from_bytes(_letters(letter, len(numbers)), _digits(numbers, DIGITS))


def subnumbered(
    letter: str, numbers: npt.NDArray[Any], within: npt.NDArray[Any], digits: int = 3
) -> pd.Series[str]:
    """Return identifiers of what belongs to a customer: the customer's number and its own.

    Examples
    --------
    >>> subnumbered("O", np.array([1, 20]), np.array([0, 7])).tolist()
    ['O00000001-000', 'O00000020-007']
    """
    count = len(numbers)
    return _from_bytes(
        _letters(letter, count),
        _digits(numbers, DIGITS),
        _letters("-", count),
        _digits(within, digits),
    )


def coded(letter: str, words: npt.NDArray[np.uint64]) -> pd.Series[str]:
    """Return identifiers that show nothing: a letter and sixteen hexadecimal digits.

    Examples
    --------
    >>> coded("O", np.array([255], dtype=np.uint64)).tolist()
    ['O00000000000000ff']
    """
    shifts = np.arange(60, -4, -4, dtype=np.uint64)
    digits = (words[:, None] >> shifts) & np.uint64(15)
    alphabet = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    return _from_bytes(_letters(letter, len(words)), alphabet[digits])


def taken(names: Sequence[str], codes: npt.NDArray[Any]) -> pd.Series[str]:
    """Return the name at each position; a position of -1 is missing.

    Examples
    --------
    >>> taken(("no", "yes"), np.array([1, 0, -1])).tolist()
    ['yes', 'no', nan]
    """
    column = pd.array(list(names), dtype="str").take(codes, allow_fill=True)
    return pd.Series(column)


def named(values: npt.NDArray[Any], names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the position of each text among `names`: the inverse of `taken`."""
    return np.asarray(pd.Index(list(names)).get_indexer(values), dtype=np.int64)


def _letters(letter: str, count: int) -> npt.NDArray[np.uint8]:
    return np.full((count, 1), ord(letter), dtype=np.uint8)


def _digits(numbers: npt.NDArray[Any], digits: int) -> npt.NDArray[np.uint8]:
    left = np.asarray(numbers, dtype=np.int64)
    places = np.empty((len(left), digits), dtype=np.uint8)
    for place in range(digits - 1, -1, -1):
        left, places[:, place] = left // 10, left % 10 + ord("0")
    return places


def _from_bytes(*parts: npt.NDArray[np.uint8]) -> pd.Series[str]:
    letters = np.hstack(parts)
    count, width = letters.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    array = pa.LargeStringArray.from_buffers(
        count, pa.py_buffer(offsets.tobytes()), pa.py_buffer(letters.tobytes())
    )
    return pd.Series(array.to_pandas(), dtype="str")
