"""What a policy is said to earn, on customers that no choice has looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.intervals import Interval, wilson, worst_gap
from equipoise.tradeoff._frames import frame_of
from equipoise.tradeoff._measures import GAPS
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._recorded import is_counted, recorded
from equipoise.tradeoff._result import Sweep

__all__ = ["compared", "confirmed", "difference", "of_policy"]

_RESAMPLED = ("profit_eur", "auc")
_WHERE_THERE = ("campaign_eur", "opt_outs", "complaints")


def of_policy(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return the rows of one policy."""
    chosen = np.logical_and.reduce(
        [frame[name] == getattr(policy, name) for name in Policy._fields]
    )
    return frame[chosen]


def confirmed(sweep: Sweep, policy: Policy) -> pd.DataFrame:
    """Return a policy's figures on the confirm-customers: `measure, value, low, high, note`.

    Values are means over seeds. Intervals of `profit_eur`, `auc` and, where the sweep has it,
    `campaign_eur` hold 95 % of customer-bootstrap draws × seeds: what one released model may show on
    other customers. Those of recorded `opt_outs` and `complaints` come from their counts and span every
    seed. Intervals of gaps and of the lowest true positive rate are simultaneous over all groups,
    and span every seed.
    """
    rows = [_resampled(name, sweep.drawn(policy, "confirm", name)) for name in _RESAMPLED]
    groups = of_policy(sweep.by_group, policy).query("part == 'confirm'")
    rows += [_over_seeds(name, groups, metric, worst_gap) for name, metric in GAPS.items()]
    rows.append(_over_seeds("worst_group_tpr", groups, "true_positive_rate", _lowest))
    there = _there(sweep)
    for name in there:
        draws = sweep.drawn(policy, "confirm", name)
        rows.append(
            _counted(name, draws, groups) if is_counted(sweep, name) else _resampled(name, draws)
        )
    if sweep.rows["reach_gap"].notna().any():
        rows.append(_over_seeds("reach_gap", groups, "reach", worst_gap))
    return frame_of("confirm", rows)


def difference(sweep: Sweep, policy: Policy, other: Policy) -> pd.DataFrame:
    """Return `policy` less `other` on the same confirm-customers: `measure, value, low, high, note`."""
    names = (*_RESAMPLED, *_there(sweep))
    return frame_of("given_up", [compared(sweep, policy, other, name) for name in names])


def compared(
    sweep: Sweep, policy: Policy, other: Policy, measure: str
) -> tuple[str, float, float, float, str]:
    """Return one measure of `policy` less that of `other`, paired by draw of customers and by seed."""
    own, others = (sweep.drawn(each, "confirm", measure) for each in (policy, other))
    return _resampled(measure, own - others)


def _there(sweep: Sweep) -> list[str]:
    return [name for name in _WHERE_THERE if sweep.rows[name].notna().any()]


def _resampled(measure: str, draws: pd.DataFrame) -> tuple[str, float, float, float, str]:
    if draws.loc[0].isna().any():
        return measure, np.nan, np.nan, np.nan, "not estimable (no euros, or too few customers)"
    low, high = np.nanquantile(draws.loc[1:].to_numpy(), [0.025, 0.975])
    return measure, float(draws.loc[0].mean()), float(low), float(high), ""


def _counted(
    measure: str, draws: pd.DataFrame, groups: pd.DataFrame
) -> tuple[str, float, float, float, str]:
    found = recorded(draws.loc[0].to_numpy(), groups)
    return measure, float(found.value.mean()), float(found.low.min()), float(found.high.max()), ""


def _over_seeds(
    measure: str,
    groups: pd.DataFrame,
    metric: str,
    estimate: Callable[[NDArray[np.float64], NDArray[np.float64]], Interval],
) -> tuple[str, float, float, float, str]:
    each = []
    for _, part in groups.groupby("seed"):
        known = part[part[metric].notna()]
        trials = known[f"{metric}_trials"].to_numpy()
        each.append(estimate(known[metric].to_numpy() * trials, trials))
    value, low, high = np.array(each).T
    if np.isnan(value).any():
        return measure, np.nan, np.nan, np.nan, "not estimable (too few groups large enough)"
    return measure, float(value.mean()), float(low.min()), float(high.max()), ""


def _lowest(hits: NDArray[np.float64], trials: NDArray[np.float64]) -> Interval:
    """Return the lowest rate of any group; its interval holds for all groups at once."""
    if not len(trials):
        return Interval(*np.full((3,), np.nan))
    rates = wilson(hits, trials, confidence=1 - 0.05 / len(trials))
    return Interval(*(bound.min() for bound in rates))
