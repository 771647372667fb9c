"""From a raw table and a task file to a Task, or to one clear refusal."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import BoundsFromDataWarning, ExampleValueWarning, InputError
from equipoise.task._columns import Column, columns_of
from equipoise.task._features import coded_outcome, feature_frame, kept_rows
from equipoise.task._file import TRUST_ROLES, TaskFile
from equipoise.task._leaks import telltales
from equipoise.task._loading import read_task_file
from equipoise.task._reading import plain_table, read_table
from equipoise.task._roles import (
    check_roles,
    group_levels,
    read_allowed,
    read_flags,
    read_probability,
    read_time,
    read_treatment,
    read_unit,
    read_weights,
)
from equipoise.task._task import Task

__all__ = ["build_task", "read_task"]


def read_task(path: str | Path) -> Task:
    """Read a task.yaml and the table it names.

    Parameters
    ----------
    path : str or Path
        A task file; `equipoise describe` drafts one that runs as it is.

    Returns
    -------
    Task

    Raises
    ------
    InputError
        Where the file or the table breaks a rule that would give silently wrong numbers: the
        message names the parameter, the rule, the value and the next move.

    Warns
    -----
    BoundsFromDataWarning
        Where bounds or categories were read off the customers.
    ExampleValueWarning
        Where the euros are drafted examples.
    """
    path = Path(path)
    file = read_task_file(path)
    task = build_task(read_table(file.source, path.parent), file)
    if task.bounds_from_data:
        warnings.warn(
            f"{_from_data(task)} (source: data); no guarantee covers that. "
            f"Declare them in {path.name}.",
            BoundsFromDataWarning,
            stacklevel=2,
        )
    if file.value is not None and file.value.source == "example":
        warnings.warn(
            f"the euros in {path.name} are drafted examples (source: example). Write your own "
            "under `value` and set source: declared.",
            ExampleValueWarning,
            stacklevel=2,
        )
    return task


def build_task(frame: pd.DataFrame, file: TaskFile) -> Task:
    """Build the Task that `file` describes on `frame`, refusing what would mislead.

    Parameters
    ----------
    frame : DataFrame, shape (n, columns)
        The raw table; its index is ignored.
    file : TaskFile
        The written description.

    Returns
    -------
    Task
        On the rows that count and that the file's policy permits: its notes tell which are not.

    Raises
    ------
    InputError
        As `read_task` does.
    """
    columns = columns_of(plain_table(frame), file.source)
    check_roles(columns, file)
    keep, dropped = kept_rows(columns, file.outcome, file.features)
    y = coded_outcome(columns[file.outcome.column], file.outcome, keep)
    X, filled = feature_frame(columns, file.features, keep)
    unit = read_unit(columns[file.unit], keep, file.rows_per_unit)
    for name, evidence in telltales(X, y, file.features, unit=unit).items():
        raise InputError(
            f"feature {name!r}",
            "must not equal or encode the outcome",
            evidence,
            "Move it to `excluded`: it is known only once the outcome is.",
        )
    beside = _optional_columns(columns, file, keep)
    _check_trust_untold(X, beside, file, unit)
    task = Task(
        X=X,
        y=y,
        groups=pd.DataFrame(
            {
                name: group_levels(columns[name], keep, group.reference)
                for name, group in file.groups.items()
            }
        ),
        unit=unit,
        file=file.model_copy(update={"policy": None}),
        **beside,
    )
    task = task.noting(*dropped, *filled, *_notes_on_bounds(task), *_notes_on_roles(task))
    return task if file.policy is None else task.under(file.policy)


def _optional_columns(
    columns: dict[str, Column], file: TaskFile, keep: NDArray[np.bool_]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if file.time is not None:
        found["time"] = read_time(columns[file.time], keep)
    if file.weights is not None:
        found["weights"] = read_weights(columns[file.weights], keep)
    if file.treatment is not None:
        found["treatment"] = read_treatment(columns[file.treatment], keep)
    if file.treatment_probability is not None:
        found["treatment_probability"] = read_probability(file.treatment_probability, columns, keep)
    for role in TRUST_ROLES:
        name = getattr(file, role)
        if name is not None:
            found[role] = read_flags(role, columns[name], keep)
    if file.allowed:
        found["allowed"] = read_allowed(file.allowed, columns, keep)
    return found


def _check_trust_untold(
    X: pd.DataFrame, beside: dict[str, Any], file: TaskFile, unit: pd.Series
) -> None:
    """Refuse a feature that tells who opted out or complained: it, too, is of after the contact."""
    for role in TRUST_ROLES:
        if role not in beside:
            continue
        for name, evidence in telltales(
            X, beside[role].to_numpy(), file.features, unit=unit
        ).items():
            raise InputError(
                f"feature {name!r}",
                f"must not equal or encode the {role} column",
                evidence,
                "Move it to `excluded`: it is known only after the contact.",
            )


def _notes_on_bounds(task: Task) -> list[str]:
    notes = []
    if task.bounds_from_data:
        notes.append(_from_data(task))
    if task.unbounded:
        names = ", ".join(map(repr, task.unbounded))
        notes.append(f"no bounds for {names}: a finite epsilon is refused")
    return notes


def _notes_on_roles(task: Task) -> list[str]:
    """Say what further columns and figures do to audits and sweeps."""
    file = task.file
    treatment = "not used without treatment_probability: every outcome is credited to the contact"
    if task.profit_is_incremental:
        treatment = "makes profit what contacts add over contacting nobody"
        if file.decision.max_profit:
            treatment += (
                "; max_profit still decides by the chance of the outcome, not by the effect"
            )
    time = "the same in every row, so customers are split at random"
    if task.time is not None and task.time.nunique() > 1:
        time = "splits by date: models are fitted on earlier rows than they decide on"
    effects = {
        "weights": (
            file.weights,
            "used by audits only: a sweep counts rows, not what they stand for",
        ),
        "treatment": (file.treatment, treatment),
        "time": (file.time, time),
    }
    notes = [f"{role} {name!r} {what}" for role, (name, what) in effects.items() if name]
    if file.value is not None and file.value.budget_eur is not None:
        notes.append("budget_eur is shown, and does not change whom the decision contacts")
    return notes


def _from_data(task: Task) -> str:
    count = sum(name in task.X for name in task.bounds_from_data)
    features = "1 feature has" if count == 1 else f"{count} features have"
    told = f"{features} bounds or categories read off the customers"
    if "rows_per_unit" not in task.bounds_from_data:
        return told
    return (
        f"{told}, and so was rows_per_unit" if count else "rows_per_unit was read off the customers"
    )
