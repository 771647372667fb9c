"""Policies as text, for pages and terminals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

__all__ = ["policies_table"]


def policies_table(policies: pd.DataFrame) -> pd.DataFrame:
    """Return `Sweep.policies()` as text: the policy, what it earns, how it ranks, its gaps.

    Epsilon `none` is not private. TPR is the true positive rate: of the customers with the
    outcome, the share contacted.
    """
    return pd.DataFrame(
        {
            "model": policies["model"],
            "mitigation": policies["mitigation"],
            "epsilon": policies["epsilon"].map(lambda e: "none" if np.isinf(e) else f"{e:g}"),
            "€ per 1,000": policies["profit_eur"].map(_as("{:,.0f}")),
            "AUC": policies["auc"].map(_as("{:.3f}")),
            "contact gap": policies["selection_gap"].map(_as("{:.3f}")),
            "TPR gap": policies["opportunity_gap"].map(_as("{:.3f}")),
            "lowest TPR": policies["worst_group_tpr"].map(_as("{:.3f}")),
        },
        index=policies.index,
    )


def _as(pattern: str) -> Callable[[float], str]:
    return lambda value: pattern.format(value) if np.isfinite(value) else "not estimable"
