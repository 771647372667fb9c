"""Figures of an audit for readers: frames as tables of text, estimates with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equipoise.fairness._counts import CROSSED
from equipoise.fairness._explain import called

if TYPE_CHECKING:
    from equipoise.fairness._audit import Audit

__all__ = [
    "MAIN",
    "rates_table",
    "gaps_table",
    "crossed_tables",
    "with_interval",
    "signed",
    "named",
    "as_listed",
    "interval_dict",
]

MAIN = (
    "base_rate",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "precision",
)
"""The rates that a first look needs."""


def rates_table(rates: pd.DataFrame, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """Return rates as text, one row a group, one column a metric."""
    kept = rates if metrics is None else rates[rates["metric"].isin(list(metrics))]
    table = kept.assign(
        shown=[row.note or with_interval(row.value, row.low, row.high) for row in kept.itertuples()]
    )
    shown = list(dict.fromkeys(kept["metric"]))
    wide = table.pivot(index="group", columns="metric", values="shown")[shown]
    sizes = kept.groupby("group")["n"].first().map(lambda n: "hidden" if n != n else f"{n:,.0f}")
    wide.insert(0, "n", sizes)
    return wide.rename_axis(columns=None).reset_index().rename(columns=named)


def gaps_table(gaps: pd.DataFrame, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """Return signed gaps as text, with the reading that the interval allows."""
    rows = []
    for row in gaps.itertuples():
        if metrics is None or row.metric in metrics:
            told = row.note or signed(row.gap, row.low, row.high)
            rows.append((row.group, named(row.metric), told, _reading(row.low, row.high, row.note)))
    return pd.DataFrame(rows, columns=["group", "metric", "gap", "reading"])


def crossed_tables(audited: Audit, *, most: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield contacts and reach where two attributes meet: what is said of them, and the table.

    The groups that are furthest from everybody else come first, and no more than `most` are shown.
    Nothing is yielded of a single attribute, nor of a suppressed audit.
    """
    if len(audited.counts.by) < 2 or audited.below:
        return
    frame = audited.intersections(depth=2)
    for metric, what in (("selection_rate", "Contacted"), ("true_positive_rate", "Reached")):
        part = frame[frame["metric"] == metric]
        known = part[part["note"] == ""].sort_values("gap", key=abs, ascending=False)
        clear = known[(known["gap_low"] > 0) | (known["gap_high"] < 0)]
        small = len(part) - len(known)
        too_small = f"; {small} more {'is' if small == 1 else 'are'} too small to tell"
        told = (
            f"{what}: {len(clear)} of {len(known)} groups stand out from everybody else"
            f"{too_small if small else ''}."
        )
        yield (
            f"{told} The {most} largest gaps are shown." if len(known) > most else told,
            _crossed_table(known.head(most)),
        )


def _crossed_table(rows: pd.DataFrame) -> pd.DataFrame:
    told = [
        (
            _crossed_name(row.attribute, row.group),
            f"{row.n:,.0f}",
            with_interval(row.value, row.low, row.high),
            "–" if row.shrunk != row.shrunk else f"{row.shrunk:.3f}",
            signed(row.gap, row.gap_low, row.gap_high) if row.gap == row.gap else "not estimable",
        )
        for row in rows.itertuples()
    ]
    return pd.DataFrame(told, columns=["group", "n", "rate", "shrunk", "gap to everybody else"])


def _crossed_name(attributes: str, groups: str) -> str:
    pairs = zip(attributes.split(CROSSED), groups.split(CROSSED), strict=False)
    return ", ".join(called(*pair) for pair in pairs)


def named(metric: str) -> str:
    """Return a column's name as words."""
    return metric.replace("_", " ")


def with_interval(value: float, low: float, high: float) -> str:
    """Return a rate with its interval as text."""
    if not np.isfinite(value):
        return "not estimable"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def signed(value: float, low: float, high: float) -> str:
    """Return a difference with its interval as text, each with its sign."""
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def as_listed(readings: Mapping[str, Sequence[str]]) -> str:
    """Return sentences as text, a list under each heading."""
    return "\n\n".join(
        f"{heading}\n" + "\n".join(f"- {line}" for line in lines)
        for heading, lines in readings.items()
    )


def interval_dict(value: float, low: float, high: float, reason: str) -> dict[str, Any]:
    """Return an estimate with its bounds, or null with the reason for what is not estimable."""
    if value != value:
        return {"value": None, "reason": reason}
    if low != low or high != high:
        return {"value": float(value), "low": None, "high": None, "reason": reason}
    return {"value": float(value), "low": float(low), "high": float(high)}


def _reading(low: float, high: float, note: str) -> str:
    if note:
        return "not shown" if note.startswith("suppressed") else "too few to tell"
    return "higher" if low > 0 else "lower" if high < 0 else "cannot tell"
