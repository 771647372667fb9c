"""Decide near a threshold by group instead of by score."""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import check_choice, check_number, check_whole, suggestion
from equipoise.exceptions import InputError
from equipoise.fairness._rows import as_text
from equipoise.fairness.mitigation._aif360 import rows_for_aif360, without_import_lines
from equipoise.fairness.mitigation._people import Rows
from equipoise.fairness.mitigation._scored import probabilities
from equipoise.fairness.mitigation.after._held_out import AfterTraining

__all__ = ["FlipNearThreshold"]

# AIF360 has a third, the average odds difference; in it a gap in true positives and an opposite
# one in false positives cancel, so it is not offered.
METRICS = {
    "demographic_parity": "Statistical parity difference",
    "true_positive_rate_parity": "Equal opportunity difference",
}


@dataclass(eq=False, repr=False)
class FlipNearThreshold(AfterTraining):
    """Within a margin of the threshold, select everybody of one group and nobody of the other.

    Threshold and margin are those with the best balanced accuracy among the pairs of a grid that
    keep the gap within a bound. At decision time the group of each row is needed; no coin is
    thrown.

    What it does not do: it moves one rate, on the rows held out, and leaves all others as they
    fall; it looks at no score inside the margin. Who pays: customers of the group not favoured
    just above the threshold, who are rejected for their group alone; those just below it in the
    favoured group gain. Deciding by group in this open way may be unlawful where another method,
    or another cause of the gap, would have done.

    Threshold and margin read outcomes and groups, so they have no place after a private learner
    unless they are computed from noisy counts.

    Parameters
    ----------
    estimator : classifier
        With `predict_proba`.
    constraint : {"demographic_parity", "true_positive_rate_parity"}
        Whose gap is bounded: that of the selection rates, or of the true positive rates.
    bound : float
        The largest gap, in either direction.
    favoured : group, optional
        Who is selected within the margin. None takes the group with the lower mean score, among
        those with a positive outcome for true positive rates; `favoured_` says which.
    n_thresholds, n_margins : int
        Steps of the grid: thresholds from 0.01 to 0.99, and for each of them margins from 0 to the
        nearer end of 0..1. The work grows with their product.
    prefit, holdout, random_state
        As for `MixDecisions`; random is the hold-out only.

    Attributes
    ----------
    favoured_ : str
    threshold_, margin_ : float
    estimator_ : classifier
    n_held_out_ : int

    References
    ----------
    Kamiran, Karim & Zhang (2012), Decision theory for discrimination-aware classification. ICDM.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> group = rng.choice(["a", "b"], 400)
    >>> X = rng.normal(size=(400, 1)) + (group == "a")[:, None]
    >>> y = (X[:, 0] + rng.normal(size=400) > 0.5).astype(int)
    >>> model = FlipNearThreshold(
    ...     LogisticRegression(), n_thresholds=9, n_margins=5, random_state=0
    ... ).fit(X, y, group=group)
    >>> model.favoured_
    'b'
    """

    two_groups_only: ClassVar[bool] = True
    _remedy: ClassVar[str] = (
        "Allow a larger `bound`, search more thresholds and margins, "
        "or use features that tell customers apart."
    )

    _: KW_ONLY
    constraint: str = "demographic_parity"
    bound: float = 0.05
    favoured: Any = None
    n_thresholds: int = 50
    n_margins: int = 20

    def _check(self, rows: Rows) -> None:
        super()._check(rows)
        check_choice("constraint", self.constraint, METRICS)
        check_number("bound", self.bound, low=0.0, high=1.0, next_move="Use 0.05.")
        check_whole("n_thresholds", self.n_thresholds, low=2, next_move="Use 50.")
        check_whole("n_margins", self.n_margins, low=2, next_move="Use 20.")
        if self.favoured is not None and as_text(self.favoured) not in rows.groups:
            rule, found = "must be a group or None", repr(self.favoured)
            raise InputError("favoured", rule, found, suggestion(self.favoured, rows.groups))

    def _learn_rule(self, held: Rows) -> None:
        scores = probabilities(self.estimator_, held.X)
        self.favoured_ = self._favoured(held, scores)
        rule = self._rule()
        truth = rows_for_aif360(held.codes, held.y)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Unable to satisy fairness constraints", UserWarning)
            try:
                rule.fit(truth, rows_for_aif360(held.codes, held.y, scores))
            except UserWarning:
                raise InputError(
                    "bound",
                    "must be reachable by some threshold and margin of the grid",
                    self.bound,
                    "Allow a larger gap, or search more thresholds and margins.",
                ) from None
        self.threshold_, self.margin_ = float(rule.classification_threshold), float(rule.ROC_margin)

    def _favoured(self, held: Rows, scores: NDArray[np.float64]) -> str:
        if self.favoured is not None:
            return as_text(self.favoured)
        counted = held.y == 1 if self.constraint == "true_positive_rate_parity" else held.y >= 0
        means = [scores[counted & (held.codes == code)].mean() for code in (0, 1)]
        return held.groups[int(np.argmin(means))]

    def _rule(self) -> Any:
        with without_import_lines():
            from aif360.algorithms.postprocessing import RejectOptionClassification
        code = self.groups_.index(self.favoured_)
        return RejectOptionClassification(
            unprivileged_groups=[{"group": code}],
            privileged_groups=[{"group": 1 - code}],
            num_class_thresh=self.n_thresholds,
            num_ROC_margin=self.n_margins,
            metric_name=METRICS[self.constraint],
            metric_lb=-self.bound,
            metric_ub=self.bound,
        )

    def _chance(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        rule = self._rule()
        rule.classification_threshold, rule.ROC_margin = self.threshold_, self.margin_
        scores = probabilities(self.estimator_, X)
        nobody = np.zeros(len(scores), dtype=int)
        decided = rule.predict(rows_for_aif360(codes, nobody, scores)).labels
        return np.asarray(decided, dtype=float).ravel()
