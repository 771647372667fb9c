"""How many independent trials weighted or repeated rows amount to."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["carriers_of", "design_effect", "effective_trials"]

FEW_CARRIERS = 4
"""With so many carriers, a variance and the worst case count alike."""


def effective_trials(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    deviation: ArrayLike,
    by_row: ArrayLike,
    by_customer: ArrayLike,
    carriers: ArrayLike = np.inf,
) -> NDArray[np.float64]:
    """Return the number of independent trials that a rate of weighted or repeated rows rests on.

    The variance of a rate over customers is that of a ratio, linearised; the answer is the size of
    a plain sample with that variance, and no more than the rows' weights allow. A variance of zero,
    as at rates of 0 and 1, says nothing, so there the sizes of the customers alone decide: the worst
    case, in which all rows of a customer agree. Where few customers carry the successes or the
    failures, their variance says little; it is averaged with the worst case, by how many they are.

    Parameters
    ----------
    successes, trials : array_like, shape (groups,)
        Sums of weights.
    deviation : array_like, shape (groups,)
        Sum over customers of the square of (own successes minus rate times own trials).
    by_row, by_customer : array_like, shape (groups,)
        Sums of squares of the trials of each row, and of each customer.
    carriers : array_like, shape (groups,), optional
        Customers behind the rarer of successes and failures, as `carriers_of` counts them.

    Returns
    -------
    array of float, shape (groups,)
        Zero where there are no trials.

    References
    ----------
    Kish (1965), Survey sampling.

    Examples
    --------
    Two hundred rows of a hundred customers whose two rows always agree:

    >>> squares = 100 * 2**2
    >>> deviation = 50 * (2 - 0.5 * 2) ** 2 + 50 * (0 - 0.5 * 2) ** 2
    >>> effective_trials([100], [200], deviation=[deviation], by_row=[200], by_customer=[squares])
    array([100.])
    """
    hits, of = np.asarray(successes, float), np.asarray(trials, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = hits / of
        size = rate * (1 - rate) * of**2 / np.asarray(deviation, float)
        rows = of**2 / np.asarray(by_row, float)
        customers = of**2 / np.asarray(by_customer, float)
        # A variance so small is that of rounding.
        between = (hits > 0) & (hits < of) & (size < 1e12 * customers)
        trust = 1 / (1 + FEW_CARRIERS / np.asarray(carriers, float))
        averaged = 1 / (trust / size + (1 - trust) / customers)
        size = np.where(size > customers, averaged, size)
        found = np.where(between, np.fmin(size, rows), np.fmin(customers, rows))
    return np.where(of > 0, found, 0.0)


def carriers_of(
    successes: ArrayLike, trials: ArrayLike, *, of_hits: ArrayLike, of_misses: ArrayLike
) -> NDArray[np.float64]:
    """Return how many equal customers carry the successes or the failures, whichever are fewer.

    Parameters
    ----------
    successes, trials : array_like, shape (groups,)
    of_hits, of_misses : array_like, shape (groups,)
        Sums over customers of the squares of their own successes, and of their own failures.

    Returns
    -------
    array of float, shape (groups,)
        Zero where there are none of either; then the worst case decides.

    Examples
    --------
    Eighty successes, of two customers with forty each, in 200 rows of a hundred others:

    >>> carriers_of([80], [280], of_hits=[2 * 40**2], of_misses=[100 * 2**2])
    array([2.])
    """
    hits, of = np.asarray(successes, float), np.asarray(trials, float)
    sides = [(hits, np.asarray(of_hits, float)), (of - hits, np.asarray(of_misses, float))]
    known = [
        np.divide(side**2, sums, out=np.zeros_like(side), where=sums > 0) for side, sums in sides
    ]
    return np.asarray(np.minimum(*known))


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
        Rows over the trials that they amount to (see `effective_trials`), at least 1; 1 without
        trials. Dividing counts by it gives the effective sample size.

    References
    ----------
    Kish (1965), Survey sampling.
    """
    rows = float(trials.sum())
    if rows == 0:
        return 1.0
    own_hits = np.bincount(clusters, weights=hits & trials)
    own_trials = np.bincount(clusters, weights=trials)
    deviation = (own_hits - own_hits.sum() / rows * own_trials) ** 2
    size = effective_trials(
        own_hits.sum(),
        rows,
        deviation=deviation.sum(),
        by_row=rows,
        by_customer=(own_trials**2).sum(),
        carriers=carriers_of(
            own_hits.sum(),
            rows,
            of_hits=(own_hits**2).sum(),
            of_misses=((own_trials - own_hits) ** 2).sum(),
        ),
    )
    return float(rows / size)
