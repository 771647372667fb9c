"""From noisy sums to log-odds: ridge regression of the outcome, read as a linear discriminant."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from equipoise.privacy.learning._moments import Moments

__all__ = ["log_odds_weights", "ridge", "ridge_weights"]

RIDGE_SHARE = 0.5  # of the largest eigenvalue that the noise of the squares is likely to have
MOST_EXPLAINED = 0.9  # of the variance of the outcome in noisy sums; more would be noise


def ridge(*, noise_sd: float, width: int) -> float:
    """Return the penalty on every weight: by the noise of the squares alone, never by the data."""
    return RIDGE_SHARE * noise_sd * math.sqrt(2 * width)


def ridge_weights(moments: Moments, penalty: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the weights of the ridge regression on noisy sums, shape (..., r)."""
    spread, axes = np.linalg.eigh(moments.squares)
    return moments.solved(np.maximum(spread, 0) + np.asarray(penalty)[..., None], axes)


def log_odds_weights(
    moments: Moments, weights: NDArray[np.float64], constant: float, *, is_noisy: bool
) -> NDArray[np.float64]:
    """Return weights of the log-odds of outcome 1, for a regression of outcomes of -1 and 1.

    If features are normal with one covariance in both classes, the log-odds are linear, and these
    follow from the regression, the mean of the rows and the mean outcome, which the sums hold.
    """
    n = np.maximum(moments.squares[..., 0, 0] / constant**2, 1.0)[..., None]
    most = n / (n + 2)
    mean_outcome = np.clip(moments.products[..., :1] / (constant * n), -most, most)
    mean = moments.squares[..., 0, 1:] / (constant * n)
    shared = moments.products[..., 1:] / n - mean_outcome * mean
    variance = 1 - mean_outcome**2
    slope = weights[..., 1:]
    explained = np.sum(slope * shared, axis=-1, keepdims=True) / variance
    most_explained = MOST_EXPLAINED if is_noisy else 1 - 1e-12
    slope = 2 * slope / (variance * (1 - np.clip(explained, 0, most_explained)))
    halfway = mean - mean_outcome * shared / variance
    prior = 2 * np.arctanh(mean_outcome)
    intercept = prior - np.sum(slope * halfway, axis=-1, keepdims=True)
    return np.concatenate([intercept / constant, slope], axis=-1)
