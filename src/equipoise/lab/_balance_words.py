"""The balance in words: each clause follows the numbers, none is written in advance."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from equipoise.tradeoff import Choice, Policy
from equipoise.tradeoff.facts import EUROS, levels_down, nearest_limit, verdict

__all__ = ["NAMES", "confirm_table", "limits_said", "sentence"]

NAMES = {
    "auc": "AUC",
    "selection_gap": "gap in contact rate",
    "opportunity_gap": "gap in true positive rate",
}
INTERVAL = "95\u00a0% interval over customers and seeds"


def limits_said(epsilon_limit: float, gap_limit: float, gap: str) -> str:
    """Return both limits, also where there is none."""
    epsilon = "no limit" if math.isinf(epsilon_limit) else f"at most {epsilon_limit:g}"
    width = "no limit" if math.isinf(gap_limit) else f"at most {gap_limit:g}"
    return f"Epsilon: {epsilon}. {NAMES[gap][0].upper()}{NAMES[gap][1:]}: {width}."


def sentence(choice: Choice, gap: str, unit: str) -> str:
    """Return what is picked, what it earns and what the limits gave up, or what is in the way.

    Parameters
    ----------
    choice : Choice
    gap : str
        The gap that the explorer shows.
    unit : str
        Of euros, such as `€ per 1,000 decisions`.
    """
    if choice.policy is None:
        return _nothing(choice)
    clauses = [f"{_lead(choice)}: {_earns(choice, unit)}{_gave_up(choice, unit)}."]
    clauses += [_gap(choice, gap), _levelled(choice, gap)]
    return " ".join(clause for clause in clauses if clause)


def confirm_table(choice: Choice, unit: str) -> pd.DataFrame:
    """Return the pick's figures on the confirm-customers as text: `measure, figure`."""
    goal = choice.maximise
    names = NAMES | ({goal: f"profit in {unit}"} if goal in EUROS else {})
    rows = [
        (names[row.measure], _with_interval(row.measure, row.value, row.low, row.high, row.note))
        for row in choice.confirm.itertuples()
        if row.measure in names
    ]
    return pd.DataFrame(rows, columns=["measure", "figure"])


def _lead(choice: Choice) -> str:
    if not choice.limits:
        return f"Without limits, the pick is {choice.policy}"
    return f"Within {_limits(choice.limits)}, the pick is {choice.policy}"


def _limits(limits: Mapping[str, float]) -> str:
    return " and ".join(f"{_a(name)} of at most {limit:g}" for name, limit in limits.items())


def _earns(choice: Choice, unit: str) -> str:
    goal = choice.maximise
    value, low, high = _figures(choice.confirm, goal)
    money = goal in EUROS
    why = "" if money else "the task has no euros, and of those that may be picked it ranks best, "
    if not np.isfinite(value):
        what = "what it earns" if money else "though its AUC"
        return f"{why}{what} on the confirm-customers is not estimable"
    what = "it earns" if money else "with an AUC of"
    span = f"{_short(goal, low)} to {_short(goal, high)}"
    return f"{why}{what} {_full(goal, value, unit)} on the confirm-customers ({INTERVAL}: {span})"


def _gave_up(choice: Choice, unit: str) -> str:
    goal, best = choice.maximise, Policy.of(choice.candidates.iloc[0])
    if not choice.limits:
        return ""
    if choice.given_up.empty:
        return ", and the limits gave up nothing, as it is also the best without them"
    value, low, high = _figures(choice.given_up, goal)
    against = f"against {best}, the best without limits"
    if not np.isfinite(value):
        return f"; what the limits gave up {against} is not estimable"
    excludes = "excludes" if low > 0 or high < 0 else "includes"
    span = f"{_change(goal, low)} to {_change(goal, high)}: the interval {excludes} zero"
    if value < 0:
        return f", and the limits gave up {_full(goal, -value, unit)} {against} ({span})"
    shown = f"; it shows {_change(goal, value)}" if value > 0 else ""
    return f", and the limits gave up nothing there {against}{shown} ({span})"


def _gap(choice: Choice, gap: str) -> str:
    """Put the gap on customers that the choice has not seen beside the limit it was chosen by."""
    value, low, high = _figures(choice.confirm, gap)
    if not np.isfinite(value):
        return f"Its {NAMES[gap]} is not estimable on the confirm-customers."
    said = f"Its {NAMES[gap]} there is {value:.3f} ({low:.3f} to {high:.3f})"
    if gap not in choice.limits:
        return f"{said}."
    limit = choice.limits[gap]
    return f"{said}: the limit of {limit:g} is {verdict(gap, limit, low, high)}."


def _levelled(choice: Choice, gap: str) -> str:
    """Tell a gap that shrank while the group served worst is served worse as well."""
    candidates = choice.candidates
    best = candidates.iloc[0]
    pick = candidates[candidates["feasible"]].iloc[0]
    lowest = "worst_group_tpr"
    if not levels_down(pick, best, gap):
        return ""
    return (
        f"Part of its smaller {NAMES[gap]} ({pick[gap]:.3f}, against {best[gap]:.3f} without limits, "
        "on the choose-customers) is levelling down: the lowest true positive rate of any group fell "
        f"too, to {pick[lowest]:.3f} from {best[lowest]:.3f}."
    )


def _nothing(choice: Choice) -> str:
    for name in [*choice.limits, choice.maximise]:
        if choice.candidates[name].isna().all():
            return (
                f"No policy can be picked: the {NAMES.get(name, name)} is not estimable for any of "
                "them, and what cannot be told does not satisfy a limit."
            )
    lead = f"No policy satisfies {_limits(choice.limits)}"
    if choice.relaxations.empty:
        return f"{lead}, and no single limit can be relaxed to admit one while the other holds."
    ways = [_way(row.limit, row.needed, row.policy) for row in choice.relaxations.itertuples()]
    relaxed = "relaxations, one at a time, would be" if len(ways) > 1 else "relaxation would be"
    return f"{lead}; the nearest {relaxed} {', or '.join(ways)}."


def _way(limit: str, needed: float, policy: str) -> str:
    if math.isinf(needed):
        return f"no limit on {NAMES.get(limit, limit)}, which admits {policy}"
    return f"{_a(limit)} of at most {nearest_limit(limit, needed)}, which admits {policy}"


def _a(limit: str) -> str:
    return f"a {NAMES[limit]}" if limit in NAMES else f"an {limit}"


def _figures(frame: pd.DataFrame, measure: str) -> tuple[float, float, float]:
    row = frame.set_index("measure").loc[measure]
    return float(row["value"]), float(row["low"]), float(row["high"])


def _with_interval(measure: str, value: float, low: float, high: float, note: str) -> str:
    if not np.isfinite(value):
        return note or "not estimable"
    return f"{_short(measure, value)} ({_short(measure, low)} to {_short(measure, high)})"


def _short(measure: str, value: float) -> str:
    return f"{value:,.0f}" if measure in EUROS else f"{value:.3f}"


def _change(measure: str, value: float) -> str:
    return f"{_short(measure, abs(value))} {'less' if value < 0 else 'more'}"


def _full(measure: str, value: float, unit: str) -> str:
    text = _short(measure, value)
    return f"{text} {unit}" if measure in EUROS else text
