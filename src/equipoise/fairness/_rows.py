"""Rows as a caller gives them: coded, or refused where they would give silently wrong rates."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError

__all__ = ["binary", "check_aligned", "customers", "group_codes"]


def check_aligned(**parts: ArrayLike | pd.DataFrame | pd.Series | None) -> None:
    """Refuse arguments of other lengths, and pandas ones whose indexes differ.

    Rows are read by position. Two indexes that differ say that the positions do not match, so the
    caller has to decide; arrays have no index and no say.
    """
    given = {name: part for name, part in parts.items() if part is not None}
    lengths = [len(part) for part in given.values()]  # type: ignore[arg-type]
    if len(set(lengths)) > 1:
        raise InputError(
            _listed([*given]),
            "must have the same number of rows",
            _listed([f"{length:,}" for length in lengths]),
            "Pass the rows of the same customers in the same order.",
        )
    indexed = {n: p.index for n, p in given.items() if isinstance(p, pd.DataFrame | pd.Series)}
    first = next(iter(indexed), "")
    for name, index in indexed.items():
        if not index.equals(indexed[first]):
            raise InputError(
                f"{first} and {name}",
                "must have the same index in the same order",
                "different ones",
                "Align the rows first, or pass arrays to have them read by position.",
            )


def binary(values: ArrayLike, name: str) -> NDArray[np.int_]:
    """Return outcomes or decisions as 0 and 1; booleans are fine, other codings are refused."""
    if np.ndim(values) != 1:
        shape = np.shape(values)
        raise InputError(name, "must be one value a row", f"shape {shape}", "Pass one column.")
    column = pd.Series(values)
    _check_complete(name, column.isna(), "Remove those rows, or complete them.")
    odd = [level for level in column.unique().tolist() if level not in (0, 1)]
    if odd:
        raise InputError(
            name, "must be coded 0 and 1", repr(odd[0]), "Code the positive value as 1."
        )
    coded: NDArray[np.int_] = column.astype(int).to_numpy()
    return coded


def group_codes(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Return each row's group as a number, and the groups as text in sorted order.

    Whole numbers are written without decimals, so that 1 and 1.0 are the same group.
    """
    codes, levels = pd.factorize(column)
    name = f"group {column.name!r}"
    _check_complete(name, codes < 0, "Make it a group of its own, such as 'unknown'.")
    places, texts = pd.factorize(np.array([_text(v) for v in levels], dtype=object), sort=True)
    coded: NDArray[np.intp] = places[codes]
    return coded, texts.tolist()


def customers(unit: ArrayLike) -> NDArray[np.intp]:
    """Return each row's customer as a number."""
    codes: NDArray[np.intp] = pd.factorize(np.asarray(unit))[0]
    _check_complete("unit", codes < 0, "Say of every row whose it is.")
    return codes


def _check_complete(name: str, missing: ArrayLike, next_move: str) -> None:
    missing = np.asarray(missing)
    if missing.any():
        found = f"{missing.sum():,} of {len(missing):,} rows without"
        raise InputError(name, "must not be missing", found, next_move)


def _text(level: object) -> str:
    whole = isinstance(level, float | np.floating) and float(level).is_integer()
    return str(int(level) if whole else level)  # type: ignore[call-overload]


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
