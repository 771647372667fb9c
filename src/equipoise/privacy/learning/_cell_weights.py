"""Weights that make group and outcome independent, from noisy counts of their cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["cell_counts", "cell_weights"]

Numbers = NDArray[np.float64]

FEWEST_SD = 2.0  # a cell is taken to hold at least so many sd of the noise on its count


def cell_counts(codes: NDArray[np.intp], outcomes: NDArray[np.int_], groups: int) -> Numbers:
    """Return the rows of each group by outcome, as a vector: outcome 0 then 1, group by group.

    A row adds 1 to one place, so k rows move the vector by at most k in Euclidean distance.
    """
    return np.bincount(2 * codes + outcomes, minlength=2 * groups).astype(float)


def cell_weights(counts: Numbers, *, noise_sd: float, cap: float) -> Numbers:
    """Return the weight of a row of each cell, in the order of the counts, at most `cap`.

    It is the count that independence would give over the count there is: (group × outcome) /
    (all × cell). Counts below 1, or below 2 standard deviations of their noise, are lifted to that
    first: a count that is mostly noise says nothing about how rare a cell is.

    References
    ----------
    Kamiran & Calders (2012), Data preprocessing techniques for classification without
    discrimination. Knowledge and Information Systems 33.

    Examples
    --------
    >>> cell_weights(np.array([60.0, 20.0, 10.0, 10.0]), noise_sd=0.0, cap=4.0).round(3)
    array([0.933, 1.2  , 1.4  , 0.6  ])
    """
    cells = np.maximum(counts, max(1.0, FEWEST_SD * noise_sd)).reshape(-1, 2)
    expected = cells.sum(axis=1, keepdims=True) * cells.sum(axis=0) / cells.sum()
    weights: Numbers = np.minimum(expected / cells, cap).ravel()
    return weights
