"""Two estimates compared, or several averaged, from the interval of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from equipoise.intervals._interval import Interval, critical
from equipoise.intervals._rate import wilson

__all__ = ["difference", "mean_of", "newcombe", "ratio"]


def difference(one: Interval, other: Interval) -> Interval:
    """Return the difference of two independent estimates, with bounds made from theirs.

    Each bound of the difference moves both estimates towards their own bounds, by the root of the
    sum of squares. It holds about as often as the two intervals do, and is lopsided where they are.

    References
    ----------
    Zou & Donner (2008), Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27.

    Examples
    --------
    >>> gap, low, high = difference(Interval(0.8, 0.69, 0.88), Interval(0.6, 0.49, 0.7))
    >>> print(f"{gap:.2f} [{low:.2f}, {high:.2f}]")
    0.20 [0.05, 0.34]
    """
    gap = one.value - other.value
    return Interval(
        gap,
        gap - np.hypot(one.value - one.low, other.high - other.value),
        gap + np.hypot(one.high - one.value, other.value - other.low),
    )


def mean_of(parts: Sequence[Interval]) -> Interval:
    """Return the mean of independent estimates, with bounds made from theirs.

    The mean of one is itself. The source is that of `difference`.

    Examples
    --------
    >>> value, low, high = mean_of([Interval(0.8, 0.7, 0.9), Interval(0.4, 0.3, 0.5)])
    >>> print(f"{value:.2f} [{low:.2f}, {high:.2f}]")
    0.60 [0.53, 0.67]
    """
    values, lows, highs = (np.array(side, float) for side in zip(*parts, strict=True))
    value = values.mean(axis=0)
    below = np.sqrt(((values - lows) ** 2).sum(axis=0)) / len(parts)
    above = np.sqrt(((highs - values) ** 2).sum(axis=0)) / len(parts)
    return Interval(value, value - below, value + above)


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

    Raises
    ------
    InputError
        Where counts are no counts, or the confidence is not strictly between 0 and 1.

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
    return difference(
        wilson(successes, trials, confidence=confidence),
        wilson(reference_successes, reference_trials, confidence=confidence),
    )


def ratio(
    successes: ArrayLike,
    trials: ArrayLike,
    reference_successes: ArrayLike,
    reference_trials: ArrayLike,
    *,
    variance: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> Interval:
    """Return ratios (rate over reference rate) with intervals by the log method.

    One means the same rate. Half a success and half a failure are added to each side for the
    bounds, so that rates of zero and of one have bounds too; the ratio itself is that of the rates
    as they are.

    Parameters
    ----------
    successes, trials, reference_successes, reference_trials : array_like
        Counts. A reference rate of zero gives NaN: no ratio can be formed.
    variance : array_like
        Further variance of the logarithm, such as that of noise in the counts.
    confidence : float
        Coverage aimed at, per interval.

    Raises
    ------
    InputError
        Where counts are no counts, or the confidence is not strictly between 0 and 1.

    References
    ----------
    Katz, Baptista, Azen & Pike (1978), Obtaining confidence intervals for the risk ratio in cohort
    studies. Biometrics 34. Deeks & Higgins (2010), Statistical algorithms in Review Manager 5.

    Examples
    --------
    >>> share, low, high = ratio(30, 100, 50, 100)
    >>> print(f"{share:.2f} [{low:.2f}, {high:.2f}]")
    0.60 [0.42, 0.86]
    """
    rate = wilson(successes, trials, confidence=confidence).value
    base = wilson(reference_successes, reference_trials, confidence=confidence).value
    counts = (successes, trials, reference_successes, reference_trials)
    hits, of, base_hits, base_of = (
        np.asarray(part, float) + added
        for part, added in zip(counts, (0.5, 1, 0.5, 1), strict=True)
    )
    spread = 1 / hits - 1 / of + 1 / base_hits - 1 / base_of + np.asarray(variance, float)
    middle = np.log(hits / of) - np.log(base_hits / base_of)
    half = critical(confidence) * np.sqrt(np.maximum(spread, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(np.asarray(base) > 0, np.asarray(rate) / np.asarray(base), np.nan)
    known = np.isfinite(share)
    low, high = np.minimum(np.exp(middle - half), share), np.maximum(np.exp(middle + half), share)
    return Interval(share[()], *(np.where(known, bound, np.nan)[()] for bound in (low, high)))
