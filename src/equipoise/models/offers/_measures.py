"""How good an order of items is, customer by customer, with intervals over customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.intervals import MINIMUM_TRIALS, Interval, mean_amount
from equipoise.models.offers._order import attention
from equipoise.models.offers._rows import Codes, Floats, OfferRows

__all__ = ["BY_CUSTOMER", "by_customer", "compared", "coverage", "mean_of", "not_estimable"]

BY_CUSTOMER = ("precision", "recall", "discounted_gain", "hit_rate")

ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Measure:
    """One number a customer, and for whom it is defined."""

    values: Floats
    defined: NDArray[np.bool_]


def by_customer(rows: OfferRows, position: Codes, top: int) -> dict[str, Measure]:
    """Return each measure of the first `top` places, one number for each customer."""
    count = len(rows.customers)
    bought = rows.task.y.astype(float)
    hits = np.bincount(rows.customer, bought * (position <= top), minlength=count)
    gain = np.bincount(rows.customer, bought * attention(position, top), minlength=count)
    wanted = np.bincount(rows.customer, bought, minlength=count).astype(int)
    shown = np.minimum(rows.own, top)
    ideal = np.concatenate([[0.0], np.cumsum(attention(np.arange(1, top + 1), top))])
    buyers, everybody = wanted > 0, np.ones(count, dtype=bool)
    return {
        "precision": Measure(hits / shown, everybody),
        "recall": Measure(hits / np.maximum(wanted, 1), buyers),
        "discounted_gain": Measure(
            gain / np.where(buyers, ideal[np.minimum(wanted, top)], 1.0), buyers
        ),
        "hit_rate": Measure((hits > 0).astype(float), everybody),
    }


def mean_of(measure: Measure, where: NDArray[np.bool_] | None = None) -> tuple[int, Interval]:
    """Return how many customers a mean rests on, and the mean with its 95 % interval."""
    kept = measure.defined if where is None else measure.defined & where
    values = np.minimum(measure.values[kept], 1.0)  # the best possible may pass 1 by rounding
    return len(values), mean_amount(values, bounds=(0.0, 1.0))


def compared(one: Measure, other: Measure) -> Interval:
    """Return the mean difference over customers, each compared with themselves.

    Without bounds where no customer differs: there is no spread to make them of.
    """
    apart = (one.values - other.values)[one.defined]
    if len(apart) >= MINIMUM_TRIALS and np.abs(apart).max() <= ROUNDING:
        return Interval(0.0, np.nan, np.nan)
    return mean_amount(np.clip(apart, -1.0, 1.0), bounds=(-1.0, 1.0))


def coverage(rows: OfferRows, position: Codes, top: int) -> float:
    """Return the share of the items that anybody is shown."""
    return len(np.unique(rows.item[position <= top])) / len(rows.items)


def not_estimable(n: pd.Series) -> pd.Series:
    """Return the note of each estimate that rests on too few customers."""
    said = "not estimable (n=" + n.astype(str) + ")"
    return said.where(n < MINIMUM_TRIALS, "")
