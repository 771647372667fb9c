"""Interpret's boosted additive model; loaded only when it is asked for, since that takes a second."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier
from numpy.typing import ArrayLike, NDArray

__all__ = ["AdditiveBoosting"]


class AdditiveBoosting(ExplainableBoostingClassifier):  # type: ignore[misc]
    """`ExplainableBoostingClassifier` that leaves out rows of weight zero instead of refusing them."""

    def fit(
        self, X: NDArray[np.float64], y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit on an array of coded columns, shape (n, p)."""
        given: dict[str, Any] = {}
        if sample_weight is not None:
            weights = np.asarray(sample_weight, dtype=float)
            counted = weights > 0
            X, y, given["sample_weight"] = X[counted], np.asarray(y)[counted], weights[counted]
        super().fit(X, y, **given)
        return self
