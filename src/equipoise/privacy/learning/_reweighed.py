"""Private logistic regression on rows whose weights make group and outcome independent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.privacy._encoding import BoundedEncoding, DeclaredBounds
from equipoise.privacy.learning._cell_weights import cell_counts, cell_weights
from equipoise.privacy.learning._descent import Descent
from equipoise.privacy.learning._group_column import checked_share
from equipoise.privacy.learning._grouped import GroupedLogistic, Known
from equipoise.privacy.learning._learner import Customers
from equipoise.privacy.learning._row_count import RowCountSetting

__all__ = ["ReweighedLogisticRegression"]

Numbers = NDArray[np.float64]


class ReweighedLogisticRegression(GroupedLogistic):
    """Private logistic regression on weighted rows: counted with noise first, weighed, then fitted.

    Rows are counted by group and outcome, with Gaussian noise. A row of group g and outcome y weighs
    what independence would give over what there is, N_g N_y / (N N_gy), from the noisy counts alone
    and at most `weight_cap`. Then follows the descent of `PrivateLogisticRegression` on weighted rows.

    Why one epsilon and delta cover it: the counts are a Gaussian release, for a customer moves them
    by at most `rows_per_unit`. Given what it came out as, weights are constants, and w, the largest,
    is public. Rows have norm R at most, so a row moves each sum of gradients by at most w R, and the
    sum of squares by at most w R²: the noise of the descent is w times that for rows that count once.
    So whatever the counts were, the rest is a Gaussian release of the ratio that is left, and both
    together are one whose squared ratio is the sum. A large weight in a small cell costs all.

    What it does not do: it makes group and outcome independent among weighted *rows*. It promises
    nothing about the gap of the model.

    Parameters
    ----------
    epsilon, delta, bounds_from_data, rows_per_unit, row_count, random_state
        As for `PrivateLogisticRegression`.
    bounds : mapping
        Of every column; for that of the group its groups as categories.
    group : str
        The column of the group, which is no feature. Scoring needs it not.
    weight_cap : float
        The largest weight of a row, at least 1.
    counts_share : float
        The counts' share of the squared Gaussian ratio, strictly between 0 and 1.

    Attributes
    ----------
    guarantee_ : Guarantee
        Add-remove adjacency.
    weights_, steps_, noise_sd_, squares_sd_
        As of `PrivateLogisticRegression`, with the noise that the largest weight needs.
    row_weights_ : DataFrame, shape (groups, 2)
        The weight of a row by its group and outcome.
    first_sd_ : float
        Standard deviation of the noise on each count; 0 without privacy.
    sensitivities_ : tuple of float
        The most that a customer moves each release by: the counts, the squares, the gradients.

    References
    ----------
    Kamiran & Calders (2012), Data preprocessing techniques for classification without
    discrimination. Dong, Roth & Su (2022), Gaussian differential privacy, for the composition.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> band = rng.choice(["old", "young"], 5000)
    >>> X = pd.DataFrame({"spend": rng.uniform(0, 1, 5000), "band": band})
    >>> y = (rng.random(5000) < 0.2 + 0.3 * X["spend"] * (band == "old")).astype(int)
    >>> bounds = {"spend": (0, 1), "band": ("old", "young")}
    >>> model = ReweighedLogisticRegression(
    ...     epsilon=1, delta=1e-6, bounds=bounds, group="band", random_state=0
    ... ).fit(X, y)
    >>> model.row_weights_.round(1)
    outcome    0    1
    group
    old      1.1  0.8
    young    0.9  1.4
    >>> print(model.guarantee_)
    (epsilon 1, delta 1e-06) per row, add-remove
    """

    _released = "the released weights, and the noisy counts by group and outcome"
    _first_release = "the counts of rows by group and outcome"

    def __init__(
        self,
        *,
        epsilon: float,
        delta: float | None = None,
        bounds: DeclaredBounds,
        group: str,
        weight_cap: float = 4.0,
        counts_share: float = 0.1,
        bounds_from_data: Sequence[str] = (),
        rows_per_unit: int = 1,
        row_count: RowCountSetting = "declared",
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
        self.group = group
        self.weight_cap = weight_cap
        self.counts_share = counts_share
        self.row_count = row_count

    def _share(self) -> float:
        self._cap()
        return checked_share("counts_share", self.counts_share)

    def _cap(self) -> float:
        move = "Use for example 4: rows of a rare cell then count up to four times."
        cap = check_number("weight_cap", self.weight_cap, low=1.0, next_move=move)
        if np.isinf(cap):
            raise InputError("weight_cap", "must be finite", cap, move)
        return cap

    def _exact(self, customers: Customers, codes: NDArray[np.intp]) -> Numbers:
        return cell_counts(codes, customers.outcomes, len(self._column().levels))

    def _first_sensitivity(self, encoding: BoundedEncoding) -> float:
        return float(self.rows_per_unit)

    def _made_of(self, released: Numbers, first_sd: float, encoding: BoundedEncoding) -> Known:
        return Known(weights=cell_weights(released, noise_sd=first_sd, cap=self._cap()))

    def _learnt(self, known: Known) -> None:
        assert known.weights is not None
        self.row_weights_ = pd.DataFrame(
            known.weights.reshape(-1, 2),
            index=pd.Index(self._column().levels, name="group"),
            columns=pd.Index([0, 1], name="outcome"),
        )

    def _descent_told(self, plan: Descent) -> str:
        told = super()._descent_told(plan)
        return f"{told}, times the largest weight of a row that follows from the counts"
