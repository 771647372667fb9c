"""Outcomes and scores as a caller gives them: numbers row for row, or refused."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_same_rows
from equipoise.exceptions import InputError

__all__ = ["ScoredRows", "customer_numbers", "scored_rows"]


class ScoredRows(NamedTuple):
    """Outcomes 0 and 1, scores, and the number of each row's customer; all of shape (n,)."""

    y: NDArray[np.int_]
    scores: NDArray[np.float64]
    customer: NDArray[np.intp]


def scored_rows(
    y: ArrayLike, scores: ArrayLike, unit: ArrayLike | None = None, *, probabilities: bool
) -> ScoredRows:
    """Return rows read by position, or refuse.

    Pandas arguments must have the same index: two that differ say that positions do not match.
    Without `unit` each row is a customer of its own.
    """
    given = {"y": y, "scores": scores} | ({} if unit is None else {"unit": unit})
    columns = {name: _column(name, part) for name, part in given.items()}
    check_same_rows(given)
    outcome, numbers = columns["y"], columns["scores"]
    _check(~outcome.isin((0, 1)), "y", "must be 0 or 1", "Code the positive outcome as 1.")
    scored = _floats(numbers)
    wrong = ~np.isfinite(scored)
    _check(wrong, "scores", "must be finite numbers", "Score those rows, or remove them.")
    if probabilities:
        outside = (scored < 0) | (scored > 1)
        _check(outside, "scores", "must lie in 0..1", "Pass probabilities, not ranks or margins.")
    codes = customer_numbers(columns.get("unit"), len(outcome))
    return ScoredRows(outcome.to_numpy(dtype=int), scored, codes)


def customer_numbers(unit: ArrayLike | None, rows: int) -> NDArray[np.intp]:
    """Return the number of each row's customer, or refuse; each row is its own without `unit`."""
    if unit is None:
        return np.arange(rows)
    codes = pd.factorize(_column("unit", unit))[0]
    _check(codes < 0, "unit", "must not be missing", "Say of every row whose it is.")
    return np.asarray(codes)


def _column(name: str, part: ArrayLike) -> pd.Series:
    if np.ndim(part) != 1 or not len(part):  # type: ignore[arg-type]
        found = f"shape {np.shape(part)}"
        raise InputError(name, "must be one value a row", found, "Pass one column with rows.")
    return part if isinstance(part, pd.Series) else pd.Series(np.asarray(part))


def _floats(column: pd.Series) -> NDArray[np.float64]:
    if not pd.api.types.is_numeric_dtype(column.dtype):
        found, move = str(column.dtype), "Convert the column first."
        raise InputError("scores", "must be numbers", found, move)
    numbers: NDArray[np.float64] = column.to_numpy(dtype=float, na_value=np.nan)
    return numbers


def _check(wrong: ArrayLike, name: str, rule: str, next_move: str) -> None:
    wrong = np.asarray(wrong)
    if wrong.any():
        found = f"something else in {wrong.sum():,} of {len(wrong):,} rows"
        raise InputError(name, rule, found, next_move)
