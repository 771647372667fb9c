"""What a task's decision earns on scored rows, as one interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.intervals import Interval
from equipoise.models.value._given import euros, rows_of
from equipoise.models.value._paid import Paid
from equipoise.models.value._ranking import Ranking
from equipoise.task import Task

__all__ = ["decision_profit"]


def decision_profit(task: Task, scores: ArrayLike, *, seed: int) -> Interval:
    """Return what the task's decision earns, in euros per 1,000 rows, with a 95 % interval.

    The interval is over customers, and is that of `profit_curve`: among tied scores at the cut it
    takes the mean over all ways to break the tie.

    Parameters
    ----------
    task : Task
        With `value`.
    scores : array_like of float, shape (n,)
    seed : int
        Breaks ties of the decision.

    Returns
    -------
    Interval
        NaN bounds under ten customers contacted.

    Raises
    ------
    InputError
        Where the task has no euros, or scores do not match its rows.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=500, seed=7).task("offer_response")
    >>> value, low, high = decision_profit(task, np.linspace(0, 1, len(task)), seed=1)
    >>> low < value < high
    True
    """
    value, rows = euros(task), rows_of(task, scores)
    contacts = task.decide(rows.scores, seed=seed).sum()
    paid = Paid.of(task, value, Ranking.of(rows.scores, rows.customer))
    cut = paid.total(np.array([contacts]), at_score=task.decision.top_share is None)
    return Interval(*(1000 * float(side[0]) / len(task) for side in cut))
