"""Weights handed to an estimator, through a pipeline where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation._people import own

__all__ = ["TakesWeights", "weights_keyword"]


def weights_keyword(estimator: Any) -> str:
    """Return the name under which `fit` takes weights; refuse an estimator that takes none."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weights_keyword(last)
        # With metadata routing a pipeline hands on by request and no longer by the step's name.
        return inner if get_config()["enable_metadata_routing"] else f"{name}__{inner}"
    if not has_fit_parameter(estimator, "sample_weight"):
        raise InputError(
            "estimator",
            "must take sample weights when it is trained",
            type(estimator).__name__,
            "Use one whose fit has sample_weight, or a method that acts after training.",
        )
    return "sample_weight"


@dataclass(eq=False, repr=False)
class TakesWeights(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Any weighted classifier under one signature, the only one that fairlearn's helpers know."""

    estimator: Any

    def fit(self, X: Any, y: Any, sample_weight: NDArray[np.float64]) -> Self:
        """Train a clone with these weights."""
        weights = {weights_keyword(self.estimator): np.array(sample_weight)}
        self.estimator_ = clone(self.estimator).fit(own(X), np.array(y), **weights)
        self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X: Any) -> NDArray[np.int_]:
        """Return the clone's decisions."""
        return np.asarray(self.estimator_.predict(own(X))).astype(int)
