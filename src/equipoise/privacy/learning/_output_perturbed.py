"""Logistic regression fitted exactly, then moved by noise: pure, or Gaussian."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_epsilon, check_whole
from equipoise.privacy._encoding import DeclaredBounds
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning._directions import free_directions
from equipoise.privacy.learning._learner import Customers, PrivateClassifier
from equipoise.privacy.learning._many_models import ManyModels
from equipoise.privacy.learning._minimiser import exact_minimum
from equipoise.privacy.learning._row_count import rows_declared

__all__ = ["OutputPerturbation", "OutputPerturbedLogisticRegression"]

RIDGE_SHARE = 0.2  # chosen on simulated tables
SMALLEST_RIDGE = 2.0**-10  # times the squared norm: where there is no noise
TOLERANCE = 1e-6  # times the norm: how far from 0 the gradient may be


@dataclass(frozen=True)
class OutputPerturbation:
    """Every setting of one fit, fixed before it sees a row.

    Attributes
    ----------
    ridge : float
        Penalty on every weight, beside the sum over rows.
    tolerance : float
        The longest gradient at which the weights count as the minimum.
    sensitivity : float
        The most that replacing one customer moves the weights by.
    scale : float
        Noise in units of the sensitivity: its sd in each direction if `gaussian`, else 1 / epsilon.
    gaussian : bool
        Whether the noise is Gaussian; else its density falls as exp(-length / (scale sensitivity)).
    """

    ridge: float
    tolerance: float
    sensitivity: float
    scale: float
    gaussian: bool

    @classmethod
    def planned(
        cls,
        *,
        n: int,
        width: int,
        norm: float,
        rows_per_unit: int,
        epsilon: float,
        mu: float | None,
    ) -> Self:
        """Return the settings for `n` rows in `width` directions; mu is None for a pure promise.

        The ridge balances its own pull against the noise, which falls as it grows. It is rounded to
        a power of 2, so that neighbouring epsilons share one fit.
        """
        scale = 1 / (epsilon if mu is None else mu)
        spread = 4 * (rows_per_unit * scale) ** 2 * (width + 1 if mu is None else 1)
        wanted = max(RIDGE_SHARE * math.cbrt(n * spread), SMALLEST_RIDGE)
        ridge = norm**2 * 2.0 ** round(math.log2(wanted))
        tolerance = TOLERANCE * norm
        sensitivity = 2 * (rows_per_unit * norm + tolerance) / ridge
        return cls(ridge, tolerance, sensitivity, scale, mu is not None)

    def noise(self, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return noise for weights in `width` directions."""
        drawn: NDArray[np.float64] = rng.standard_normal(width)
        if not self.gaussian:
            length, drawn_length = rng.gamma(width), float(np.linalg.norm(drawn))
            if drawn_length > 0:  # noise that is silent has no direction
                drawn *= length / drawn_length
        return drawn * self.scale * self.sensitivity


class OutputPerturbedLogisticRegression(PrivateClassifier):
    """Ridge-penalised logistic regression, fitted exactly, plus one draw of noise.

    The penalty limits how far one customer can move the minimum. It follows from the number of rows,
    epsilon, delta and the bounds by a fixed rule, and nothing is tuned on customers. It falls on the
    constant as well, so where it is large, chances are drawn towards one half; rankings are not.

    Parameters
    ----------
    epsilon : float
        Positive; infinity fits without noise.
    delta : float, optional
        None gives a pure promise, delta 0. A number in (0, 1) gives Gaussian noise, calibrated
        exactly.
    bounds, bounds_from_data, rows_per_unit, random_state
        As for `PrivateLogisticRegression`.
    row_count : int or "declared"
        The number of rows, from which the ridge follows: known to everybody, or a public number.

    Attributes
    ----------
    guarantee_ : Guarantee
        Replace-one adjacency, so a given epsilon promises less than the same epsilon at add-remove
        to those who compare presence with absence.
    weights_ : array, shape (encoded columns,)
        Names in `encoding_.names`; the first belongs to the constant.
    plan_ : OutputPerturbation
        Ridge, tolerance, sensitivity and scale of the noise.

    Notes
    -----
    The objective is the sum of losses plus ridge / 2 times the squared length of the weights. Replacing
    up to K rows changes the sum of gradients by at most 2 K norm everywhere, so it moves the minimum by
    at most 2 K norm / ridge (corollary 8 of the source, written for sums). The minimum is not taken on
    trust: the gradient at the released weights is at most `tolerance` long, which puts them within
    tolerance / ridge of the minimum, and twice that is part of the sensitivity.

    References
    ----------
    Chaudhuri, Monteleoni & Sarwate (2011), Differentially private empirical risk minimization.
    JMLR 12. Balle & Wang (2018) for the Gaussian calibration.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (5000, 2))
    >>> y = (rng.random(5000) < 1 / (1 + np.exp(-3 * X[:, 0]))).astype(int)
    >>> bounds = [(-1, 1), (-1, 1)]
    >>> model = OutputPerturbedLogisticRegression(epsilon=1, bounds=bounds, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.7
    True
    >>> print(model.guarantee_)
    (epsilon 1, delta 0) per row, replace-one
    """

    def __init__(
        self,
        *,
        epsilon: float,
        delta: float | None = None,
        bounds: DeclaredBounds,
        bounds_from_data: Sequence[str] = (),
        rows_per_unit: int = 1,
        row_count: int | Literal["declared"] = "declared",
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

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit on rows of customers; see `PrivateLogisticRegression.fit`.

        Raises
        ------
        InputError
            Where an argument or a row breaks a rule, or where the minimum is not reached.

        Warns
        -----
        ClippedRowsWarning, LargeDeltaWarning
            As for `PrivateLogisticRegression`.
        """
        epsilon, delta, mu = self._pure_or_gaussian(self.epsilon)
        customers = self._checked(X, y, unit)
        warn_of_large_delta(delta, customers.units, unit=customers.unit)
        directions = free_directions(customers.encoding)
        plan = self._plan(customers, epsilon, mu)
        found = _minimum(customers.rows @ directions, customers.outcomes, plan)
        noise = plan.noise(len(found), self._noise())
        promise = self._promise_of(customers, epsilon, delta, mu)
        self.plan_ = plan
        self._keep(customers, directions @ (found + noise), promise)
        return self

    def _row_count(self, n: int) -> int:
        """Return the number of rows that the ridge follows from."""
        if self.row_count == "declared":
            return n
        move = (
            "Use 'declared', or the publicly known number: replace-one adjacency covers no count."
        )
        return check_whole("row_count", self.row_count, low=1, next_move=move)

    def _pure_or_gaussian(self, epsilon: object) -> tuple[float, float, float | None]:
        """Return epsilon, delta and the Gaussian ratio, None for a pure promise."""
        if self.delta is None or self.delta == 0:
            return check_epsilon(epsilon), 0.0, None
        return self._asked(epsilon)

    def _plan(self, customers: Customers, epsilon: float, mu: float | None) -> OutputPerturbation:
        return OutputPerturbation.planned(
            n=self._row_count(len(customers.rows)),
            width=free_directions(customers.encoding).shape[1],
            norm=customers.encoding.norm,
            rows_per_unit=self.rows_per_unit,
            epsilon=epsilon,
            mu=mu,
        )

    def _promise_of(
        self, customers: Customers, epsilon: float, delta: float, mu: float | None
    ) -> Guarantee:
        plan = self._plan(customers, epsilon, mu)
        kind = "Gaussian noise of sd" if plan.gaussian else "noise of gamma length and scale"
        size = plan.scale * plan.sensitivity
        return self._promise(
            epsilon,
            delta,
            customers.unit,
            adjacency="replace-one",
            mechanism=f"{kind} {size:.4g} on weights fitted with ridge {plan.ridge:.4g}",
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
        """Return every epsilon and seed from one exact fit a ridge, see `fit_many`."""
        asked = [self._pure_or_gaussian(epsilon) for epsilon in epsilons]
        customers = self._checked(X, y, unit)
        most = max(delta for _, delta, _ in asked)
        warn_of_large_delta(most, customers.units, unit=customers.unit, stacklevel=4)
        directions = free_directions(customers.encoding)
        rows = customers.rows @ directions
        plans = [self._plan(customers, epsilon, mu) for epsilon, _, mu in asked]
        found: dict[float, NDArray[np.float64]] = {}
        for plan in plans:
            if plan.ridge not in found:
                found[plan.ridge] = _minimum(rows, customers.outcomes, plan)
        weights = [
            [found[p.ridge] + p.noise(rows.shape[1], np.random.default_rng(s)) for s in seeds]
            for p in plans
        ]
        return self._many(customers, epsilons, seeds, np.array(weights) @ directions.T, asked)


def _minimum(
    rows: NDArray[np.float64], outcomes: NDArray[np.int_], plan: OutputPerturbation
) -> NDArray[np.float64]:
    return exact_minimum(rows, outcomes, ridge=plan.ridge, tolerance=plan.tolerance)
