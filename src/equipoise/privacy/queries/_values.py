"""Values as numbers within declared bounds, on a grid on which their sums are exact."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import ClippedRowsWarning, InputError
from equipoise.privacy._bounds import checked_bounds, is_category
from equipoise.privacy._kept_rows import TRACE

__all__ = ["checked_range", "clipped", "numbers", "on_grid", "shares_of_range"]

SMALLEST = 1e-270  # of the larger bound: the grid of smaller ones is no floating point number
DIGITS = 27  # binary; with at most 2^26 rows no sum needs more than 53


def checked_range(bounds: object) -> tuple[float, float]:
    """Return declared (low, high) as floats; they have no default and are never read off the data."""
    if bounds is None:
        move = "Write (low, high) from what is known without looking at the data."
        raise InputError("bounds", "must be declared for the values", "None", move)
    limits = checked_bounds({"values": bounds})["values"]  # type: ignore[dict-item]
    if is_category(limits):
        raise InputError("bounds", "must be (low, high)", list(limits), "Use a histogram to count.")
    low, high = float(limits[0]), float(limits[1])
    if max(abs(low), abs(high)) < SMALLEST:
        rule, move = f"must reach {SMALLEST:g} in size", "Count in a smaller unit."
        raise InputError("bounds", rule, bounds, move)
    return low, high


def numbers(values: ArrayLike) -> NDArray[np.float64]:
    """Return a column as floats, or refuse what is no finite number."""
    column = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    try:
        held = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
        if held.dtype.kind in "mMc":
            raise TypeError("neither dates nor complex numbers have bounds")
        read: NDArray[np.float64] = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError, OverflowError) as problem:
        move = "Convert them to numbers."
        raise InputError("values", "must be numbers", column.dtype, move) from problem
    odd = int((~np.isfinite(read)).sum())
    if odd:
        move = "Declare how missing values are treated before anything private is computed."
        raise InputError("values", "must be finite numbers", f"{odd:,} missing or infinite", move)
    return read


def clipped(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return values within bounds; warn where more than a trace of them was not."""
    outside = int(((values < low) | (values > high)).sum())
    if outside > TRACE * len(values):
        warnings.warn(
            f"{outside:,} of {len(values):,} rows lie outside the declared bounds and were clipped. "
            "Check that the bounds describe these customers.",
            ClippedRowsWarning,
            stacklevel=3,
        )
    return np.clip(values, low, high)


def on_grid(
    values: NDArray[np.float64], bounds: Sequence[float]
) -> tuple[NDArray[np.float64], float, float]:
    """Return values and bounds rounded to multiples of a power of two, whose sums are exact.

    The grid follows from the bounds alone. A sum in floating point that is rounded on the way can
    move by more than its sensitivity says.

    References
    ----------
    Casacuberta, Shoemate, Vadhan & Wagaman (2022), Widespread underestimation of sensitivity.
    """
    step = math.ldexp(1.0, math.frexp(max(map(abs, bounds)))[1] - DIGITS)
    low, high = (float(np.rint(bound / step)) * step for bound in bounds)
    return np.rint(values / step) * step, low, high


def shares_of_range(values: NDArray[np.float64], low: float, high: float) -> NDArray[Any]:
    """Return how far each value lies above `low` and below `high`, in ranges: the two add up to 1."""
    above = np.rint((values - low) / (high - low) * 2**DIGITS) / 2**DIGITS
    return np.column_stack([above, 1 - above])
