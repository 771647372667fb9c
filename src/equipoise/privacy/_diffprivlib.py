"""diffprivlib's logistic regression in the one setting whose promise holds up, for comparison."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_epsilon, check_number
from equipoise.privacy._encoding import DeclaredBounds
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._learner import PrivateClassifier

__all__ = ["DiffprivlibLogisticRegression"]


class DiffprivlibLogisticRegression(PrivateClassifier):
    """Objective perturbation as diffprivlib implements it, with rows scaled to norm 1.

    diffprivlib's noise is too small for rows of norm far above 1, and its proof needs the exact
    minimiser and a penalty on every weight. So rows are encoded by declared bounds and divided by
    their largest norm, the constant is one of their columns, and the tolerance is 1e-10.

    Parameters
    ----------
    epsilon : float
        Positive; infinity fits without noise. The promise is pure: delta is 0.
    bounds, bounds_from_data, rows_per_unit, random_state
        As for `PrivateLogisticRegression`.
    C : float
        Inverse strength of the penalty, diffprivlib's default. Fixed beforehand, not tuned.

    Attributes
    ----------
    guarantee_ : Guarantee
        Replace-one adjacency, so a given epsilon promises less than the same epsilon at add-remove
        to those who compare presence with absence.

    References
    ----------
    Chaudhuri, Monteleoni & Sarwate (2011), Differentially private empirical risk minimization.
    JMLR 12.
    """

    def __init__(
        self,
        *,
        epsilon: float,
        bounds: DeclaredBounds,
        bounds_from_data: Sequence[str] = (),
        rows_per_unit: int = 1,
        C: float = 1.0,
        random_state: int | None = None,
    ) -> None:
        self.epsilon = epsilon
        self.bounds = bounds
        self.bounds_from_data = bounds_from_data
        self.rows_per_unit = rows_per_unit
        self.C = C
        self.random_state = random_state

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit on rows of customers; see `PrivateLogisticRegression.fit`."""
        from diffprivlib.accountant import BudgetAccountant
        from diffprivlib.models import LogisticRegression

        epsilon = check_epsilon(self.epsilon)
        check_number("C", self.C, low=0.0, open_low=True, next_move="Use 1.0.")
        rows, outcomes, unit_name = self._checked(X, y, unit)
        norm = self.encoding_.norm
        # Without a seed diffprivlib draws from the operating system; its accountant is a shared
        # default unless one is given.
        learner = LogisticRegression(
            epsilon=epsilon / self.rows_per_unit,
            data_norm=1.0,
            tol=1e-10,
            C=self.C,
            fit_intercept=False,
            max_iter=100_000,
            random_state=self.random_state,
            accountant=BudgetAccountant(),
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'multi_class' was deprecated", FutureWarning)
            learner.fit(rows / (norm * (1 + 1e-12)), outcomes)
        self.weights_ = np.asarray(learner.coef_).ravel() / norm
        self.guarantee_ = Guarantee(
            epsilon=epsilon,
            delta=0.0,
            unit=unit_name,
            adjacency="replace-one",
            mechanism="a random linear term in the objective (diffprivlib 0.6.6)"
            if math.isfinite(epsilon)
            else "none",
            covers=self._covered(epsilon, unit_name),
            does_not_cover=(
                *self._limits_of_the_promise(n_is_declared=False),
                "the number of rows, which replace-one adjacency never covers",
                "the distance to the exact minimiser, assumed zero by the proof",
            ),
        )
        return self
