"""Whom to fit on, to choose with and to confirm with: by customer, and by date where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError

__all__ = [
    "Moment",
    "Split",
    "before_and_after",
    "check_shares",
    "first_later",
    "split_at",
    "split_by_customer",
]

Moment: TypeAlias = pd.Timestamp | float


@dataclass(frozen=True, eq=False)
class Split:
    """Row positions of the customers to fit on, to choose with, and to confirm with."""

    fit: NDArray[np.intp]
    choose: NDArray[np.intp]
    confirm: NDArray[np.intp]


def first_later(time: pd.Series, earlier_share: float) -> Moment | None:
    """Return the date of the first later rows, or None where all rows have one date.

    Rows of one day stay together, whatever their hours; of all dates it is the one that leaves
    nearest to the wanted share of rows before it, of two as near the later.

    Examples
    --------
    >>> first_later(pd.Series([1, 1, 2, 2, 2, 3]), 0.4)
    2.0
    """
    days, rows = np.unique(_days(time), return_counts=True)
    if len(days) < 2:
        return None
    distance = np.abs(np.cumsum(rows)[:-1] / len(time) - earlier_share).round(12)
    first = days[1 + np.flatnonzero(distance == distance.min())[-1]]
    if not _is_dated(time):
        return float(first)
    # Where summer time begins at midnight, the day begins an hour later.
    return pd.Timestamp(first).tz_localize(time.dt.tz, ambiguous=True, nonexistent="shift_forward")


def before_and_after(
    time: pd.Series, date: Moment, known_after_days: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows lie before a date with an outcome known at it, and which from it on.

    Dates are compared by the clock on the wall: 90 days are 90 dates, also where summer time begins
    between them. Where time is counted in numbers, `known_after_days` is in their unit.
    """
    later = _days(time) >= _days(pd.Series([date]))[0]
    if _is_dated(time):
        last = pd.Timestamp(date).tz_localize(None).normalize() - pd.Timedelta(
            known_after_days, "D"
        )
        known = time.dt.tz_localize(None) <= last
    else:
        known = time <= date - known_after_days
    return known.to_numpy(dtype=bool) & ~later, later


def _is_dated(time: pd.Series) -> bool:
    return bool(time.dtype.kind == "M")


def _days(time: pd.Series) -> NDArray[np.generic]:
    """Return each row's day by the clock on the wall, or its number where time is counted."""
    if not _is_dated(time):
        return np.asarray(time, dtype=float)
    return np.asarray(time.dt.tz_localize(None).dt.normalize())


def split_at(
    time: pd.Series,
    date: Moment,
    unit: pd.Series,
    *,
    known_after: float,
    seed: int,
    shares: tuple[float, float],
) -> Split:
    """Fit on the rows known before a date, and split the customers of the later rows in two."""
    known, later = before_and_after(time, date, known_after)
    if not known.any():
        raise _too_few(f"no row whose outcome was known at {date}")
    codes, customers = pd.factorize(unit[later], sort=True)
    end = round(shares[1] / (1 - shares[0]) * len(customers))
    if len({0, end, len(customers)}) < 3:
        raise _too_few(f"{len(customers):,} customers from {date} on")
    chosen = np.random.default_rng(seed).permutation(len(customers))[codes] < end
    rows = np.flatnonzero(later)
    return Split(np.flatnonzero(known), rows[chosen], rows[~chosen])


def split_by_customer(unit: pd.Series, *, seed: int, shares: tuple[float, float]) -> Split:
    """Split the customers in three, at random."""
    codes, customers = pd.factorize(unit, sort=True)
    ends = np.rint(np.cumsum(shares) * len(customers)).astype(int)
    if len({0, *ends.tolist(), len(customers)}) < 4:
        raise _too_few(f"{len(customers):,} customers")
    place = np.random.default_rng(seed).permutation(len(customers))
    part = np.searchsorted(ends, place, side="right")[codes]
    return Split(*(np.flatnonzero(part == k) for k in range(3)))


def check_shares(shares: tuple[float, float]) -> None:
    """Refuse shares that leave nothing to confirm with."""
    if not (min(shares) > 0 and sum(shares) < 1):
        raise InputError(
            "shares",
            "must be two positive numbers that sum to less than 1",
            shares,
            "The rest is needed to confirm: use for example (0.6, 0.2).",
        )


def _too_few(found: str) -> InputError:
    rule = "must have customers for each of the three parts"
    return InputError("task", rule, found, "Use a larger table.")
