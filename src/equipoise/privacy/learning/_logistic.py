"""Private logistic regression by full-batch noisy descent in the metric of noisy squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.privacy._encoding import BoundedEncoding, DeclaredBounds
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning._descent import Descent
from equipoise.privacy.learning._learner import Customers, PrivateClassifier
from equipoise.privacy.learning._many_descent import run_many
from equipoise.privacy.learning._many_models import ManyModels
from equipoise.privacy.learning._row_count import (
    RowCountSetting,
    counted_rows,
    moved_count,
    rows_declared,
)

__all__ = ["PrivateLogisticRegression", "planned_for"]


class PrivateLogisticRegression(PrivateClassifier):
    """Logistic regression whose whole path from raw rows to weights is differentially private.

    Rows are encoded by declared bounds alone. The sum of their squares and each of T gradient sums
    get Gaussian noise; as these sums over all rows have a known sensitivity, they are together one
    Gaussian release, calibrated exactly. T, the noise and a vanishing ridge follow from the number
    of rows, epsilon, delta and the bounds, never from the data; nothing is tuned on customers.
    The squares take 3 % of the squared ratio and make each of the few steps long.

    Parameters
    ----------
    epsilon : float
        Positive; infinity fits the same bounded learner without noise and promises nothing.
    delta : float, optional
        In (0, 1), far below one over the number of customers. Required with a finite epsilon.
    bounds : mapping or sequence
        For a frame (low, high) or the categories of each column; for an array a list of (low, high).
    bounds_from_data : sequence of str
        Features whose bounds or categories were read off the customers: named as not covered.
    rows_per_unit : int
        The most rows that one customer may have; the noise grows in proportion.
    row_count : int, "declared" or "noised"
        The number of rows, from which T follows: known to everybody ("declared"), counted with
        noise that a hundredth of the squared ratio pays for ("noised"), or a public number.
    random_state : int, optional
        For study only. By default the noise is seeded by the operating system.

    Attributes
    ----------
    guarantee_ : Guarantee
        Add-remove adjacency: what was promised per customer, and what was not.
    weights_ : array, shape (encoded columns,)
        Names in `encoding_.names`; the first belongs to the constant.
    steps_ : int
        Number of noisy gradient sums.
    noise_sd_ : float
        Standard deviation of the noise on each coordinate of each gradient sum; 0 without privacy.
    squares_sd_ : float
        The same for the diagonal of the sum of squares; other places get this over the root of 2.
    sensitivities_ : tuple of float
        The most that a customer moves each noisy sum by: the number of rows where it is noised, that of
        squares, then those of gradients.

    References
    ----------
    Song, Chaudhuri & Sarwate (2013), Stochastic gradient descent with differentially private
    updates. Balle & Wang (2018) for the calibration. Dwork, Talwar, Thakurta & Zhang (2014), Analyze
    Gauss, for noise on squares. Nesterov (1983) for the momentum.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (5000, 2))
    >>> y = (rng.random(5000) < 1 / (1 + np.exp(-3 * X[:, 0]))).astype(int)
    >>> bounds = [(-1, 1), (-1, 1)]
    >>> model = PrivateLogisticRegression(epsilon=1, delta=1e-6, bounds=bounds, random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.7
    True
    >>> print(model.guarantee_)
    (epsilon 1, delta 1e-06) per row, add-remove
    """

    def __init__(
        self,
        *,
        epsilon: float,
        delta: float | None = None,
        bounds: DeclaredBounds,
        bounds_from_data: Sequence[str] = (),
        rows_per_unit: int = 1,
        row_count: RowCountSetting = "declared",
        random_state: int | None = None,
    ) -> None:
        super().__init__(
            epsilon=epsilon,
            delta=delta,
            bounds=bounds,
            bounds_from_data=bounds_from_data,
            rows_per_unit=rows_per_unit,
            random_state=random_state,
        )
        self.row_count = row_count

    def fit(
        self,
        X: pd.DataFrame | ArrayLike,
        y: ArrayLike,
        unit: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Fit on rows of customers.

        Parameters
        ----------
        X : DataFrame or array_like, shape (n, p)
        y : array_like of 0 and 1, shape (n,)
        unit : array_like, shape (n,), optional
            Customer of each row; without it every row is its own unit.
        sample_weight : array_like, shape (n,), optional
            At infinite epsilon only: weights read from customers would need noise of their own.

        Raises
        ------
        InputError
            Where an argument or a row breaks a rule; an earlier fit then stays as it was.

        Warns
        -----
        ClippedRowsWarning
            Where more than one row in a hundred lies outside the declared bounds.
        LargeDeltaWarning
            Where delta is 1 / n or more.
        """
        epsilon, delta, mu = self._asked(self.epsilon)
        customers = self._checked(X, y, unit)
        n = len(customers.rows)
        weight = _checked_weight(sample_weight, epsilon, n)
        warn_of_large_delta(delta, customers.units, unit=customers.unit)
        weights, plan = self._weights_of(customers, mu, weight)
        promise = self._promise_of(customers, epsilon, delta, mu, plan)
        self.steps_, self.noise_sd_, self.squares_sd_ = plan.steps, plan.noise_sd, plan.squares_sd
        self.sensitivities_ = self._sensitivities(customers.encoding, plan)
        self._keep(customers, weights, promise)
        return self

    def _weights_of(
        self, customers: Customers, mu: float, weight: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.float64], Descent]:
        """Return what a customer moves by at most `mu` in all, and the settings it follows from."""
        rng = self._noise()
        plan = self._plan(customers, mu, rng)
        return plan.run(customers.rows, customers.outcomes, rng, weight), plan

    def _plan(self, customers: Customers, mu: float, rng: np.random.Generator) -> Descent:
        return planned_for(customers, mu, rng, self.row_count, self.rows_per_unit)

    def _sensitivities(self, encoding: BoundedEncoding, plan: Descent) -> tuple[float, ...]:
        sums = (self.rows_per_unit * each for each in plan.moved_by(encoding.norm))
        return (*moved_count(self.row_count, plan.noise_sd, self.rows_per_unit), *sums)

    def _promise_of(
        self, customers: Customers, epsilon: float, delta: float, mu: float, plan: Descent
    ) -> Guarantee:
        mechanism = (
            f"Gaussian noise of sd {plan.noise_sd:.4g} on each of {plan.steps} gradient sums, "
            f"of sd {plan.squares_sd:.4g} on the sum of squares"
        )
        if self.row_count == "noised":  # sizes differ by seed, and a promise is the same for all
            mechanism = "Gaussian noise on gradient sums, the sum of squares and the number of rows"
        return self._promise(
            epsilon,
            delta,
            customers.unit,
            adjacency="add-remove",
            mechanism=mechanism,
            not_covered=rows_declared(self.row_count),
            mu=mu,
        )

    def _fit_many(
        self,
        X: pd.DataFrame | ArrayLike,
        y: ArrayLike,
        unit: ArrayLike | None,
        epsilons: tuple[float, ...],
        seeds: tuple[int, ...],
    ) -> ManyModels:
        """Return the single fit of every epsilon and seed, see `fit_many`."""
        asked = [self._asked(epsilon) for epsilon in epsilons]
        customers = self._checked(X, y, unit)
        most = max(delta for _, delta, _ in asked)
        warn_of_large_delta(most, customers.units, unit=customers.unit, stacklevel=4)
        weights, plans = self._weights_of_many(customers, [mu for *_, mu in asked], seeds)
        told = [(*each, plan) for each, plan in zip(asked, plans, strict=True)]
        return self._many(customers, epsilons, seeds, weights, told)

    def _weights_of_many(
        self, customers: Customers, mus: Sequence[float], seeds: tuple[int, ...]
    ) -> tuple[NDArray[np.float64], list[Descent]]:
        """Return weights, shape (mus × seeds, p), and the settings of the first seed of each."""
        generators = [np.random.default_rng(seed) for _ in mus for seed in seeds]
        ratios = np.repeat(mus, len(seeds)).tolist()
        plans = [self._plan(customers, *each) for each in zip(ratios, generators, strict=True)]
        weights = run_many(plans, customers.rows, customers.outcomes, generators)
        return weights, plans[:: len(seeds)]


def planned_for(
    customers: Customers,
    mu: float,
    rng: np.random.Generator,
    row_count: RowCountSetting,
    rows_per_unit: int,
) -> Descent:
    """Return the settings of a descent for a number of rows that is declared, or noised first."""
    counted = counted_rows(
        row_count, n=len(customers.rows), mu=mu, rows_per_unit=rows_per_unit, rng=rng
    )
    return Descent.planned(
        n=counted.rows,
        norm=customers.encoding.norm,
        constant=customers.encoding.constant,
        ratio=counted.mu / rows_per_unit,
    )


def _checked_weight(
    sample_weight: ArrayLike | None, epsilon: float, n: int
) -> NDArray[np.float64] | None:
    if sample_weight is None:
        return None
    if math.isfinite(epsilon):
        raise InputError(
            "sample_weight",
            "must be absent at a finite epsilon",
            f"weights with epsilon {epsilon:g}",
            "Weights read from customers are not covered by the noise: fit without them.",
        )
    weight = np.asarray(sample_weight, dtype=float)
    total = weight.sum() if weight.shape == (n,) and (weight >= 0).all() else math.nan
    if not 0 < total < math.inf:
        raise InputError(
            "sample_weight",
            f"must be {n} finite numbers of at least 0, not all 0",
            f"shape {weight.shape}, sum {weight.sum():g}",
            "Pass one weight a row, or none.",
        )
    return weight * (n / total)
