"""What is seen: how often each item is shown, and to which groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.intervals import MINIMUM_TRIALS, Interval, wilson
from equipoise.intervals.repeated import effective_trials
from equipoise.models.offers._measures import not_estimable
from equipoise.models.offers._order import attention
from equipoise.models.offers._rows import Codes, Floats, OfferRows

__all__ = ["counted", "known", "seen_by_group", "seen_items"]


NOBODY = "no exposure (nobody is shown it)"
ALIKE = "no interval (everybody is shown it alike)"
ROUNDING = 1e-12

Texts = NDArray[np.str_]
Flags = NDArray[np.bool_]


def counted(cells: Codes, size: int, weights: Floats | None = None) -> Floats:
    """Return sums by cell as numbers."""
    return np.bincount(cells, weights=weights, minlength=size).astype(float)


def known(estimate: Interval, n: Floats) -> Interval:
    """Return estimates as NaN where there are too few customers."""
    return Interval(*(np.where(n >= MINIMUM_TRIALS, side, np.nan) for side in estimate))


def seen_items(rows: OfferRows, position: Codes, baseline: Codes, top: int) -> pd.DataFrame:
    """Return one row an item: how often it is shown, and its part of all attention."""
    size = len(rows.items)
    n, bought = counted(rows.item, size), counted(rows.item, size, rows.task.y.astype(float))
    shown = known(wilson(counted(rows.item[position <= top], size), n), n)
    parts = [
        sums / sums.sum()
        for sums in (
            counted(rows.item, size, attention(each, top)) for each in (position, baseline)
        )
    ]
    table = pd.DataFrame({"item": list(rows.items), "n": n.astype(int)})
    return table.assign(
        bought=known(wilson(bought, n), n).value,
        shown=shown.value,
        low=shown.low,
        high=shown.high,
        share_of_attention=parts[0],
        baseline_share_of_attention=parts[1],
        note=not_estimable(table["n"]),
    )


def seen_by_group(rows: OfferRows, position: Codes, top: int) -> pd.DataFrame:
    """Return one row an attribute, group and item."""
    seen = attention(position, top)
    tables = [
        _of_attribute(rows, name, codes, levels, position <= top, seen)
        for name, (codes, levels) in rows.attributes.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _of_attribute(
    rows: OfferRows, name: str, codes: Codes, levels: tuple[str, ...], is_shown: Flags, seen: Floats
) -> pd.DataFrame:
    items = len(rows.items)
    cell, size = codes * items + rows.item, len(levels) * items
    n, hits = counted(cell, size), counted(cell[is_shown], size)
    shown = known(wilson(hits, n), n)
    exposure = known(_exposures(rows, cell, size, seen), n)
    table = pd.DataFrame(
        {
            "attribute": name,
            "group": np.repeat(np.array(levels, dtype=object), items),
            "item": np.tile(np.array(rows.items, dtype=object), len(levels)),
            "n": n.astype(int),
        }
    )
    return table.assign(
        shown=shown.value,
        shown_low=shown.low,
        shown_high=shown.high,
        exposure=exposure.value,
        low=exposure.low,
        high=exposure.high,
        note=np.where(n < MINIMUM_TRIALS, not_estimable(table["n"]), _why(exposure)),
    )[lambda frame: frame["n"] > 0]


def _why(exposure: Interval) -> Texts:
    alike = np.where(np.isnan(exposure.low), ALIKE, "")
    return np.where(np.isnan(exposure.value), NOBODY, alike)


def _exposures(rows: OfferRows, cell: Codes, size: int, seen: Floats) -> Interval:
    """Return mean attention of each group and item over the item's mean, with an interval.

    A mean of position weights lies in 0..1 and gets Wilson's interval at the sample size that its
    variance amounts to. A group too small to have met the rarer positions would look too sure, so
    the variance of all customers is added with the weight of ten of them. Where everybody sees the
    item alike there is no variance, and no interval.
    """
    items = len(rows.items)
    n, sums = counted(cell, size), counted(cell, size, seen)
    of_item = counted(rows.item, items)
    mean = counted(rows.item, items, seen) / of_item
    spread = counted(rows.item, items, (seen - mean[rows.item]) ** 2) / of_item
    every = np.arange(size) % items
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = sums / n
        own = counted(cell, size, (seen - rate[cell]) ** 2)
        trials = effective_trials(
            sums, n, deviation=own + MINIMUM_TRIALS * spread[every], by_row=0.0, by_customer=n
        )
        told = wilson(np.minimum(rate, 1) * trials, trials)
        bounds = (np.where(spread[every] > ROUNDING, side, np.nan) for side in told[1:])
        sides = (rate, *bounds)
        return Interval(*(np.where(mean[every] > 0, side / mean[every], np.nan) for side in sides))
