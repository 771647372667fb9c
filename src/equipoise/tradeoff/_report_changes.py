"""What each policy shows in a new sweep less what it showed in an old one, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from equipoise.intervals import Interval, difference
from equipoise.tradeoff._bands import RATES_OF, over_customers
from equipoise.tradeoff._measures import DRAWN, MEASURES
from equipoise.tradeoff._paired import drawn_together, expected, over_seeds_too
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep

__all__ = ["changes_of", "same_customers"]

Floats = NDArray[np.float64]
_COLUMNS = [
    *(*Policy._fields, "measure", "part", "old", "new"),
    *("change", "low", "high", "note"),
]


def same_customers(old: Sweep, new: Sweep) -> bool:
    """Say whether the same replicate draws the same customers in both sweeps."""
    was, now = (
        (
            each.manifest["task_digest"],
            each.manifest["plan"]["split_seed"],
            each.draws["replicate"].max(),
        )
        for each in (old, new)
    )
    return was == now


def changes_of(old: Sweep, new: Sweep, both: Sequence[Policy]) -> pd.DataFrame:
    """Return the change of every measure of the policies that ran in both; see `SweepComparison`."""
    paired = same_customers(old, new)
    rows = []
    for measure in MEASURES:
        if old.rows[measure].isna().all() or new.rows[measure].isna().all():
            continue
        drawn = measure in DRAWN
        found = (
            _drawn(old, new, both, measure, paired) if drawn else _means(old, new, both, measure)
        )
        part = "confirm" if drawn else "choose"
        rows += [(*policy, measure, part, *told) for policy, told in zip(both, found, strict=True)]
    numbers = dict.fromkeys(("old", "new", "change", "low", "high"), float)
    return pd.DataFrame(rows, columns=_COLUMNS).astype(numbers)


_Told = tuple[float, float, float, float, float, str]


def _means(old: Sweep, new: Sweep, both: Sequence[Policy], measure: str) -> list[_Told]:
    was, now = (_by_policy(sweep, both, measure) for sweep in (old, new))
    note = "no interval: not measured on draws of customers"
    return [
        (
            one,
            other,
            other - one,
            np.nan,
            np.nan,
            note if np.isfinite(other - one) else _lost(one, other),
        )
        for one, other in zip(was, now, strict=True)
    ]


def _by_policy(sweep: Sweep, policies: Sequence[Policy], measure: str) -> list[float]:
    table = sweep.policies()
    found = {Policy.of(row): float(row[measure]) for row in table.to_dict("records")}
    return [found[policy] for policy in policies]


def _lost(was: float, now: float) -> str:
    where = [name for name, value in (("then", was), ("now", now)) if not np.isfinite(value)]
    return f"not estimable ({' and '.join(where)})"


def _drawn(
    old: Sweep, new: Sweep, both: Sequence[Policy], measure: str, paired: bool
) -> list[_Told]:
    was, now = (drawn_together(each, both, "confirm", [measure])[..., 0] for each in (old, new))
    if measure in RATES_OF:
        bounds = [over_customers(each, both, measure, "confirm") for each in (old, new)]
        told = [
            _of_extremes(*each, paired=paired)
            for each in zip(was, now, bounds[0], bounds[1], strict=True)
        ]
    else:
        told = [_of_sums(*each, paired=paired) for each in zip(was, now, strict=True)]
    return [
        _row(float(one[:, 0].mean()), float(other[:, 0].mean()), interval)
        for one, other, interval in zip(was, now, told, strict=True)
    ]


def _row(was: float, now: float, told: Interval) -> _Told:
    if not np.isfinite(now - was):
        return was, now, np.nan, np.nan, np.nan, _lost(was, now)
    note = "" if np.isfinite(told.low) else "no interval (one seed)"
    return was, now, now - was, float(told.low), float(told.high), note


def _of_extremes(
    was: Floats, now: Floats, old: Interval, new: Interval, *, paired: bool
) -> Interval:
    """Return the change of an extreme over groups, from an interval of each that holds for all groups.

    Of the same customers the two are dependent in a way that is not known, so it is wide.
    """
    if paired and was.shape == now.shape and np.array_equal(was, now, equal_nan=True):
        return Interval(0.0, 0.0, 0.0)
    one, other = (
        over_seeds_too(interval, seeds[:, 0]) for interval, seeds in ((new, now), (old, was))
    )
    return difference(one, other, dependent=paired)


def _of_sums(was: Floats, now: Floats, *, paired: bool) -> Interval:
    """Return the change of what draws show without bias: euros, AUC, opt-outs, complaints."""
    if not paired:
        one, other = (Interval(*map(float, expected(draws)[:3])) for draws in (now, was))
        return difference(one, other)
    if was.shape == now.shape:
        return Interval(*map(float, expected(now - was)[:3]))
    apart = now.mean(axis=0) - was.mean(axis=0)
    over = ndtri(0.975) * np.nanstd(apart[1:], ddof=1)
    half = float(np.hypot(over, np.hypot(_over_seeds(now), _over_seeds(was))))
    return Interval(float(apart[0]), float(apart[0] - half), float(apart[0] + half))


def _over_seeds(draws: Floats) -> float:
    """Return the distance over seeds of a mean: Student's t, NaN with one seed."""
    seeds = len(draws)
    if seeds < 2:
        return np.nan
    return float(stdtrit(seeds - 1, 0.975) * draws[:, 0].std(ddof=1) / np.sqrt(seeds))
