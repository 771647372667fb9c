"""A sound query and a sound learner, small enough that one changed line is a bug one can see."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.base import BaseEstimator

from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._promises import promised, whose
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.evidence._rates import Floats
from equipoise.privacy.learning import _descent
from equipoise.privacy.queries.mechanisms._additive import STUDY

__all__ = ["NoisyDescent", "NoisySum"]

OF_ROWS = whose("row", "add-remove", "row")


class NoisySum:
    """The sum of what customers spent: amounts are clipped, then Laplace noise hides each of them.

    Attributes
    ----------
    low, high : float
        Declared bounds of an amount.
    epsilon : float
        Of the claim, pure, for adding or removing one row.
    """

    name, wrong, seen = "sum", "Amounts are clipped, then noised.", ""
    low, high, epsilon = 0.0, 100.0, 1.0

    @property
    def sensitivity(self) -> float:
        """The most that one customer moves the released sums by, all together."""
        return max(abs(self.low), abs(self.high))

    @property
    def guarantee(self) -> Guarantee:
        """What one release claims."""
        return promised(
            self.epsilon,
            0.0,
            unit="row",
            adjacency="add-remove",
            mechanism="Laplace noise",
            covers=("the released sums", OF_ROWS),
            not_covered=(STUDY,),
        )

    def clipped(self, amounts: Floats) -> Floats:
        """Return the amounts within their bounds."""
        return np.clip(amounts, self.low, self.high)

    def sums(self, amounts: Floats) -> Floats:
        """Return the exact sums that noise is added to."""
        return np.array([self.clipped(amounts).sum()])

    def noise(self, amounts: Floats, rng: np.random.Generator) -> Floats:
        """Return noise for each sum; a sound query uses no more of the amounts than how many sums."""
        return rng.laplace(0.0, self.sensitivity / self.epsilon, len(self.sums(amounts)))

    def release(self, amounts: ArrayLike, rng: np.random.Generator | None = None) -> Floats:
        """Return the noisy sums."""
        spent = np.asarray(amounts, dtype=float)
        rng = np.random.default_rng() if rng is None else rng
        return self.sums(spent) + self.noise(spent, rng)

    def worst_case(self) -> tuple[Floats, Floats]:
        """Return small amounts, without and with one far above the bound."""
        others = np.ones(10)
        return others, np.r_[others, 10 * self.high]

    def random_neighbours(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return random amounts, some outside the bounds, without and with one more."""
        amounts = rng.standard_cauchy(rng.integers(2, 30)) * self.high
        return amounts[:-1], amounts


class NoisyDescent(BaseEstimator):  # type: ignore[misc]
    """Logistic regression by noisy gradient descent: rows are clipped, each sum of gradients noised.

    Parameters
    ----------
    epsilon, delta : float
        Of the claim, for adding or removing one row.
    bounds : list of (low, high)
        Declared, one a column.
    row_count : int or "declared"
        Publicly known number of rows; "declared" takes that of the table.
    random_state : int, optional
    """

    name, wrong, seen = "descent", "Rows are clipped first.", ""
    steps = 20

    def __init__(
        self,
        *,
        epsilon: float = 1.0,
        delta: float = 1e-6,
        bounds: Any = ((0.0, 100.0),) * 4,
        row_count: int | str = "declared",
        random_state: int | None = None,
    ) -> None:
        self.epsilon = epsilon
        self.delta = delta
        self.bounds = bounds
        self.row_count = row_count
        self.random_state = random_state

    @property
    def sensitivity(self) -> float:
        """The largest norm of a row, which is the most it can move a sum of gradients by."""
        return float(np.sqrt(len(self.bounds)))

    def limits(self, X: Floats) -> tuple[Floats, Floats]:
        """Return the bounds of every column."""
        low, high = np.array(self.bounds, dtype=float).T
        return low, high

    def rows(self, X: Floats) -> Floats:
        """Return rows clipped to their bounds and mapped to [-1, 1]."""
        low, high = self.limits(X)
        return 2 * (np.clip(X, low, high) - low) / (high - low) - 1

    def weights_of_rows(self, X: Floats) -> Floats:
        """Return how much each row counts, at most 1."""
        return np.ones(len(X))

    def noise_sd(self, n: int) -> float:
        """Return the noise of each sum, for all steps to be one Gaussian release of the ratio mu."""
        mu = gaussian_mu(self.epsilon, self.delta)
        return float(np.sqrt(self.steps) * self.sensitivity / mu)

    def steps_taken(self) -> int:
        """Return the number of noisy sums."""
        return self.steps

    def generator(self) -> Any:
        """Return what draws the noise."""
        return np.random.default_rng(self.random_state)

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on rows of customers and their outcomes of 0 and 1."""
        table, outcomes = np.asarray(X, dtype=float), np.asarray(y)
        n = len(table) if self.row_count == "declared" else int(self.row_count)
        rows, counts, rng = self.rows(table), self.weights_of_rows(table), self.generator()
        weights, noise_sd = np.zeros(rows.shape[1]), self.noise_sd(n)
        for _ in range(self.steps_taken()):
            residuals = counts * (expit(rows @ weights) - outcomes)
            slope = _descent.noisy_sum(rows, residuals, noise_sd, rng)
            weights = weights - 4 * slope / (n * self.sensitivity**2)
        self.weights_ = weights
        self.guarantee_ = promised(
            self.epsilon,
            self.delta,
            unit="row",
            adjacency="add-remove",
            mechanism=f"Gaussian noise on each of {self.steps} gradient sums",
            covers=("the released weights", OF_ROWS),
            mu=gaussian_mu(self.epsilon, self.delta),
            seeded=self.random_state is not None,
        )
        return self
