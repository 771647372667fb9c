"""What a policy is said to earn, on customers that no choice has looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.intervals import worst_gap
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._sweep import Sweep

__all__ = ["confirmed", "difference", "of_policy"]

_RESAMPLED = ("profit_eur", "auc")
_GAPS = {"selection_gap": "selection_rate", "opportunity_gap": "true_positive_rate"}


def of_policy(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return the rows of one policy."""
    chosen = np.logical_and.reduce(
        [frame[name] == getattr(policy, name) for name in Policy._fields]
    )
    return frame[chosen]


def confirmed(sweep: Sweep, policy: Policy) -> pd.DataFrame:
    """Return a policy's figures on the confirm-customers: `measure, value, low, high, note`.

    Values are means over seeds. Intervals of `profit_eur` and `auc` hold 95 % of customer-bootstrap
    draws × seeds: what one released model may show on other customers. Intervals of gaps are
    simultaneous over all pairs of groups, and span every seed.
    """
    rows = [_resampled(measure, _draws(sweep, policy, measure)) for measure in _RESAMPLED]
    groups = of_policy(sweep.by_group, policy).query("part == 'confirm'")
    rows += [_gap(measure, groups, metric) for measure, metric in _GAPS.items()]
    return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "note"])


def difference(sweep: Sweep, policy: Policy, other: Policy) -> pd.DataFrame:
    """Return `policy` less `other` on the same confirm-customers: `measure, value, low, high, note`."""
    rows = [
        _resampled(measure, _draws(sweep, policy, measure) - _draws(sweep, other, measure))
        for measure in _RESAMPLED
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "note"])


def _draws(sweep: Sweep, policy: Policy, measure: str) -> pd.DataFrame:
    """One row a replicate (0 is the sample itself), one column a seed."""
    rows = of_policy(sweep.confirm, policy)
    return rows.pivot(index="replicate", columns="seed", values=measure)


def _resampled(measure: str, draws: pd.DataFrame) -> tuple[str, float, float, float, str]:
    if draws.loc[0].isna().any():
        return measure, np.nan, np.nan, np.nan, "not estimable"
    low, high = np.nanquantile(draws.loc[1:].to_numpy(), [0.025, 0.975])
    return measure, float(draws.loc[0].mean()), float(low), float(high), ""


def _gap(measure: str, groups: pd.DataFrame, metric: str) -> tuple[str, float, float, float, str]:
    gaps = np.array(
        [
            worst_gap(
                (part[metric] * part[f"{metric}_trials"]).fillna(0.0), part[f"{metric}_trials"]
            )
            for _, part in groups.groupby("seed")
        ]
    )
    if np.isnan(gaps).any():
        return measure, np.nan, np.nan, np.nan, "not estimable (fewer than two groups large enough)"
    return measure, gaps[:, 0].mean(), gaps[:, 1].min(), gaps[:, 2].max(), ""
