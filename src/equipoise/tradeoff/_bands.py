"""How far a measure reaches: over seeds with the customers fixed, and over customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice
from equipoise.charts.tradeoff import BAND_LABELS
from equipoise.exceptions import InputError
from equipoise.intervals import Interval, wilson, worst_gap
from equipoise.tradeoff._measures import DRAWN, MEASURES
from equipoise.tradeoff._paired import drawn_together
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._recorded import is_counted, recorded
from equipoise.tradeoff._words import figure

if TYPE_CHECKING:
    from equipoise.tradeoff._result import Sweep

__all__ = ["CUSTOMERS", "NOISE", "RATES_OF", "bands", "bands_table", "over_customers"]

NOISE, CUSTOMERS = BAND_LABELS
RATES_OF = {
    "selection_gap": "selection_rate",
    "opportunity_gap": "true_positive_rate",
    "worst_group_tpr": "true_positive_rate",
    "reach_gap": "reach",
}
"""Measures that are an extreme over groups, and the rate that they are an extreme of."""

_COLUMNS = [*Policy._fields, "policy", "value", "low", "high", "label", "note"]


def bands(sweep: Sweep, measure: str, part: str = "choose") -> pd.DataFrame:
    """Return both bands of a measure for each policy; see `Sweep.bands`."""
    check_choice("measure", measure, MEASURES)
    check_choice("part", part, ["choose", "confirm"])
    if part == "confirm" and measure not in DRAWN:
        raise InputError(
            "measure",
            "must be one that is measured on the confirm-customers",
            repr(measure),
            f"Use part='choose', or one of {', '.join(DRAWN)}.",
        )
    policies = [Policy.of(row) for row in sweep.policies().to_dict("records")]
    seeds = _over_seeds(sweep, policies, measure, part)
    customers = over_customers(sweep, policies, measure, part)
    rows = []
    for policy, own, interval in zip(policies, seeds, customers, strict=True):
        value = float(own.mean())  # NaN where a seed lacks the measure
        note = "" if np.isfinite(value) else "not estimable"
        spread = (own.min(), own.max()) if len(own) > 1 else (np.nan, np.nan)
        one = "" if len(own) > 1 else "not estimable (one seed)"
        rows.append((*policy, str(policy), value, *spread, NOISE, note or one))
        undrawn = "" if np.isfinite(interval.low) else _why_not(measure)
        rows.append(
            (*policy, str(policy), value, interval.low, interval.high, CUSTOMERS, note or undrawn)
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


def over_customers(
    sweep: Sweep, policies: Sequence[Policy], measure: str, part: str
) -> list[Interval]:
    """Return the mean over seeds of each policy with a 95 % interval over customers alone.

    Extremes over groups have intervals that hold for all groups at once, from their counts: the
    mean over seeds of the bounds of each. A draw of customers drives groups apart, so draws would
    show gaps that are too large. Recorded opt-outs and complaints are counted likewise. The rest has
    the middle 95 % of draws, which is too narrow where it hangs on few events: with some eight
    positive outcomes among the contacted, that of profit covers 88 % to 92 %. NaN for what is not
    drawn.
    """
    if measure in RATES_OF:
        return _of_extremes(sweep, policies, measure, part)
    if measure not in DRAWN:
        return [Interval(*np.full(3, np.nan)) for _ in policies]
    if is_counted(sweep, measure):
        seeds = _over_seeds(sweep, policies, measure, part)
        groups = _groups_of(sweep, part)
        each = [recorded(own, groups[policy]) for policy, own in zip(policies, seeds, strict=True)]
        return [Interval(*(float(side.mean()) for side in found)) for found in each]
    draws = drawn_together(sweep, policies, part, [measure])[..., 0].mean(axis=1)
    return [
        Interval(own[0], *np.quantile(own[1:][np.isfinite(own[1:])], [0.025, 0.975]))
        if np.isfinite(own[0])
        else Interval(*np.full(3, np.nan))
        for own in draws
    ]


def _why_not(measure: str) -> str:
    if measure in RATES_OF:
        return "not estimable (too few groups large enough)"
    return "not measured on draws of customers"


def bands_table(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return `bands` as text, one row a policy: its mean and both bands."""
    rows = []
    for name, own in frame.groupby("policy", sort=False):
        told = {row.label: _told(measure, row.low, row.high, row.note) for row in own.itertuples()}
        value = own["value"].iloc[0]
        mean = figure(measure, value) if np.isfinite(value) else own["note"].iloc[0]
        rows.append({"policy": name, "mean over seeds": mean} | told)
    return pd.DataFrame(rows, columns=["policy", "mean over seeds", NOISE, CUSTOMERS])


def _told(measure: str, low: float, high: float, note: str) -> str:
    if not np.isfinite(low):
        return note
    return f"{figure(measure, low)} to {figure(measure, high)}"


def _over_seeds(
    sweep: Sweep, policies: Sequence[Policy], measure: str, part: str
) -> list[NDArray[np.float64]]:
    """Return a measure of each policy with each seed, on the sample itself."""
    if part == "confirm":
        return list(drawn_together(sweep, policies, part, [measure])[:, :, 0, 0])
    return [sweep.cells_of(policy)[measure].to_numpy(float) for policy in policies]


def _of_extremes(
    sweep: Sweep, policies: Sequence[Policy], measure: str, part: str
) -> list[Interval]:
    groups = _groups_of(sweep, part)
    return [_mean_extreme(groups[policy], measure) for policy in policies]


def _groups_of(sweep: Sweep, part: str) -> Mapping[tuple[object, ...], pd.DataFrame]:
    """Return the rows by group of each policy."""
    rows = sweep.by_group[sweep.by_group["part"] == part]
    return dict(list(rows.groupby(list(Policy._fields), sort=False)))


def _mean_extreme(groups: pd.DataFrame, measure: str) -> Interval:
    rate = RATES_OF[measure]
    trials = f"{rate}_trials"
    estimate = _lowest if measure == "worst_group_tpr" else worst_gap
    known = groups[groups[rate].notna()]
    each = [
        estimate(
            own[rate].to_numpy(float) * own[trials].to_numpy(float), own[trials].to_numpy(float)
        )
        for _, own in known.groupby("seed")
    ]
    if len(each) < groups["seed"].nunique():
        return Interval(*np.full(3, np.nan))
    return Interval(*np.mean(each, axis=0))


def _lowest(hits: NDArray[np.float64], trials: NDArray[np.float64]) -> Interval:
    """Return the lowest rate of any group; its interval holds for all groups at once."""
    rates = wilson(hits, trials, confidence=1 - 0.05 / len(trials))
    return Interval(*(float(np.min(bound)) for bound in rates))
