"""Margins of a CRM with intervals, beside published ones and what makes them differ."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.crm._calendar import MONTH_PACE
from equipoise.crm._margin_counts import SEASON_MONTHS
from equipoise.crm._margins_published import MARGINS, SEASON_PUBLISHED, Margin
from equipoise.intervals import Interval, newcombe, wilson

__all__ = ["margins_table", "season_table"]

CRITICAL = 1.96
CLOSE = 1.15
"""A value this many times the nearest end of the published range, or less, is close to it."""


def margins_table(counts: pd.DataFrame) -> pd.DataFrame:
    """Return each margin with its interval and, where there is one, the published figure.

    Parameters
    ----------
    counts : pandas.DataFrame
        As `margin_counts` returns them, or a sum of such.

    Returns
    -------
    pandas.DataFrame
        `margin, n` (the denominator, as text), `here` (value and 95 % interval, as text), `published,
        source, compares`: "agrees", "close" (within 15 %), "above" or "below" where there is a range,
        and what makes the two differ. Intervals are Wilson's for shares, Newcombe's for a difference
        of shares, normal for means. They treat e-mails, orders and requests of one customer as independent
        and are a little narrow for these.

    Examples
    --------
    >>> from equipoise.crm._margin_counts import margin_counts
    >>> from equipoise.crm import make_crm
    >>> crm = make_crm(customers=500, seed=7)
    >>> table = margins_table(margin_counts(crm.tables, crm.truth))
    >>> table.loc[4, ["margin", "published"]].tolist()
    ['Second order within 90 days of the first', '13 % within three months']
    """
    rows = []
    for margin in MARGINS:
        there = _interval(margin, counts)
        n = " and ".join(
            f"{int(counts.loc[key, 'n']):,}" for key in (margin.key, margin.minus) if key
        )
        rows.append(
            (
                margin.what,
                n,
                _text(there, margin.unit),
                margin.figure,
                margin.source,
                _compared(margin, there),
            )
        )
    columns = ["margin", "n", "here", "published", "source", "compares"]
    return pd.DataFrame(rows, columns=columns)


def season_table(counts: pd.DataFrame) -> pd.DataFrame:
    """Return, for each month, the stipulated pace, the file's, and a published factor.

    Returns
    -------
    pandas.DataFrame
        `month`; `stipulated`, orders per day relative to the year's mean; `here`, orders of 2025
        per customer and day, likewise, less the drift from each of January, February and March
        2025 to the same month of 2026: customers who left for good still count as customers.
        `published` is a factor for whole months.
    """
    months = counts.loc[[f"season/{month}" for month in SEASON_MONTHS]]
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.log(months["hits"] / months["n"]).to_numpy()
        drift = (level[12:] - level[: len(level) - 12]).mean() / 12
        here = np.exp(level[:12] - drift * np.arange(12))
    here, pace = here / here.mean(), np.array(MONTH_PACE) / np.mean(MONTH_PACE)
    return pd.DataFrame(
        {
            "month": SEASON_MONTHS[:12].strftime("%B"),
            "stipulated": [f"{factor:.2f}" for factor in pace],
            "here": [f"{factor:.2f}" if np.isfinite(factor) else "–" for factor in here],
            "published": [f"{factor:.2f}" for factor in SEASON_PUBLISHED],
        }
    )


def _interval(margin: Margin, counts: pd.DataFrame) -> Interval:
    hits, n, squares = counts.loc[margin.key, ["hits", "n", "squares"]].to_numpy()
    if margin.minus is not None:
        return newcombe(hits, n, *counts.loc[margin.minus, ["hits", "n"]].to_numpy())
    if margin.unit != "number":
        return wilson(hits, n)
    if not n:
        return Interval(np.nan, np.nan, np.nan)
    mean = hits / n
    half = CRITICAL * np.sqrt(max(squares / n - mean**2, 0) / n)
    return Interval(mean, mean - half, mean + half)


def _text(interval: Interval, unit: str) -> str:
    if not np.isfinite(interval.value):
        return "nothing to count"
    digits = {"share": 1, "rate": 3, "number": 2}[unit]
    factor, sign = (1, "") if unit == "number" else (100, " %")
    value, low, high = (f"{factor * part:.{digits}f}" for part in interval)
    return f"{value}{sign} [{low}, {high}]"


def _compared(margin: Margin, here: Interval) -> str:
    """Say how ours lies to the published range; an interval that touches it agrees with it."""
    if margin.low is None or margin.high is None or not np.isfinite(here.value):
        return margin.why
    if here.low > margin.high:
        word = "close" if here.value <= CLOSE * margin.high else "above"
    elif here.high < margin.low:
        word = "close" if CLOSE * here.value >= margin.low else "below"
    else:
        word = "agrees"
    return f"{word}. {margin.why}"
