"""Cut the score at a threshold of its own in each group."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice, check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.fairness.mitigation._constraints import check_constraint
from equipoise.fairness.mitigation._people import Rows, own
from equipoise.fairness.mitigation.after._held_out import AfterTraining

__all__ = ["SetThresholds"]

# fairlearn has three more for most constraints, such as the selection rate: with nothing against
# it, each is largest where all or none are selected.
OBJECTIVES = {"accuracy": "accuracy_score", "balanced_accuracy": "balanced_accuracy_score"}


@dataclass(eq=False, repr=False)
class SetThresholds(AfterTraining):
    """Give each group a threshold of its own, so that a rate is the same in all of them.

    Between two neighbouring thresholds a coin decides, so that rates can agree exactly; for
    equalized odds part of a group may be decided by coin alone, whatever its score. At decision
    time the group of each row is needed.

    What it does not do: rates agree on the rows held out and on average over coins; the rates that
    are not constrained fall as they may, and a threshold by group is another treatment of two
    customers with the same score, which may be unlawful. Who pays: those between the common
    threshold and their group's higher one. For equalized odds every group is brought down to the
    worst of the groups' curves, part of it by coin (levelling down): nobody is better served than
    the worst served group can be.

    Thresholds read outcomes and groups, so they have no place after a private learner unless they
    are computed from noisy counts.

    Parameters
    ----------
    estimator : classifier
        Scores are its `predict_proba`, else its `decision_function`, else its decisions.
    constraint : str
        Which rates agree; as for `ConstrainTraining`.
    objective : {"balanced_accuracy", "accuracy"}
        What is largest among all thresholds that satisfy the constraint. With few positives,
        accuracy is largest where nobody is selected, which is refused.
    bound : float
        The largest difference between any two groups; 0 only for equalized odds.
    grid_size : int
        Values of the constrained rate that are compared.
    prefit, holdout, random_state
        As for `MixDecisions`.

    Attributes
    ----------
    thresholds_ : DataFrame
        What is done in each `group`: with chance `coin_alone` select with chance `coin`; else, with
        chance `share`, select scores above `threshold`. A group has one or two rows.
    thresholder_ : fairlearn.postprocessing.InterpolatedThresholder
        The same, as it is carried out.
    estimator_ : classifier
    n_held_out_ : int

    References
    ----------
    Hardt, Price & Srebro (2016), Equality of opportunity in supervised learning. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> group = rng.choice(["a", "b", "c"], 600)
    >>> X = rng.normal(size=(600, 1)) + (group == "a")[:, None]
    >>> y = (X[:, 0] + rng.normal(size=600) > 0.5).astype(int)
    >>> model = SetThresholds(LogisticRegression(), random_state=0).fit(X, y, group=group)
    >>> sorted(set(model.thresholds_["group"]))
    ['a', 'b', 'c']
    """

    is_randomised: ClassVar[bool] = True
    _remedy: ClassVar[str] = (
        "Use the objective 'balanced_accuracy', another constraint, "
        "or features that tell customers apart."
    )

    _: KW_ONLY
    constraint: str = "demographic_parity"
    objective: str = "balanced_accuracy"
    bound: float = 0.0
    grid_size: int = 1000

    def _check(self, rows: Rows) -> None:
        super()._check(rows)
        check_constraint(self.constraint, rows)
        check_choice("objective", self.objective, OBJECTIVES)
        bound = check_number("bound", self.bound, low=0.0, high=1.0, next_move="Use 0.")
        check_whole("grid_size", self.grid_size, low=2, next_move="Use 1000.")
        if bound and self.constraint == "equalized_odds":
            raise InputError(
                "bound", "must be 0 for equalized odds", bound, "Use 0, or ConstrainTraining."
            )

    def _learn_rule(self, held: Rows) -> None:
        from fairlearn.postprocessing import ThresholdOptimizer

        optimizer = ThresholdOptimizer(
            estimator=self.estimator_,
            constraints=self.constraint,
            objective=OBJECTIVES[self.objective],
            grid_size=self.grid_size,
            prefit=True,
            predict_method="auto",
            tol=self.bound or None,
        ).fit(own(held.X), held.y, sensitive_features=held.codes)
        # Only the rule is kept: the curves behind it show the scores of single customers.
        self.thresholder_ = optimizer.interpolated_thresholder_
        rules = self.thresholder_.interpolation_dict
        self.thresholds_ = pd.DataFrame(
            [line for code, name in enumerate(held.groups) for line in _lines(name, rules[code])]
        )

    def _chance(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        chances = self.thresholder_._pmf_predict(own(X), sensitive_features=codes)
        chance: NDArray[np.float64] = chances[:, 1]
        return chance.clip(0.0, 1.0)


def _lines(name: str, rule: Any) -> list[dict[str, Any]]:
    cuts = [(rule.p0, rule.operation0), (rule.p1, rule.operation1)]
    return [
        {
            "group": name,
            "threshold": float(cut.threshold),
            "share": float(share),
            "coin_alone": float(rule.get("p_ignore", 0.0)),
            "coin": float(rule.get("prediction_constant", 0.0)),
        }
        for share, cut in cuts
        if share > 0
    ]
