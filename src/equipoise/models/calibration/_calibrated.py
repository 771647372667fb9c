"""Any classifier with scores bent towards rates, as learnt on customers it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.isotonic import IsotonicRegression
from sklearn.utils.validation import check_is_fitted

from equipoise._checks import check_choice, check_same_rows, check_whole
from equipoise.exceptions import InputError
from equipoise.models._folds import customer_parts
from equipoise.models._scored_rows import customer_numbers
from equipoise.models.calibration._line import Line, fitted_line, log_odds

__all__ = ["METHODS", "CalibratedModel"]

Floats = NDArray[np.float64]
Bend = Callable[[Floats], Floats]


class CalibratedModel(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose scores are bent towards rates, all rows of a customer kept together.

    Customers are dealt into folds. Models of the other folds score each, the bend is learnt from
    these scores and their outcomes, and then it is put on one model of all rows. A bend never
    puts a customer below another whom the model put above.

    It cures a model that says 0.8 where 0.6 happens. It does not make a model rank better, and holds
    for customers like those it was learnt on: where the base rate moves on, so does the need.

    Parameters
    ----------
    estimator : estimator
        An unfitted scikit-learn classifier with `predict_proba`, such as of `propensity`.
    method : {"sigmoid", "isotonic"}
        A straight line between log-odds (Platt), which takes few customers; or any rising steps,
        which take a thousand customers of the rarer outcome, tie scores within a step, and may
        say 0 or 1.
    folds : int
        Number of folds.
    random_state : int
        Deals customers into folds.

    Attributes
    ----------
    estimator_ : estimator
        The model of all rows.
    bend_ : callable
        From scores to calibrated ones.
    classes_ : array, shape (2,)
        Both values of the outcome; scores are about the second.

    Notes
    -----
    Where held-out scores fall as outcomes rise, the model has learnt nothing, and every customer
    gets the base rate. Platt's targets are a little within 0 and 1, so that a line exists where the
    scores set the outcomes apart.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines. Zadrozny & Elkan (2002),
    Transforming classifier scores into accurate multiclass probability estimates.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 2))
    >>> y = rng.binomial(1, 1 / (1 + np.exp(-X[:, 0])))
    >>> forest = RandomForestClassifier(10, random_state=0)
    >>> model = CalibratedModel(forest, method="sigmoid", random_state=0).fit(X, y)
    >>> bool(forest.fit(X, y).predict_proba(X)[:, 1].std() > model.predict_proba(X)[:, 1].std())
    True
    """

    def __init__(
        self, estimator: BaseEstimator, *, method: str, folds: int = 5, random_state: int
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.folds = folds
        self.random_state = random_state

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit the model on all rows, and its bend out of fold.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
        y : array of two values, shape (n,)
        unit : array, shape (n,), optional
            Customer of each row; each row is one of its own if not given.

        Raises
        ------
        InputError
            Where the method is unknown, `y` has other than two values, arguments do not match row for
            row, a customer is missing, or there are fewer customers of either outcome than folds.
        """
        learn = METHODS[check_choice("calibrate", self.method, METHODS)]
        check_whole("folds", self.folds, low=2, next_move="Use 5 or 10.")
        check_whole("random_state", self.random_state, low=0, next_move="Use a seed such as 7.")
        check_same_rows({"X": X, "y": y} | ({} if unit is None else {"unit": unit}))
        outcomes = np.asarray(y)
        self.classes_, coded = np.unique(outcomes, return_inverse=True)
        if len(self.classes_) != 2:
            found = f"{len(self.classes_)} values"
            raise InputError("y", "must have two values", found, "Use rows of both outcomes.")
        scores = self._held_out(X, outcomes, coded, unit)
        self.bend_: Bend = learn(scores, coded)
        self.estimator_ = clone(self.estimator).fit(X, outcomes)
        return self

    def predict_proba(self, X: pd.DataFrame | ArrayLike) -> Floats:
        """Return calibrated probabilities of both outcomes, shape (n, 2)."""
        check_is_fitted(self)
        scores = self.bend_(self.estimator_.predict_proba(X)[:, 1])
        return np.column_stack([1 - scores, scores])

    def predict(self, X: pd.DataFrame | ArrayLike) -> NDArray[Any]:
        """Return the likelier outcome of each row, shape (n,)."""
        positive = (self.predict_proba(X)[:, 1] > 0.5).astype(int)
        likelier: NDArray[Any] = self.classes_[positive]
        return likelier

    def _held_out(
        self,
        X: pd.DataFrame | ArrayLike,
        outcomes: NDArray[Any],
        coded: NDArray[np.intp],
        unit: ArrayLike | None,
    ) -> Floats:
        whose = customer_numbers(unit, len(coded))
        part = customer_parts(coded, whose, parts=self.folds, seed=self.random_state)
        scores = np.empty(len(coded))
        for fold in range(self.folds):
            fit, score = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
            fitted = clone(self.estimator).fit(_rows(X, fit), outcomes[fit])
            scores[score] = fitted.predict_proba(_rows(X, score))[:, 1]
        return scores


def _rows(X: Any, rows: NDArray[np.intp]) -> Any:
    if isinstance(X, pd.DataFrame):
        return X.iloc[rows]
    return X[rows] if hasattr(X, "shape") else np.asarray(X)[rows]


class _Sigmoid:
    """A line between log-odds."""

    def __init__(self, scores: Floats, outcomes: NDArray[np.intp]) -> None:
        positives, size = int(outcomes.sum()), len(outcomes)
        targets = np.where(
            outcomes == 1, (positives + 1) / (positives + 2), 1 / (size - positives + 2)
        )
        line = fitted_line(log_odds(scores), targets)
        if line is None or line.slope <= 0:
            line = Line(float(logit(targets.mean())), 0.0)
        self.line = line

    def __call__(self, scores: Floats) -> Floats:
        return self.line.at(log_odds(scores))


class _Isotonic:
    """Rising steps, joined by straight lines."""

    def __init__(self, scores: Floats, outcomes: NDArray[np.intp]) -> None:
        self.steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        self.steps.fit(scores, outcomes)

    def __call__(self, scores: Floats) -> Floats:
        found: Floats = self.steps.predict(scores)
        return found


METHODS: dict[str, Callable[[Floats, NDArray[np.intp]], Bend]] = {
    "sigmoid": _Sigmoid,
    "isotonic": _Isotonic,
}
"""The ways to learn a bend from scores and outcomes."""
