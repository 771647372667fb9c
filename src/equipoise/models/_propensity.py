"""Propensity: the probability of the positive outcome, by models a CRM team knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from equipoise._checks import check_choice, check_whole
from equipoise.exceptions import InputError
from equipoise.models._folds import customer_parts
from equipoise.models.calibration._calibrated import CalibratedModel
from equipoise.task import Task

__all__ = ["PROPENSITY_MODELS", "fitted_scores", "out_of_fold", "propensity", "scoring_model"]


def propensity(task: Task, model: str = "logistic", *, seed: int = 0) -> Pipeline:
    """Return an unfitted scikit-learn pipeline for the task's features.

    Parameters
    ----------
    task : Task
        Names its numbers and categories.
    model : {"logistic", "hist_gradient_boosting", "explainable_boosting"}
        Logistic regression on standardised numbers and one-hot categories; 100 shallow boosted
        trees; or interpret's boosted sum of one step function a feature, without interactions, so
        that each feature's part of a score can be read off. None is private: numbers are scaled,
        and trees and steps are cut on the data as it is.
    seed : int
        Seeds what is random in training.

    Returns
    -------
    Pipeline
        Steps `columns` and `model`. On standardised columns and with its penalty, the logistic
        regression ends within some 30 of its 1000 iterations even where a column separates the
        outcome; a ConvergenceWarning is therefore news, and is not silenced. Explainable boosting
        averages a few fits that each stop by rows held back at random: where a customer has many
        rows, some of them may be on both sides.

    Raises
    ------
    InputError
        Where the model is unknown.
    """
    check_choice("model", model, PROPENSITY_MODELS)
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    numbers = [name for name in task.X if pd.api.types.is_numeric_dtype(task.X[name].dtype)]
    categories = [name for name in task.X if name not in numbers]
    levels = [list(task.bounds[name]) for name in categories]
    return PROPENSITY_MODELS[model](numbers, categories, levels, seed)


MOST_ROUNDS = 300  # where few rows set the outcomes apart, rows held back would never stop them
MOST_LEVELS = 255  # what the trees can split freely; longer lists are cut in their order


def _logistic(
    numbers: list[str], categories: list[str], levels: list[list[object]], seed: int
) -> Pipeline:
    one_hot = OneHotEncoder(categories=levels, sparse_output=False)
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("categories", one_hot, categories)]
    )
    return Pipeline([("columns", columns), ("model", LogisticRegression(max_iter=1000))])


def _hist_gradient_boosting(
    numbers: list[str], categories: list[str], levels: list[list[object]], seed: int
) -> Pipeline:
    ordinal = OrdinalEncoder(categories=levels)
    columns = ColumnTransformer(
        [("categories", ordinal, categories), ("numbers", "passthrough", numbers)]
    )
    trees = HistGradientBoostingClassifier(
        max_depth=3,
        learning_rate=0.05,
        max_iter=100,
        categorical_features=[k for k, known in enumerate(levels) if len(known) <= MOST_LEVELS],
        early_stopping=False,
        random_state=seed,
    )
    return Pipeline([("columns", columns), ("model", trees)])


def _explainable_boosting(
    numbers: list[str], categories: list[str], levels: list[list[object]], seed: int
) -> Pipeline:
    # Loading interpret takes a second, which other models need not pay.
    from equipoise.models._explainable import AdditiveBoosting

    ordinal = OrdinalEncoder(categories=levels)
    columns = ColumnTransformer(
        [("categories", ordinal, categories), ("numbers", "passthrough", numbers)]
    )
    steps = AdditiveBoosting(
        feature_names=[*categories, *numbers],
        feature_types=["nominal"] * len(categories) + ["continuous"] * len(numbers),
        interactions=0,
        outer_bags=4,
        learning_rate=0.04,
        max_rounds=MOST_ROUNDS,
        early_stopping_rounds=30,
        n_jobs=1,
        random_state=_short(seed),
    )
    return Pipeline([("columns", columns), ("model", steps)])


def _short(seed: int) -> int:
    """Return a seed of 31 bits, which is what interpret takes."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1)


_Builder = Callable[[list[str], list[str], list[list[object]], int], Pipeline]

PROPENSITY_MODELS: dict[str, _Builder] = {
    "logistic": _logistic,
    "hist_gradient_boosting": _hist_gradient_boosting,
    "explainable_boosting": _explainable_boosting,
}


def out_of_fold(
    task: Task,
    model: str | BaseEstimator = "logistic",
    *,
    folds: int = 5,
    seed: int,
    calibrate: str | None = None,
) -> NDArray[np.float64]:
    """Return each customer's score from a model that has not seen that customer.

    Parameters
    ----------
    task : Task
    model : str or estimator
        A name that `propensity` knows, or an unfitted scikit-learn classifier for `task.X`.
    folds : int
        Number of parts; all rows of a customer lie in the same part.
    seed : int
        Shuffles customers into parts.
    calibrate : {"sigmoid", "isotonic"}, optional
        Bend the scores of each model towards rates, as `CalibratedModel` does, by customers that
        neither the model nor the score is about; scores stay as the model says if not given.

    Returns
    -------
    array of float, shape (n,)
        Predicted probability of the positive outcome.

    Raises
    ------
    InputError
        Where the model or the calibration is unknown, or there are fewer customers of either
        outcome than folds.
    """
    check_whole("folds", folds, low=2, next_move="Use 5 or 10.")
    estimator = scoring_model(task, model, seed=seed, calibrate=calibrate)
    part = customer_parts(task.y, task.unit, parts=folds, seed=seed)
    scores = np.empty(len(task))
    for fold in range(folds):
        fit, score = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
        scores[score] = fitted_scores(estimator, task, fit, score)
    return scores


def scoring_model(
    task: Task, model: str | BaseEstimator, *, seed: int, calibrate: str | None
) -> BaseEstimator:
    """Return an unfitted classifier by its name or as given, calibrated where asked, or refuse."""
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    estimator = propensity(task, model, seed=seed) if isinstance(model, str) else model
    if isinstance(estimator, type) or not hasattr(estimator, "predict_proba"):
        rule = "must be a name or an unfitted classifier with predict_proba"
        found = repr(estimator) if isinstance(estimator, type) else type(estimator).__name__
        raise InputError("model", rule, found, f"Known: {', '.join(map(repr, PROPENSITY_MODELS))}.")
    if calibrate is None:
        return estimator
    return CalibratedModel(estimator, method=calibrate, random_state=seed)


def fitted_scores(
    estimator: BaseEstimator, task: Task, fit: NDArray[np.intp], score: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the scores of some rows by a model fitted on others."""
    whose: dict[str, Any] = {}
    if isinstance(estimator, CalibratedModel):
        whose["unit"] = task.unit.iloc[fit]
    fitted = clone(estimator).fit(task.X.iloc[fit], task.y[fit], **whose)
    scores: NDArray[np.float64] = fitted.predict_proba(task.X.iloc[score])[:, 1]
    return scores
