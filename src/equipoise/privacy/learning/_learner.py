"""What every private learner shares: checked rows, scores, and a guarantee in full."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from equipoise._checks import check_delta, check_epsilon, check_seed, suggestion
from equipoise.exceptions import InputError
from equipoise.privacy._bounds import checked_bounds
from equipoise.privacy._encoding import BoundedEncoding, DeclaredBounds, as_pandas
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy._promises import SCORED, promised, whose
from equipoise.privacy._units import check_same_order
from equipoise.privacy.accounting._gaussian import gaussian_mu
from equipoise.privacy.learning._many_models import ManyModels, named_as_fitted
from equipoise.privacy.learning._noisy_vector import Silence, beside
from equipoise.privacy.learning._rows import checked_outcomes, checked_unit

__all__ = ["Customers", "PrivateClassifier", "PrivateLearner"]

FLOATS = "noise drawn in floating point, whose last bits can leak, by a generator that is not cryptographic"


@dataclass(frozen=True)
class Customers:
    """Checked and encoded rows, their outcomes, and the name and number of protected units."""

    encoding: BoundedEncoding
    rows: NDArray[np.float64]
    outcomes: NDArray[Any]
    unit: str
    units: int
    columns: list[str] | None


class PrivateLearner(BaseEstimator):  # type: ignore[misc]
    """Base of learners that see customers only through a bounded encoding."""

    _released = "the released weights"
    _is_silent = False  # of a study of what noise costs: the settings of epsilon, and no noise
    encoding_: BoundedEncoding
    weights_: NDArray[np.float64]
    guarantee_: Guarantee

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

    def _asked(self, epsilon: object) -> tuple[float, float, float]:
        """Return epsilon, delta and the Gaussian ratio that keeps them; infinite without noise."""
        checked = check_epsilon(epsilon)
        delta = check_delta(self.delta, checked)
        return checked, delta, gaussian_mu(checked, delta) if delta else math.inf

    def _scores(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the linear score of each row, shape (n,)."""
        check_is_fitted(self, "weights_")
        X = named_as_fitted(X, getattr(self, "feature_names_in_", None))
        return self._scores_of(self.encoding_.transform(X))

    def _scores_of(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return rows @ self.weights_

    def _outcomes(self, y: ArrayLike, n: int) -> NDArray[Any]:
        """Return the outcomes of `n` rows, or refuse them."""
        raise NotImplementedError

    def _checked(
        self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None
    ) -> Customers:
        """Return what is fitted on, or refuse what breaks a promise; the learner stays as it was."""
        self._seed()
        encoding = self._encoding()
        X = as_pandas(X)
        self._check_from_data()
        if not np.ndim(X) or not len(X):
            raise InputError("X", "must have at least one row", "0 rows", "Pass customers.")
        check_same_order(X=X, y=y, unit=unit)
        unit_name, units = checked_unit(unit, len(X), self.rows_per_unit)
        rows = encoding.transform(X)
        outcomes = self._outcomes(y, len(rows))
        columns = [str(name) for name in X.columns] if isinstance(X, pd.DataFrame) else None
        return Customers(encoding, rows, outcomes, unit_name, units, columns)

    def _seed(self) -> int | None:
        """Return the seed of a study, or None for a release."""
        return check_seed(self.random_state)

    def _silenced(self) -> Self | None:
        """Return a clone that draws no noise and promises nothing; None where that cannot be."""
        silent: Self = clone(self)
        silent._is_silent = True
        return silent

    def _noise(self) -> np.random.Generator:
        """Return what noise is drawn from."""
        return Silence() if self._is_silent else np.random.default_rng(self._seed())

    def _noise_beside(self) -> np.random.Generator:
        """Return what noise is drawn from that has nothing to do with the other."""
        return Silence() if self._is_silent else beside(self._seed())

    def _encoding(self) -> BoundedEncoding:
        """Return the encoding that the declared bounds give."""
        return BoundedEncoding.of(self.bounds)

    def _keep(
        self, customers: Customers, weights: NDArray[np.float64], guarantee: Guarantee
    ) -> None:
        """Become fitted, all at once: a refused fit leaves an earlier one whole."""
        self.encoding_ = customers.encoding
        self.weights_ = weights
        self.guarantee_ = guarantee
        self.n_features_in_ = len(customers.columns or customers.encoding.bounds)
        if customers.columns is not None:
            self.feature_names_in_ = np.array(customers.columns, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _promise_of(self, customers: Customers, *settled: Any) -> Guarantee:
        """Return the guarantee of a fit with what was settled before it."""
        raise NotImplementedError

    def _many(
        self,
        customers: Customers,
        epsilons: tuple[float, ...],
        seeds: tuple[int, ...],
        weights: NDArray[np.float64],
        settled: Iterable[tuple[Any, ...]],
    ) -> ManyModels:
        """Return models with the guarantee of a seeded fit at each epsilon."""
        seeded = clone(self).set_params(random_state=seeds[0])
        return ManyModels(
            learner=type(self).__name__,
            epsilons=epsilons,
            seeds=seeds,
            weights=weights.reshape(len(epsilons), len(seeds), -1),
            encoding=customers.encoding,
            guarantees=tuple(seeded._promise_of(customers, *each) for each in settled),
            columns=customers.columns,
        )

    def _promise(
        self,
        epsilon: float,
        delta: float,
        unit: str,
        *,
        adjacency: Adjacency,
        mechanism: str,
        not_covered: Sequence[str],
        mu: float | None = None,
    ) -> Guarantee:
        """Return the guarantee of a fit, with its limits in full."""
        rows = "row" if self.rows_per_unit == 1 else f"rows, up to {self.rows_per_unit} together"
        return promised(
            math.inf if self._is_silent else epsilon,
            delta,
            unit=unit,
            adjacency=adjacency,
            mechanism=mechanism,
            covers=(
                f"{self._released}, and any score of other people computed from them",
                whose(unit, adjacency, rows),
            ),
            not_covered=(SCORED, *not_covered, FLOATS, *self._from_data()),
            mu=mu,
            seeded=self.random_state is not None,
        )

    def _named_from_data(self) -> list[str]:
        from_data = () if self.bounds_from_data is None else self.bounds_from_data
        return [from_data] if isinstance(from_data, str) else [str(name) for name in from_data]

    def _check_from_data(self) -> None:
        known = [*checked_bounds(self.bounds), "target", "rows_per_unit"]
        for name in self._named_from_data():
            if name not in known:
                rule = "must name declared features, 'target' or 'rows_per_unit'"
                raise InputError("bounds_from_data", rule, repr(name), suggestion(name, known))

    def _from_data(self) -> tuple[str, ...]:
        """Return what a guarantee must say of what was read off the customers beforehand."""
        names = ", ".join(self._named_from_data())
        read = "bounds, categories or counts read off the customers (source: data)"
        return (f"{read}: {names}",) if names else ()


class PrivateClassifier(ClassifierMixin, PrivateLearner):  # type: ignore[misc]
    """Base of classifiers of the outcomes 0 and 1."""

    def decision_function(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the log-odds of the positive outcome, shape (n,)."""
        return self._scores(X)

    def predict_proba(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return probabilities of outcome 0 and 1, shape (n, 2)."""
        positive = expit(self.decision_function(X))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.int_]:
        """Return the more probable outcome, 0 or 1, shape (n,)."""
        return (self.decision_function(X) > 0).astype(int)

    def _outcomes(self, y: ArrayLike, n: int) -> NDArray[np.int_]:
        return checked_outcomes(y, n)

    def _keep(
        self, customers: Customers, weights: NDArray[np.float64], guarantee: Guarantee
    ) -> None:
        super()._keep(customers, weights, guarantee)
        self.classes_ = np.array([0, 1])
