"""Private logistic regression that pays for differences of mean score between groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import check_number
from equipoise.privacy._encoding import BoundedEncoding, DeclaredBounds
from equipoise.privacy.learning._directions import free_directions
from equipoise.privacy.learning._group_column import checked_share
from equipoise.privacy.learning._group_means import group_sums, pull_between
from equipoise.privacy.learning._grouped import GroupedLogistic, Known
from equipoise.privacy.learning._learner import Customers
from equipoise.privacy.learning._row_count import RowCountSetting

__all__ = ["PenalisedLogisticRegression"]

Numbers = NDArray[np.float64]

MOST_PENALTY = 1e4


class PenalisedLogisticRegression(GroupedLogistic):
    """Private logistic regression with a penalty on differences of mean score between groups.

    To the logistic loss is added penalty × n / 2 × the sum over groups of their share times (mean
    log-odds of the group - mean log-odds of all)². Sums of encoded rows by group are released once,
    with Gaussian noise; as a constant is among their columns they tell the numbers of rows, too, and
    the penalty is a fixed quadratic form from there on. Then follows the descent of
    `PrivateLogisticRegression`, in which the form enters the metric and every step.

    Why one epsilon and delta cover it: rows have norm R at most and each is added to the sum of one
    group, so a customer moves all these sums together by at most `rows_per_unit` R. The form is
    arithmetic on what came out, so the descent sees customers as that of `PrivateLogisticRegression`
    does, with the ratio that is left; together they are one Gaussian release.

    What it does not do: it draws mean scores together, not the shares that a cut selects.

    Parameters
    ----------
    epsilon, delta, bounds_from_data, rows_per_unit, row_count, random_state
        As for `PrivateLogisticRegression`.
    bounds : mapping
        Of every column; for that of the group its groups as categories.
    group : str
        The column of the group, which is no feature. Scoring needs it not.
    penalty : float
        At least 0, at most 10,000; 0 is the learner without, on a smaller budget.
    means_share : float
        The sums' share of the squared Gaussian ratio, strictly between 0 and 1.

    Attributes
    ----------
    guarantee_ : Guarantee
        Add-remove adjacency.
    weights_, steps_, noise_sd_, squares_sd_
        As of `PrivateLogisticRegression`.
    left_out_ : tuple of str
        Groups whose noisy number of rows was below 5 standard deviations of its noise: the penalty
        does not see them.
    first_sd_ : float
        Standard deviation of the noise on each place of the sums by group; 0 without privacy.
    sensitivities_ : tuple of float
        The most that a customer moves each release by: the sums by group, the squares, the gradients.

    References
    ----------
    Calders, Karim, Kamiran, Ali & Zhang (2013), Controlling attribute effect in linear regression,
    for differences of means in the objective. Dong, Roth & Su (2022), Gaussian differential privacy.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> band = rng.choice(["old", "young"], 5000)
    >>> X = pd.DataFrame({"spend": rng.uniform(0, 1, 5000) + (band == "old"), "band": band})
    >>> y = (rng.random(5000) < 0.1 + 0.3 * X["spend"]).astype(int)
    >>> model = PenalisedLogisticRegression(
    ...     epsilon=3, delta=1e-6, bounds={"spend": (0, 2), "band": ("old", "young")}, group="band",
    ...     random_state=0,
    ... )
    >>> for penalty in (0, 10):
    ...     scores = model.set_params(penalty=penalty).fit(X, y).predict_proba(X)[:, 1]
    ...     print(round(scores[band == "old"].mean() - scores[band == "young"].mean(), 1))
    0.3
    0.0
    >>> print(model.guarantee_)
    (epsilon 3, delta 1e-06) per row, add-remove
    """

    _released = "the released weights, and the noisy sums of rows by group"
    _first_release = "one vector of sums of rows by group"

    def __init__(
        self,
        *,
        epsilon: float,
        delta: float | None = None,
        bounds: DeclaredBounds,
        group: str,
        penalty: float = 1.0,
        means_share: float = 0.1,
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
        self.penalty = penalty
        self.means_share = means_share
        self.row_count = row_count

    def _share(self) -> float:
        self._penalty()
        return checked_share("means_share", self.means_share)

    def _penalty(self) -> float:
        move = "Use for example 1; above 100 mean scores hardly differ."
        return check_number("penalty", self.penalty, low=0.0, high=MOST_PENALTY, next_move=move)

    def _exact(self, customers: Customers, codes: NDArray[np.intp]) -> Numbers:
        rows = customers.rows @ free_directions(customers.encoding)
        return group_sums(rows, codes, len(self._column().levels))

    def _first_sensitivity(self, encoding: BoundedEncoding) -> float:
        return self.rows_per_unit * encoding.norm

    def _made_of(self, released: Numbers, first_sd: float, encoding: BoundedEncoding) -> Known:
        pull, lacking = pull_between(
            released, noise_sd=first_sd, penalty=self._penalty(), encoding=encoding
        )
        levels = np.array(self._column().levels, dtype=object)
        return Known(pull=pull, left_out=tuple(levels[lacking]))

    def _learnt(self, known: Known) -> None:
        self.left_out_ = known.left_out
