"""Policies as text, for pages and terminals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from equipoise.charts import epsilon_text
from equipoise.tradeoff._measures import PROFIT_BOUNDS
from equipoise.tradeoff._plan import AS_GIVEN, Policy

__all__ = ["policies_table", "profits_table"]


def policies_table(policies: pd.DataFrame, *, example_euros: bool = False) -> pd.DataFrame:
    """Return `Sweep.policies()` as text: the policy, what it earns, how it ranks, its gaps.

    Epsilon `inf` is not private. TPR is the true positive rate: of the customers with the
    outcome, the share contacted. Where the task has no euros there is no column for them;
    `example_euros` marks those that nobody has confirmed. Consent policies have a column where the
    task has any; where several are compared, euros are per 1,000 of all customers, permitted or
    not, so that they compare.
    """
    euros = "example € per 1,000" if example_euros else "€ per 1,000"
    consent = policies["consent_policy"]
    earned = "profit_eur" if consent.nunique() < 2 else "campaign_eur"
    euros += "" if earned == "profit_eur" else " of all"
    table = pd.DataFrame(
        {
            "model": policies["model"],
            "mitigation": policies["mitigation"],
            "epsilon": policies["epsilon"].map(epsilon_text),
            "consent": consent,
            euros: policies[earned].map(_as("{:,.0f}")),
            "AUC": policies["auc"].map(_as("{:.3f}")),
            "contact gap": policies["selection_gap"].map(_as("{:.3f}")),
            "TPR gap": policies["opportunity_gap"].map(_as("{:.3f}")),
            "least TPR": policies["worst_group_tpr"].map(_as("{:.3f}")),
        },
        index=policies.index,
    )
    without = [euros] if policies[earned].isna().all() else []
    return table.drop(columns=[*without, *(["consent"] if (consent == AS_GIVEN).all() else [])])


def profits_table(policies: pd.DataFrame, *, example_euros: bool = False) -> pd.DataFrame:
    """Return what each policy of `Sweep.policies()` earns, as text, with two intervals.

    The first says what one released model may earn on other customers (95 %, over customers and,
    where there are several, seeds), the second spans the seeds: noise and training alone. Euros are
    per 1,000 decisions, also where consent policies are compared, which differ in these. Empty
    where the task has no euros.
    """
    known = policies[policies["profit_eur"].notna()]
    euros = "example € per 1,000" if example_euros else "€ per 1,000"
    return pd.DataFrame(
        {
            "policy": [str(Policy.of(row)) for _, row in known.iterrows()],
            f"{euros} decisions, customers and seeds": _bounded(known, *PROFIT_BOUNDS),
            "seeds alone": [
                f"{low:,.0f} to {high:,.0f}"
                for low, high in zip(known["profit_eur_low"], known["profit_eur_high"], strict=True)
            ],
        }
    )


def _bounded(policies: pd.DataFrame, low: str, high: str) -> list[str]:
    columns = (policies[name] for name in ("profit_eur", low, high))
    return [_profit(*told) for told in zip(*columns, strict=True)]


def _profit(value: float, low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"{value:,.0f} (no interval: too few customers)"
    return f"{value:,.0f} [{low:,.0f}, {high:,.0f}]"


def _as(pattern: str) -> Callable[[float], str]:
    return lambda value: pattern.format(value) if np.isfinite(value) else "not estimable"
