"""Propensity: the probability of the positive outcome, by models a CRM team knows."""

from __future__ import annotations

from collections.abc import Callable

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
from equipoise.task import Task

__all__ = ["PROPENSITY_MODELS", "out_of_fold", "propensity"]


def propensity(task: Task, model: str = "logistic", *, seed: int = 0) -> Pipeline:
    """Return an unfitted scikit-learn pipeline for the task's features.

    Parameters
    ----------
    task : Task
        Names its numbers and categories.
    model : {"logistic", "hist_gradient_boosting"}
        Logistic regression on standardised numbers and one-hot categories, or 100 shallow boosted
        trees. Neither is private: numbers are scaled and trees are cut on the data as it is.
    seed : int
        Seeds what is random in training.

    Returns
    -------
    Pipeline
        Steps `columns` and `model`. On standardised columns and with its penalty, the logistic
        regression ends within some 30 of its 1000 iterations even where a column separates the
        outcome; a ConvergenceWarning is therefore news, and is not silenced.

    Raises
    ------
    InputError
        Where the model is unknown.
    """
    check_choice("model", model, PROPENSITY_MODELS)
    numbers = [name for name in task.X if pd.api.types.is_numeric_dtype(task.X[name].dtype)]
    categories = [name for name in task.X if name not in numbers]
    levels = [list(task.bounds[name]) for name in categories]
    return PROPENSITY_MODELS[model](numbers, categories, levels, seed)


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


_Builder = Callable[[list[str], list[str], list[list[object]], int], Pipeline]

PROPENSITY_MODELS: dict[str, _Builder] = {
    "logistic": _logistic,
    "hist_gradient_boosting": _hist_gradient_boosting,
}


def out_of_fold(
    task: Task, model: str | BaseEstimator = "logistic", *, folds: int = 5, seed: int
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

    Returns
    -------
    array of float, shape (n,)
        Predicted probability of the positive outcome.

    Raises
    ------
    InputError
        With fewer customers of either outcome than folds.
    """
    check_whole("folds", folds, low=2, next_move="Use 5 or 10.")
    estimator = propensity(task, model, seed=seed) if isinstance(model, str) else model
    part = _parts(task, folds, seed)
    scores = np.empty(len(task))
    for fold in range(folds):
        train, test = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
        fitted = clone(estimator).fit(task.X.iloc[train], task.y[train])
        scores[test] = fitted.predict_proba(task.X.iloc[test])[:, 1]
    return scores


def _parts(task: Task, folds: int, seed: int) -> NDArray[np.intp]:
    """Return the part of each row.

    Customers are shuffled, ordered by their share of positive rows, and dealt like cards: parts
    have nearly the same base rate, and as many customers of either outcome as there are parts put
    both outcomes into every training set.
    """
    codes, names = pd.factorize(task.unit, sort=True)
    rows, positives = np.bincount(codes), np.bincount(codes, weights=task.y)
    rarer = int(min((positives > 0).sum(), (positives < rows).sum()))
    if rarer < folds:
        raise InputError(
            "folds",
            "must not exceed the customers of the rarer outcome",
            f"{folds} folds, {rarer} customers",
            "Use fewer folds or more customers.",
        )
    shuffled = np.random.default_rng(seed).random(len(names))
    part = np.empty(len(names), dtype=np.intp)
    part[np.lexsort((shuffled, positives / rows))] = np.arange(len(names)) % folds
    of_row: NDArray[np.intp] = part[codes]
    return of_row
