"""The rows a learner is given: outcomes of 0 and 1, and at most so many rows of each customer."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_whole
from equipoise.exceptions import ClippedRowsWarning, InputError

__all__ = [
    "check_aligned",
    "checked_outcomes",
    "checked_targets",
    "checked_unit",
]

CLIPPED_SHARE = 0.01


def check_aligned(X: object, **columns: object) -> None:
    """Refuse columns whose index has the labels of X in another order: they were shuffled apart.

    Other labels are read by position, as arrays are.
    """
    for name, column in columns.items():
        if not (isinstance(X, pd.DataFrame) and isinstance(column, pd.Series)):
            continue
        other = len(X) != len(column) or X.index.equals(column.index)
        if not other and X.index.sort_values().equals(column.index.sort_values()):
            raise InputError(
                name,
                "must be in the order of X",
                "the same index in another order",
                f"Pass {name}.loc[X.index].",
            )


def checked_outcomes(y: ArrayLike, n: int) -> NDArray[np.int_]:
    """Return the outcomes of `n` rows as 0 and 1; refuse other codes and a single outcome."""
    outcomes = np.asarray(y)
    if outcomes.shape != (n,):
        raise InputError(
            "y",
            f"must have one outcome for each of {n} rows",
            f"shape {outcomes.shape}",
            "Align X and y.",
        )
    levels = pd.unique(pd.Series(outcomes))
    if pd.isna(levels).any() or set(levels) != {0, 1}:
        raise InputError(
            "y",
            "must hold the outcomes 0 and 1, both of them",
            _shown(levels),
            "Code the positive outcome as 1.",
        )
    return outcomes.astype(int)


def _shown(levels: Iterable[object], most: int = 5) -> str:
    texts = sorted(map(str, levels))
    return f"[{', '.join(texts[:most])}{', …' if len(texts) > most else ''}]"


def checked_unit(unit: ArrayLike | None, n: int, rows_per_unit: object) -> tuple[str, int]:
    """Return the name and number of protected units; refuse more rows of one than declared."""
    allowed = check_whole(
        "rows_per_unit", rows_per_unit, low=1, next_move="Use 1 if each row is a customer."
    )
    if unit is None:
        if allowed > 1:
            raise InputError(
                "unit",
                "is required when rows_per_unit is above 1",
                "None",
                "Pass the customer of each row.",
            )
        return "row", n
    owners = _owners(unit, n)
    counts = owners.value_counts()
    most = int(counts.max())
    if most > allowed:
        raise InputError(
            "unit",
            f"must stand in at most rows_per_unit = {allowed} rows",
            f"a customer with {most}",
            "Raise rows_per_unit, which raises the noise, or keep fewer rows of each customer.",
        )
    name = owners.name if isinstance(owners.name, str) and owners.name else "unit"
    return name, len(counts)


def _owners(unit: ArrayLike, n: int) -> pd.Series:
    owners = unit if isinstance(unit, pd.Series) else _column(unit)
    named = 0 if owners is None else int(owners.notna().sum())
    if owners is None or len(owners) != n or named < n:
        raise InputError(
            "unit",
            f"must name the customer of each of {n} rows",
            f"{named} names",
            "Pass one id a row, none of them missing.",
        )
    return owners


def _column(unit: ArrayLike) -> pd.Series | None:
    ids = np.empty(0) if isinstance(unit, str) else np.asarray(unit, dtype=object)
    return pd.Series(ids) if ids.ndim == 1 else None


def checked_targets(y: ArrayLike, n: int, low: float, high: float) -> NDArray[np.float64]:
    """Return the targets of `n` rows, clipped to (low, high); refuse what is no finite number."""
    column = pd.Series(np.asarray(y).ravel())
    targets: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(float)
    if np.shape(y) != (n,) or not np.isfinite(targets).all():
        raise InputError(
            "y",
            f"must have one finite number for each of {n} rows",
            f"shape {np.shape(y)}, {int((~np.isfinite(targets)).sum())} missing or infinite",
            "Align X and y, and fill in what is missing.",
        )
    outside = int(((targets < low) | (targets > high)).sum())
    if outside > CLIPPED_SHARE * n:
        warnings.warn(
            f"{outside:,} of {n:,} targets lie outside the declared bounds and were clipped. "
            "Check that target_bounds describes these customers.",
            ClippedRowsWarning,
            stacklevel=4,
        )
    clipped: NDArray[np.float64] = np.clip(targets, low, high)
    return clipped
