"""A choice in plain words: why this policy, how sure, and what the customers it was not told of say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from equipoise.tradeoff._confirm import difference
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._sweep import Sweep
from equipoise.tradeoff._words import (
    figure,
    interval,
    limit_in_words,
    limits_in_words,
    within,
)
from equipoise.tradeoff.facts import levels_down, nearest_limit, verdict

__all__ = ["reasons", "reasons_for_none"]


def reasons(
    sweep: Sweep,
    table: pd.DataFrame,
    feasible: Sequence[Policy],
    limits: Mapping[str, float],
    goal: str,
    confirm: pd.DataFrame,
) -> Iterator[str]:
    """Yield why the first of `feasible` was picked.

    Parameters
    ----------
    table : DataFrame
        The candidates, the best without limits first.
    feasible : sequence of Policy
        The pick, the runner-up, and so on.
    confirm : DataFrame
        The pick's figures on the confirm-customers.
    """
    seeds = len(sweep.manifest["seeds"])
    pick = table[table["feasible"]].iloc[0]
    named = within(sweep.titles[goal])
    if limits:
        yield (
            f"{len(feasible)} of {len(table)} policies satisfy {limits_in_words(limits)} "
            "on the choose-customers."
        )
    else:
        yield f"No limits were given, so all {len(table)} policies are compared."
    yield (
        f"{feasible[0]} is the pick: its {named} is the highest among them, "
        f"{figure(goal, pick[goal])}{_over(seeds)}."
    )
    if len(feasible) > 1:
        yield _runner_up(sweep, feasible, goal)
    if levels_down(pick, table.loc[0]):
        yield (
            f"Levelling down: its gap in contact rate is smaller than without limits "
            f"({pick['selection_gap']:.3f} against {table.loc[0, 'selection_gap']:.3f}), and so is the "
            f"lowest true positive rate of a group ({pick['worst_group_tpr']:.3f} against "
            f"{table.loc[0, 'worst_group_tpr']:.3f})."
        )
    yield from _limits_confirmed(limits, confirm.set_index("measure"))


def reasons_for_none(
    table: pd.DataFrame, limits: Mapping[str, float], goal: str, relaxed: pd.DataFrame
) -> Iterator[str]:
    """Yield why there is no pick, and which single limit could move how far."""
    for name in [*limits, goal]:
        if table[name].isna().all():
            yield f"{name} is not estimable for any policy, so none can be shown to satisfy it."
            return
    yield f"No policy satisfies {limits_in_words(limits)}."
    if relaxed.empty:
        yield "No single limit can be relaxed to admit one while the others hold."
        return
    nearest = "; ".join(
        f"{row.limit} {nearest_limit(row.limit, row.needed)} (asked {row.asked:g}) admits {row.policy}"
        for row in relaxed.itertuples()
    )
    yield f"The nearest relaxations, one at a time, are: {nearest}."


def _over(seeds: int) -> str:
    return "" if seeds == 1 else f" (mean over {seeds} seeds)"


def _runner_up(sweep: Sweep, feasible: Sequence[Policy], goal: str) -> str:
    pick, second = feasible[:2]
    gap = difference(sweep, pick, second).set_index("measure")
    if goal not in gap.index or not np.isfinite(gap.loc[goal, "value"]):
        return f"The runner-up is {second}."
    value, low, high = gap.loc[goal, ["value", "low", "high"]]
    told = (
        "the interval excludes zero"
        if low > 0 or high < 0
        else "these customers do not tell the two apart"
    )
    return (
        f"The runner-up is {second}. On the confirm-customers the pick differs from it by "
        f"{interval(goal, value, low, high)} in {within(sweep.titles[goal])}: {told}."
    )


def _limits_confirmed(limits: Mapping[str, float], confirm: pd.DataFrame) -> Iterator[str]:
    """Yield what the confirm-customers say about each limit that they can speak about."""
    for name, limit in limits.items():
        if name not in confirm.index or not np.isfinite(confirm.loc[name, "value"]):
            continue
        value, low, high = confirm.loc[name, ["value", "low", "high"]]
        told = verdict(name, limit, low, high)
        yield (
            f"On the confirm-customers the limit {limit_in_words(name, limit)} is {told}: "
            f"{interval(name, value, low, high)}."
        )
