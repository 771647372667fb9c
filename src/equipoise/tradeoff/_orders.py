"""Joint or sequential: in which order a private model is mitigated, and whether one order loses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.tradeoff._gap_change import expected_gap_change
from equipoise.tradeoff._measures import DRAWN, GAPS, LARGER_IS_BETTER
from equipoise.tradeoff._membership import standing
from equipoise.tradeoff._paired import (
    drawn_together,
    expected,
    fewest_trials,
    groups_together,
    redrawn,
)
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import change, figure, share, within

__all__ = ["ORDERS", "Orders", "compare_orders"]

Floats = NDArray[np.float64]

ORDERS = {
    "none": "no mitigation",
    "reweighing": "mitigation then privacy",
    "group_thresholds": "privacy then mitigation",
    "group_thresholds_tpr": "privacy then mitigation",
    "score_gap_penalty": "both in one objective",
}
"""Each mitigation that has a private form, by when it acts."""

_CHANGES = [f"{name}_change{side}" for name in ("goal", "gap") for side in ("", "_low", "_high")]
_COLUMNS = [
    *("consent_policy", "model", "epsilon", "order", "mitigation", "goal", "gap", *_CHANGES),
    *("membership_probability", "dominated_by", "dominated_in"),
]


@dataclass(frozen=True)
class Orders:
    """Mitigation before, after and within private training, compared on the same customers.

    Attributes
    ----------
    goal, gap : str
        The measure of which more is better, and the gap of which less is.
    rows : DataFrame
        One row a policy: `consent_policy, model, epsilon, order, mitigation`; `goal` and `gap`, means
        over seeds on the confirm-customers; `goal_change` and `gap_change`, the same less no
        mitigation, with `_low` and `_high`; `membership_probability` among the orders at this
        model, epsilon and consent policy; `dominated_by` (a mitigation, by means) and `dominated_in`
        (the share of draws in which that one does dominate it); `told`, one sentence.
    answers : tuple of str
        For each order, whether another dominates it at a finite epsilon, which, and how surely.
    """

    goal: str
    gap: str
    rows: pd.DataFrame
    answers: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a policy."""
        return self.rows.copy()


def compare_orders(sweep: Sweep, gap: str = "selection_gap", *, goal: str | None = None) -> Orders:
    """Compare mitigation then privacy, privacy then mitigation, both in one objective, and none.

    Parameters
    ----------
    sweep : Sweep
        Read as it is; nothing is refitted. Models count that ran at a finite epsilon, at each of
        their epsilons with two of the orders.
    gap : str
        `selection_gap` or `opportunity_gap`.
    goal : str, optional
        By default the `default_goal` of the sweep.

    Returns
    -------
    Orders
        Changes have 95 % intervals of what more seeds and more customers would average to (see
        `expected` and `expected_gap_change`), each for itself; there are none with one seed. Draws
        are of confirm-customers and of seeds, as in `Sweep.membership`. At one epsilon all orders
        cost the same privacy, so one that is dominated has nothing to say for itself there.

    Raises
    ------
    InputError
        Where a name is unknown, or the sweep has no two orders to compare.

    References
    ----------
    Yaghini, Liu, Boenisch & Papernot (2023), Learning to walk impartially on the Pareto frontier
    of fairness, privacy, and utility, for the question.
    """
    check_choice("gap", gap, list(GAPS))
    drawn = [name for name in DRAWN if name in LARGER_IS_BETTER]
    goal = check_choice("goal", sweep.default_goal if goal is None else goal, drawn)
    settings = _settings(sweep)
    if not settings:
        raise InputError(
            "sweep",
            "must have two orders of mitigation and privacy to compare",
            "fewer",
            f"Plan several of {', '.join(ORDERS)}, or see `note` in its frame.",
        )
    rows = _rows(sweep, settings, goal, gap)
    return Orders(goal, gap, rows, tuple(_answers(rows)))


def _settings(sweep: Sweep) -> list[list[Policy]]:
    """Return the policies that differ in nothing but the order, where there are several."""
    ran = [Policy.of(row) for row in sweep.policies().to_dict("records")]
    private = {policy.model for policy in ran if math.isfinite(policy.epsilon)}
    settings: dict[tuple[object, ...], list[Policy]] = {}
    for policy in ran:
        if policy.model in private and policy.mitigation in ORDERS:
            key = (policy.consent_policy, policy.model, policy.epsilon)
            settings.setdefault(key, []).append(policy)
    return [own for own in settings.values() if len(own) > 1]


def _rows(sweep: Sweep, settings: Sequence[Sequence[Policy]], goal: str, gap: str) -> pd.DataFrame:
    policies = [policy for own in settings for policy in own]
    draws = drawn_together(sweep, policies, "confirm", [goal, gap])
    moved = redrawn(draws, seed=int(sweep.manifest["plan"]["split_seed"]))
    groups, rates = groups_together(sweep, policies, GAPS[gap])
    trials = fewest_trials(sweep, policies, groups, GAPS[gap])
    parts, start = [], 0
    for own in settings:
        here = slice(start, start + len(own))
        stands = _standing(own, draws[here], moved[:, here])
        changes = _changes(own, draws[here, ..., 0], rates[here], trials[here])
        parts.append(pd.concat([stands, changes], axis=1))
        start += len(own)
    frame = pd.concat(parts, ignore_index=True)
    titles = [within(sweep.titles.get(name, name)) for name in (goal, gap)]
    told = [
        _told(policy, row, (goal, gap), titles)
        for policy, row in zip(policies, frame.itertuples(), strict=True)
    ]
    return frame[_COLUMNS].assign(told=told)


def _standing(policies: Sequence[Policy], draws: Floats, moved: Floats) -> pd.DataFrame:
    """Return the two measures of each order, and where it stands among them."""
    means = draws[:, :, 0].mean(axis=1)
    stands = standing(policies, means * [1, -1], moved * [1, -1])
    mitigation = {str(policy): policy.mitigation for policy in policies}
    return stands.assign(
        consent_policy=[policy.consent_policy for policy in policies],
        model=[policy.model for policy in policies],
        epsilon=[policy.epsilon for policy in policies],
        order=[ORDERS[policy.mitigation] for policy in policies],
        mitigation=[policy.mitigation for policy in policies],
        goal=means[:, 0],
        gap=means[:, 1],
        dominated_by=[mitigation.get(name, "") for name in stands["dominated_by"]],
    )


def _changes(
    policies: Sequence[Policy], goals: Floats, rates: Floats, trials: Floats
) -> pd.DataFrame:
    """Return each order less the one without mitigation: in the goal, and in the gap."""
    told = np.full((2, 3, len(policies)), np.nan)
    mitigations = [policy.mitigation for policy in policies]
    if "none" in mitigations:
        plain = mitigations.index("none")
        told[0] = expected(goals - goals[plain])[:3]
        for number, (own, few) in enumerate(zip(rates, trials, strict=True)):
            fewest = np.minimum(few, trials[plain])
            told[1, :, number] = expected_gap_change(own, rates[plain], fewest)
        told[1, :, plain] = 0.0
    return pd.DataFrame(told.reshape(6, -1).T, columns=_CHANGES)


def _told(policy: Policy, row: Any, measures: Sequence[str], titles: Sequence[str]) -> str:
    if np.isnan(row.membership_probability):
        place = "it is not estimable whether another order dominates it"
    elif row.dominated_by:
        place = f"{_called(row.dominated_by)} dominates it, in {share(row.dominated_in)} of draws"
    else:
        place = (
            "by their means no other order dominates it; none does in "
            f"{share(row.membership_probability)} of draws"
        )
    if policy.mitigation == "none":
        return f"{policy} ({row.order}). Here {place}."
    goal = (row.goal_change, row.goal_change_low, row.goal_change_high)
    gap = (row.gap_change, row.gap_change_low, row.gap_change_high)
    changes = "; ".join(
        f"{title}: {_changed(measure, *figures)}"
        for measure, title, figures in zip(measures, titles, (goal, gap), strict=True)
    )
    return f"{policy} ({row.order}). Against no mitigation, {changes}. Here {place}."


def _changed(measure: str, value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "not estimable"
    if np.isnan(low):
        return f"{figure(measure, value)} (one seed: no interval)"
    if low == high:
        return f"{figure(measure, value)} (the same on every draw)"
    return change(measure, value, low, high)


def _answers(rows: pd.DataFrame) -> Iterator[str]:
    """Yield for each order whether another dominates it, in settings with a finite epsilon."""
    finite = rows[np.isfinite(rows["epsilon"]) & rows["membership_probability"].notna()]
    for mitigation, own in finite.groupby("mitigation", sort=False):
        order = f"{ORDERS[mitigation]} ({mitigation})"
        named = (order if mitigation != "none" else _called(mitigation)).capitalize()
        lost = own[own["dominated_by"] != ""]
        if lost.empty:
            sure = _span(own["membership_probability"])
            yield (
                f"{named} is dominated in none of {len(own)} settings by its means; "
                f"no other order dominates it in {sure} of draws."
            )
            continue
        by = lost["dominated_by"].value_counts(sort=False)
        listed = ", ".join(f"{_called(name)} in {count}" for name, count in by.items())
        yield (
            f"{named} is dominated in {len(lost)} of {len(own)} settings by its means ({listed}); "
            f"there it is in {_span(lost['dominated_in'])} of draws."
        )


def _called(mitigation: str) -> str:
    return "the model without mitigation" if mitigation == "none" else mitigation


def _span(shares: pd.Series) -> str:
    low, high = share(shares.min()), share(shares.max())
    return low if low == high else f"{low} to {high}"
