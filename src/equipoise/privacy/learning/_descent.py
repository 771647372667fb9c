"""Noisy gradient descent on a sum of bounded gradients: the plan first, the customers after."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

__all__ = ["Descent", "noisy_sum"]

FEWEST_STEPS, MOST_STEPS = 10, 400


@dataclass(frozen=True)
class Descent:
    """Nesterov's descent with every setting fixed before it sees a row.

    Attributes
    ----------
    n : int
        Number of rows, as declared.
    steps : int
        Number of noisy gradient sums.
    noise_sd : float
        Standard deviation of the noise on each coordinate of each sum; 0 without privacy.
    ridge : float
        Penalty on every weight but the first, per row.
    step : float
        Length of a step.
    """

    n: int
    steps: int
    noise_sd: float
    ridge: float
    step: float

    @classmethod
    def planned(cls, *, n: int, norm: float, ratio: float) -> Self:
        """Return the settings for `n` rows of norm at most `norm`.

        `ratio` is what one row may move all sums together by, in standard deviations of their
        noise; infinity means no noise. The settings use nothing else, so they tell nothing else.
        """
        signal = n * ratio
        wanted = math.inf if math.isinf(signal) else math.ceil(1.5 * math.sqrt(signal))
        steps = int(min(max(wanted, FEWEST_STEPS), MOST_STEPS))
        ridge = norm**2 / signal
        return cls(n, steps, math.sqrt(steps) * norm / ratio, ridge, 1 / (norm**2 / 4 + ridge))

    @property
    def momentum(self) -> float:
        """The largest momentum: that of a strongly convex problem."""
        root = math.sqrt(self.ridge * self.step)
        return (1 - root) / (1 + root)

    def run(
        self,
        rows: NDArray[np.float64],
        outcomes: NDArray[np.int_],
        rng: np.random.Generator,
        weight: NDArray[np.float64] | float = 1.0,
    ) -> NDArray[np.float64]:
        """Return the weighted mean of the path; everything after a noisy sum is arithmetic on it."""
        penalty = np.full(rows.shape[1], self.ridge)
        penalty[0] = 0.0
        here = before = mean = np.zeros(rows.shape[1])
        for t in range(self.steps):
            ahead = here + min(t / (t + 3), self.momentum) * (here - before)
            gradient = noisy_sum(
                rows, weight * (expit(rows @ ahead) - outcomes), self.noise_sd, rng
            )
            here, before = ahead - self.step * (gradient / self.n + penalty * ahead), here
            mean = mean + (here - mean) * 2 / (t + 2)
        return mean


def noisy_sum(
    rows: NDArray[np.float64],
    residuals: NDArray[np.float64],
    noise_sd: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the sum of residual times row, plus Gaussian noise: all that a descent sees of customers.

    Residuals within [-1, 1] bound what one row adds by its norm.
    """
    total: NDArray[np.float64] = rows.T @ residuals
    return total + noise_sd * rng.standard_normal(len(total))
