"""Shares, intervals and groups in words."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

__all__ = ["listed", "percent", "points", "share", "standing_out"]


def percent(value: float) -> str:
    """Return a share as a percentage of three digits."""
    return f"{100 * value:.3g} %"


def share(value: float, low: float, high: float) -> str:
    """Return a share with its interval, or that it is not estimable."""
    if np.isnan(value):
        return "a share that is not estimable"
    return f"{100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def points(value: float, low: float, high: float) -> str:
    """Return a difference of shares in percentage points, with its sign and interval."""
    if np.isnan(value):
        return "a difference that is not estimable"
    return f"{100 * value:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"


def listed(names: Iterable[object]) -> str:
    """Return names joined by commas and an "and"."""
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


def standing_out(rows: pd.DataFrame) -> str:
    """Say which groups an attack reaches more than everybody else; `more_low` has paid for looking."""
    groups = rows[rows["attribute"] != "all"]
    if groups.empty:
        return ""
    more = groups[groups["more_low"] > 0].sort_values("more_than_rest", ascending=False)
    if more.empty:
        return " No group is reached more than the others beyond chance."
    named = [
        f"{row.attribute} {row.group} (by {100 * row.more_than_rest:.1f} points, "
        f"at least {100 * row.more_low:.1f})"
        for row in more.itertuples()
    ]
    return f" Reached more than the others: {listed(named)}."
