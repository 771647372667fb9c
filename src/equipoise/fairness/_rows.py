"""Rows as a caller gives them: coded, or refused where they would give silently wrong rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_same_rows, suggestion
from equipoise.exceptions import InputError

__all__ = [
    "HEAVIEST",
    "LIGHTEST",
    "WEIGHTS",
    "as_frame",
    "as_text",
    "binary",
    "binary_pair",
    "check_aligned",
    "check_complete",
    "chunks",
    "customers",
    "group_codes",
    "row_weights",
    "shares",
]

CHUNK = 2**20
# Squares of sums of squares are taken, which must stay numbers.
LIGHTEST, HEAVIEST = 1e-60, 1e60
WEIGHTS = "must be 0 or lie in 1e-60..1e60, not all 0"


def check_aligned(**parts: ArrayLike | pd.DataFrame | pd.Series | None) -> None:
    """Refuse what is no column, and columns whose rows do not match."""
    given = {name: part for name, part in parts.items() if part is not None}
    for name, part in given.items():
        if not hasattr(part, "__len__") or np.ndim(part) == 0:
            raise InputError(
                name, "must be a column of values", type(part).__name__, "Pass a list or an array."
            )
    check_same_rows(given)


def as_frame(groups: Any) -> pd.DataFrame:
    """Return a table in memory (pandas, polars, pyarrow) as a pandas frame, or refuse."""
    if isinstance(groups, pd.DataFrame):
        return groups
    import narwhals.stable.v2 as nw

    try:
        frame: pd.DataFrame = nw.from_native(groups, eager_only=True).to_pandas()
    except TypeError:
        raise InputError(
            "groups",
            "must be a DataFrame with one column an attribute",
            type(groups).__name__,
            "Use for example table[['gender']].",
        ) from None
    return frame


def binary(values: ArrayLike, name: str, *, positive: object = None) -> NDArray[np.int_]:
    """Return outcomes or decisions as 0 and 1.

    Booleans are fine. Any other coding needs `positive`, the value that stands for 1; then one
    other value at most may stand beside it.
    """
    _check_one_column(values, name)
    if isinstance(values, np.ma.MaskedArray):
        check_complete(name, np.ma.getmaskarray(values), "Remove those rows, or complete them.")
    plain = np.asarray(values) if isinstance(values, np.ndarray) else None
    if plain is not None and plain.dtype.kind in "bui" and positive is None:
        _check_binary(name, _ends(plain))
        return plain.astype(int, copy=False)
    column = pd.Series(values)
    check_complete(name, column.isna(), "Remove those rows, or complete them.")
    if positive is None:
        _check_binary(name, column.unique().tolist())
        return np.asarray(column.astype(int))
    _check_two(name, column.unique().tolist(), positive)
    return np.asarray(column == positive).astype(int)


def binary_pair(
    *, positive: object = None, **parts: ArrayLike
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Return outcomes and decisions as 0 and 1, coded alike."""
    (one, outcomes), (other, decisions) = parts.items()
    coded = binary(outcomes, one, positive=positive), binary(decisions, other, positive=positive)
    if positive is not None:
        levels = list(
            dict.fromkeys([*pd.unique(pd.Series(outcomes)), *pd.unique(pd.Series(decisions))])
        )
        if positive not in levels:
            rule = f"must be a value of {one} or {other}"
            raise InputError("positive", rule, repr(positive), suggestion(positive, levels))
        _check_two(f"{one} and {other}", levels, positive)
    return coded


def _ends(values: NDArray[np.generic]) -> list[object]:
    """Return the least and the greatest of whole numbers, without a list of all."""
    return [values.min().item(), values.max().item()] if len(values) else []


def _check_binary(name: str, levels: list[object]) -> None:
    odd = [level for level in levels if level not in (0, 1)]
    if odd:
        raise InputError(
            name, "must be coded 0 and 1", repr(odd[0]), "Code the positive value as 1."
        )


def _check_two(name: str, levels: list[object], positive: object) -> None:
    others = [level for level in levels if level != positive]
    if len(others) > 1:
        raise InputError(
            name,
            f"must hold {positive!r} and one other value",
            ", ".join(repr(level) for level in others[:4]),
            "Merge the others into one, or correct `positive`.",
        )


def group_codes(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Return each row's group as a number, and the groups as text in sorted order.

    Whole numbers are written without decimals, so that 1 and 1.0 are the same group.
    """
    codes, levels = pd.factorize(column)
    name = f"group {column.name!r}"
    check_complete(name, codes < 0, "Make it a group of its own, such as 'unknown'.")
    places, texts = pd.factorize(np.array([as_text(v) for v in levels], dtype=object), sort=True)
    for part in chunks(len(codes)):
        codes[part] = places[codes[part]]
    return codes, texts.tolist()


def chunks(rows: int) -> Iterator[slice]:
    """Yield parts of so many rows, so that what is computed for each row is never held for all."""
    for start in range(0, rows, CHUNK):
        yield slice(start, start + CHUNK)


def customers(unit: ArrayLike) -> NDArray[np.intp]:
    """Return each row's customer as a number."""
    _check_one_column(unit, "unit")
    codes: NDArray[np.intp] = pd.factorize(np.asarray(unit))[0]
    check_complete("unit", codes < 0, "Say of every row whose it is.")
    return codes


def shares(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return scores as numbers from 0 to 1, or refuse."""
    scores = _numbers(values, name)
    check_complete(name, np.isnan(scores), "Remove those rows, or score them.")
    outside = (scores < 0) | (scores > 1)
    if outside.any():
        found = f"{scores[outside][0]:g} among {outside.sum():,} of {len(scores):,} rows outside"
        raise InputError(
            name, "must lie in 0..1", found, "Pass probabilities, not ranks or margins."
        )
    return scores


def row_weights(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return how many customers each row stands for, or refuse."""
    weights = _numbers(values, name)
    wrong = ~((weights == 0) | ((weights >= LIGHTEST) & (weights <= HEAVIEST)))
    if wrong.any() or not weights.any():
        found = f"{weights[wrong][0]:g}" if wrong.any() else "zero in every row"
        raise InputError(name, WEIGHTS, found, "Correct those rows.")
    return weights


def check_complete(
    name: str, missing: ArrayLike, next_move: str, rows: ArrayLike | None = None
) -> None:
    """Refuse missing values, with how many of how many rows lack one; `rows` counts each entry."""
    missing = np.asarray(missing)
    if missing.any():
        each = np.ones(len(missing), dtype=int) if rows is None else np.asarray(rows)
        found = f"{each[missing].sum():,} of {each.sum():,} rows without"
        raise InputError(name, "must not be missing", found, next_move)


def as_text(level: object) -> str:
    """Return a group's value as text; whole numbers are written without decimals."""
    whole = isinstance(level, float | np.floating) and float(level).is_integer()
    return str(int(level) if whole else level)  # type: ignore[call-overload]


def _check_one_column(values: ArrayLike, name: str) -> None:
    if np.ndim(values) != 1:
        shape = f"shape {np.shape(values)}"
        raise InputError(name, "must be one value a row", shape, "Pass one column.")


def _numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    _check_one_column(values, name)
    column = pd.Series(values)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(name, "must be numbers", str(column.dtype), "Convert the column first.")
    return np.asarray(column.astype(float))
