"""A classifier from one noisy release of sums over rows: many models from one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.privacy._encoding import BoundedEncoding
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning import _noisy_vector
from equipoise.privacy.learning._directions import free_directions
from equipoise.privacy.learning._discriminant import log_odds_weights, ridge, ridge_weights
from equipoise.privacy.learning._learner import Customers, PrivateClassifier
from equipoise.privacy.learning._many_models import ManyModels
from equipoise.privacy.learning._moments import Moments, stacked_sensitivity, stacked_sums

__all__ = ["SufficientStatisticsClassifier"]


class SufficientStatisticsClassifier(PrivateClassifier):
    """A linear discriminant from noisy sums: customers are looked at once, whatever is fitted after.

    Each row adds its products of two columns, and its columns times the outcome coded -1 and 1, to one
    vector, which is released once with Gaussian noise, calibrated exactly. Ridge regression of the
    outcome, its penalty fixed by the noise, and the log-odds of a linear discriminant follow from the
    noisy vector alone. Nothing depends on the number of rows, which is covered as well.

    Parameters
    ----------
    epsilon, delta, bounds, bounds_from_data, rows_per_unit, random_state
        As for `PrivateLogisticRegression`.

    Attributes
    ----------
    guarantee_ : Guarantee
        Add-remove adjacency.
    weights_ : array, shape (encoded columns,)
        Of the log-odds. Names in `encoding_.names`; the first belongs to the constant.
    regression_ : array, shape (encoded columns,)
        Weights of the ridge regression of outcomes -1 and 1, from which `weights_` follow.
    ridge_ : float
        Its penalty on every weight, beside the sum over rows.
    noise_sd_ : float
        Standard deviation of the noise on each place of the released vector; 0 without privacy.
    sensitivities_ : tuple of float
        The most that a customer moves the one vector by.

    Notes
    -----
    Chances are those of a linear discriminant: exact where features are normal with one covariance for
    both outcomes, and approximate elsewhere. Rankings need no such assumption. At infinite epsilon they
    are those of scikit-learn's ``LinearDiscriminantAnalysis(solver="lsqr")`` on the encoded rows, but for
    columns that do not vary, or by less than about a millionth of their bounds.

    References
    ----------
    Dwork, Talwar, Thakurta & Zhang (2014), Analyze Gauss. Vu & Slavkovic (2009), Differential privacy
    for clinical trial data. Balle & Wang (2018) for the calibration.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (5000, 2))
    >>> y = (rng.random(5000) < 1 / (1 + np.exp(-3 * X[:, 0]))).astype(int)
    >>> bounds = [(-1, 1), (-1, 1)]
    >>> model = SufficientStatisticsClassifier(epsilon=1, delta=1e-6, bounds=bounds, random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.7
    True
    >>> print(model.guarantee_)
    (epsilon 1, delta 1e-06) per row, add-remove
    """

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit on rows of customers; see `PrivateLogisticRegression.fit`.

        Raises
        ------
        InputError
            Where an argument or a row breaks a rule; an earlier fit then stays as it was.

        Warns
        -----
        ClippedRowsWarning, LargeDeltaWarning
            As for `PrivateLogisticRegression`.
        """
        epsilon, delta, mu = self._asked(self.epsilon)
        customers = self._checked(X, y, unit)
        warn_of_large_delta(delta, customers.units, unit=customers.unit)
        noise_sd = self._noise_sd(customers.encoding, mu)
        weights, regression = self._both(customers, noise_sd)
        promise = self._promise_of(customers, epsilon, delta, mu, noise_sd)
        self.regression_, self.noise_sd_ = regression, noise_sd
        self.ridge_ = _penalty(noise_sd, customers.encoding)
        self.sensitivities_ = self._sensitivities(customers.encoding, noise_sd)
        self._keep(customers, weights, promise)
        return self

    def _both(
        self, customers: Customers, noise_sd: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        released = _noisy_vector.noisy_vector(_sums(customers), noise_sd, self._noise())
        return _solved(released, noise_sd, customers.encoding)

    def _weights_of(self, customers: Customers, mu: float) -> tuple[NDArray[np.float64], float]:
        """Return what a customer moves by at most `mu`, and the noise that hides it."""
        noise_sd = self._noise_sd(customers.encoding, mu)
        return self._both(customers, noise_sd)[0], noise_sd

    def _noise_sd(self, encoding: BoundedEncoding, mu: float) -> float:
        return self._sensitivities(encoding)[0] / mu

    def _sensitivities(self, encoding: BoundedEncoding, noise_sd: float = 0.0) -> tuple[float, ...]:
        return (self.rows_per_unit * stacked_sensitivity(encoding.norm),)

    def _promise_of(
        self, customers: Customers, epsilon: float, delta: float, mu: float, noise_sd: float
    ) -> Guarantee:
        return self._promise(
            epsilon,
            delta,
            customers.unit,
            adjacency="add-remove",
            mechanism=f"Gaussian noise of sd {noise_sd:.4g} on one vector of sums over rows",
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
        weights, sds = self._weights_of_many(customers, [mu for *_, mu in asked], seeds)
        told = [(*each, sd) for each, sd in zip(asked, sds, strict=True)]
        return self._many(customers, epsilons, seeds, weights, told)

    def _weights_of_many(
        self, customers: Customers, mus: Sequence[float], seeds: tuple[int, ...]
    ) -> tuple[NDArray[np.float64], list[float]]:
        """Return weights, shape (mus × seeds, p), and the noise at each ratio, from one pass."""
        sds = [self._noise_sd(customers.encoding, mu) for mu in mus]
        exact = _sums(customers)
        drawn = np.array([np.random.default_rng(s).standard_normal(len(exact)) for s in seeds])
        weights = [_solved(exact + sd * drawn, sd, customers.encoding)[0] for sd in sds]
        return np.concatenate(weights), sds


def _sums(customers: Customers) -> NDArray[np.float64]:
    """Return all that the learner ever sees of customers."""
    rows = customers.rows @ free_directions(customers.encoding)
    return stacked_sums(rows, 2.0 * customers.outcomes - 1.0, customers.encoding.norm)


def _penalty(noise_sd: float, encoding: BoundedEncoding) -> float:
    width = free_directions(encoding).shape[1]
    return ridge(noise_sd=noise_sd, width=width)


def _solved(
    stacked: NDArray[np.float64], noise_sd: float, encoding: BoundedEncoding
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights of the log-odds and of the regression, for one vector or many."""
    directions = free_directions(encoding)
    moments = Moments.of(stacked, width=directions.shape[1], norm=encoding.norm)
    regression = ridge_weights(moments, _penalty(noise_sd, encoding))
    weights = log_odds_weights(moments, regression, encoding.constant, is_noisy=noise_sd > 0)
    # One model at a time, so that none depends on which others there are.
    return (directions @ weights[..., None])[..., 0], (directions @ regression[..., None])[..., 0]
