"""Whom to fit on, to choose with and to confirm with: by customer, and by date where there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError

__all__ = ["Split", "check_shares", "first_later", "in_unit_of", "split_at", "split_by_customer"]


@dataclass(frozen=True, eq=False)
class Split:
    """Row positions of the customers to fit on, to choose with, and to confirm with."""

    fit: NDArray[np.intp]
    choose: NDArray[np.intp]
    confirm: NDArray[np.intp]


def first_later(time: pd.Series, earlier_share: float) -> pd.Timestamp | float | None:
    """Return the first date of the later rows, or None where all rows have one date.

    Rows of one date stay together; of all dates it is the one that leaves nearest to the wanted
    share of rows before it.

    Examples
    --------
    >>> float(first_later(pd.Series([1, 1, 2, 2, 2, 3]), 0.4))
    2.0
    """
    dates, rows = np.unique(time, return_counts=True)
    if len(dates) < 2:
        return None
    before = np.cumsum(rows)[:-1] / len(time)
    return pd.Series(dates).iloc[int(np.argmin(np.abs(before - earlier_share))) + 1]


def in_unit_of(time: pd.Series, days: float) -> pd.Timedelta | float:
    """Return a span that can be taken off the dates, or off the numbers that count time."""
    return pd.Timedelta(days=days) if time.dtype.kind == "M" else days


def split_at(
    time: pd.Series,
    date: pd.Timestamp | float,
    unit: pd.Series,
    *,
    known_after: float,
    seed: int,
    shares: tuple[float, float],
) -> Split:
    """Fit on the rows known before a date, and split the customers of the later rows in two."""
    later = (time >= date).to_numpy()
    known = (time <= date - in_unit_of(time, known_after)).to_numpy() & ~later
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
