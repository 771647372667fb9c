"""What privacy costs a model: bounds, settings that allow for noise, and noise, each apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.base import clone, is_regressor

from equipoise._checks import check_epsilon, check_number
from equipoise.exceptions import InputError
from equipoise.privacy._bounds import Limits, category_text, checked_bounds, is_category
from equipoise.privacy._encoding import as_pandas, columns_of_array
from equipoise.privacy.learning._learner import PrivateLearner
from equipoise.privacy.learning._many_models import checked_seeds, named_as_fitted

__all__ = ["PriceOfPrivacy", "price_of_privacy"]

COLUMNS = ["what", "score", "low", "high"]


@dataclass(frozen=True)
class PriceOfPrivacy:
    """Four scores on customers who were not fitted on, and what lies between them.

    Attributes
    ----------
    measure : str
        "auc" for classifiers, "r2" for regressors; higher is better.
    unbounded, bounded : float
        Of scikit-learn on the raw columns, and of the private learner at infinite epsilon.
    prepared : float
        Of the private learner with the settings that follow from its epsilon (steps, ridge), before any
        noise. Missing where noise cannot be taken out of a learner: its price then holds both.
    private : array, shape (seeds,)
        Of the private learner with each seed.
    confidence : float
    """

    measure: str
    unbounded: float
    bounded: float
    prepared: float
    private: NDArray[np.float64] = field(repr=False)
    confidence: float = 0.95

    def frame(self) -> pd.DataFrame:
        """Return one row a score and a price: what, score, low, high.

        A positive price is lost by privacy. The interval is of the mean over seeds (Student's t): it
        speaks of noise, not of other customers. Where nothing is drawn it is missing.
        """
        low, high = self._interval()
        mean, none = float(self.private.mean()), math.nan
        before = self.bounded if math.isnan(self.prepared) else self.prepared
        rows = [
            ("unbounded, without noise", self.unbounded, none, none),
            ("bounded, without noise", self.bounded, none, none),
            ("bounded, settings for noise, without noise", self.prepared, none, none),
            ("private", mean, low, high),
            ("price of bounds and optimiser", self.unbounded - self.bounded, none, none),
            ("price of settings for noise", self.bounded - self.prepared, none, none),
            ("price of noise", before - mean, before - high, before - low),
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    def _interval(self) -> tuple[float, float]:
        if len(self.private) < 2:
            return math.nan, math.nan
        half = stats.t.ppf((1 + self.confidence) / 2, len(self.private) - 1) * stats.sem(
            self.private
        )
        return float(self.private.mean() - half), float(self.private.mean() + half)


def price_of_privacy(
    learner: PrivateLearner,
    X: pd.DataFrame | ArrayLike,
    y: ArrayLike,
    X_test: pd.DataFrame | ArrayLike,
    y_test: ArrayLike,
    *,
    seeds: Sequence[int],
    unit: ArrayLike | None = None,
    confidence: float = 0.95,
) -> PriceOfPrivacy:
    """Score a learner with noise, ready for noise, without noise, and scikit-learn without bounds.

    A study of customers, read without noise: its figures are no release.

    Parameters
    ----------
    learner : private learner
        It stays as it was; clones of it are fitted.
    X, X_test : DataFrame or array_like
        Raw rows to fit on, and others to score.
    y, y_test : array_like
    seeds : sequence of int
        One private fit each.
    unit : array_like, optional
        Customer of each row of X.
    confidence : float
        Of the interval over seeds.

    Raises
    ------
    InputError
        Where the learner has no noise to price, or an argument breaks a rule.

    Examples
    --------
    >>> from equipoise.privacy.learning import SufficientStatisticsClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (4000, 2))
    >>> y = (rng.random(4000) < 1 / (1 + np.exp(-3 * X[:, 0]))).astype(int)
    >>> learner = SufficientStatisticsClassifier(epsilon=1, delta=1e-6, bounds=[(-1, 1)] * 2)
    >>> price = price_of_privacy(learner, X[:2000], y[:2000], X[2000:], y[2000:], seeds=range(10))
    >>> price.measure, len(price.frame())
    ('auc', 7)
    """
    if not isinstance(learner, PrivateLearner):
        move = (
            "Pass for example the learner inside of GroupThresholds, which has no score of its own."
        )
        raise InputError("learner", "must be a private learner", type(learner).__name__, move)
    check_number("confidence", confidence, low=0.5, high=1.0, next_move="Use 0.95.")
    if math.isinf(check_epsilon(learner.epsilon)):
        raise InputError("learner", "must have noise to price", "epsilon inf", "Give an epsilon.")
    regression = is_regressor(learner)

    def scored(one: PrivateLearner, **settings: Any) -> float:
        fitted = one.set_params(**settings).fit(X, y, unit=unit)
        return _score(fitted, X_test, y_test, regression)

    bounds = checked_bounds(learner.bounds)
    bounds.pop(getattr(learner, "group", ""), None)  # it is no feature of the learner
    silent = learner._silenced()
    frame = as_pandas(X)
    columns = [str(name) for name in frame.columns] if isinstance(frame, pd.DataFrame) else None
    plain = _plain(bounds, regression).fit(_readable(X, bounds, columns), y)
    return PriceOfPrivacy(
        measure="r2" if regression else "auc",
        unbounded=_score(plain, _readable(X_test, bounds, columns), y_test, regression),
        bounded=scored(clone(learner), epsilon=math.inf, random_state=0),
        prepared=math.nan if silent is None else scored(silent, random_state=0),
        private=np.array([scored(clone(learner), random_state=s) for s in checked_seeds(seeds)]),
        confidence=confidence,
    )


def _plain(bounds: Mapping[str, Limits], regression: bool) -> Any:
    """Return scikit-learn's usual linear model of raw columns."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    categories = [name for name, limits in bounds.items() if is_category(limits)]
    indicators = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer((indicators, categories), remainder=StandardScaler())
    model = LinearRegression() if regression else LogisticRegression(max_iter=1000)
    return make_pipeline(columns, model)


def _readable(
    X: pd.DataFrame | ArrayLike, bounds: Mapping[str, Limits], columns: list[str] | None
) -> pd.DataFrame:
    """Return the declared columns by name, as the learner finds them, categories as their text."""
    X = named_as_fitted(X, columns)
    if not isinstance(X, pd.DataFrame):
        X = pd.DataFrame(np.asarray(X, dtype=object), columns=columns_of_array(bounds))
    frame = X.set_axis(X.columns.map(str), axis=1)[list(bounds)]
    texts = {name: frame[name].map(category_text) for name in bounds if is_category(bounds[name])}
    return frame.assign(**texts)


def _score(model: Any, X: Any, y: ArrayLike, regression: bool) -> float:
    from sklearn.metrics import r2_score, roc_auc_score

    if regression:
        return float(r2_score(y, model.predict(X)))
    return float(roc_auc_score(y, model.decision_function(X)))
