"""Policies as text, for pages and terminals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from equipoise.charts import epsilon_text
from equipoise.tradeoff._measures import PROFIT_BOUNDS

__all__ = ["policies_table"]

_PROFIT = ("profit_eur", *PROFIT_BOUNDS)


def policies_table(policies: pd.DataFrame, *, example_euros: bool = False) -> pd.DataFrame:
    """Return `Sweep.policies()` as text: the policy, what it earns, how it ranks, its gaps.

    Epsilon `inf` is not private. TPR is the true positive rate: of the customers with the
    outcome, the share contacted. Euros have a 95 % interval over customers and seeds. Where the task
    has no euros there is no column for them; `example_euros` marks those that nobody has confirmed.
    """
    euros = "example € per 1,000" if example_euros else "€ per 1,000"
    table = pd.DataFrame(
        {
            "model": policies["model"],
            "mitigation": policies["mitigation"],
            "epsilon": policies["epsilon"].map(epsilon_text),
            euros: [_profit(*told) for told in zip(*(policies[c] for c in _PROFIT), strict=True)],
            "AUC": policies["auc"].map(_as("{:.3f}")),
            "contact gap": policies["selection_gap"].map(_as("{:.3f}")),
            "TPR gap": policies["opportunity_gap"].map(_as("{:.3f}")),
            "least TPR": policies["worst_group_tpr"].map(_as("{:.3f}")),
        },
        index=policies.index,
    )
    return table.drop(columns=euros) if policies["profit_eur"].isna().all() else table


def _profit(value: float, low: float, high: float) -> str:
    if not np.isfinite(low):
        return _as("{:,.0f}")(value)
    return f"{value:,.0f} [{low:,.0f}, {high:,.0f}]"


def _as(pattern: str) -> Callable[[float], str]:
    return lambda value: pattern.format(value) if np.isfinite(value) else "not estimable"
