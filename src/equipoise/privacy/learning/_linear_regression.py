"""Linear regression from noisy sums, with a penalty that adapts to how much the rows vary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from equipoise.exceptions import InputError
from equipoise.privacy._bounds import checked_bounds, is_category
from equipoise.privacy._encoding import BoundedEncoding, DeclaredBounds
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning._directions import free_directions
from equipoise.privacy.learning._learner import Customers, PrivateLearner
from equipoise.privacy.learning._many_models import ManyModels
from equipoise.privacy.learning._moments import Moments, stacked_sensitivity, stacked_sums
from equipoise.privacy.learning._noisy_vector import noisy_vector
from equipoise.privacy.learning._rows import checked_targets

__all__ = ["PrivateLinearRegression"]

EIGENVALUE_SHARE = 0.05  # of the squared ratio, for the smallest eigenvalue
FLOOR_SHARE = 1.0  # of the largest eigenvalue that the noise of the squares is likely to have
CAUTION = 2.0  # sds by which the noisy eigenvalue is taken to be too large


@dataclass(frozen=True)
class _Plan:
    """Noise of the two releases, by the declaration and the promise alone."""

    sums_sd: float
    eigenvalue_sd: float
    floor: float

    @classmethod
    def of(cls, *, norm: float, width: int, ratio: float) -> Self:
        sums_sd = stacked_sensitivity(norm) / (math.sqrt(1 - EIGENVALUE_SHARE) * ratio)
        floor = FLOOR_SHARE * sums_sd * math.sqrt(2 * width)
        return cls(sums_sd, norm**2 / (math.sqrt(EIGENVALUE_SHARE) * ratio), floor)


class PrivateLinearRegression(RegressorMixin, PrivateLearner):  # type: ignore[misc]
    """Linear regression from noisy sums over rows (AdaSSP), for numbers with declared bounds.

    Three things are released with Gaussian noise: the smallest eigenvalue of the sum of squares of the
    rows, that sum, and the sum of target times row. They compose to one Gaussian release, calibrated
    exactly. Where the noisy eigenvalue says that rows vary in every direction by more than the noise,
    nothing is penalised; else the weights are shrunk by as much as is missing.

    Parameters
    ----------
    epsilon, delta, bounds, bounds_from_data, rows_per_unit, random_state
        As for `PrivateLogisticRegression`.
    target_bounds : tuple of float
        (low, high) of the target, known without looking at the customers. Targets outside are clipped,
        and so are predictions.

    Attributes
    ----------
    guarantee_ : Guarantee
        Add-remove adjacency. Nothing depends on the number of rows, which is covered as well.
    weights_ : array, shape (encoded columns,)
        In units of the target. Names in `encoding_.names`; the first belongs to the constant.
    noise_sd_ : float
        Standard deviation of the noise on each place of the vector of sums; 0 without privacy.
    sensitivities_ : tuple of float
        The most that a customer moves each release by: the smallest eigenvalue, then the vector.

    References
    ----------
    Wang (2018), Revisiting differentially private linear regression. UAI. Its three releases are
    composed here as Gaussians rather than by adding epsilons.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (5000, 2))
    >>> y = 20 + 5 * X[:, 0] + rng.normal(0, 1, 5000)
    >>> model = PrivateLinearRegression(
    ...     epsilon=1, delta=1e-6, bounds=[(-1, 1), (-1, 1)], target_bounds=(0, 40), random_state=0
    ... )
    >>> model.fit(X, y).score(X, y) > 0.8
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
        target_bounds: tuple[float, float],
        bounds_from_data: Sequence[str] = (),
        rows_per_unit: int = 1,
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
        self.target_bounds = target_bounds

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit on rows of customers.

        Parameters
        ----------
        X : DataFrame or array_like, shape (n, p)
        y : array_like of float, shape (n,)
        unit : array_like, shape (n,), optional
            Customer of each row; without it every row is its own unit.

        Raises
        ------
        InputError
            Where an argument or a row breaks a rule; an earlier fit then stays as it was.

        Warns
        -----
        ClippedRowsWarning
            Where more than one row or target in a hundred lies outside the declared bounds.
        LargeDeltaWarning
            Where delta is 1 / n or more.
        """
        epsilon, delta, mu = self._asked(self.epsilon)
        low, high = self._target_limits()
        customers = self._checked(X, y, unit)
        warn_of_large_delta(delta, customers.units, unit=customers.unit)
        exact = _Exact.of(customers, low, high)
        weights = self._solved(exact, mu, self._noise())
        promise = self._promise_of(customers, epsilon, delta, mu)
        plan = self._plan(customers.encoding, mu)
        self.noise_sd_ = plan.sums_sd
        norm = customers.encoding.norm
        self.sensitivities_ = (
            self.rows_per_unit * norm**2,
            self.rows_per_unit * stacked_sensitivity(norm),
        )
        self.target_limits_ = (low, high)
        self._keep(customers, weights, promise)
        return self

    def predict(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the expected target of each row within its declared bounds, shape (n,)."""
        predicted: NDArray[np.float64] = np.clip(self._scores(X), *self.target_limits_)
        return predicted

    def _target_limits(self) -> tuple[float, float]:
        limits = checked_bounds({"target": self.target_bounds})["target"]
        if is_category(limits):
            raise InputError(
                "target_bounds",
                "must be two finite numbers, low then high",
                list(limits),
                "Use a classifier for categories.",
            )
        return float(limits[0]), float(limits[1])

    def _outcomes(self, y: ArrayLike, n: int) -> NDArray[np.float64]:
        return checked_targets(y, n, *self._target_limits())

    def _plan(self, encoding: BoundedEncoding, mu: float) -> _Plan:
        width = free_directions(encoding).shape[1]
        return _Plan.of(norm=encoding.norm, width=width, ratio=mu / self.rows_per_unit)

    def _solved(self, exact: _Exact, mu: float, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return weights for targets in their own unit: arithmetic on noisy values."""
        plan = self._plan(exact.encoding, mu)
        (smallest,) = noisy_vector(np.array([exact.smallest]), plan.eigenvalue_sd, rng)
        stacked = noisy_vector(exact.sums, plan.sums_sd, rng)
        moments = Moments.of(stacked, width=exact.directions.shape[1], norm=exact.encoding.norm)
        missing = max(0.0, plan.floor - max(0.0, smallest - CAUTION * plan.eigenvalue_sd))
        spread, axes = np.linalg.eigh(moments.squares)
        spread = np.maximum(np.maximum(spread, 0) + missing, plan.floor)
        weights: NDArray[np.float64] = exact.directions @ moments.solved(spread, axes)
        weights *= exact.half_range
        weights[0] += exact.middle / exact.encoding.constant
        return weights

    def _promise_of(
        self, customers: Customers, epsilon: float, delta: float, mu: float
    ) -> Guarantee:
        plan = self._plan(customers.encoding, mu)
        sums = f"Gaussian noise of sd {plan.sums_sd:.4g} on one vector of sums over rows"
        return self._promise(
            epsilon,
            delta,
            customers.unit,
            adjacency="add-remove",
            mechanism=f"{sums}, of sd {plan.eigenvalue_sd:.4g} on its smallest eigenvalue",
            not_covered=(),
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
        """Return the single fit of every epsilon and seed from one pass, see `fit_many`."""
        asked = [self._asked(epsilon) for epsilon in epsilons]
        customers = self._checked(X, y, unit)
        most = max(delta for _, delta, _ in asked)
        warn_of_large_delta(most, customers.units, unit=customers.unit, stacklevel=4)
        exact = _Exact.of(customers, *self._target_limits())
        weights = [
            [self._solved(exact, mu, np.random.default_rng(s)) for s in seeds] for *_, mu in asked
        ]
        return self._many(customers, epsilons, seeds, np.array(weights), asked)


@dataclass(frozen=True)
class _Exact:
    """All that the learner ever sees of customers, before any noise."""

    encoding: BoundedEncoding
    directions: NDArray[np.float64]
    sums: NDArray[np.float64]
    smallest: float
    middle: float
    half_range: float

    @classmethod
    def of(cls, customers: Customers, low: float, high: float) -> Self:
        directions = free_directions(customers.encoding)
        middle, half = (low + high) / 2, (high - low) / 2
        targets = (customers.outcomes - middle) / half
        norm = customers.encoding.norm
        sums = stacked_sums(customers.rows @ directions, np.clip(targets, -1, 1), norm)
        squares = Moments.of(sums, width=directions.shape[1], norm=norm).squares
        smallest = float(np.linalg.eigvalsh(squares)[0])
        return cls(customers.encoding, directions, sums, max(0.0, smallest), middle, half)
