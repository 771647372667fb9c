"""Replace some scores of one group by its base rate, so that a cost is the same in two groups."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice, check_number
from equipoise.exceptions import InputError
from equipoise.fairness.mitigation._aif360 import without_import_lines
from equipoise.fairness.mitigation._people import Rows
from equipoise.fairness.mitigation._scored import probabilities
from equipoise.fairness.mitigation.after._held_out import AfterTraining

__all__ = ["MixScores"]

COSTS = ("fpr", "fnr", "weighted")
ROUNDING = 1e-9


@dataclass(eq=False, repr=False)
class MixScores(AfterTraining):
    """Replace scores of the better served group by its base rate, by coin, until a cost agrees.

    The cost is the mean score of negatives ("fpr"), the mean of one minus the score of positives
    ("fnr"), or both weighted by the base rate. The group with the lower cost has a share of its
    scores replaced by its base rate, so that scores stay calibrated in each group if they were.
    At decision time the group of each row is needed, and a coin decides whose score is replaced.

    What it does not do: it equalises one cost of *scores* and leaves the other as it falls; it
    promises nothing about decisions at a threshold, whose gaps may grow. Calibrated scores cannot
    have both costs equal unless base rates are. Who pays: the better served group alone, whose
    replaced scores say nothing about the customer any more (levelling down); nobody gains.

    The shares read outcomes and groups, so they have no place after a private learner unless they
    are computed from noisy counts.

    Parameters
    ----------
    estimator : classifier
        With `predict_proba`, calibrated by group.
    cost : {"fpr", "fnr", "weighted"}
    threshold : float
        Selected where the mixed score exceeds it.
    prefit, holdout, random_state
        As for `MixDecisions`.

    Attributes
    ----------
    mixing_ : DataFrame, shape (2, 2)
        A row a group: `base_rate`, and `share_replaced`, which is 0 in one of them.
    estimator_ : classifier
    n_held_out_ : int

    Notes
    -----
    AIF360 finds the shares (its `CalibratedEqualizedOdds`; `PostProcessingMeta`, which would wrap
    an estimator, fails on this scikit-learn); the coins are thrown here, by row. Where the cost
    cannot be equalised, AIF360 gives a share above 1 and replaces the whole group without a word;
    that is refused.

    References
    ----------
    Pleiss et al. (2017), On fairness and calibration. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> group = rng.choice(["a", "b"], 400)
    >>> X = rng.normal(size=(400, 1))
    >>> y = (X[:, 0] + np.where(group == "a", 0.5, 2) * rng.normal(size=400) > 0).astype(int)
    >>> model = MixScores(LogisticRegression(), random_state=0).fit(X, y, group=group)
    >>> model.mixing_.round(2)
           base_rate  share_replaced
    group
    a           0.43            0.34
    b           0.43            0.00
    """

    two_groups_only: ClassVar[bool] = True
    is_randomised: ClassVar[bool] = True
    _remedy: ClassVar[str] = (
        "Set `threshold` to a score that some customers exceed, "
        "or use features that tell customers apart."
    )

    _: KW_ONLY
    cost: str = "weighted"
    threshold: float = 0.5

    def predict_proba(self, X: Any, *, group: ArrayLike | None = None) -> NDArray[np.float64]:
        """Return the mixed scores, for outcome 0 and 1; shape (n, 2).

        Replaced by coin: `predict` cuts the same scores only if `random_state` is an int.
        """
        mixed = self._mixed(*self._to_decide(X, group))
        return np.column_stack([1 - mixed, mixed])

    def _check(self, rows: Rows) -> None:
        super()._check(rows)
        check_choice("cost", self.cost, COSTS)
        check_number("threshold", self.threshold, low=0.0, high=1.0, next_move="Use 0.5.")

    def _learn_rule(self, held: Rows) -> None:
        with without_import_lines():
            from aif360.sklearn.postprocessing import CalibratedEqualizedOdds
        positive = probabilities(self.estimator_, held.X)
        index = pd.Index(held.codes, name="group")
        scores = pd.DataFrame({0: 1 - positive, 1: positive}, index=index)
        # A share that divides by zero is refused below, with a reason instead of a warning.
        with np.errstate(divide="ignore", invalid="ignore"):
            found = CalibratedEqualizedOdds("group", cost_constraint=self.cost).fit(
                scores, pd.Series(held.y, index=index)
            )
        self.mixing_ = pd.DataFrame(
            {"base_rate": found.base_rates_, "share_replaced": _without_rounding(found.mix_rates_)},
            index=pd.Index(held.groups, name="group"),
            dtype=float,
        )
        self._refuse_impossible_shares()

    def _refuse_impossible_shares(self) -> None:
        for name, share in self.mixing_["share_replaced"].items():
            if not 0 <= share < 1:
                raise InputError(
                    "cost",
                    "must be one that replacing some scores can equalise",
                    f"{self.cost!r}, with a share of {share:.3g} in group {name!r}",
                    "Use another cost, or SetThresholds.",
                )

    def _mixed(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        scores = probabilities(self.estimator_, X)
        base, share = self.mixing_.to_numpy()[codes].T
        return np.where(self._coins(len(scores)) < share, base, scores)

    def _decide(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.int_]:
        return (self._mixed(X, codes) > self.threshold).astype(int)

    def _chance(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        base, share = self.mixing_.to_numpy()[codes].T
        own = probabilities(self.estimator_, X) > self.threshold
        chance: NDArray[np.float64] = (1 - share) * own + share * (base > self.threshold)
        return chance


def _without_rounding(shares: list[float]) -> NDArray[np.float64]:
    """Return shares with 0 where equal costs differ by the rounding of a mean alone."""
    exact = np.asarray(shares, dtype=float)
    return np.where(abs(exact) < ROUNDING, 0.0, exact)
