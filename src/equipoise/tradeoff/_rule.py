"""The rule of a choice, stated so fully that whoever has the candidates picks the same policy."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from equipoise.tradeoff._measures import LARGER_IS_BETTER, MEASURES
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import limits_in_words

__all__ = ["best_within", "feasible", "ranked", "rule_in_words", "satisfied"]

_DECIMALS = 10  # what differs less differs by the rounding of a sum, not by what was measured


def ranked(sweep: Sweep, goal: str) -> pd.DataFrame:
    """Return the policies that ran with every seed, in the order of the rule, the best first.

    `place` is the place in the plan's order. Means over seeds are rounded to ten decimals: three
    seeds of 0.1 each satisfy a limit of 0.1.
    """
    table = sweep.policies()
    table = table.assign(place=range(len(table)), **table[list(MEASURES)].round(_DECIMALS))
    order = {goal: False, "epsilon": True, "place": True}
    return table.sort_values([*order], ascending=[*order.values()], ignore_index=True)


def satisfied(table: pd.DataFrame, limits: Mapping[str, float]) -> pd.DataFrame:
    """Say for each policy and limit whether its mean satisfies it; a missing one does not.

    Limits are rounded as means are: a mean that is asked for as the limit satisfies it. No policy has
    a rounded epsilon, so no limit on epsilon is.
    """
    to = {
        name: limit if name == "epsilon" else round(limit, _DECIMALS)
        for name, limit in limits.items()
    }
    return pd.DataFrame(
        {n: table[n] >= v if n in LARGER_IS_BETTER else table[n] <= v for n, v in to.items()},
        index=table.index,
    )


def feasible(table: pd.DataFrame, limits: Mapping[str, float], goal: str) -> pd.Series:
    """Say which policies satisfy every limit and have the goal."""
    return satisfied(table, limits).all(axis=1) & table[goal].notna()


def best_within(table: pd.DataFrame, limits: Mapping[str, float], goal: str) -> Policy | None:
    """Return the first feasible policy of a ranked table, if there is any."""
    kept = table[feasible(table, limits, goal)]
    return None if kept.empty else Policy.of(kept.iloc[0])


def rule_in_words(limits: Mapping[str, float], goal: str) -> str:
    """Return the rule as one sentence."""
    kept = f" that satisfy {limits_in_words(limits)}" if limits else ""
    return (
        f"The rule: of the policies that ran with every seed, take those{kept} by their means over "
        f"seeds on the choose-customers (to ten decimals; a missing one satisfies nothing), and of them "
        f"the one with the highest {goal}; of equal ones the smaller epsilon, then the earlier in the plan."
    )
