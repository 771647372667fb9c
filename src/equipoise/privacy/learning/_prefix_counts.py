"""Counts that are going to be added up: released so that sums of many bins have little noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular, toeplitz

__all__ = ["counts_of", "root_sums", "spread_of_one"]

Numbers = NDArray[np.float64]


def root_sums(counts: Numbers) -> Numbers:
    """Return the vector to which noise is added, shape (groups × bins,).

    Adding up bins from the last to the first is a triangular matrix of ones. It is the square of
    another one, and this function goes the first half of the way: noise that is added here, between
    the halves, grows with the logarithm of the bins in a sum and not with their root.

    References
    ----------
    Henzinger, Upadhyay & Upadhyay (2023), Almost tight error bounds on differentially private
    continual counting.

    Examples
    --------
    >>> root_sums(np.array([[4.0, 2.0]]))
    array([2., 5.])
    """
    sums: Numbers = (counts[:, ::-1] @ _root(counts.shape[1]).T).ravel()
    return sums


def counts_of(sums: Numbers, *, bins: int) -> Numbers:
    """Return the counts behind `root_sums`, shape (groups, bins); with noise where that had some.

    Examples
    --------
    >>> counts_of(np.array([2.0, 5.0]), bins=2)
    array([[4., 2.]])
    """
    found = solve_triangular(_root(bins), sums.reshape(-1, bins).T, lower=True)
    counts: Numbers = found.T[:, ::-1]
    return counts


def spread_of_one(bins: int) -> float:
    """Return the most that one row moves the vector by, in Euclidean distance.

    A row adds one column of the root to the sums of its group, and the first column is the longest.
    The total of a group has noise of this many times the sd of the vector; part sums have less.

    Examples
    --------
    >>> round(spread_of_one(64), 3), round(spread_of_one(1024), 3)
    (1.546, 1.809)
    """
    return float(np.linalg.norm(_coefficients(bins)))


def _root(bins: int) -> Numbers:
    root: Numbers = np.tril(toeplitz(_coefficients(bins)))
    return root


def _coefficients(bins: int) -> Numbers:
    places = np.arange(1.0, bins)
    steps = np.r_[1.0, (2 * places - 1) / (2 * places)]
    coefficients: Numbers = np.asarray(np.cumprod(steps), dtype=float)
    return coefficients
