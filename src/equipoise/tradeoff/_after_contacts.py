"""What contacts bring about beside profit, row by row: opt-outs and complaints."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.task import Task, Value, profit_eur

__all__ = ["caused_by_contacts"]

# Each measure, by the task's column and by the rate that its euros declare.
_SOURCES = {
    "opt_outs": ("opted_out", "opt_outs_per_contact"),
    "complaints": ("complained", "complaints_per_contact"),
}
_UNKNOWN = "the task records none in the days after a contact, and declares no rate above 0"


def caused_by_contacts(task: Task) -> tuple[dict[str, NDArray[np.float64]], dict[str, str]]:
    """Return how many opt-outs and complaints each row adds if it is contacted, and what is unknown.

    What is recorded comes first: by inverse probability and net of the rows left alone where the
    profit is so, too; else every event after a contact is put down to it. Without a record it is the
    declared rate. A declared rate of 0 is what nobody has stated, so it is no measurement.

    Returns
    -------
    rows : dict of str to array, shape (n,)
        By measure; single rows mean nothing, and may be negative.
    unknown : dict of str to str
        Why a measure is not there.
    """
    rows, unknown = {}, {}
    for measure, (column, rate) in _SOURCES.items():
        recorded: pd.Series | None = getattr(task, column)
        declared = 0.0 if task.value is None else float(getattr(task.value, rate))
        if recorded is not None:
            rows[measure] = _counted(task, recorded)
        elif declared > 0:
            rows[measure] = np.full(len(task), declared)
        else:
            unknown[measure] = _UNKNOWN
    return rows, unknown


def _counted(task: Task, recorded: pd.Series) -> NDArray[np.float64]:
    one = Value(won_per_positive=1.0, cost_per_contact=0.0)  # as if each event were a euro
    return profit_eur(
        recorded,
        np.ones(len(task), dtype=bool),
        one,
        treatment=task.treatment,
        treatment_probability=task.treatment_probability,
    )
