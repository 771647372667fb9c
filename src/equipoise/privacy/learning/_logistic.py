"""Private logistic regression by full-batch noisy gradient descent."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_delta, check_epsilon
from equipoise.exceptions import InputError, LargeDeltaWarning
from equipoise.privacy._encoding import DeclaredBounds
from equipoise.privacy.accounting._gaussian import gaussian_mu
from equipoise.privacy.learning._descent import Descent
from equipoise.privacy.learning._learner import PrivateClassifier

__all__ = ["PrivateLogisticRegression"]

N_IS_DECLARED = "the number of rows, treated as declared: steps, step size and ridge follow from it"


class PrivateLogisticRegression(PrivateClassifier):
    """Logistic regression whose whole path from raw rows to weights is differentially private.

    Rows are encoded by declared bounds alone. Each of T gradient sums over all rows gets Gaussian
    noise; as the sums have a known sensitivity, all T together are one Gaussian release, calibrated
    exactly. Steps, step size and a vanishing ridge follow from the number of rows, epsilon, delta
    and the bounds, never from the data; nothing is tuned on customers.

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

    References
    ----------
    Song, Chaudhuri & Sarwate (2013), Stochastic gradient descent with differentially private
    updates. Balle & Wang (2018) for the calibration. Nesterov (1983) for the momentum.

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
        random_state: int | None = None,
    ) -> None:
        self.epsilon = epsilon
        self.delta = delta
        self.bounds = bounds
        self.bounds_from_data = bounds_from_data
        self.rows_per_unit = rows_per_unit
        self.random_state = random_state

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
        epsilon = check_epsilon(self.epsilon)
        delta = check_delta(self.delta, epsilon)
        customers = self._checked(X, y, unit)
        n = len(customers.rows)
        weight = _checked_weight(sample_weight, epsilon, n)
        _warn_of_large_delta(delta, n)
        mu = gaussian_mu(epsilon, delta) if delta else math.inf
        ratio = mu / self.rows_per_unit
        descent = Descent.planned(n=n, norm=customers.encoding.norm, ratio=ratio)
        rng = np.random.default_rng(self.random_state)
        weights = descent.run(customers.rows, customers.outcomes, rng, weight)
        self.steps_, self.noise_sd_ = descent.steps, descent.noise_sd
        noise = f"Gaussian noise of sd {descent.noise_sd:.4g}"
        promise = self._promise(
            epsilon,
            delta,
            customers.unit,
            adjacency="add-remove",
            mechanism=f"{noise} on each of {descent.steps} gradient sums",
            not_covered=[N_IS_DECLARED],
            mu=mu,
        )
        self._keep(customers, weights, promise)
        return self


def _warn_of_large_delta(delta: float, n: int) -> None:
    if delta >= 1 / n:
        warnings.warn(
            f"delta {delta:g} is at least 1 / {n:,} rows: releasing one customer's row at "
            "random would satisfy it. Use a smaller delta.",
            LargeDeltaWarning,
            stacklevel=3,
        )


def _checked_weight(
    sample_weight: ArrayLike | None, epsilon: float, n: int
) -> NDArray[np.float64] | float:
    if sample_weight is None:
        return 1.0
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
