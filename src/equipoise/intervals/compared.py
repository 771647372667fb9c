"""Two estimates compared, or several averaged, from the interval of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.intervals._interval import Interval
from equipoise.intervals._rate import wilson

__all__ = ["difference", "mean_of", "newcombe", "quotient", "ratio"]


def difference(one: Interval, other: Interval, *, dependent: ArrayLike = False) -> Interval:
    """Return the difference of two estimates, with bounds made from theirs.

    Each bound of the difference moves both estimates towards their own bounds, by the root of the
    sum of squares. It holds about as often as the two intervals do, and stays as lopsided as they
    are.

    Parameters
    ----------
    one, other : Interval
    dependent : bool, or array of bool
        Whether the same customers may stand behind both. Then the distances are added: it is as if
        what raises one estimate always lowered the other, which is the worst case.

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
        gap - _together(one.value - one.low, other.high - other.value, dependent),
        gap + _together(one.high - one.value, other.value - other.low, dependent),
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
    do not tell the two apart. Bounds stay inside [-1, 1]. Where fewer than sixty customers
    face thousands, a 95 % interval holds the truth less often: in as few as 86 of a hundred samples
    at rates within two hundredths of 0 or 1, and in 91 at others. From sixty on it is at least 93.

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


def quotient(one: Interval, other: Interval, *, dependent: ArrayLike = False) -> Interval:
    """Return the ratio of two estimates, with bounds made from theirs by the log method.

    It is `difference` on the logarithms, so a ratio and the gap beside it seldom disagree on
    whether two rates can be told apart. A rate of zero has a ratio of zero, whose upper bound is
    the most of the one over the least of the other; over a rate of zero there is no ratio (NaN).

    References
    ----------
    Zou & Donner (2008), as for `difference`, with the logarithms of Katz, Baptista, Azen & Pike
    (1978), Obtaining confidence intervals for the risk ratio in cohort studies. Biometrics 34.

    Examples
    --------
    >>> share, low, high = quotient(Interval(0.3, 0.22, 0.4), Interval(0.5, 0.4, 0.6))
    >>> print(f"{share:.2f} [{low:.2f}, {high:.2f}]")
    0.60 [0.42, 0.86]
    """
    top, bottom = (tuple(np.asarray(side, float) for side in each) for each in (one, other))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = top[0] / bottom[0]
        below = _together(np.log(top[0] / top[1]), np.log(bottom[2] / bottom[0]), dependent)
        above = _together(np.log(top[2] / top[0]), np.log(bottom[0] / bottom[1]), dependent)
        low = np.where(top[0] > 0, share * np.exp(-below), 0.0)
        high = np.where(top[0] > 0, share * np.exp(above), top[2] / bottom[1])
    known = (bottom[0] > 0) & ~np.isnan(top[0])
    return Interval(*(np.where(known, side, np.nan)[()] for side in (share, low, high)))


def ratio(
    successes: ArrayLike,
    trials: ArrayLike,
    reference_successes: ArrayLike,
    reference_trials: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return ratios (rate over reference rate) with intervals by the log method of Wilson's limits.

    One means the same rate. See `quotient` for rates of zero, and `newcombe` for how often such an
    interval holds the truth.

    Raises
    ------
    InputError
        Where counts are no counts, or the confidence is not strictly between 0 and 1.

    Examples
    --------
    >>> share, low, high = ratio(30, 100, 50, 100)
    >>> print(f"{share:.2f} [{low:.2f}, {high:.2f}]")
    0.60 [0.42, 0.85]
    """
    return quotient(
        wilson(successes, trials, confidence=confidence),
        wilson(reference_successes, reference_trials, confidence=confidence),
    )


def _together(one: ArrayLike, other: ArrayLike, dependent: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(np.where(dependent, np.add(one, other), np.hypot(one, other))[()])
