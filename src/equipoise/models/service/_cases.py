"""The cases of a task as a queue takes them: the day of each, and its score in each order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.task import Task

__all__ = ["FIRST_COME", "Whole", "opened_days", "read_scores"]

FIRST_COME = "first_come"
MOST_DAYS = 100_000

Whole = NDArray[np.int64]


def opened_days(task: Task) -> Whole:
    """Return the day on which each case was opened as a whole number, or refuse."""
    time = task.time
    if time is None:
        raise InputError(
            "task",
            "must have a time, the day on which each case was opened",
            "none",
            "Name the column of the date under `time` in the task file.",
        )
    if time.dtype.kind == "f" or pd.api.types.is_numeric_dtype(time.dtype):
        days = np.floor(time.to_numpy(dtype=float))
    else:
        dates = time.dt.tz_localize(None).dt.normalize()
        days = np.floor(((dates - pd.Timestamp(0)) / pd.Timedelta(days=1)).to_numpy(dtype=float))
    if np.ptp(days) > MOST_DAYS:
        raise InputError(
            "time",
            f"must span at most {MOST_DAYS:,} days",
            f"{np.ptp(days):,.0f}",
            "Count it in days, not in seconds.",
        )
    whole: Whole = days.astype(np.int64)
    return whole


def read_scores(task: Task, orders: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float64]]:
    """Return the scores of each order, or refuse."""
    if not isinstance(orders, Mapping):
        move = "Pass for example {'model': scores}."
        raise InputError("orders", "must be scores by name", type(orders).__name__, move)
    for name in orders:
        if name == FIRST_COME or not isinstance(name, str):
            rule = "must have names of their own, as text"
            raise InputError("orders", rule, repr(name), f"{FIRST_COME!r} is always there.")
    return {name: _checked(task, f"orders[{name!r}]", given) for name, given in orders.items()}


def _checked(task: Task, name: str, given: ArrayLike) -> NDArray[np.float64]:
    column = given if isinstance(given, pd.Series) else pd.Series(np.asarray(given).tolist())
    if np.ndim(given) != 1 or len(column) != len(task):
        found = f"shape {np.shape(given)} for {len(task):,} rows"
        raise InputError(name, "must be one score a row", found, "Score the rows of this task.")
    if isinstance(given, pd.Series) and not given.index.equals(task.X.index):
        move = "Align the rows first, or pass an array to have it read by position."
        raise InputError(name, "must have the index of the task's rows", "another one", move)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        move = "Number the desk's priorities, the most urgent highest."
        raise InputError(name, "must be numbers", str(column.dtype), move)
    scores = column.to_numpy(dtype=float, na_value=np.nan)
    wrong = int((~np.isfinite(scores)).sum())
    if wrong:
        found = f"missing or infinite ones in {wrong:,} of {len(scores):,} rows"
        raise InputError(name, "must be finite numbers", found, "Score every row.")
    return np.asarray(scores)
