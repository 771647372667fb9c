"""Handle dated cases day by day, so many a day, in a given order."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["days_waited", "order_of", "traffic"]

Whole = NDArray[np.int64]


def order_of(
    opened: Whole, scores: NDArray[np.float64] | None, chance: NDArray[np.float64]
) -> Whole:
    """Return each case's place in the order of handling, 0 first, of whatever is waiting.

    The highest scores come first, and among equal ones those opened first; without scores it is
    first come, first served. Cases of one day that nothing tells apart go by chance.
    """
    keys = (chance, opened) if scores is None else (chance, opened, -scores)
    place = np.empty(len(opened), dtype=np.int64)
    place[np.lexsort(keys)] = np.arange(len(opened))
    return place


def days_waited(opened: Whole, place: Whole, capacity: int) -> Whole:
    """Return for each case the days from its opening to its handling; 0 is the same day.

    Each day the cases opened that day join those that wait, and the first `capacity` of them in
    the order of their place are handled. Every day of the calendar is a working day. It goes on
    until nobody waits: what is opened last competes with no later cases.

    Examples
    --------
    >>> opened, place = np.array([0, 0, 0, 1]), np.array([1, 2, 3, 0])
    >>> days_waited(opened, place, 1).tolist()
    [0, 2, 3, 0]
    """
    case_at = np.argsort(place).tolist()
    handled = np.empty(len(opened), dtype=np.int64)
    waiting: list[int] = []
    days, arrivals = _by_day(opened, place)
    day = next_day = 0
    while waiting or next_day < len(days):
        if not waiting:
            day = days[next_day]
        if next_day < len(days) and days[next_day] == day:
            for each in arrivals[next_day]:
                heapq.heappush(waiting, each)
            next_day += 1
        for _ in range(min(capacity, len(waiting))):
            handled[case_at[heapq.heappop(waiting)]] = day
        day += 1
    return handled - opened


def _by_day(opened: Whole, place: Whole) -> tuple[list[int], list[list[int]]]:
    """Return the days on which cases are opened, and the places of those of each day."""
    by_day = np.argsort(opened, kind="stable")
    days, starts = np.unique(opened[by_day], return_index=True)
    return days.tolist(), [part.tolist() for part in np.split(place[by_day], starts[1:])]


def traffic(opened: Whole, waited: Whole) -> pd.DataFrame:
    """Return for each day how many cases are `opened`, `handled`, and `waiting` in the evening."""
    first = int(opened.min())
    length = int((opened + waited).max()) - first + 1
    came = np.bincount(opened - first, minlength=length)
    went = np.bincount(opened + waited - first, minlength=length)
    return pd.DataFrame(
        {
            "day": np.arange(first, first + length),
            "opened": came,
            "handled": went,
            "waiting": np.cumsum(came - went),
        }
    )
