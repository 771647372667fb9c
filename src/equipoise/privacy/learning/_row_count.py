"""The number of rows a learner divides by: declared beforehand, or counted with noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.privacy.learning._noisy_vector import noisy_vector

__all__ = [
    "N_IS_DECLARED",
    "RowCount",
    "RowCountSetting",
    "counted_rows",
    "moved_count",
    "rows_declared",
]

RowCountSetting = int | Literal["declared", "noised"]

COUNT_SHARE = 0.01  # of the squared ratio: leaves .995 of the ratio to the rest
N_IS_DECLARED = (
    "the number of rows, taken as known to everybody: settings of the fit follow from it, and whoever "
    "learns it may learn who is among them"
)


@dataclass(frozen=True)
class RowCount:
    """What settings follow from instead of the true number of rows.

    Attributes
    ----------
    rows : int
        At least 1.
    mu : float
        The Gaussian ratio that is left for everything else.
    """

    rows: int
    mu: float


def rows_declared(setting: RowCountSetting) -> tuple[str, ...]:
    """Return what a guarantee must say about the number of rows."""
    if setting == "declared":
        return (N_IS_DECLARED,)
    return () if setting == "noised" else (f"the number of rows, {setting:,}, as given: public",)


def counted_rows(
    setting: RowCountSetting, *, n: int, mu: float, rows_per_unit: int, rng: np.random.Generator
) -> RowCount:
    """Return the number of rows to plan with, and the Gaussian ratio left after counting.

    `"declared"` takes the number as known to everybody, a whole number replaces it, `"noised"` counts
    with Gaussian noise that a hundredth of the squared ratio pays for.
    """
    if setting == "declared":
        return RowCount(n, mu)
    if setting == "noised":
        if math.isinf(mu):
            return RowCount(n, mu)
        noise_sd = rows_per_unit / (mu * math.sqrt(COUNT_SHARE))
        (counted,) = noisy_vector(np.array([float(n)]), noise_sd, rng)
        return RowCount(max(1, round(counted)), mu * math.sqrt(1 - COUNT_SHARE))
    if isinstance(setting, str):
        raise InputError(
            "row_count",
            "must be 'declared', 'noised' or a whole number",
            repr(setting),
            "Use 'noised' where the number of rows is itself a secret.",
        )
    rows = check_whole("row_count", setting, low=1, next_move="Give the publicly known number.")
    return RowCount(rows, mu)


def moved_count(setting: RowCountSetting, noise_sd: float, rows_per_unit: int) -> tuple[float, ...]:
    """Return the most that a customer moves a noisy number of rows by; nothing where none is noised."""
    return (float(rows_per_unit),) if setting == "noised" and noise_sd else ()
