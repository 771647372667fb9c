"""Train many classifiers and draw among them, so that on average a rate hardly differs."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import check_number, check_whole
from equipoise.fairness.mitigation._base import Mitigation
from equipoise.fairness.mitigation._constraints import (
    check_constraint,
    moment,
    without_pandas_noise,
)
from equipoise.fairness.mitigation._people import Rows
from equipoise.fairness.mitigation._weights import TakesWeights, weights_keyword

__all__ = ["ConstrainTraining"]


@dataclass(eq=False, repr=False)
class ConstrainTraining(Mitigation):
    """Train the estimator repeatedly, with costs by group, until the mixture keeps to a bound.

    The exponentiated gradient method plays two sides: one trains the estimator on reweighted and
    relabelled rows, the other raises the price of the group whose rate is off. The result is a
    mixture of all classifiers trained. At decision time no group is needed, and a coin decides:
    each row is given to one member of the mixture, drawn by its weight.

    What it does not do: the bound holds between a group and *all* customers, so two groups may
    differ by twice as much; it holds on the rows of the fit and on average over coins, and
    `violation_` says how nearly. The members are trained on relabelled rows, so their
    probabilities are no propensities and are not offered. Who pays: nothing keeps a rate from
    being equalised by selecting fewer in the better-off group (levelling down), and two customers
    alike in everything may be decided differently.

    Training reads outcomes and groups without noise and repeatedly, so it has no place round a
    private learner.

    Parameters
    ----------
    estimator : classifier
        Its `fit` must take `sample_weight`; in a pipeline the last step's.
    constraint : {"demographic_parity", "equalized_odds", "true_positive_rate_parity", \
"false_positive_rate_parity"}
        Which rates: selection, both error rates, or one of them.
    bound : float
        How far a group's rate may lie from the rate of all.
    miss_cost : float
        What a missed positive costs, where one selected in vain costs 1. With few positives and a
        cost of 1, the fewest errors are made by selecting nobody.
    max_iterations : int
        Rounds at most; each trains the estimator several times.
    random_state : int, RandomState or None
        The coins: with an int, the same rows in the same order get the same decisions in every
        call. Customers decided one by one would then all get the same first coin; decide them in
        one table, or use None.

    Attributes
    ----------
    classifiers_, shares_ : list and array
        The mixture: who decides, and with what chance.
    violation_ : float
        The largest distance of a group's rate from the rate of all, on the rows of the fit and on
        average over coins. Compare it with `bound`: the rounds may have run out.

    References
    ----------
    Agarwal et al. (2018), A reductions approach to fair classification. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> group = rng.choice(["a", "b"], 200)
    >>> X = rng.normal(size=(200, 1)) + (group == "a")[:, None]
    >>> y = (X[:, 0] + rng.normal(size=200) > 0.5).astype(int)
    >>> model = ConstrainTraining(LogisticRegression(), bound=0.05, random_state=0)
    >>> round(model.fit(X, y, group=group).violation_, 3)
    0.05
    """

    is_randomised: ClassVar[bool] = True
    _remedy: ClassVar[str] = (
        "Raise `miss_cost` where positives are few, allow a larger `bound`, "
        "or use features that tell customers apart."
    )

    _: KW_ONLY
    constraint: str = "demographic_parity"
    bound: float = 0.01
    miss_cost: float = 1.0
    max_iterations: int = 50
    random_state: Any = None

    def _check(self, rows: Rows) -> None:
        check_constraint(self.constraint, rows)
        check_number("bound", self.bound, low=0.0, high=1.0, next_move="Use 0.01.")
        check_number("miss_cost", self.miss_cost, low=0.0, open_low=True, next_move="Use 1.")
        check_whole("max_iterations", self.max_iterations, low=1, next_move="Use 50.")
        weights_keyword(self.estimator)

    def _learn(self, rows: Rows) -> None:
        from fairlearn.reductions import ErrorRate, ExponentiatedGradient

        # The constraint's own bound: fairlearn's `eps` limits the multipliers and nothing else.
        reduction = ExponentiatedGradient(
            TakesWeights(self.estimator),
            moment(self.constraint, difference_bound=self.bound),
            objective=ErrorRate(costs={"fp": 1.0, "fn": self.miss_cost}),
            max_iter=self.max_iterations,
        )
        with without_pandas_noise():
            reduction.fit(rows.X, rows.y, sensitive_features=rows.codes)
        # fairlearn's own object holds every row of the fit; only the mixture is kept.
        used = reduction.weights_[reduction.weights_ > 0].sort_index()
        self.shares_ = used.to_numpy()
        self.classifiers_ = reduction.predictors_[used.index].tolist()
        chance = self._chance(rows.X, rows.codes)
        self.violation_ = float(reduction.constraints_.gamma(lambda _: chance).max())

    def _chance(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        decided = np.column_stack([classifier.predict(X) for classifier in self.classifiers_])
        chance: NDArray[np.float64] = decided @ self.shares_
        return chance.clip(0.0, 1.0)
