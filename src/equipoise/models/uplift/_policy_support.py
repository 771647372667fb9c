"""What a policy's value rests on: how many customers, how unequal their weights, and what is amiss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equipoise.intervals import MINIMUM_TRIALS
from equipoise.models.uplift._policy_means import arm_chance, arm_support, arm_weights
from equipoise.models.uplift._policy_rows import CampaignRows, Floats

__all__ = ["doubts", "not_estimable", "signed_parts", "support"]

ARMS = ("left alone", "contacted")
NEARLY_CERTAIN = 0.02
LEAST_SHARE = 0.5
DOUBTFUL = 4.0
"""Standard errors between contacts made and contacts stated, from which on they are doubted."""


def signed_parts(differs: Floats) -> list[tuple[int, Floats]]:
    """Return where a policy contacts more than another, and where it contacts less, if anywhere."""
    parts = ((sign, np.maximum(sign * differs, 0.0)) for sign in (1, -1))
    return [(sign, acts) for sign, acts in parts if acts.any()]


def support(rows: CampaignRows, differs: Floats) -> dict[str, float]:
    """Return the customers of each arm where two policies differ, and the largest weight."""
    acts = np.abs(differs)
    weights = [arm_weights(rows, acts, arm) for arm in (0, 1)]
    return {
        "contacted_n": _customers(rows, weights[1]),
        "left_alone_n": _customers(rows, weights[0]),
        "contacted_effective_n": arm_support(rows, acts, 1),
        "left_alone_effective_n": arm_support(rows, acts, 0),
        "largest_weight": max(float(each.max(initial=0)) for each in weights),
    }


def not_estimable(
    found: Mapping[str, float], rows: CampaignRows, differs: Floats, method: str
) -> str:
    """Return why nothing can be estimated where two policies differ; empty where it can.

    `found` is their `support`.
    """
    for name in ARMS:
        n, effective = (found[f"{name.replace(' ', '_')}_{each}n"] for each in ("", "effective_"))
        if n < MINIMUM_TRIALS:
            return f"not estimable (n={n:g} customers {name} where the policy acts)"
        if effective < MINIMUM_TRIALS:
            shown = np.floor(10 * effective) / 10
            return (
                f"not estimable (weights of the customers {name} where the policy acts amount to "
                f"n={shown:g})"
            )
    return _no_weights(rows, differs) if method == "self_normalised" else ""


def doubts(rows: CampaignRows, differs: Floats) -> list[str]:
    """Return what makes an estimate less sure than its interval says."""
    acts = np.abs(differs)
    heavy = [_unequal(rows, acts, arm) for arm in (1, 0)]
    return [*heavy, _no_overlap(rows, acts), _contradicted(rows, acts)]


def _customers(rows: CampaignRows, weights: Floats) -> int:
    return int((np.bincount(rows.codes, weights) > 0).sum())


def _no_weights(rows: CampaignRows, differs: Floats) -> str:
    """Say so where one of the policies contacts more, but only customers of one arm."""
    for _, acts in signed_parts(differs):
        for arm, name in enumerate(ARMS):
            if not arm_weights(rows, acts, arm).any():
                return (
                    f"not estimable (n=0 customers {name} where one of the policies contacts more, "
                    "so no weights to sum)"
                )
    return ""


def _unequal(rows: CampaignRows, acts: Floats, arm: int) -> str:
    """Say so where an arm counts for less than half of what it would at one probability for all.

    Both as it came out, and as the stated probabilities let expect.
    """
    chance, weights = arm_chance(rows, arm), arm_weights(rows, acts, arm)
    seen = np.where(weights > 0, acts, 0.0)
    found = _equal_rows(weights) / _equal_rows(seen)
    alike = (chance * acts).sum() ** 2 / (chance * acts**2).sum()
    expected = acts.sum() ** 2 / (acts**2 / chance).sum() / alike
    if min(found, expected) >= LEAST_SHARE:
        return ""
    return (
        f"unequal weights: rows {ARMS[arm]} count for less than half of their number, "
        "so the interval holds less often"
    )


def _equal_rows(weights: Floats) -> float:
    return float(weights.sum() ** 2 / (weights**2).sum())


def _no_overlap(rows: CampaignRows, acts: Floats) -> str:
    least = np.minimum(rows.chance, 1 - rows.chance)[acts > 0]
    few = int((least < NEARLY_CERTAIN).sum())
    if not few:
        return ""
    return (
        f"little overlap: {few:,} of {len(least):,} rows where the policy acts were all but sure "
        f"to be contacted or left alone (within {NEARLY_CERTAIN:g} of 0 or 1)"
    )


def _contradicted(rows: CampaignRows, acts: Floats) -> str:
    """Say so where contacts were far more or fewer than the stated probabilities let expect."""
    where = acts > 0
    apart = np.bincount(rows.codes[where], (rows.treated - rows.chance)[where])
    if abs(apart.sum()) <= DOUBTFUL * np.sqrt((apart**2).sum()):
        return ""
    made, stated = rows.treated[where].sum(), rows.chance[where].sum()
    return (
        f"doubtful probabilities: {made:,.0f} rows were contacted where they say {stated:,.0f}, "
        "so the value may be wrong by more than the interval"
    )
