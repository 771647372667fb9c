"""Train one classifier for each of a grid of prices on a gap, and keep one of them."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from math import comb
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.fairness.mitigation._base import Mitigation
from equipoise.fairness.mitigation._constraints import (
    check_constraint,
    moment,
    without_pandas_noise,
)
from equipoise.fairness.mitigation._people import Rows
from equipoise.fairness.mitigation._weights import TakesWeights, weights_keyword

__all__ = ["SearchMultipliers"]

# Beyond it the whole grid has thousands of points; fairlearn only logs that it is too coarse.
MOST_DIMENSIONS = 4


@dataclass(eq=False, repr=False)
class SearchMultipliers(Mitigation):
    """Train the estimator once for each point of a grid of multipliers; keep the best of them.

    A multiplier is the price of a group's rate being off; each point of the grid gives the rows
    other weights and labels. Kept is the classifier with the least weighted sum of error and
    violation on the rows of the fit. At decision time no group is needed and no coin is thrown.

    What it does not do: it promises no bound; `candidates_` shows what each point reached. The
    classifiers are trained on relabelled rows, so their probabilities are no propensities and are
    not offered. Who pays: as for `ConstrainTraining`, a gap may close by selecting fewer in the
    better-off group. The least sum of both may also be the classifier that selects nobody, which
    is refused.

    Training reads outcomes and groups without noise and repeatedly, so it has no place round a
    private learner.

    Parameters
    ----------
    estimator, constraint
        As for `ConstrainTraining`.
    constraint_weight : float
        Share of the violation in the sum, from 0 to 1; the error has the rest.
    grid_size : int
        Points at least. A grid has one dimension for each group but one, twice as many for
        equalized odds, four at most; it is made whole, so that no direction is left out.
    grid_limit : float
        The largest multiplier.

    Attributes
    ----------
    candidates_ : DataFrame
        One row a point of the grid: `error`, `violation` (the largest distance of a group's rate
        from the rate of all), both on the rows of the fit, and whether it `is_kept`.
    classifiers_ : list
        What was trained at each point.
    multipliers_ : DataFrame
        A column a point; a row for each sign, kind of customers (by outcome, or all) and group,
        the latter as its place in `groups_`.

    References
    ----------
    Agarwal et al. (2018), A reductions approach to fair classification, section 3.4. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> group = rng.choice(["a", "b"], 200)
    >>> X = rng.normal(size=(200, 1)) + (group == "a")[:, None]
    >>> y = (X[:, 0] + rng.normal(size=200) > 0.5).astype(int)
    >>> model = SearchMultipliers(LogisticRegression(), grid_size=5).fit(X, y, group=group)
    >>> len(model.candidates_), int(model.candidates_["is_kept"].sum())
    (5, 1)
    """

    _remedy: ClassVar[str] = (
        "Give the violation less weight with `constraint_weight`, search a larger grid, "
        "or use features that tell customers apart."
    )

    _: KW_ONLY
    constraint: str = "demographic_parity"
    constraint_weight: float = 0.5
    grid_size: int = 20
    grid_limit: float = 2.0

    def _check(self, rows: Rows) -> None:
        check_constraint(self.constraint, rows)
        weight, limit = self.constraint_weight, self.grid_limit
        check_number("constraint_weight", weight, low=0.0, high=1.0, next_move="Use 0.5.")
        check_number("grid_limit", limit, low=0.0, open_low=True, next_move="Use 2.")
        size = check_whole("grid_size", self.grid_size, low=3, next_move="Use 20.")
        _check_grid(size, self._dimensions(rows), len(rows.groups))
        weights_keyword(self.estimator)

    def _learn(self, rows: Rows) -> None:
        from fairlearn.reductions import GridSearch

        search = GridSearch(
            TakesWeights(self.estimator),
            moment(self.constraint),
            constraint_weight=self.constraint_weight,
            grid_size=_whole_grid(self.grid_size, self._dimensions(rows)),
            grid_limit=self.grid_limit,
        )
        ordered = rows.take(_order(rows))
        with without_pandas_noise():
            search.fit(ordered.X, ordered.y, sensitive_features=ordered.codes)
        # fairlearn's own object holds every row of the fit.
        self.classifiers_ = search.predictors_
        self.multipliers_ = search.lambda_vecs_
        self.candidates_ = pd.DataFrame(
            {
                "error": [float(error) for error in search.objectives_],
                "violation": search.gammas_.max().to_numpy(),
                "is_kept": np.arange(len(search.objectives_)) == search.best_idx_,
            }
        )

    def _dimensions(self, rows: Rows) -> int:
        return (len(rows.groups) - 1) * (2 if self.constraint == "equalized_odds" else 1)

    def _chance(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        kept = self.classifiers_[int(self.candidates_["is_kept"].argmax())]
        return np.asarray(kept.predict(X), dtype=float)


def _check_grid(size: int, dimensions: int, groups: int) -> None:
    if dimensions > MOST_DIMENSIONS:
        raise InputError(
            "group",
            f"must need a grid of at most {MOST_DIMENSIONS} dimensions",
            f"{dimensions} for {groups} groups",
            "Merge groups, or use ConstrainTraining, which takes any number.",
        )
    if size < 2**dimensions:
        rule = f"must be at least {2**dimensions} with {groups} groups and this constraint"
        raise InputError("grid_size", rule, size, "Use a larger grid, or merge groups.")


def _whole_grid(size: int, dimensions: int) -> int:
    """Return the number of points of the smallest whole grid with at least `size` of them.

    fairlearn cuts a larger grid at `size`, which leaves out high multipliers of one sign.
    """
    radius, points = 0, 1
    while points < size:
        radius += 1
        points = sum(
            comb(dimensions, k) * comb(radius, k) * 2**k for k in range(dimensions + 1)
        )  # whole numbers whose absolute values sum to at most the radius
    return points


def _order(rows: Rows) -> NDArray[np.intp]:
    """Return an order that neither the order of the rows nor the groups' names decide.

    fairlearn gives no multiplier to the group that comes last in the table.
    """
    sizes = np.bincount(rows.codes)
    shares = np.bincount(rows.codes, weights=rows.y) / sizes
    rank = np.argsort(np.lexsort((sizes, shares)))
    order: NDArray[np.intp] = np.lexsort((rows.y, rank[rows.codes]))
    return order
