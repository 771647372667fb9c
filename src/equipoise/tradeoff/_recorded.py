"""Opt-outs and complaints are few: their intervals come from counts, not from draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equipoise.intervals import Interval, wilson

if TYPE_CHECKING:
    from equipoise.tradeoff._result import Sweep

__all__ = ["is_counted", "recorded"]

# Of a task, the column that records each.
_COLUMNS = {"opt_outs": "opted_out", "complaints": "complained"}


def is_counted(sweep: Sweep, measure: str) -> bool:
    """Say whether a measure counts recorded events, one row one event at most.

    Where the treatment is known it is a difference of weighted counts, and a declared rate is no
    count at all.
    """
    if measure not in _COLUMNS or getattr(sweep.task, _COLUMNS[measure]) is None:
        return False
    return sweep.task.treatment is None or sweep.task.treatment_probability is None


def recorded(values: np.ndarray, groups: pd.DataFrame) -> Interval:
    """Return events per 1,000 rows of the whole with Wilson's interval, one for each value.

    Draws of a sample without any event are all zero, as if none could ever occur. `groups` are the
    rows by group of one policy and part; its trials are customers where these have several rows.

    Examples
    --------
    >>> groups = pd.DataFrame({"seed": [0, 0], "reach_trials": [600, 400]})
    >>> [round(float(side[0]), 2) for side in recorded(np.array([0.0]), groups)]
    [0.0, 0.0, 3.83]
    """
    trials = groups.groupby("seed", sort=False)["reach_trials"].sum().to_numpy(float)
    found = wilson(values / 1000 * trials, trials)
    return Interval(*(1000 * np.asarray(side) for side in found))
