"""What offers earn by the recorded outcomes, in all, with an interval over customers."""

from __future__ import annotations

import numpy as np

from equipoise.intervals import MINIMUM_TRIALS, Interval, difference, mean_amount
from equipoise.models.offers._rows import Floats, OfferRows

__all__ = ["by_customer_eur", "total_eur"]


def by_customer_eur(rows: OfferRows, amounts: Floats) -> Floats:
    """Return the euros of each customer, shape (customers,)."""
    return np.bincount(rows.customer, amounts, minlength=len(rows.customers)).astype(float)


def total_eur(amounts: Floats) -> Interval:
    """Return the sum of one amount a customer, with a 95 % interval over customers.

    Gains and losses are measured apart, each from zero, and the worst case is taken of how they
    hang together: the interval is wider than need be. It has no bounds where all amounts are the
    same, and is NaN under ten customers.
    """
    count = len(amounts)
    if count < MINIMUM_TRIALS:
        return Interval(np.nan, np.nan, np.nan)
    if np.ptp(amounts) <= 1e-12 * np.abs(amounts).max():
        return Interval(float(amounts.sum()), np.nan, np.nan)
    won, lost = _mean(np.maximum(amounts, 0)), _mean(np.maximum(-amounts, 0))
    return Interval(*(count * side for side in difference(won, lost, dependent=True)))


def _mean(amounts: Floats) -> Interval:
    most = float(amounts.max())
    return mean_amount(amounts, bounds=(0.0, most)) if most else Interval(0.0, 0.0, 0.0)
