"""Counts in, bounds out: intervals that keep their coverage for small groups and rare outcomes.

All functions take arrays or numbers and broadcast. Counts need not be whole: where a customer has
several rows, successes and trials are divided by the design effect first.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

__all__ = [
    "Interval",
    "MINIMUM_TRIALS",
    "area_under_curve",
    "design_effect",
    "newcombe",
    "wilson",
    "worst_gap",
]

MINIMUM_TRIALS = 10
"""Below this many trials a rate is "not estimable": the rule looks at denominators only."""


class Interval(NamedTuple):
    """An estimate with its lower and upper bound, numbers or arrays as the counts were.

    NaN where there is nothing to estimate.
    """

    value: Any
    low: Any
    high: Any


def wilson(successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return rates with Wilson score intervals, always inside [0, 1].

    Parameters
    ----------
    successes, trials : array_like
        Counts, `0 <= successes <= trials`. Zero trials give NaN, not a rate of zero.
    confidence : float
        Coverage aimed at, per interval.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22.

    Examples
    --------
    >>> rate, low, high = wilson(0, 10)
    >>> print(f"{rate:.3f} [{low:.3f}, {high:.3f}]")
    0.000 [0.000, 0.278]
    """
    successes, trials = np.asarray(successes, float), np.asarray(trials, float)
    z2 = _critical(confidence) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / trials
        middle = (successes + z2 / 2) / (trials + z2)
        variance = rate * (1 - rate) * trials + z2 / 4
        half = np.sqrt(z2 * np.maximum(variance, 0)) / (trials + z2)
    empty = trials <= 0
    low = np.where(empty, np.nan, np.where(successes <= 0, 0.0, np.maximum(middle - half, 0.0)))
    high = np.where(
        empty, np.nan, np.where(successes >= trials, 1.0, np.minimum(middle + half, 1.0))
    )
    return Interval(np.where(empty, np.nan, rate), low, high)


def newcombe(
    successes: ArrayLike,
    trials: ArrayLike,
    reference_successes: ArrayLike,
    reference_trials: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return signed gaps (rate minus reference rate) with Newcombe's hybrid score intervals.

    Positive means a higher rate than the reference; zero inside the interval means that the data
    do not tell the two apart. Bounds stay inside [-1, 1].

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions,
    method 10. Statistics in Medicine 17.

    Examples
    --------
    >>> gap, low, high = newcombe(56, 70, 48, 80)
    >>> print(f"{gap:+.4f} [{low:+.4f}, {high:+.4f}]")
    +0.2000 [+0.0524, +0.3339]
    """
    rate, low, high = wilson(successes, trials, confidence=confidence)
    base, base_low, base_high = wilson(reference_successes, reference_trials, confidence=confidence)
    gap = rate - base
    return Interval(
        gap,
        gap - np.hypot(rate - low, base_high - base),
        gap + np.hypot(high - rate, base - base_low),
    )


def worst_gap(successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the largest gap between any two groups with a simultaneous interval.

    Each pair gets a Newcombe interval at the Bonferroni level of all pairs, so the interval keeps
    its coverage however many groups were searched for the extremes. The lower bound is zero unless
    some pair differs for certain at that level.

    Parameters
    ----------
    successes, trials : array_like, shape (groups,)
        Counts per group; groups under `MINIMUM_TRIALS` trials are left out. With fewer than two
        groups left the answer is NaN.

    Examples
    --------
    >>> gap, low, high = worst_gap([10, 20, 30], [100, 100, 100])
    >>> print(f"{gap:.2f} [{low:.3f}, {high:.3f}]")
    0.20 [0.065, 0.329]
    """
    successes, trials = np.asarray(successes, float), np.asarray(trials, float)
    enough = trials >= MINIMUM_TRIALS
    successes, trials = successes[enough], trials[enough]
    if len(trials) < 2:
        return Interval(*np.full((3,), np.nan))
    first, second = np.array(list(combinations(range(len(trials)), 2))).T
    level = 1 - (1 - confidence) / len(first)
    gap, low, high = newcombe(
        successes[first], trials[first], successes[second], trials[second], confidence=level
    )
    at_least = max(0.0, low.max(), (-high).max())
    at_most = min(1.0, max(high.max(), (-low).max()))
    return Interval(np.abs(gap).max(), at_least, at_most)


def design_effect(
    hits: NDArray[np.bool_], trials: NDArray[np.bool_], clusters: NDArray[np.intp]
) -> float:
    """Return by how much repeated rows of the same customers inflate a rate's variance.

    Parameters
    ----------
    hits, trials : array of bool, shape (n,)
        Which rows are counted in the numerator and in the denominator of the rate.
    clusters : array of int, shape (n,)
        Number of each row's customer.

    Returns
    -------
    float
        Variance with customers as sampling unit over variance with rows as sampling unit, at least
        1. Dividing counts by it gives the effective sample size.
    """
    total = trials.sum()
    if total == 0:
        return 1.0
    rate = hits.sum() / total
    by_row = rate * (1 - rate) * total
    if by_row == 0:
        sizes = np.bincount(clusters[trials])
        return float(max(1.0, (sizes**2).sum() / total))
    by_customer = (np.bincount(clusters, weights=hits - rate * trials) ** 2).sum()
    return float(max(1.0, by_customer / by_row))


def area_under_curve(
    y: ArrayLike, scores: ArrayLike, *, clusters: ArrayLike | None = None, confidence: float = 0.95
) -> Interval:
    """Return the area under the ROC curve with an interval inside [0, 1].

    The variance is DeLong's, summed over customers where `clusters` says which rows belong
    together; the bounds are Wilson's at the sample size that this variance amounts to.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
    scores : array_like of float, shape (n,)
        Higher means more likely positive; ties count half.
    clusters : array_like, shape (n,), optional
        Customer of each row.

    Returns
    -------
    Interval
        NaN with fewer than `MINIMUM_TRIALS` rows of either outcome.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44. Obuchowski (1997), Biometrics 53.

    Examples
    --------
    >>> y = np.repeat([0, 1], 50)
    >>> value, low, high = area_under_curve(y, np.arange(100) + 30 * (1 - y))
    >>> print(f"{value:.3f} [{low:.3f}, {high:.3f}]")
    0.820 [0.730, 0.885]
    """
    y, scores = np.asarray(y, bool), np.asarray(scores, float)
    positives, negatives = int(y.sum()), int((~y).sum())
    if min(positives, negatives) < MINIMUM_TRIALS:
        return Interval(*np.full((3,), np.nan))
    beaten = rankdata(scores)
    beaten[y] = (beaten[y] - rankdata(scores[y])) / negatives
    beaten[~y] = 1 - (beaten[~y] - rankdata(scores[~y])) / positives
    value = beaten[y].mean()
    pull = (beaten - value) / np.where(y, positives, negatives)
    if clusters is not None:
        _, codes = np.unique(np.asarray(clusters), return_inverse=True)
        pull = np.bincount(codes, weights=pull)
    variance = (pull**2).sum()
    size = value * (1 - value) / variance if variance > 0 else min(positives, negatives)
    return Interval(value, *wilson(value * size, size, confidence=confidence)[1:])


def _critical(confidence: float) -> float:
    return float(ndtri(1 - (1 - confidence) / 2))
