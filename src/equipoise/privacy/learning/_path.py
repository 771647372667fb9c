"""The arithmetic of a descent on answers that are already noisy: it never sees a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Path", "curvature_at"]

MOST_MOMENTUM = 0.7
# Steps with momentum b converge where the true curvature is below 2 (1 + b) / (1 + 2 b) times the
# assumed one. That of the logistic loss is at most 1/4, so this is safe whatever the rows.
LEAST_CURVATURE = 3 / 16
FLAT = 1e-9  # of the largest eigenvalue: no customer lies in such a direction, no step is taken


class Path:
    """Steps with momentum in the metric of the sum of squares, and their weighted mean.

    Arrays may have a leading axis, one entry a model.

    Parameters
    ----------
    squares : array, shape (..., p, p)
        Noisy sum over rows of row times row.
    noise : float
        The largest eigenvalue that its noise is likely to have.
    ridge : float
        Penalty on every weight but the first.
    middle : array, shape (..., p)
        The row of a customer in the middle, whose odds set the curvature.
    pull : array, shape (..., p, p), optional
        Symmetric, with no negative eigenvalue: half of weights times pull times weights is added to the loss.

    Attributes
    ----------
    ahead : array, shape (..., p)
        Weights at which the next gradient is to be summed.
    """

    def __init__(
        self,
        squares: NDArray[np.float64],
        *,
        noise: float,
        ridge: float,
        middle: NDArray[np.float64],
        pull: NDArray[np.float64] | None = None,
    ) -> None:
        self._pull = pull
        # The metric is multiplied by a curvature of at least this, so steps are never too long.
        metric = squares if pull is None else squares + pull / LEAST_CURVATURE
        spread, self._axes = np.linalg.eigh(metric)
        spread = np.maximum(spread, 0) + noise
        self._spread = np.where(spread > FLAT * spread[..., -1:], spread, np.inf)
        self._ridge, self._middle = ridge, middle
        self._taken = 0
        self._here = self._mean = self.ahead = np.zeros(squares.shape[:-1])
        self._level = self._here[..., 0]

    def step(self, total: NDArray[np.float64]) -> None:
        """Take the noisy sum of gradients at `ahead`, shape (..., p)."""
        penalty = self._ridge * self.ahead
        penalty[..., 0] = 0.0
        log_odds = (self._middle * self.ahead).sum(axis=-1, keepdims=True)
        curvature = np.maximum(curvature_at(log_odds), LEAST_CURVATURE)
        if self._pull is not None:
            penalty = penalty + _times(self._pull, self.ahead)
        along = _times(np.swapaxes(self._axes, -1, -2), total + penalty)
        stride = _times(self._axes, along / (curvature * self._spread + self._ridge))
        before, self._here = self._here, self.ahead - stride
        self._mean = self._mean + (self._here - self._mean) * 1.5 / (self._taken + 1.5)
        level = (self._middle * self._here).sum(axis=-1)
        self._level = self._level + (level - self._level) * 2.5 / (self._taken + 2.5)
        self._taken += 1
        momentum = min(self._taken / (self._taken + 3), MOST_MOMENTUM)
        self.ahead = self._here + momentum * (self._here - before)

    def mean(self) -> NDArray[np.float64]:
        """Return the weights to release, shape (..., p): a mean in which later steps weigh more.

        Still later ones decide the odds in the middle, which need the longest where outcomes are rare.
        """
        weights = self._mean.copy()
        missing = self._level - (self._middle * weights).sum(axis=-1)
        weights[..., 0] += missing / self._middle[..., 0]
        return weights


def curvature_at(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the curvature of the quadratic bound on the logistic loss that touches it here.

    A quarter at even odds, less where the outcome is rare. Source: Jaakkola & Jordan (2000),
    Bayesian parameter estimation via variational methods.
    """
    size = np.maximum(np.abs(log_odds), 1e-6)
    curvature: NDArray[np.float64] = np.tanh(size / 2) / (2 * size)
    return curvature


def _times(matrix: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = np.matmul(matrix, vector[..., None])[..., 0]
    return product
