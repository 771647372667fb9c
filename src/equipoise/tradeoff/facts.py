"""What figures mean, decided once: reports and explorers put it in their own words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from equipoise.tradeoff._measures import GAPS, LARGER_IS_BETTER
from equipoise.tradeoff._result import EUROS

__all__ = ["EUROS", "GAPS", "levels_down", "nearest_limit", "verdict"]

_TELLING = 0.01  # a smaller difference is not worth a sentence


def levels_down(
    pick: Mapping[str, float], best: Mapping[str, float], gap: str = "selection_gap"
) -> bool:
    """Say whether a gap closes while the worst-off group falls, both by a hundredth or more.

    Parameters
    ----------
    pick, best : mapping of str to float
        The measures of the pick, and of the best policy without limits.
    gap : str
        The gap that closes.

    Examples
    --------
    >>> plain = {"selection_gap": 0.2, "worst_group_tpr": 0.5}
    >>> levels_down({"selection_gap": 0.1, "worst_group_tpr": 0.3}, plain)
    True
    >>> levels_down({"selection_gap": 0.1, "worst_group_tpr": 0.6}, plain)
    False
    """
    return all(best[name] - pick[name] >= _TELLING for name in (gap, "worst_group_tpr"))


def verdict(measure: str, limit: float, low: float, high: float) -> str:
    """Return what an interval says of a limit: `confirmed`, `refuted`, or neither of them.

    Examples
    --------
    >>> verdict("selection_gap", 0.1, low=0.05, high=0.15)
    'neither confirmed nor refuted'
    >>> verdict("auc", 0.7, low=0.71, high=0.75)
    'confirmed'
    """
    floor = measure in LARGER_IS_BETTER
    if low >= limit if floor else high <= limit:
        return "confirmed"
    return (
        "refuted" if (high < limit if floor else low > limit) else "neither confirmed nor refuted"
    )


def nearest_limit(measure: str, needed: float) -> str:
    """Return a limit with three digits that `needed` satisfies: ceilings are rounded up.

    Examples
    --------
    >>> nearest_limit("selection_gap", 0.10438), nearest_limit("auc", 0.71239)
    ('0.105', '0.712')
    """
    if needed == 0 or not math.isfinite(needed):
        return f"{needed:g}"
    step = 10.0 ** (math.floor(math.log10(abs(needed))) - 2)
    rounding = math.floor if measure in LARGER_IS_BETTER else math.ceil
    return f"{rounding(round(needed / step, 9)) * step:.10g}"
