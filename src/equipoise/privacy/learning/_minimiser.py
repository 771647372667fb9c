"""The exact minimum of a penalised logistic loss, as near as its sensitivity was told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from equipoise.exceptions import InputError

__all__ = ["exact_minimum"]

MOST_STEPS = 200


def exact_minimum(
    rows: NDArray[np.float64],
    outcomes: NDArray[np.int_],
    *,
    ridge: float,
    tolerance: float,
) -> NDArray[np.float64]:
    """Return weights at which the gradient of the sum over rows is at most `tolerance` long.

    The objective grows by at least ridge / 2 times the squared distance from its minimum, so the
    weights lie within tolerance / ridge of it.
    """
    weights = np.zeros(rows.shape[1])
    for _ in range(MOST_STEPS):
        chances = expit(rows @ weights)
        gradient = rows.T @ (chances - outcomes) + ridge * weights
        if np.linalg.norm(gradient) <= tolerance:
            return weights
        curved = rows * (chances * (1 - chances))[:, None]
        stride = np.linalg.solve(curved.T @ rows + ridge * np.eye(len(weights)), gradient)
        weights = _descended(rows, outcomes, ridge, weights, stride, float(gradient @ stride))
    raise InputError(
        "the fit",
        f"must come within {tolerance:.2g} of the minimum, which its promise needs",
        f"a gradient of {np.linalg.norm(gradient):.2g} after {MOST_STEPS} steps",
        "Use a smaller epsilon, which penalises more, or fewer rows.",
    )


def _descended(
    rows: NDArray[np.float64],
    outcomes: NDArray[np.int_],
    ridge: float,
    weights: NDArray[np.float64],
    stride: NDArray[np.float64],
    decrease: float,
) -> NDArray[np.float64]:
    """Return the end of a Newton step, halved until the objective falls by a quarter as promised."""

    def objective(at: NDArray[np.float64]) -> float:
        odds = rows @ at
        return float(np.logaddexp(0, odds).sum() - outcomes @ odds + ridge / 2 * at @ at)

    now, share = objective(weights), 1.0
    rounding = 1e-12 * (1 + abs(now))
    while objective(weights - share * stride) > now - share * decrease / 4 + rounding:
        share /= 2
    return weights - share * stride
