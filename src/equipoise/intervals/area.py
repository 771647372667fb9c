"""The area under the ROC curve: how often a customer with the outcome outranks one without."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.intervals._interval import MINIMUM_TRIALS, Interval
from equipoise.intervals._rate import wilson

__all__ = ["area_as_rate", "area_of_counts", "area_under_curve"]

Floats = NDArray[np.float64]


def area_under_curve(
    y: ArrayLike,
    scores: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    confidence: float = 0.95,
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
    weights : array_like of float, shape (n,), optional
        How many customers each row stands for.
    confidence : float
        Coverage aimed at.

    Returns
    -------
    Interval
        NaN with fewer than `MINIMUM_TRIALS` customers of either outcome, or fewer that count: where
        weights or numbers of rows are unequal, customers are as many as equal ones would be (Kish).

    Raises
    ------
    InputError
        Where the arrays differ in length, `y` holds anything but 0 and 1, a score or a customer is
        missing, or a weight is no finite number of at least 0.

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
    hits, trials, _ = area_as_rate(y, scores, clusters=clusters, weights=weights)
    return wilson(hits, trials, confidence=confidence)


def area_as_rate(
    y: ArrayLike,
    scores: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> tuple[float, float, float]:
    """Return the successes and trials that an area under the curve amounts to, and its support.

    The support is the number of customers of the rarer outcome, as `area_under_curve` counts them.
    Below `MINIMUM_TRIALS` the successes and trials are zero. Parameters and errors are the same.
    """
    y, scores, codes = _scored(y, scores, clusters)
    own = np.ones(len(y)) if weights is None else _weights(weights, len(y))
    customers = np.array([_kish(_summed(own * (y == side), codes)) for side in (0, 1)])
    if customers.min() < MINIMUM_TRIALS:
        return 0.0, 0.0, float(customers.min())
    place = np.unique(scores, return_inverse=True)[1]
    sides = [_summed(own * (y == side), place) for side in (False, True)]
    beaten = _share_beaten(*sides)[y.astype(int), place]
    value = float(np.average(beaten[y], weights=own[y]))
    totals = np.array([side.sum() for side in sides])
    pull = own * np.round(beaten - value, 12) / totals[y.astype(int)]
    by_row = (pull**2).sum()
    effect = (_summed(pull, codes) ** 2).sum() / by_row if by_row else len(y) / (codes.max() + 1)
    few = np.sqrt(customers / (customers - 1))[y.astype(int)]
    by_customer = (_summed(pull * few, codes) ** 2).sum()
    rows = np.array([_kish(own[y == side]) for side in (False, True)])
    size = _size(value, rows / max(1.0, effect), by_customer)
    return value * size, size, float(customers.min())


def area_of_counts(negatives: ArrayLike, positives: ArrayLike) -> tuple[float, float, float]:
    """Return what `area_as_rate` does, from counts per score level instead of rows.

    Rows of one level count as tied, so coarse levels draw the area towards one half wherever the
    order within them was right.

    Parameters
    ----------
    negatives, positives : array_like, shape (levels,)
        Customers without and with the outcome at each level, the lowest scores first.

    Examples
    --------
    >>> hits, trials, support = area_of_counts([40, 10], [10, 40])
    >>> print(f"{hits / trials:.2f}, of the rarer outcome {support:.0f}")
    0.80, of the rarer outcome 50
    """
    sides = np.asarray([negatives, positives], float)
    totals = sides.sum(axis=1)
    if totals.min() < MINIMUM_TRIALS:
        return 0.0, 0.0, float(totals.min())
    beaten = _share_beaten(*sides)
    value = float(np.average(beaten[1], weights=sides[1]))
    pull = (sides * (beaten - value) ** 2).sum(axis=1) / totals**2
    size = _size(value, totals, float((pull * totals / (totals - 1)).sum()))
    return value * size, size, float(totals.min())


def _scored(
    y: ArrayLike, scores: ArrayLike, clusters: ArrayLike | None
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.intp]]:
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


def _weights(weights: ArrayLike, rows: int) -> Floats:
    """Return how many customers each row stands for, or refuse."""
    own = np.asarray(weights, float)
    if own.shape != (rows,):
        found = f"{own.shape} for {rows:,} rows"
        raise InputError("weights", "must be one number a row", found, "Pass them row by row.")
    wrong = ~(np.isfinite(own) & (own >= 0))
    if wrong.any():
        found = f"something else in {wrong.sum():,} of {rows:,} rows"
        raise InputError("weights", "must be finite and at least 0", found, "Correct those rows.")
    return own


def _share_beaten(negatives: Floats, positives: Floats) -> Floats:
    """Return by outcome and level the share of the other outcome that a row is rightly ordered to."""
    above, below = positives[::-1].cumsum()[::-1], negatives.cumsum()
    # Divided by the same running sums, so that rounding puts no share above one.
    return np.stack([(above - positives / 2) / above[0], (below - negatives / 2) / below[-1]])


def _summed(values: Floats, codes: NDArray[np.intp]) -> Floats:
    summed: Floats = np.bincount(codes, weights=values)  # type: ignore[assignment]
    return summed


def _kish(weights: Floats) -> float:
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _size(value: float, rows: Floats, variance: float) -> float:
    """Return the smaller of the sizes by Hanley and McNeil's variance and by the one given."""
    size = _hanley_mcneil_size(value, *rows)
    return min(size, value * (1 - value) / variance) if variance > 0 else size


def _hanley_mcneil_size(area: float, negatives: float, positives: float) -> float:
    """Return the sample size of an area under the curve, half a pair away from 0 and 1.

    Newcombe's method 5 has the same variance, with the mean of both sample sizes for either.
    """
    fewer = min(negatives, positives)
    area = (area * fewer + 0.5) / (fewer + 1)
    others = (negatives + positives) / 2 - 1
    inflation = 1 + others * ((1 - area) / (2 - area) + area / (1 + area))
    return negatives * positives / inflation
