"""What every private classifier shares: checked rows, scores, and a guarantee in full."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.privacy._encoding import BoundedEncoding
from equipoise.privacy._guarantee import NEVER_COVERED, Guarantee

__all__ = ["PrivateClassifier"]


class PrivateClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Base of linear classifiers that see customers only through a bounded encoding."""

    bounds: Any
    bounds_from_data: Sequence[str]
    rows_per_unit: int
    random_state: int | None
    encoding_: BoundedEncoding
    weights_: NDArray[np.float64]
    guarantee_: Guarantee

    def decision_function(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the log-odds of the positive outcome, shape (n,)."""
        check_is_fitted(self, "weights_")
        return self.encoding_.transform(X) @ self.weights_

    def predict_proba(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return probabilities of outcome 0 and 1, shape (n, 2)."""
        positive = expit(self.decision_function(X))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.int_]:
        """Return the more probable outcome, 0 or 1, shape (n,)."""
        return (self.decision_function(X) > 0).astype(int)

    def _checked(
        self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None
    ) -> tuple[NDArray[np.float64], NDArray[np.int_], str]:
        """Return encoded rows, outcomes and the name of the unit; refuse what breaks a promise."""
        check_whole(
            "rows_per_unit", self.rows_per_unit, low=1, next_move="Use 1 if each row is a customer."
        )
        self.encoding_ = BoundedEncoding.of(self.bounds)
        rows = self.encoding_.transform(X)
        outcomes = np.asarray(y)
        if outcomes.shape != (len(rows),):
            raise InputError(
                "y",
                f"must have one outcome for each of {len(rows)} rows",
                outcomes.shape,
                "Align X and y.",
            )
        levels = set(np.unique(outcomes).tolist())
        if levels != {0, 1}:
            raise InputError(
                "y",
                "must hold the outcomes 0 and 1, both of them",
                sorted(levels, key=str),
                "Code the positive outcome as 1.",
            )
        self.classes_ = np.array([0, 1])
        return rows, outcomes.astype(int), self._unit_name(unit, len(rows))

    def _unit_name(self, unit: ArrayLike | None, n: int) -> str:
        if unit is None:
            if self.rows_per_unit > 1:
                raise InputError(
                    "unit",
                    "is required when rows_per_unit is above 1",
                    "None",
                    "Pass the customer of each row.",
                )
            return "row"
        owners = pd.Series(unit) if not isinstance(unit, pd.Series) else unit
        if len(owners) != n or owners.isna().any():
            raise InputError(
                "unit",
                f"must name the customer of each of {n} rows",
                f"{owners.notna().sum()} names",
                "Complete the column.",
            )
        most = int(owners.value_counts().max())
        if most > self.rows_per_unit:
            raise InputError(
                "unit",
                f"must stand in at most rows_per_unit = {self.rows_per_unit} rows",
                f"a customer with {most}",
                "Raise rows_per_unit, which raises the noise, or keep fewer rows of each customer.",
            )
        return str(owners.name or "unit")

    def _covered(self, epsilon: float, unit_name: str) -> tuple[str, ...]:
        if math.isinf(epsilon):
            return ()
        rows = "row" if self.rows_per_unit == 1 else f"up to {self.rows_per_unit} rows together"
        return (
            "the released weights, and any score of other people computed from them",
            f"the presence and the values of each {unit_name}'s {rows}",
        )

    def _limits_of_the_promise(self, *, n_is_declared: bool) -> tuple[str, ...]:
        parts = list(NEVER_COVERED)
        if n_is_declared:
            parts.append("the number of rows, which is treated as declared")
        if self.bounds_from_data:
            shown = ", ".join(map(str, list(self.bounds_from_data)[:3]))
            more = "" if len(self.bounds_from_data) <= 3 else ", …"
            parts.append(
                f"bounds or categories read off the customers (source: data): {shown}{more}"
            )
        if self.random_state is not None:
            parts.append("anybody who knows the seed: a seeded fit is for study, not a release")
        return tuple(parts)
