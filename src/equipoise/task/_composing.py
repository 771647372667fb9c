"""From drafted columns to the text of a task file that is sure to read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.task._columns import UNKNOWN, Column
from equipoise.task._drafting import CHECK, Draft, features_of
from equipoise.task._features import kept_rows
from equipoise.task._file import TaskFile
from equipoise.task._loading import checked, parse_task_file
from equipoise.task._roles import group_levels
from equipoise.task._writing import task_yaml

__all__ = ["compose"]


def compose(
    columns: Mapping[str, Column],
    drafts: Mapping[str, Draft],
    groups: Sequence[str],
    parts: dict[str, Any],
) -> tuple[str, TaskFile]:
    """Return the commented text of a task file, and the file.

    Parameters
    ----------
    columns : mapping
        The table.
    drafts : mapping
        What each column but the unit and the outcome is taken for.
    groups : sequence of str
        The sensitive attributes.
    parts : dict
        The other keys of the file: `name`, `source`, `unit`, `outcome`, ...
    """
    features = features_of(drafts)
    keep, _ = kept_rows(columns, parts["outcome"], features)
    counts = {name: _counts(columns[name], keep) for name in groups}
    most_rows = _most_rows(columns[parts["unit"]], keep)
    file = checked(
        TaskFile,
        parts
        | {
            "rows_per_unit": most_rows,
            "rows_per_unit_source": "data" if most_rows > 1 else "declared",
            "groups": {name: {"reference": str(count.index[0])} for name, count in counts.items()},
            "features": features,
            "excluded": {name: draft.reason for name, draft in drafts.items() if draft.reason},
        },
    )
    remarks = {f"features.{name}": draft.remark for name, draft in drafts.items() if draft.remark}
    remarks |= _remarks_on_groups(counts, int(keep.sum()))
    remarks |= _remarks(file, int(columns[file.outcome.column].missing.sum()))
    text = task_yaml(file, rows=len(keep), remarks=remarks)
    _proofread(text, file)
    return text, file


def _counts(column: Column, keep: NDArray[np.bool_]) -> pd.Series:
    """Return rows by level, the largest first; "unknown" last, since it compares with nobody."""
    counts = group_levels(column, keep).value_counts().sort_index()
    counts = counts.sort_values(ascending=False, kind="stable")
    return counts.sort_index(key=lambda levels: levels == UNKNOWN, kind="stable")


def _most_rows(unit: Column, keep: NDArray[np.bool_]) -> int:
    return int(unit.text[keep].value_counts().max()) if not unit.missing[keep].all() else 1


def _remarks_on_groups(counts: Mapping[str, pd.Series], rows: int) -> dict[str, str]:
    return {
        f"groups.{name}": f"{CHECK}: the largest, {count.iloc[0]:,} of {rows:,} rows"
        for name, count in counts.items()
    }


def _remarks(file: TaskFile, blank_outcomes: int) -> dict[str, str]:
    """Return what was guessed about the table as a whole, by its place in the file."""
    remarks = {"decision": CHECK}
    if blank_outcomes:
        remarks["outcome.missing"] = f"{CHECK}: {blank_outcomes:,} without an outcome"
    if file.source.missing_values:
        remarks["source.missing_values"] = f"{CHECK}: does each of these mean missing?"
    if file.source.decimal == ",":
        remarks["source.decimal"] = f"{CHECK}: 12,5 is taken for twelve and a half"
    if not file.source.encoding.startswith("utf"):
        remarks["source.encoding"] = f"{CHECK}: the file is not UTF-8"
    if file.rows_per_unit > 1:
        remarks["rows_per_unit"] = f"{CHECK}: the most rows that one customer has"
    return remarks


def _proofread(text: str, file: TaskFile) -> None:
    try:
        if parse_task_file(text) == file:
            return
    except InputError:
        pass
    raise InputError(
        "file",
        "must have names and values that YAML can hold",
        file.source.file,
        "Shorten the long names of columns.",
    )
