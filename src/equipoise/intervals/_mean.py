"""The mean of an amount or of any other bounded number, with an interval inside its bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.intervals._interval import MINIMUM_TRIALS, Interval
from equipoise.intervals._rate import wilson
from equipoise.intervals.repeated import effective_trials

__all__ = ["mean_amount"]


def mean_amount(
    amounts: ArrayLike,
    *,
    bounds: tuple[float, float],
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Interval:
    """Return the mean of bounded amounts with an interval that stays inside their bounds.

    The mean is read as a rate between the bounds, and gets Wilson's interval at the sample size
    that the variance of the amounts amounts to. Of amounts that are one bound or the other it is
    Wilson's interval of a rate, in their unit. Where the mean hangs on a few large amounts it covers
    less often than asked, as every interval does that goes by the variance seen.

    Parameters
    ----------
    amounts : array_like of float, shape (n,)
        In any unit, such as euros.
    bounds : tuple of float
        The least and the most that an amount can be; finite.
    clusters : array_like, shape (n,), optional
        Customer of each row.
    confidence : float
        Coverage aimed at.

    Returns
    -------
    Interval
        In the unit of the amounts. NaN with fewer than `MINIMUM_TRIALS` customers, who count for
        less where some have more rows than others (Kish).

    Raises
    ------
    InputError
        Where an amount lies outside the bounds or is missing, the bounds are none, or the customers
        do not match the rows.

    Examples
    --------
    >>> euros = np.repeat([0.0, 5.0], [80, 20])
    >>> value, low, high = mean_amount(euros, bounds=(0, 5))
    >>> print(f"{value:.2f} [{low:.2f}, {high:.2f}]")
    1.00 [0.67, 1.44]
    """
    values = np.asarray(amounts, float)
    low, high = bounds
    _check_bounded(values, bounds)
    codes = np.arange(len(values)) if clusters is None else _customers(clusters, values.shape)
    own = np.bincount(codes, weights=(values - low) / (high - low))
    rows = np.bincount(codes).astype(float)
    if rows.sum() ** 2 < MINIMUM_TRIALS * (rows**2).sum() or not len(values):
        return Interval(np.nan, np.nan, np.nan)
    rate = own.sum() / rows.sum()
    apart, squares = own - rate * rows, (rows**2).sum()
    size = effective_trials(
        own.sum(), rows.sum(), deviation=(apart**2).sum(), by_row=0.0, by_customer=squares
    )
    share = wilson(rate * size, size, confidence=confidence)
    return Interval(*(float(low + (high - low) * side) for side in share))


def _check_bounded(values: NDArray[np.float64], bounds: tuple[float, float]) -> None:
    low, high = bounds
    if not -np.inf < low < high < np.inf:
        raise InputError("bounds", "must be two rising numbers", bounds, "Use for example (0, 5).")
    outside = ~((values >= low) & (values <= high))
    if outside.any():
        found = f"something else in {outside.sum():,} of {len(values):,} rows"
        move = "Widen the bounds, or complete those rows."
        raise InputError("amounts", f"must lie in {low:g}..{high:g}", found, move)


def _customers(clusters: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the number of each row's customer, or refuse."""
    codes: NDArray[np.intp] = pd.factorize(np.asarray(clusters))[0]
    if codes.shape != shape:
        raise InputError(
            "amounts and clusters",
            "must have the same number of rows",
            f"{shape}, {codes.shape}",
            "Pass the rows of the same customers in the same order.",
        )
    if (codes < 0).any():
        found = f"something else in {(codes < 0).sum():,} of {len(codes):,} rows"
        raise InputError("clusters", "must not be missing", found, "Correct or remove those rows.")
    return codes
