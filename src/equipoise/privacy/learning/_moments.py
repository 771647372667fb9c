"""Sums over rows that linear models need, stacked into one vector for one Gaussian release."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Moments", "stacked_sensitivity", "stacked_sums"]


def stacked_sums(
    rows: NDArray[np.float64], targets: NDArray[np.float64], norm: float
) -> NDArray[np.float64]:
    """Return the sums of row times row and of `norm` times target times row, shape (m,).

    Each pair of columns stands once, times the root of 2, so that the length of what a row adds to the
    first part is the length of its matrix: the squared norm of the row.
    """
    squares = rows.T @ rows
    upper, scale = _upper(rows.shape[1])
    return np.concatenate([squares[upper] * scale, norm * (rows.T @ targets)])


def stacked_sensitivity(norm: float) -> float:
    """Return the most that one row of norm at most `norm` and target in [-1, 1] moves the vector by.

    A row of norm a and target t adds a vector of length root(a^4 + norm^2 t^2 a^2).
    """
    return math.sqrt(2) * norm**2


@dataclass(frozen=True)
class Moments:
    """The sums taken apart again; arrays may have a leading axis, one entry a model.

    Attributes
    ----------
    squares : array, shape (..., r, r)
        Sum over rows of row times row.
    products : array, shape (..., r)
        Sum over rows of target times row.
    """

    squares: NDArray[np.float64]
    products: NDArray[np.float64]

    @classmethod
    def of(cls, stacked: NDArray[np.float64], *, width: int, norm: float) -> Self:
        """Take apart what `stacked_sums` put together, with noise or without."""
        upper, scale = _upper(width)
        squares = np.zeros((*stacked.shape[:-1], width, width))
        squares[..., upper[0], upper[1]] = stacked[..., :-width] / scale
        squares[..., upper[1], upper[0]] = squares[..., upper[0], upper[1]]
        return cls(squares, stacked[..., -width:] / norm)

    def solved(self, spread: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights for squares of these eigenvalues and axes, shape (..., r).

        Along axes of no spread at all the weight is 0, as in the shortest solution.
        """
        along = np.einsum("...ji,...j->...i", axes, self.products)
        empty = spread <= 1e-12 * spread.max(axis=-1, keepdims=True)
        along = np.where(empty, 0, along / np.where(empty, 1, spread))
        weights: NDArray[np.float64] = np.einsum("...ij,...j->...i", axes, along)
        return weights


def _upper(
    width: int,
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float64]]:
    upper = np.triu_indices(width)
    return upper, np.where(upper[0] == upper[1], 1.0, math.sqrt(2))
