"""Audit a task: score customers unseen, decide by the task's rule, count."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from equipoise._checks import check_choice, check_whole
from equipoise.exceptions import InputError, LeakSuspectedWarning
from equipoise.fairness._audit import Audit
from equipoise.fairness._auditing import audit
from equipoise.intervals import Interval, area_under_curve
from equipoise.models import out_of_fold
from equipoise.task import Task

__all__ = ["audit_task"]

TOO_GOOD = 0.995


def audit_task(
    task: Task, *, model: str = "logistic", by: Sequence[str] | None = None, seed: int
) -> tuple[Audit, Interval]:
    """Audit a model's out-of-fold decisions on a task.

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
    Audit
        Of the task's decision rule.
    Interval
        Area under the ROC curve of the scores.

    Raises
    ------
    InputError
        Where an attribute or the model is unknown, or either outcome has fewer than five customers.

    Warns
    -----
    LeakSuspectedWarning
        Where the scores rank better than people can be predicted.
    """
    attributes = list(task.groups) if by is None else list(by)
    for name in attributes:
        check_choice("by", name, list(task.groups))
    if len(set(attributes)) < len(attributes):
        raise InputError(
            "by", "must name each attribute once", attributes, "Leave out the repeats."
        )
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    scores = out_of_fold(task, model, seed=seed)
    contacted = task.decide(scores, seed=seed)
    unit = task.unit.to_numpy()
    audited = audit(
        task.y,
        contacted.astype(int),
        groups=task.groups[attributes],
        reference={name: task.reference[name] for name in attributes},
        y_score=scores,
        weights=task.weights,
        unit=unit,
        seed=seed,
    )
    auc = area_under_curve(task.y, scores, clusters=unit, weights=task.weights)
    if auc.value >= TOO_GOOD:
        warnings.warn(
            f"the model ranks with an area under the curve of {auc.value:.3f}. Look for a feature that "
            "is recorded after the outcome, and exclude it.",
            LeakSuspectedWarning,
            stacklevel=2,
        )
    return audited, auc
