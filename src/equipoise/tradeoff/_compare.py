"""Two sweeps compared: what changed in the task, in each policy, on the frontier, and in the choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.pages import Page
from equipoise.tradeoff._choice import Choice, choose
from equipoise.tradeoff._confirm import compared, confirmed
from equipoise.tradeoff._frames import frame_of
from equipoise.tradeoff._measures import DRAWN, GAPS, LARGER_IS_BETTER
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._report_changes import changes_of, same_customers
from equipoise.tradeoff._report_compare import comparison_json, comparison_page
from equipoise.tradeoff._report_differences import differences
from equipoise.tradeoff._report_words import titles_of
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._rule import satisfied
from equipoise.tradeoff._words import change, figure, limits_in_words, within
from equipoise.tradeoff.facts import verdict

__all__ = ["SweepComparison", "compare_sweeps"]

_SAME = "from then to now,"


@dataclass(frozen=True)
class SweepComparison:
    """What changed from an old sweep to a new one.

    Attributes
    ----------
    differences : tuple of str
        What differs in task, customers, plan and versions, in sentences.
    same_customers : bool
        Whether both are of the same task and the same split; then policies are paired by replicate.
    changes : DataFrame
        One row a policy that ran in both and a measure: keys, `measure, part` (`confirm`, or `choose`
        for what is not measured on draws), `old, new` (means over seeds), `change` (new less old),
        `low, high, note`. 95 % intervals are of the change that more seeds and more customers would
        average to.
    only_old, only_new : tuple of Policy
        Policies that ran with every seed in one of them.
    frontier : DataFrame
        One row a policy that is on the frontier of either: keys, `old, new` (whether it is),
        `old_probability, new_probability` (share of draws in which it is), `told`.
    old_choice, new_choice : Choice
        The picks within the same limits.
    pick_change : DataFrame
        The new pick less the old one in the goal: `measure, value, low, high, note`, on the customers
        of the new sweep or, where not both ran there, of the old one (an interval of one released model
        less one of the other). Where the pick is the same, its change from old to new. Empty where they
        ran together in neither.
    told : tuple of str
        What happened to the pick, in sentences.
    titles : mapping of str to str
        What measures are called.
    name : str
        The task of the new sweep.
    internal : str
        What the figures are not.
    """

    differences: tuple[str, ...]
    same_customers: bool
    changes: pd.DataFrame
    only_old: tuple[Policy, ...]
    only_new: tuple[Policy, ...]
    frontier: pd.DataFrame
    old_choice: Choice
    new_choice: Choice
    pick_change: pd.DataFrame
    told: tuple[str, ...]
    titles: Mapping[str, str]
    name: str
    internal: str

    def frame(self) -> pd.DataFrame:
        """Return one row a policy that ran in both and a measure."""
        return self.changes.copy()

    def page(self) -> Page:
        """Return the comparison as one page."""
        return comparison_page(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values; what is not estimable is None."""
        return comparison_json(self)


def compare_sweeps(
    old: Sweep,
    new: Sweep,
    *,
    limits: Mapping[str, float] | None = None,
    maximise: str | None = None,
) -> SweepComparison:
    """Compare two sweeps of the same question, such as those of two quarters.

    Parameters
    ----------
    old, new : Sweep
        Of the same attribute.
    limits : mapping of str to float, optional
        What the pick must satisfy in both, as for `choose`; by default nothing.
    maximise : str, optional
        The goal in both; by default the `default_goal` that they share.

    Returns
    -------
    SweepComparison
        Where the customers differ, they are taken to be independent: the squares of both sweeps'
        distances are added. Customers who are in both make these intervals too wide, as the same policy
        tends to err alike on them.

    Raises
    ------
    InputError
        Where the attribute or the unit of the goal differ, or goal or limits do not fit a sweep.
    """
    goal = _shared_goal(old, new, maximise)
    choices = [choose(each, dict(limits or {}), maximise=goal) for each in (old, new)]
    was, now = (_policies(each) for each in (old, new))
    changes = changes_of(old, new, [policy for policy in now if policy in was])
    pick_change, where = _pick_change((old, new), choices, changes, goal)
    return SweepComparison(
        differences=tuple(differences(old, new, same_customers=same_customers(old, new))),
        same_customers=same_customers(old, new),
        changes=changes,
        only_old=tuple(policy for policy in was if policy not in now),
        only_new=tuple(policy for policy in now if policy not in was),
        frontier=_frontier(old, new, goal),
        old_choice=choices[0],
        new_choice=choices[1],
        pick_change=pick_change,
        told=tuple(_told(new, choices, pick_change, where)),
        titles=titles_of(old if old.has_example_euros else new),
        name=new.task.name,
        internal=new.manifest["internal"],
    )


def _policies(sweep: Sweep) -> dict[Policy, None]:
    return dict.fromkeys(Policy.of(row) for row in sweep.policies().to_dict("records"))


def _shared_goal(old: Sweep, new: Sweep, maximise: str | None) -> str:
    """Return the goal of both; refuse sweeps of which no difference would mean anything."""
    if old.attribute != new.attribute:
        raise InputError(
            "old, new",
            "must be of the same sensitive attribute",
            f"{old.attribute!r} and {new.attribute!r}",
            "Sweep one of them again with the attribute of the other.",
        )
    if maximise is not None:
        return check_choice("maximise", maximise, sorted(LARGER_IS_BETTER))
    goals = old.default_goal, new.default_goal
    if goals[0] != goals[1]:
        raise InputError(
            "old, new",
            "must have a goal in the same unit",
            f"{goals[0]} and {goals[1]}",
            "Name one that both have, such as maximise='auc'.",
        )
    return goals[0]


def _frontier(old: Sweep, new: Sweep, goal: str) -> pd.DataFrame:
    """Return who entered, left or stayed on the frontier of goal, epsilon and gap."""
    known = [name for name in GAPS if all(each.rows[name].notna().any() for each in (old, new))]
    found = [_membership(each, goal, ["epsilon", *known[:1]]) for each in (old, new)]
    rows = []
    for policy in dict.fromkeys([*found[1], *found[0]]):
        was, now = (each.get(policy) for each in found)
        on = [told is not None and bool(told["on_frontier"]) for told in (was, now)]
        if any(on):
            sure = [
                np.nan if told is None else told["membership_probability"] for told in (was, now)
            ]
            rows.append((*policy, *on, *sure, _moved(was, now)))
    columns = [*Policy._fields, "old", "new", "old_probability", "new_probability", "told"]
    return pd.DataFrame(rows, columns=columns)


def _membership(sweep: Sweep, goal: str, smaller: Sequence[str]) -> dict[Policy, dict[str, Any]]:
    if sweep.rows[goal].isna().all():
        return {}
    rows = sweep.membership([goal], smaller).to_dict("records")
    return {Policy.of(row): dict(row) for row in rows}


def _moved(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    if was is None or now is None:
        return "only in the new sweep" if was is None else "only in the old sweep"
    if was["on_frontier"] and now["on_frontier"]:
        return "stayed"
    return "entered" if now["on_frontier"] else "left"


def _pick_change(
    sweeps: Sequence[Sweep], choices: Sequence[Choice], changes: pd.DataFrame, goal: str
) -> tuple[pd.DataFrame, str]:
    """Return the goal of the new pick less that of the old one, and on whose customers.

    Where the pick is the same, it is its goal now less then; where they ran together in neither
    sweep, nothing.
    """
    was, now = (choice.policy for choice in choices)
    if was is None or now is None or goal not in DRAWN:
        return frame_of("given_up"), ""
    if was == now:
        keys = [changes[name] == getattr(now, name) for name in Policy._fields]
        own = changes[np.logical_and.reduce([*keys, changes["measure"] == goal])]
        figures = own[["measure", "change", "low", "high", "note"]].itertuples(index=False)
        return frame_of("given_up", figures), _SAME
    for sweep, name in ((sweeps[1], "new"), (sweeps[0], "old")):
        if {was, now} <= set(_policies(sweep)):
            row = compared(sweep, now, was, goal)
            return frame_of("given_up", [row]), f"on the customers of the {name} sweep"
    return frame_of("given_up"), ""


def _told(
    new: Sweep, choices: Sequence[Choice], pick_change: pd.DataFrame, where: str
) -> Iterator[str]:
    """Yield what happened to the pick, and whether that is told apart from noise."""
    was, now = (choice.policy for choice in choices)
    limits = choices[1].limits
    kept = f"Within {limits_in_words(limits)}" if limits else "Without limits"
    picks = [str(policy) if policy else "no policy" for policy in (was, now)]
    if was == now:
        yield f"{kept}, both sweeps pick {picks[1]}."
    else:
        yield f"{kept}, the old sweep picks {picks[0]} and the new one {picks[1]}."
        yield from _why_changed(new, choices[1], was)
    if len(pick_change):
        yield _told_apart(pick_change.iloc[0], where, within(new.titles[choices[1].maximise]))
    elif was != now:
        yield "Whether the two picks differ by more than noise cannot be told: no sweep has draws of both."


def _why_changed(new: Sweep, choice: Choice, was: Policy | None) -> Iterator[str]:
    """Yield what the old pick lacks in the new sweep."""
    if was is None:
        return
    table = choice.candidates
    own = [place for place, row in table.iterrows() if Policy.of(row) == was]
    if not own:
        yield "The old pick did not run with every seed in the new sweep."
        return
    held = satisfied(table.loc[own], choice.limits).iloc[0]
    confirm = confirmed(new, was).set_index("measure")
    for name in held.index[~held]:
        value = table.loc[own[0], name]
        shown = figure(name, value) if np.isfinite(value) else "not estimable"
        sure = ""
        if name in confirm.index and np.isfinite(confirm.loc[name, "value"]):
            low, high = confirm.loc[name, ["low", "high"]]
            sure = (
                "; on the confirm-customers the limit is "
                f"{verdict(str(name), choice.limits[str(name)], low, high)}"
            )
        yield f"The old pick no longer satisfies its limit on {name}: {shown}{sure}."


def _told_apart(row: pd.Series, where: str, title: str) -> str:
    less = "" if where == _SAME else " the new pick less the old one,"
    what = f"{where[0].upper()}{where[1:]}{less} in {title}"
    if not np.isfinite(row["value"]):
        return f"{what}: {row['note']}."
    if not np.isfinite(row["low"]):
        return f"{what}: {figure(row['measure'], row['value'])} ({row['note']})."
    if row["low"] == row["high"]:
        return f"{what}: {figure(row['measure'], row['value'])}, the same on every draw."
    apart = "is" if row["low"] > 0 or row["high"] < 0 else "is not"
    told = change(row["measure"], row["value"], row["low"], row["high"])
    return f"{what}: {told}, which {apart} told apart from noise."
