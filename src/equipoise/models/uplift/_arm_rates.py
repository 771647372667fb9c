"""The uplift of some rows: the outcome rate of their contacted less that of those left alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.intervals import MINIMUM_TRIALS, Interval, wilson
from equipoise.intervals.compared import difference
from equipoise.intervals.repeated import carriers_of, effective_trials

__all__ = ["note_of", "support_of", "uplift_of"]

Floats = NDArray[np.float64]


def uplift_of(sums: Floats, *, dependent: bool) -> Interval:
    """Return uplifts with 95 % intervals from the sums of `Ranked`, shape (fields, arms, ...).

    Each rate gets Wilson's interval at the sample size that its weights and its customers amount
    to, and the two are joined by their distances (Newcombe's hybrid where weights are equal). NaN
    where an arm has fewer than `MINIMUM_TRIALS` customers.
    """
    trials, hits, by_row, by_customer, both, of_hits = sums
    known = support_of(sums) >= MINIMUM_TRIALS
    rate = np.divide(hits, trials, out=np.zeros_like(hits), where=trials > 0)
    deviation = np.maximum(of_hits - 2 * rate * both + rate**2 * by_customer, 0)
    of_misses = np.maximum(by_customer - 2 * both + of_hits, 0)
    size = effective_trials(
        hits,
        trials,
        deviation=deviation,
        by_row=by_row,
        by_customer=by_customer,
        carriers=carriers_of(hits, trials, of_hits=of_hits, of_misses=of_misses),
    )
    # Rounding may put hits a hair beyond the trials.
    left_alone, contacted = (
        wilson(np.clip(rate[arm], 0, 1) * size[arm], size[arm]) for arm in (0, 1)
    )
    found = difference(contacted, left_alone, dependent=dependent)
    return Interval(*(np.where(known, side, np.nan)[()] for side in found))


def support_of(sums: Floats) -> Floats:
    """Return how many equal customers stand in the smaller arm (Kish)."""
    trials, by_customer = sums[0], sums[3]
    found = np.divide(trials**2, by_customer, out=np.zeros_like(trials), where=by_customer > 0)
    # A whole number of customers is not lost to rounding.
    return np.asarray(np.round(found, 9).min(axis=0))


def note_of(support: float) -> str:
    """Say that an uplift over so few customers is not estimable; empty where it is."""
    few = support < MINIMUM_TRIALS
    return f"not estimable (n={np.floor(10 * support) / 10:g} in the smaller arm)" if few else ""
