"""How many independent trials weighted or repeated rows amount to."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["design_effect", "effective_trials"]


def effective_trials(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    deviation: ArrayLike,
    by_row: ArrayLike,
    by_customer: ArrayLike,
) -> NDArray[np.float64]:
    """Return the number of independent trials that a rate of weighted or repeated rows rests on.

    The variance of a rate over customers is that of a ratio, linearised; the answer is the size of
    a plain sample with that variance, and no more than the rows' weights allow. A variance of zero,
    as at rates of 0 and 1, says nothing, so there the sizes of the customers alone decide.

    Parameters
    ----------
    successes, trials : array_like, shape (groups,)
        Sums of weights.
    deviation : array_like, shape (groups,)
        Sum over customers of the square of (own successes minus rate times own trials).
    by_row, by_customer : array_like, shape (groups,)
        Sums of squares of the trials of each row, and of each customer.

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
        found = np.where(between, np.fmin(size, rows), np.fmin(customers, rows))
    return np.where(of > 0, found, 0.0)


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
    )
    return float(rows / size)
