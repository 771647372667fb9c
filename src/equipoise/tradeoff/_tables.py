"""Policies as text, for pages and terminals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from equipoise.charts import epsilon_text

__all__ = ["policies_table"]


def policies_table(policies: pd.DataFrame, *, example_euros: bool = False) -> pd.DataFrame:
    """Return `Sweep.policies()` as text: the policy, what it earns, how it ranks, its gaps.

    Epsilon `inf` is not private. TPR is the true positive rate: of the customers with the
    outcome, the share contacted. Where the task has no euros there is no column for them;
    `example_euros` marks those that nobody has confirmed.
    """
    euros = "example € per 1,000" if example_euros else "€ per 1,000"
    table = pd.DataFrame(
        {
            "model": policies["model"],
            "mitigation": policies["mitigation"],
            "epsilon": policies["epsilon"].map(epsilon_text),
            euros: policies["profit_eur"].map(_as("{:,.0f}")),
            "AUC": policies["auc"].map(_as("{:.3f}")),
            "contact gap": policies["selection_gap"].map(_as("{:.3f}")),
            "TPR gap": policies["opportunity_gap"].map(_as("{:.3f}")),
            "least TPR": policies["worst_group_tpr"].map(_as("{:.3f}")),
        },
        index=policies.index,
    )
    return table.drop(columns=euros) if policies["profit_eur"].isna().all() else table


def _as(pattern: str) -> Callable[[float], str]:
    return lambda value: pattern.format(value) if np.isfinite(value) else "not estimable"
