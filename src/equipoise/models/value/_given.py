"""What a caller gives: scores row for row with a task, and euros in it; or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.models._scored_rows import ScoredRows, scored_rows
from equipoise.models.uplift._policy_rows import EXAMPLE
from equipoise.task import Task, Value

__all__ = ["ADDED", "EXAMPLE", "chances", "check_both", "echoed", "euro_notes", "euros", "rows_of"]

ADDED = "what contacts add, by inverse probability of the treatment"
CREDITED = "every positive outcome of a contacted customer is credited to the contact"


def rows_of(task: Task, scores: ArrayLike) -> ScoredRows:
    """Return a task's rows with scores, read by position; a pandas index must be the task's."""
    outcome = pd.Series(task.y, index=task.groups.index)
    unit = task.unit.set_axis(task.groups.index)
    return scored_rows(outcome, scores, unit, probabilities=False)


def chances(task: Task, values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return one probability a row of the task, or refuse."""
    outcome = pd.Series(task.y, index=task.groups.index)
    try:
        return scored_rows(outcome, values, probabilities=True).scores
    except InputError as refused:
        said = refused.parameter.replace("scores", name)
        move = "Pass `probabilities` of the positive outcome beside scores that are none."
        move = move if name == "scores" and "0..1" in refused.rule else refused.next_move
        raise InputError(said, refused.rule, refused.value, move) from None


def check_both(y: NDArray[np.int_]) -> None:
    """Refuse rows that all have the same outcome."""
    if len(np.unique(y)) < 2:
        found = f"{y[0]} in all {len(y):,} rows"
        raise InputError("y", "must hold both outcomes", found, "Use more customers.")


def euros(task: Task) -> Value:
    """Return the euros of a task, or refuse where it has none, or one is negative or missing."""
    if task.value is None:
        raise InputError(
            "task",
            "must say what an outcome and a contact are worth",
            f"{task.name!r} without euros",
            "Add `value` to the task file: won_per_positive and cost_per_contact.",
        )
    most, move = np.finfo(float).max, "Write the euros of one customer as a plain number."
    for name in ("won_per_positive", "discount_per_positive", "cost_per_contact"):
        check_number(name, getattr(task.value, name), low=0, high=most, next_move=move)
    return task.value


def euro_notes(value: Value) -> tuple[str, ...]:
    """Say where the euros are drafted examples."""
    return (EXAMPLE,) if value.source == "example" else ()


def echoed(task: Task, **more: object) -> Mapping[str, Any]:
    """Return everything that a figure in euros depends on, by name."""
    return {
        "task": task.name,
        "decision": str(task.decision),
        **euros(task).model_dump(),
        "profit": ADDED if task.profit_is_incremental else CREDITED,
        "rows": len(task),
        "customers": int(task.unit.nunique()),
        "unit": str(task.unit.name),
        **more,
    }
