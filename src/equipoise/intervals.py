"""Counts in, bounds out: intervals that keep their coverage for small groups and rare outcomes.

Counts are numbers or arrays, which broadcast. They need not be whole: where a customer has several
rows, successes and trials are divided by the design effect first.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from equipoise.exceptions import InputError

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
    successes, trials = np.asarray(successes, float), np.asarray(trials, float)
    if np.any((successes < 0) | (successes > trials)):
        raise InputError(
            "successes",
            "must be between 0 and their trials",
            f"{successes.tolist()} of {trials.tolist()}",
            "Pass counts, not rates.",
        )
    z2 = _critical(confidence) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / trials
        middle = (successes + z2 / 2) / (trials + z2)
        variance = rate * (1 - rate) * trials + z2 / 4
        half = np.sqrt(z2 * np.maximum(variance, 0)) / (trials + z2)
    low = np.where(successes <= 0, 0.0, np.clip(middle - half, 0.0, rate))
    high = np.where(successes >= trials, 1.0, np.clip(middle + half, rate, 1.0))
    return Interval(*(np.where(trials > 0, part, np.nan)[()] for part in (rate, low, high)))


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

    Raises
    ------
    InputError
        Where counts are no counts, or the confidence is not strictly between 0 and 1.

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

    References
    ----------
    Kish (1965), Survey sampling; the variance is that of a ratio, linearised.
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

    Its bounds are Wilson's at the sample size that the variance amounts to: DeLong's, summed over
    customers where `clusters` says which rows belong together, but no less than Hanley and
    McNeil's. DeLong's alone is too small where few pairs are out of order, and zero where none is.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
    scores : array_like of float, shape (n,)
        Higher means more likely positive; ties count half.
    clusters : array_like, shape (n,), optional
        Customer of each row.
    confidence : float
        Coverage aimed at.

    Returns
    -------
    Interval
        NaN with fewer than `MINIMUM_TRIALS` customers of either outcome.

    Raises
    ------
    InputError
        Where the arrays differ in length, `y` holds anything but 0 and 1, or a score is missing.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44. Obuchowski (1997), Biometrics 53.
    Hanley & McNeil (1982), Radiology 143. Newcombe (2006), Statistics in Medicine 25.

    Examples
    --------
    >>> y = np.repeat([0, 1], 50)
    >>> value, low, high = area_under_curve(y, np.arange(100) + 30 * (1 - y))
    >>> print(f"{value:.3f} [{low:.3f}, {high:.3f}]")
    0.820 [0.723, 0.888]
    """
    y, scores, codes = _scored(y, scores, clusters)
    customers = np.array([len(np.unique(codes[y == side])) for side in (False, True)])
    if customers.min() < MINIMUM_TRIALS:
        return Interval(np.nan, np.nan, np.nan)
    beaten = _share_beaten(y, scores)
    value = beaten[y].mean()
    rows = np.array([(~y).sum(), y.sum()])
    pull = np.round(beaten - value, 12) / rows[y.astype(int)]
    by_row = (pull**2).sum()
    effect = (_summed(pull, codes) ** 2).sum() / by_row if by_row else len(y) / (codes.max() + 1)
    few = np.sqrt(customers / (customers - 1))[y.astype(int)]
    by_customer = (_summed(pull * few, codes) ** 2).sum()
    size = _hanley_mcneil_size(value, *rows / max(1.0, effect))
    if by_customer > 0:
        size = min(size, value * (1 - value) / by_customer)
    return Interval(value, *wilson(value * size, size, confidence=confidence)[1:])


def _scored(
    y: ArrayLike, scores: ArrayLike, clusters: ArrayLike | None
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.intp]]:
    """Return outcomes, scores and the number of each row's customer, or refuse."""
    outcome, scores = np.asarray(y), np.asarray(scores, float)
    codes = np.arange(len(outcome)) if clusters is None else pd.factorize(np.asarray(clusters))[0]
    if not outcome.shape == scores.shape == codes.shape:
        raise InputError(
            "y, scores and clusters",
            "must have the same number of rows",
            ", ".join(str(part.shape) for part in (outcome, scores, codes)),
            "Pass the rows of the same customers in the same order.",
        )
    for name, wrong, rule in (
        ("y", ~np.isin(outcome, (0, 1)), "must be 0 or 1"),
        ("scores", np.isnan(scores), "must not be missing"),
        ("clusters", codes < 0, "must not be missing"),
    ):
        if wrong.any():
            found = f"something else in {wrong.sum():,} of {len(wrong):,} rows"
            raise InputError(name, rule, found, "Correct or remove those rows.")
    return outcome.astype(bool), scores, codes


def _share_beaten(y: NDArray[np.bool_], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each row the share of the other outcome's rows that it is on the right side of."""
    beaten = np.asarray(rankdata(scores), float)
    beaten[y] = (beaten[y] - rankdata(scores[y])) / (~y).sum()
    beaten[~y] = 1 - (beaten[~y] - rankdata(scores[~y])) / y.sum()
    return beaten


def _summed(values: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    summed: NDArray[np.float64] = np.bincount(codes, weights=values)  # type: ignore[assignment]
    return summed


def _hanley_mcneil_size(area: float, negatives: float, positives: float) -> float:
    """Return the sample size of an area under the curve, half a pair away from 0 and 1.

    Newcombe's method 5 has the same variance, with the mean of both sample sizes for either.
    """
    fewer = min(negatives, positives)
    area = (area * fewer + 0.5) / (fewer + 1)
    others = (negatives + positives) / 2 - 1
    inflation = 1 + others * ((1 - area) / (2 - area) + area / (1 + area))
    return negatives * positives / inflation


def _critical(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InputError(
            "confidence", "must lie strictly between 0 and 1", confidence, "Use for example 0.95."
        )
    return -float(ndtri((1 - confidence) / 2))
