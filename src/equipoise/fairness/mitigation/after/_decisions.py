"""Overrule some decisions by coin, so that both error rates are the same in two groups."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.fairness.mitigation._aif360 import (
    FIRST,
    SECOND,
    rows_for_aif360,
    without_import_lines,
)
from equipoise.fairness.mitigation._people import Rows
from equipoise.fairness.mitigation._scored import decisions
from equipoise.fairness.mitigation.after._held_out import AfterTraining

__all__ = ["MixDecisions"]


@dataclass(eq=False, repr=False)
class MixDecisions(AfterTraining):
    """Overrule the estimator's decisions with chances by group that equalise both error rates.

    A linear program finds four chances, of selecting a customer whom the estimator selects and one
    whom it does not, in each of two groups, so that true and false positive rates agree and the
    sum of their differences is largest. At decision time the group of each row is needed, and a
    coin decides.

    What it does not do: rates agree on the rows held out and on average over coins, not in each
    draw and not exactly among others; selection rates may still differ. Who pays: the better
    served group is brought to a point that the other can reach, so some of its customers are
    rejected by coin though the estimator would select them (levelling down), and some in the other
    selected though it would not. Two customers alike in everything may be decided differently.
    The program weighs both groups alike, however small one is.

    The chances read outcomes and groups, so they have no place after a private learner unless they
    are computed from noisy counts.

    Parameters
    ----------
    estimator : classifier
    threshold : float, optional
        The estimator selects where the probability of outcome 1 exceeds it. None leaves it to its
        `predict`.
    prefit : bool
        Whether the estimator is fitted already, on other rows than those of this fit; all rows are
        then for the rule. To clone a fitted one, wrap it in scikit-learn's FrozenEstimator.
    holdout : float
        Else the share of rows of each group and outcome that are kept from training, for the rule.
        Rows are split by chance, one by one: where a customer has several, split by customer
        yourself and use `prefit`.
    random_state : int, RandomState or None
        The hold-out and the coins. With an int, the same rows in the same order get the same
        decisions in every call. Customers decided one by one would then all get the same first
        coin; decide them in one table, or use None.

    Attributes
    ----------
    chances_ : DataFrame, shape (2, 2)
        A row a group; the chance of selection `if_not_selected` and `if_selected` by the estimator.
    estimator_ : classifier
    n_held_out_ : int
        Rows on which the chances were found.

    Notes
    -----
    AIF360 finds the chances; the coins are thrown here. Its own `predict` overrules a fixed number
    of rows, rounded down, so customers decided one by one would never be overruled, and it seeds
    the generator that the whole process shares.

    References
    ----------
    Hardt, Price & Srebro (2016), Equality of opportunity in supervised learning. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> group = rng.choice(["a", "b"], 400)
    >>> X = rng.normal(size=(400, 1))
    >>> y = (X[:, 0] + np.where(group == "a", 0.5, 2) * rng.normal(size=400) > 0).astype(int)
    >>> model = MixDecisions(LogisticRegression(), random_state=0).fit(X, y, group=group)
    >>> model.chances_.round(2)
           if_not_selected  if_selected
    group
    a                 0.22         0.81
    b                 0.00         1.00
    """

    two_groups_only: ClassVar[bool] = True
    is_randomised: ClassVar[bool] = True
    _remedy: ClassVar[str] = (
        "Set `threshold` to a probability that some customers exceed, "
        "or use features that tell customers apart."
    )

    _: KW_ONLY
    threshold: float | None = None

    def _learn_rule(self, held: Rows) -> None:
        with without_import_lines():
            from aif360.algorithms.postprocessing import EqOddsPostprocessing
        decided = decisions(self.estimator_, held.X, self.threshold)
        found = EqOddsPostprocessing(unprivileged_groups=SECOND, privileged_groups=FIRST).fit(
            rows_for_aif360(held.codes, held.y), rows_for_aif360(held.codes, decided)
        )
        selected_then_not = np.clip(found.model_params.x, 0.0, 1.0).reshape(2, 2)
        self.chances_ = pd.DataFrame(
            selected_then_not[:, ::-1],
            index=pd.Index(held.groups, name="group"),
            columns=["if_not_selected", "if_selected"],
        )

    def _chance(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        decided = decisions(self.estimator_, X, self.threshold)
        chance: NDArray[np.float64] = self.chances_.to_numpy()[codes, decided]
        return chance
