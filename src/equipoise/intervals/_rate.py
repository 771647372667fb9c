"""One rate from its counts: Wilson's score interval, and Clopper and Pearson's for rare events."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from equipoise.exceptions import InputError
from equipoise.intervals._interval import Interval, critical

__all__ = ["clopper_pearson", "wilson"]


def wilson(successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return rates with Wilson score intervals, always inside [0, 1].

    Parameters
    ----------
    successes, trials : array_like
        Counts, `0 <= successes <= trials`. Zero trials give NaN, not a rate of zero.
    confidence : float
        Coverage aimed at, per interval.

    Raises
    ------
    InputError
        Where counts are no counts, or the confidence is not strictly between 0 and 1.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22.

    Examples
    --------
    >>> rate, low, high = wilson(0, 10)
    >>> print(f"{rate:.3f} [{low:.3f}, {high:.3f}]")
    0.000 [0.000, 0.278]
    """
    successes, trials = _counts(successes, trials)
    z2 = critical(confidence) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / trials
        middle = (successes + z2 / 2) / (trials + z2)
        variance = rate * (1 - rate) * trials + z2 / 4
        half = np.sqrt(z2 * np.maximum(variance, 0)) / (trials + z2)
    low = np.where(successes <= 0, 0.0, np.clip(middle - half, 0.0, rate))
    high = np.where(successes >= trials, 1.0, np.clip(middle + half, rate, 1.0))
    return Interval(*(np.where(trials > 0, part, np.nan)[()] for part in (rate, low, high)))


def clopper_pearson(
    successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return rates with Clopper and Pearson's intervals, which never cover less often than asked.

    Wilson's interval is mostly shorter, and for one rate the better choice. Its lower bound is too
    high where a few events are seen although hardly one was expected, and a search through many
    small groups finds just those: whoever searches uses this interval.

    Parameters
    ----------
    successes, trials : array_like
        Counts, `0 <= successes <= trials`. Zero trials give NaN, not a rate of zero.
    confidence : float
        Coverage of at least this much, per interval.

    Raises
    ------
    InputError
        Where counts are no counts, or the confidence is not strictly between 0 and 1.

    References
    ----------
    Clopper & Pearson (1934), The use of confidence or fiducial limits. Biometrika 26.

    Examples
    --------
    >>> rate, low, high = clopper_pearson(10, 100)
    >>> print(f"{rate:.3f} [{low:.3f}, {high:.3f}]")
    0.100 [0.049, 0.176]
    """
    successes, trials = _counts(successes, trials)
    critical(confidence)
    tail = (1 - confidence) / 2
    failures = trials - successes
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / trials
        low = np.minimum(rate, betaincinv(np.maximum(successes, 1e-9), failures + 1, tail))
        high = np.maximum(rate, betaincinv(successes + 1, np.maximum(failures, 1e-9), 1 - tail))
    low, high = np.where(successes <= 0, 0.0, low), np.where(failures <= 0, 1.0, high)
    return Interval(*(np.where(trials > 0, part, np.nan)[()] for part in (rate, low, high)))


def _counts(
    successes: ArrayLike, trials: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return counts as numbers, or refuse what cannot be counts."""
    hits, of = np.asarray(successes, float), np.asarray(trials, float)
    if np.any((hits < 0) | (hits > of)):
        raise InputError(
            "successes",
            "must be between 0 and their trials",
            f"{hits.tolist()} of {of.tolist()}",
            "Pass counts, not rates.",
        )
    return hits, of
