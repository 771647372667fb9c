"""The models a sweep can try: one way to fit each, and whether it has a private form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.models import propensity
from equipoise.privacy import DiffprivlibLogisticRegression, PrivateLogisticRegression
from equipoise.task import Task

__all__ = ["LEARNERS", "Fitted", "Learner"]

Weights = NDArray[np.float64] | None


class Fitted(Protocol):
    """A fitted classifier."""

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return probabilities of both outcomes."""
        ...


@dataclass(frozen=True)
class Learner:
    """How to fit a model on a task's rows.

    `fit(task, epsilon, delta, seed, weights)` returns a fitted classifier. `private` says whether it
    exists at a finite epsilon, `pure` whether its delta is then zero, `weighted` whether it takes
    weights (without privacy).
    """

    fit: Callable[[Task, float, float | None, int, Weights], Fitted]
    private: bool
    pure: bool = False
    weighted: bool = True


def _plain(model: str) -> Learner:
    def fit(task: Task, epsilon: float, delta: float | None, seed: int, weights: Weights) -> Fitted:
        pipeline = propensity(task, model, seed=seed)
        fitted: Fitted = pipeline.fit(task.X, task.y, model__sample_weight=weights)
        return fitted

    return Learner(fit, private=False)


def _private_logistic(
    task: Task, epsilon: float, delta: float | None, seed: int, weights: Weights
) -> Fitted:
    learner = PrivateLogisticRegression(
        epsilon=epsilon,
        delta=delta,
        bounds=task.bounds,
        bounds_from_data=task.bounds_from_data,
        rows_per_unit=task.rows_per_unit,
        random_state=seed,
    )
    return learner.fit(task.X, task.y, unit=_named(task), sample_weight=weights)


def _diffprivlib_logistic(
    task: Task, epsilon: float, delta: float | None, seed: int, weights: Weights
) -> Fitted:
    learner = DiffprivlibLogisticRegression(
        epsilon=epsilon,
        bounds=task.bounds,
        bounds_from_data=task.bounds_from_data,
        rows_per_unit=task.rows_per_unit,
        random_state=seed,
    )
    return learner.fit(task.X, task.y, unit=_named(task))


def _named(task: Task) -> pd.Series:
    """Return whose row each is, under the name of its column, which the guarantee repeats."""
    return task.unit.rename(task.file.unit)


LEARNERS: dict[str, Learner] = {
    "logistic": _plain("logistic"),
    "hist_gradient_boosting": _plain("hist_gradient_boosting"),
    "explainable_boosting": _plain("explainable_boosting"),
    "private_logistic": Learner(_private_logistic, private=True),
    "diffprivlib_logistic": Learner(_diffprivlib_logistic, private=True, pure=True, weighted=False),
}
