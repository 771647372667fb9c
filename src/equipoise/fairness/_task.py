"""Audit a task: score customers unseen, decide by the task's rule, count, and say what it earns."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import check_choice, check_whole
from equipoise.exceptions import InputError, LeakSuspectedWarning
from equipoise.fairness._audit import Audit
from equipoise.fairness._auditing import audit
from equipoise.intervals import Interval, area_under_curve
from equipoise.models import HeldOut, SplitComparison, held_out, random_beside_time
from equipoise.models.uplift._campaign import check_stated
from equipoise.models.value import ProfitCurve, profit_curve
from equipoise.task import Task

__all__ = ["TaskAudit", "audit_task"]

TOO_GOOD = 0.995
RANDOM_SPLITS = 2


@dataclass(frozen=True, eq=False)
class TaskAudit:
    """What a model decides about customers that it has not seen: whom it leaves out, what it earns.

    Attributes
    ----------
    held_out : HeldOut
        The rows that were scored, and how: out of fold, or later rows by a model of earlier ones.
    model : str
        Name of the model.
    contacted : array of bool, shape (n,)
        The task's decision on each scored row.
    audit : Audit
        Of these decisions.
    auc : Interval
        Area under the ROC curve of the scores.
    seed : int
        What cut the folds and broke ties.
    beside : SplitComparison or None
        What a random split would have reported, where rows have dates.
    """

    held_out: HeldOut
    model: str
    contacted: NDArray[np.bool_]
    audit: Audit
    auc: Interval
    seed: int
    beside: SplitComparison | None

    @property
    def task(self) -> Task:
        """The task on the scored rows."""
        return self.held_out.task

    @cached_property
    def profit(self) -> ProfitCurve | None:
        """What contacting earns, by the share contacted; None where the task has no euros."""
        if self.task.value is None:
            return None
        return profit_curve(self.task, self.held_out.scores, seed=self.seed)

    @property
    def profit_eur(self) -> Interval:
        """What the decision earns, in euros per 1,000 scored rows; NaN without euros."""
        if self.profit is None:
            return Interval(np.nan, np.nan, np.nan)
        cut, scale = self.profit.chosen, 1000 / len(self.task)
        return Interval(*(scale * side for side in (cut.profit_eur, cut.low, cut.high)))


def audit_task(
    task: Task, *, model: str = "logistic", by: Sequence[str] | None = None, seed: int
) -> TaskAudit:
    """Audit a model's decisions on rows of a task that it was not fitted on.

    Where rows have dates that differ, the later ones are scored by a model of the earlier ones, and
    what a random split would have reported stands beside; else all are scored out of fold.

    Parameters
    ----------
    task : Task
    model : str
        A name that `equipoise.models.propensity` knows.
    by : sequence of str, optional
        Attributes to audit; by default all of the task.
    seed : int
        Cuts the folds and breaks ties of the decision rule.

    Returns
    -------
    TaskAudit

    Raises
    ------
    InputError
        Where an attribute or the model is unknown, either outcome has fewer than five customers, or
        the contacts that were made contradict their stated probabilities.

    Warns
    -----
    LeakSuspectedWarning
        Where the scores rank better than people can be predicted.
    RandomSplitFlattersWarning
        Where a random split would have promised more than later rows show.
    """
    attributes = _checked(task, by)
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    dated = task.time is not None and task.time.nunique() > 1
    check_stated(task)
    told = held_out(task, model, seed=seed)
    check_stated(told.task)
    told = replace(told, task=_beside_withheld(task, told))
    contacted = told.task.decide(told.scores, seed=seed)
    unit = told.task.unit.to_numpy()
    audited = audit(
        told.task.y,
        contacted.astype(int),
        groups=told.task.groups[attributes],
        reference={name: task.reference[name] for name in attributes},
        y_score=told.scores,
        weights=told.task.weights,
        unit=unit,
        seed=seed,
    )
    auc = area_under_curve(told.task.y, told.scores, clusters=unit, weights=told.task.weights)
    if auc.value >= TOO_GOOD:
        warnings.warn(
            f"the model ranks with an area under the curve of {auc.value:.3f}. Look for a feature that "
            "is recorded after the outcome, and exclude it.",
            LeakSuspectedWarning,
            stacklevel=2,
        )
    beside = random_beside_time(task, model, seed=seed, repeats=RANDOM_SPLITS) if dated else None
    return TaskAudit(told, model, contacted, audited, auc, seed, beside)


def _beside_withheld(task: Task, told: HeldOut) -> Task:
    """Return the scored rows with those of the same dates beside that the consent policy withholds."""
    if told.cut is None or task.policy is None or task.whole is None or task.whole.time is None:
        return told.task
    later = np.flatnonzero(task.whole.time >= told.cut)
    return task.whole.take(later).under(task.policy)


def _checked(task: Task, by: Sequence[str] | None) -> list[str]:
    attributes = list(task.groups) if by is None else list(by)
    for name in attributes:
        check_choice("by", name, list(task.groups))
    if len(set(attributes)) < len(attributes):
        raise InputError(
            "by", "must name each attribute once", attributes, "Leave out the repeats."
        )
    return attributes
