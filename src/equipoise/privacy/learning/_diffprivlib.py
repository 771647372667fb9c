"""diffprivlib's logistic regression in the one setting whose promise holds up, for comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_epsilon, check_number
from equipoise.privacy._encoding import DeclaredBounds
from equipoise.privacy.learning._learner import PrivateClassifier
from equipoise.privacy.learning._objective import NEAR, minimise

__all__ = ["DiffprivlibLogisticRegression"]

NOT_COVERED = (
    "the distance to the exact minimiser, zero in the proof; a fit is refused unless it lies within "
    f"{NEAR:g} of what one row can move",
)


class DiffprivlibLogisticRegression(PrivateClassifier):
    """Objective perturbation as diffprivlib implements it, with rows scaled to norm 1.

    diffprivlib's noise is too small for rows of norm far above 1, and its proof needs the exact
    minimiser and a penalty on every weight. So rows are encoded by declared bounds and divided by
    their largest norm, the constant is one of their columns, and the tolerance is 1e-10.

    Parameters
    ----------
    epsilon : float
        Positive; infinity fits without noise.
    delta : float, optional
        Accepted so that learners can be exchanged, and not spent: whatever is given here, the
        promise is pure and states delta 0.
    bounds, bounds_from_data, rows_per_unit, random_state
        As for `PrivateLogisticRegression`. A customer with K rows is protected as a group: each row
        gets epsilon / K.
    C : float
        Inverse strength of the penalty, diffprivlib's default. Fixed beforehand, not tuned.

    Attributes
    ----------
    guarantee_ : Guarantee
        Replace-one adjacency, so a given epsilon promises less than the same epsilon at add-remove
        to those who compare presence with absence.
    weights_ : array, shape (encoded columns,)
        Names in `encoding_.names`; the first belongs to the constant.

    Notes
    -----
    The claim is theorem 9 of the source, algorithm 2, for the logistic loss (curvature at most 1/4)
    with all weights penalised. Two rows are exchanged, so the sum of gradients moves by at most 2
    and its curvature by two matrices of rank one, for which diffprivlib subtracts
    2 log(1 + C / 4) from epsilon or, where nothing would remain, penalises more and keeps half. It
    is assumed that every row has norm at most 1 (the encoding sees to it), that the number of
    rows is the same in both tables, that the minimiser is exact (each fit checks how nearly), and
    that numbers are real. The factor for curvature is right at norm 1 only, hence the scaling.

    References
    ----------
    Chaudhuri, Monteleoni & Sarwate (2011), Differentially private empirical risk minimization.
    JMLR 12.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (5000, 2))
    >>> y = (rng.random(5000) < 1 / (1 + np.exp(-3 * X[:, 0]))).astype(int)
    >>> bounds = [(-1, 1), (-1, 1)]
    >>> model = DiffprivlibLogisticRegression(epsilon=1, bounds=bounds, random_state=0).fit(X, y)
    >>> print(model.guarantee_)
    (epsilon 1, delta 0) per row, replace-one
    """

    def __init__(
        self,
        *,
        epsilon: float,
        delta: float | None = None,
        bounds: DeclaredBounds,
        bounds_from_data: Sequence[str] = (),
        rows_per_unit: int = 1,
        C: float = 1.0,
        random_state: int | None = None,
    ) -> None:
        super().__init__(
            epsilon=epsilon,
            delta=delta,
            bounds=bounds,
            bounds_from_data=bounds_from_data,
            rows_per_unit=rows_per_unit,
            random_state=random_state,
        )
        self.C = C

    def _silenced(self) -> None:
        return None  # the library draws the noise

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit on rows of customers; see `PrivateLogisticRegression.fit`.

        Raises
        ------
        InputError
            Where an argument or a row breaks a rule, where an installed library breaks
            diffprivlib, or where its optimiser stops short of the minimum.
        """
        epsilon = check_epsilon(self.epsilon)
        C = check_number("C", self.C, low=0.0, open_low=True, next_move="Use 1.0.")
        if self.delta is not None:
            check_number("delta", self.delta, low=0.0, high=1.0, next_move="Use None: it is 0.")
        customers = self._checked(X, y, unit)
        norm = customers.encoding.norm
        weights = minimise(
            customers.rows / norm,
            customers.outcomes,
            epsilon=epsilon / self.rows_per_unit,
            C=C,
            seed=self.random_state,
        )
        promise = self._promise(
            epsilon,
            0.0,
            customers.unit,
            adjacency="replace-one",
            mechanism="a random linear term in the objective (diffprivlib 0.6.6)",
            not_covered=NOT_COVERED,
        )
        self._keep(customers, weights / norm, promise)
        return self
