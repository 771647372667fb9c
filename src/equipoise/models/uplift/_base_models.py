"""What uplift learners are made of: a classifier of outcomes and a regression of effects."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline

from equipoise._checks import check_choice
from equipoise.models._propensity import propensity
from equipoise.task import Task

__all__ = ["EFFECT_MODELS", "effect_regression", "outcome_classifier"]

EFFECT_MODELS = ("logistic", "hist_gradient_boosting")
"""Kinds of base models: linear (logistic and ridge regression) or boosted trees."""

PENALTIES = np.logspace(0, 5, 11)
SMALLEST_LEAF, TREES = 200, 40


def outcome_classifier(task: Task, model: str, *, seed: int) -> Pipeline:
    """Return the unfitted classifier of a task's outcomes."""
    check_choice("model", model, EFFECT_MODELS)
    return propensity(task, model, seed=seed)


def effect_regression(task: Task, model: str, *, seed: int) -> Pipeline:
    """Return the unfitted regression of a task's effects, on columns encoded as the classifier's.

    Single effects are mostly noise, so both kinds are held back more than a classifier is: ridge
    regression takes the penalty that predicts left-out rows best, and trees are few and have large
    leaves.
    """
    outcomes = outcome_classifier(task, model, seed=seed)
    effects = RidgeCV(alphas=PENALTIES)
    if model == "hist_gradient_boosting":
        settings = outcomes["model"].get_params()
        kept = ("max_depth", "learning_rate", "categorical_features", "early_stopping")
        effects = HistGradientBoostingRegressor(
            **{name: settings[name] for name in kept},
            max_iter=TREES,
            min_samples_leaf=SMALLEST_LEAF,
            random_state=seed,
        )
    return Pipeline([("columns", clone(outcomes["columns"])), ("model", effects)])
