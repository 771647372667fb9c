"""What each limit cost: the best policy within the same limits, one of them moved by a stated step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from equipoise.tradeoff._confirm import compared
from equipoise.tradeoff._frames import frame_of
from equipoise.tradeoff._measures import DRAWN, LARGER_IS_BETTER
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._rule import best_within

__all__ = ["SAME_PICK", "moved", "shadow_prices", "step_in_words", "steps_apart"]

SAME_PICK = "0: the pick stays the same"
_PLAIN = {
    "lift_at_10": 0.1,
    "auc": 0.01,
    "average_precision": 0.01,
    "selection_gap": 0.01,
    "opportunity_gap": 0.01,
    "worst_group_tpr": 0.01,
    "reach": 0.01,
    "reach_gap": 0.01,
    "attack_advantage": 0.01,
}
_NEVER_NEGATIVE = {"selection_gap", "opportunity_gap", "reach_gap"}
# Share of the limit, and the least that this may come to: what a limit of zero moves by.
_IN_PROPORTION = {
    "profit_eur": (0.05, 1.0),
    "campaign_eur": (0.05, 1.0),
    "opt_outs": (0.1, 0.1),
    "complaints": (0.1, 0.1),
}


def shadow_prices(
    sweep: Sweep, table: pd.DataFrame, limits: Mapping[str, float], goal: str
) -> pd.DataFrame:
    """Return what moving each finite limit alone by one step does to the best feasible policy.

    Parameters
    ----------
    table : DataFrame
        The candidates in the order of the rule.
    goal : str
        What the pick has most of; the unit of `value`.

    Returns
    -------
    DataFrame
        `limit, asked, direction, step, moved_to, policy, value, low, high, note`, two rows a limit.
        `policy` is what would be picked then; `value` what it has more of the goal than the pick on
        the same confirm-customers, with a 95 % interval over draws of customers × seeds, each limit by
        itself. Where that interval contains zero, `value` is missing and `note` says that it is not
        resolvable; zero means that the pick stays the same.
    """
    pick = best_within(table, limits, goal)
    if pick is None:
        return frame_of("shadow_prices")
    rows = []
    for name, asked in limits.items():
        for direction in ("loosened", "tightened") if math.isfinite(asked) else ():
            to = moved(name, asked, looser=direction == "loosened")
            then = best_within(table, {**limits, name: to}, goal)
            told = _priced(sweep, pick, then, goal)
            step = step_in_words(name)
            rows.append((name, asked, direction, step, to, str(then or "none"), *told))
    return frame_of("shadow_prices", rows)


def _priced(sweep: Sweep, pick: Policy, then: Policy | None, goal: str) -> tuple[Any, ...]:
    if then == pick:
        return 0.0, 0.0, 0.0, SAME_PICK
    if then is None:
        return np.nan, np.nan, np.nan, "no policy satisfies the limits then"
    if goal not in DRAWN:
        return np.nan, np.nan, np.nan, f"not estimable: no draws of {goal}"
    _, value, low, high, note = compared(sweep, then, pick, goal)
    if low <= 0 <= high:
        return np.nan, low, high, "not resolvable: the interval contains zero"
    return value, low, high, note


def moved(measure: str, limit: float, *, looser: bool) -> float:
    """Return a limit moved by one step; a ceiling stops at zero, unless it was there or below.

    Gaps are never negative. An attack may do worse than guessing and contacts may prevent opt-outs,
    so ceilings on these may lie below zero.

    Examples
    --------
    >>> moved("epsilon", 2.0, looser=True), moved("epsilon", 2.0, looser=False)
    (4.0, 1.0)
    >>> moved("selection_gap", 0.1, looser=True), moved("profit_eur", 400.0, looser=True)
    (0.11, 380.0)
    """
    if measure == "epsilon":
        return limit * 2 if looser else limit / 2
    down = looser == (measure in LARGER_IS_BETTER)
    to = round(limit - _step(measure, limit) if down else limit + _step(measure, limit), 10)
    stops = measure not in LARGER_IS_BETTER and (limit > 0 or measure in _NEVER_NEGATIVE)
    return max(to, 0.0) if stops else to


def step_in_words(measure: str) -> str:
    """Return how far a limit on a measure is moved, for a reader."""
    if measure == "epsilon":
        return "a factor of 2"
    if measure in _PLAIN:
        return f"{_PLAIN[measure]:g}"
    share, least = _IN_PROPORTION[measure]
    return f"{share:.0%} of the limit, at least {least:g}".replace("%", " %")


def steps_apart(measure: str, asked: float, needed: float) -> float:
    """Return how many steps lie between two limits on a measure, so that measures can be added up."""
    if measure == "epsilon":
        return abs(math.log2(needed / asked)) if asked > 0 else math.inf
    return abs(needed - asked) / _step(measure, asked)


def _step(measure: str, limit: float) -> float:
    if measure in _PLAIN:
        return _PLAIN[measure]
    share, least = _IN_PROPORTION[measure]
    return max(share * abs(limit), least)
