"""The largest gap between any two groups, with an interval that pays for the search."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import studentized_range

from equipoise.intervals._interval import MINIMUM_TRIALS, Interval, critical, level
from equipoise.intervals._rate import clopper_pearson, wilson
from equipoise.intervals.compared import difference

__all__ = ["all_pairs", "simultaneous", "widest", "worst_gap"]


def worst_gap(successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the largest gap between any two groups with an interval that holds for all pairs.

    See `widest` for how the bounds come about. With two groups they are Newcombe's.

    Parameters
    ----------
    successes, trials : array_like, shape (groups,)
        Counts per group; groups under `MINIMUM_TRIALS` trials are left out. With fewer than two
        groups left the answer is NaN.
    confidence : float
        Coverage aimed at.

    Raises
    ------
    InputError
        Where counts are no counts, or the confidence is not strictly between 0 and 1.

    Examples
    --------
    >>> gap, low, high = worst_gap([10, 20, 30], [100, 100, 100])
    >>> print(f"{gap:.2f} [{low:.3f}, {high:.3f}]")
    0.20 [0.062, 0.306]
    """
    successes, trials = np.asarray(successes, float), np.asarray(trials, float)
    enough = trials >= MINIMUM_TRIALS
    successes, trials = successes[enough], trials[enough]
    groups = len(trials)
    exact = clopper_pearson if groups > 2 else wilson
    return widest(
        wilson(successes, trials, confidence=confidence),
        exact(successes, trials, confidence=all_pairs(max(groups, 2), confidence)),
    )


def widest(single: Interval, searched: Interval, *, dependent: bool = False) -> Interval:
    """Return the largest difference between any two of several estimates, with its interval.

    The upper bound is the largest upper bound of any pair. It needs no correction: whichever pair
    is furthest apart in truth, its own bound is among them. The lower bound is the largest lower
    bound of any pair, and this one pays for the search: it takes intervals so wide that those of
    all pairs hold at once.

    Parameters
    ----------
    single : Interval of arrays, shape (groups,)
        The estimates, each with an interval that holds for itself.
    searched : Interval of arrays, shape (groups,)
        The same estimates with intervals at the confidence that `all_pairs` gives.
    dependent : bool
        Whether the same customers may stand behind several, as in `difference`.

    Returns
    -------
    Interval
        NaN with fewer than two estimates, or where one is missing. The lower bound is zero unless
        some pair differs.

    References
    ----------
    Tukey (1953), The problem of multiple comparisons. Hayter (1984), A proof of the conjecture that
    the Tukey-Kramer multiple comparisons procedure is conservative. Annals of Statistics 12.
    """
    groups = len(single.value)
    if groups < 2 or np.isnan(single.value).any():
        return Interval(*np.full(3, np.nan))
    high, low = -np.inf, 0.0
    for one in range(groups):
        others = np.arange(groups) != one
        upper = difference(
            _part(single, one), _part(single, others), dependent=dependent
        ).high.max()
        lower = difference(
            _part(searched, one), _part(searched, others), dependent=dependent
        ).low.max()
        high, low = max(high, upper), max(low, lower)
    return Interval(float(np.ptp(single.value)), float(low), float(min(high, 1.0)))


@lru_cache
def all_pairs(groups: int, confidence: float) -> float:
    """Return the confidence to ask of each group, so that the gaps of all pairs hold at once.

    That of the studentized range: for two groups the confidence itself.

    Examples
    --------
    >>> round(all_pairs(2, 0.95), 4), round(all_pairs(16, 0.95), 4)
    (0.95, 0.9994)
    """
    critical(confidence)
    return level(studentized_range.ppf(confidence, groups, np.inf) / np.sqrt(2))


def simultaneous(comparisons: int, confidence: float) -> float:
    """Return the confidence to ask of each of several comparisons, so that all hold at once.

    Šidák's: exact where they are independent, and enough where they are intervals of gaps to a
    common reference.

    References
    ----------
    Šidák (1967), Rectangular confidence regions for the means of multivariate normal distributions.
    JASA 62.

    Examples
    --------
    >>> round(simultaneous(1, 0.95), 4), round(simultaneous(16, 0.95), 4)
    (0.95, 0.9968)
    """
    critical(confidence)
    return float(confidence ** (1 / comparisons))


def _part(estimates: Interval, where: int | NDArray[np.bool_]) -> Interval:
    return Interval(*(np.asarray(side)[where] for side in estimates))
