"""Weights handed to an estimator, through a pipeline where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation._people import own

__all__ = ["TakesWeights", "fitted", "weights_keyword"]


def weights_keyword(estimator: Any) -> str:
    """Return the name under which `fit` takes weights; refuse an estimator that takes none."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weights_keyword(last)
        return f"{name}__{inner}"
    if not has_fit_parameter(estimator, "sample_weight"):
        raise InputError(
            "estimator",
            "must take sample weights when it is trained",
            type(estimator).__name__,
            "Use one whose fit has sample_weight, or a method that acts after training.",
        )
    return "sample_weight"


def fitted(estimator: Any, X: Any, y: Any, weights: NDArray[np.float64]) -> Any:
    """Return a clone trained with these weights, on copies of the rows."""
    # With metadata routing a pipeline would hand weights on by request, not by the step's name.
    with config_context(enable_metadata_routing=False):
        named = {weights_keyword(estimator): np.array(weights)}
        return clone(estimator).fit(own(X), np.array(y), **named)


@dataclass(eq=False, repr=False)
class TakesWeights(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Any weighted classifier under one signature, the only one that fairlearn's helpers know."""

    estimator: Any

    def fit(self, X: Any, y: Any, sample_weight: NDArray[np.float64]) -> Self:
        """Train a clone with these weights."""
        self.estimator_ = fitted(self.estimator, X, y, sample_weight)
        self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X: Any) -> NDArray[np.int_]:
        """Return the clone's decisions."""
        return np.asarray(self.estimator_.predict(own(X))).astype(int)
