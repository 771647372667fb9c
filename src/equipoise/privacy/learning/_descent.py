"""Noisy descent on a sum of bounded gradients: the plan first, the customers after."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from equipoise.privacy.learning._noisy_vector import noised
from equipoise.privacy.learning._path import Path

__all__ = ["Descent", "noisy_squares", "noisy_sum", "symmetric_noise"]

FEWEST_STEPS, MOST_STEPS = 12, 400
SQUARES_SHARE = 0.03  # of the squared ratio: leaves .985 of the ratio to the gradients


@dataclass(frozen=True)
class Descent:
    """A descent with every setting fixed before it sees a row.

    Attributes
    ----------
    n : int
        Number of rows, as known or counted.
    steps : int
        Number of noisy gradient sums.
    noise_sd : float
        Standard deviation of the noise on each coordinate of each gradient sum; 0 without privacy.
    squares_sd : float
        The same for the diagonal of the sum of squares; other places get this over the root of 2.
    ridge : float
        Penalty on every weight but the first, beside the sum over rows.
    constant : float
        Value of the first column in every row.
    """

    n: int
    steps: int
    noise_sd: float
    squares_sd: float
    ridge: float
    constant: float

    @classmethod
    def planned(cls, *, n: int, norm: float, constant: float, ratio: float) -> Self:
        """Return the settings for `n` rows of norm at most `norm`.

        `ratio` is what one row may move all sums together by, in standard deviations of their
        noise; infinity means no noise. The settings use nothing else, so they tell nothing else.
        """
        signal = n * ratio
        wanted = math.inf if math.isinf(signal) else math.ceil(0.8 * math.cbrt(signal))
        steps = int(min(max(wanted, FEWEST_STEPS), MOST_STEPS))
        return cls(
            n=n,
            steps=steps,
            noise_sd=math.sqrt(steps / (1 - SQUARES_SHARE)) * norm / ratio,
            squares_sd=norm**2 / (math.sqrt(SQUARES_SHARE) * ratio),
            ridge=norm**2 / ratio,
            constant=constant,
        )

    def weighed(self, most: float) -> Self:
        """Return the same steps for rows that count up to `most` times, with noise to match.

        A row adds its weight times its gradient, and its weight times its squares.
        """
        sizes = {name: most * getattr(self, name) for name in ("noise_sd", "squares_sd", "ridge")}
        return replace(self, **sizes)

    def moved_by(self, norm: float) -> tuple[float, ...]:
        """Return the most that a row of this norm moves each noisy sum by, in their order."""
        return (norm**2, *[norm] * self.steps)

    def run(
        self,
        rows: NDArray[np.float64],
        outcomes: NDArray[np.int_],
        rng: np.random.Generator,
        weight: NDArray[np.float64] | None = None,
        pull: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return weights; everything after a noisy sum is arithmetic on it.

        `weight` is how often each row counts; `pull` is that of a `Path`, and must itself be noisy.
        """
        counted = rows if weight is None else rows * np.sqrt(weight)[:, None]
        path = self.path(noisy_squares(counted, self.squares_sd, rng), pull)
        for _ in range(self.steps):
            residuals = expit(rows @ path.ahead) - outcomes
            residuals = residuals if weight is None else weight * residuals
            path.step(noisy_sum(rows, residuals, self.noise_sd, rng))
        return path.mean()

    def path(self, squares: NDArray[np.float64], pull: NDArray[np.float64] | None = None) -> Path:
        """Return the start of the descent in the metric of noisy squares, for one model or many."""
        # The largest eigenvalue of the noise is near this, so that no direction looks too flat.
        noise = math.sqrt(2 * squares.shape[-1]) * self.squares_sd
        middle = np.clip(
            squares[..., 0, :] / (self.n * self.constant), -1, 1
        )  # as encoded rows are
        middle[..., 0] = self.constant
        return Path(squares, noise=noise, ridge=self.ridge, middle=middle, pull=pull)


def noisy_sum(
    rows: NDArray[np.float64],
    residuals: NDArray[np.float64],
    noise_sd: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the sum of residual times row, plus Gaussian noise.

    Residuals within [-1, 1] bound what one row adds by its norm. Beside `noisy_squares` this is all
    that a descent sees of customers.
    """
    total: NDArray[np.float64] = rows.T @ residuals
    return noised(total, noise_sd, rng.standard_normal(len(total)))


def noisy_squares(
    rows: NDArray[np.float64], noise_sd: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the sum over rows of row times row, plus symmetric Gaussian noise.

    What one row adds is a matrix whose root sum of squares is the squared norm of the row.
    """
    return noised(rows.T @ rows, noise_sd, symmetric_noise(rows.shape[1], rng))


def symmetric_noise(size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return noise that is alike in all directions among symmetric matrices, 1 on the diagonal."""
    drawn: NDArray[np.float64] = rng.standard_normal((size, size))
    return (drawn + drawn.T) / 2
