"""A choice in plain words: why this policy, how sure, and what the customers it was not told of say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from equipoise.tradeoff._measures import LARGER_IS_BETTER
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._probability import ALL_LIMITS
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._rule import rule_in_words
from equipoise.tradeoff._shadow import SAME_PICK
from equipoise.tradeoff._words import (
    change,
    figure,
    interval,
    limit_in_words,
    limits_in_words,
    share,
    within,
)
from equipoise.tradeoff.facts import levels_down, nearest_limit, verdict

__all__ = ["reasons", "reasons_for_none"]


def reasons(
    sweep: Sweep,
    table: pd.DataFrame,
    limits: Mapping[str, float],
    goal: str,
    found: Mapping[str, pd.DataFrame],
) -> Iterator[str]:
    """Yield why the first feasible policy was picked.

    Parameters
    ----------
    table : DataFrame
        The candidates, the best without limits first.
    found : mapping of str to DataFrame
        What is said of the pick: the frames of `Choice` by their names.
    """
    yield from _picked(sweep, table, limits, goal)
    named = within(sweep.titles[goal])
    if len(found["runner_up"]):
        yield _runner_up(found["runner_up"], goal, named)
    pick = table[table["feasible"]].iloc[0]
    if levels_down(pick, table.loc[0]):
        yield (
            f"Levelling down: its gap in contact rate is smaller than without limits "
            f"({pick['selection_gap']:.3f} against {table.loc[0, 'selection_gap']:.3f}), and so is the "
            f"lowest true positive rate of a group ({pick['worst_group_tpr']:.3f} against "
            f"{table.loc[0, 'worst_group_tpr']:.3f})."
        )
    yield from _limits_confirmed(limits, found["confirm"].set_index("measure"))
    yield from _probable(found["probability"])
    yield from _prices(found["shadow_prices"], goal, named)
    yield from _flattered(found["optimism"], goal, named, int(table["feasible"].sum()))
    yield rule_in_words(limits, goal)


def reasons_for_none(
    table: pd.DataFrame,
    limits: Mapping[str, float],
    goal: str,
    alone: pd.DataFrame,
    pair: pd.DataFrame,
) -> Iterator[str]:
    """Yield why there is no pick, and which single limit, or which two, could move how far."""
    for name in [*limits, goal]:
        if table[name].isna().all():
            yield f"{name} is not estimable for any policy, so none can be shown to satisfy it."
            return
    yield f"No policy satisfies these limits: {limits_in_words(limits)}."
    if len(alone):
        nearest = "; ".join(f"{_moved(row)} admits {row.policy}" for row in alone.itertuples())
        yield f"The nearest relaxations, one at a time, are: {nearest}."
        return
    yield "No single limit can be relaxed to admit one while the others hold."
    if len(pair):
        together = " and ".join(map(_moved, pair.itertuples()))
        yield f"The nearest two that admit one together are: {together}, which admit {pair['policy'][0]}."


def _moved(row: tuple[object, ...]) -> str:
    _, limit, asked, needed, _ = row
    name, value = str(limit), float(str(needed))
    sign = "≥" if name in LARGER_IS_BETTER else "≤"
    to = (
        f"{name} {sign} {nearest_limit(name, value)}"
        if np.isfinite(value)
        else f"no limit on {name}"
    )
    return f"{to} (asked {asked:g})"


def _picked(
    sweep: Sweep, table: pd.DataFrame, limits: Mapping[str, float], goal: str
) -> Iterator[str]:
    kept = table[table["feasible"]]
    if limits:
        yield (
            f"{len(kept)} of {len(table)} policies satisfy {limits_in_words(limits)} "
            "on the choose-customers."
        )
    else:
        yield f"No limits were given, so all {len(table)} policies are compared."
    pick, seeds = kept.iloc[0], len(sweep.manifest["seeds"])
    over = "" if seeds == 1 else f" (mean over {seeds} seeds)"
    yield (
        f"{Policy.of(pick)} is the pick: its {within(sweep.titles[goal])} is the highest among them, "
        f"{figure(goal, pick[goal])}{over}.{_tied(kept, goal)}"
    )


def _tied(kept: pd.DataFrame, goal: str) -> str:
    """Say what decided where others have exactly as much of the goal as the pick."""
    alike = kept[kept[goal] == kept[goal].iloc[0]]
    if len(alike) < 2:
        return ""
    private = alike["epsilon"].iloc[1] > alike["epsilon"].iloc[0]
    why = "the smaller epsilon" if private else "the earlier place in the plan"
    many = "Another has" if len(alike) == 2 else f"{len(alike) - 1} others have"
    return f" {many} exactly as much, and {why} decided."


def _runner_up(frame: pd.DataFrame, goal: str, named: str) -> str:
    second = frame["policy"].iloc[0]
    gap = frame.set_index("measure")
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
        f"{change(goal, value, low, high)} in {named}: {told}."
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


def _probable(frame: pd.DataFrame) -> Iterator[str]:
    """Yield how often the pick satisfies its limits on other customers, if anything was drawn."""
    drawn = frame[(frame["draws"] > 0) & (frame["limit"] != ALL_LIMITS)]
    each = [
        f"{limit_in_words(r.limit, r.asked)} in {share(r.probability)}" for r in drawn.itertuples()
    ]
    if not each:
        return
    joint = frame["probability"].iloc[-1]
    if len(each) > 1 and np.isfinite(joint):
        each.append(f"all limits at once in {share(joint)}")
    careful = (
        " Shares for gaps and for the worst-off group are conservative, more so with many small groups."
        if drawn["note"].str.startswith("conservative").any()
        else ""
    )
    yield (
        f"Of {drawn['draws'].max():,.0f} draws of confirm-customers and seeds, the pick satisfies "
        f"{', '.join(each)}.{careful}"
    )


def _prices(frame: pd.DataFrame, goal: str, named: str) -> Iterator[str]:
    """Yield what loosening each limit alone would change."""
    for row in frame[frame["direction"] == "loosened"].itertuples():
        lead = f"Loosening {limit_in_words(row.limit, row.asked)} to {row.moved_to:g}"
        if row.note == SAME_PICK:
            yield f"{lead} changes nothing: the pick stays the same."
        elif np.isfinite(row.value):
            told = change(goal, row.value, row.low, row.high)
            yield f"{lead} would pick {row.policy}: {told} in {named} on the confirm-customers."
        elif np.isfinite(row.low):
            span = f"[{figure(goal, row.low)}, {figure(goal, row.high)}]"
            yield (
                f"{lead} would pick {row.policy}. What that changes in {named} is not resolvable: "
                f"the interval {span} contains zero."
            )
        else:
            yield f"{lead} would pick {row.policy}; what that changes is {row.note}."


def _flattered(frame: pd.DataFrame, goal: str, named: str, many: int) -> Iterator[str]:
    """Yield what the choice flattered, if it had something to choose from."""
    row = frame.iloc[0]
    if many < 2 or not np.isfinite(row["in_standard_errors"]):
        return
    apart = row["low"] > 0 or row["high"] < 0
    told = "is told apart" if apart else "is not told apart"
    yield (
        f"The best of {many} tends to flatter itself on the customers it was chosen on. There it shows "
        f"{figure(goal, row['on_choose'])} in {named}, on the confirm-customers "
        f"{figure(goal, row['on_confirm'])}. The difference, "
        f"{change(goal, row['optimism'], row['low'], row['high'])}, {told} from nothing. From the "
        f"choose-customers alone one would expect {figure(goal, row['estimate'])}; a standard error of "
        f"the first figure is {figure(goal, row['standard_error'])}."
    )
