"""Limits that mean something in a sweep; others are refused before anything is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from equipoise._checks import check_choice, check_number
from equipoise.exceptions import InputError
from equipoise.tradeoff._measures import MEASURES
from equipoise.tradeoff._result import EUROS, Sweep

__all__ = ["check_there", "checked_limits"]

# Missing for every policy, these say that groups are too small; any other measure was never there.
_BY_GROUP = {"selection_gap", "opportunity_gap", "worst_group_tpr", "reach_gap"}


def checked_limits(
    sweep: Sweep, table: pd.DataFrame, limits: Mapping[str, float]
) -> Iterator[tuple[str, float]]:
    """Yield each limit as a number.

    Raises
    ------
    InputError
        Where a limit is no number, or its measure is unknown or one that no policy has. A measure of
        groups that are all too small is there: nothing satisfies it, which is an answer.
    """
    if not isinstance(limits, Mapping):
        move = "Write {'epsilon': 2}, or {} for none."
        raise InputError("limits", "must map measures to numbers", repr(limits), move)
    for name, limit in limits.items():
        check_choice("limit", name, ["epsilon", *MEASURES])
        if name not in _BY_GROUP:
            check_there("limit", sweep, table, name)
        number = check_number(f"limit {name}", limit, next_move="Give a number, such as epsilon=2.")
        yield name, number


def check_there(parameter: str, sweep: Sweep, table: pd.DataFrame, measure: str) -> None:
    """Refuse a measure that no policy of the sweep has."""
    if table[measure].notna().any():
        return
    has = ", ".join(name for name in ("epsilon", *MEASURES) if table[name].notna().any())
    cure = f"No policy has it; the column `note` of the sweep says why. It has {has}."
    if measure in EUROS and sweep.task.value is None:
        cure = "Its task has no euros: add `value` to the task file, or use auc."
    raise InputError(parameter, "must be a measure of this sweep", repr(measure), cure)
