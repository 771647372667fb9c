"""The rows a learner is given: outcomes of 0 and 1, and at most so many rows of each customer."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_whole
from equipoise.exceptions import ClippedRowsWarning, InputError
from equipoise.privacy._units import owners_of, unit_name

__all__ = [
    "checked_outcomes",
    "checked_targets",
    "checked_unit",
]

CLIPPED_SHARE = 0.01


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
    name = unit_name(unit)
    codes, units = owners_of(unit, n)
    most = int(np.bincount(codes).max())
    if most > allowed:
        raise InputError(
            "unit",
            f"must stand in at most rows_per_unit = {allowed} rows",
            f"a customer with {most}",
            "Raise rows_per_unit, which raises the noise, or pass X, y and unit through keep_rows first.",
        )
    return name, len(units)


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
