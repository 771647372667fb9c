"""The unfitted private learner of a policy, and the rows that it takes: what can be released."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import clone

from equipoise._checks import check_choice
from equipoise.exceptions import EquipoiseWarning, InputError
from equipoise.privacy import Guarantee, learning
from equipoise.privacy.learning._group_levels import Equal
from equipoise.task import Bounds, Task

__all__ = ["GROUPED", "PLAIN", "LearnerOfPolicy", "check_private"]

PLAIN = {
    "private_logistic": learning.PrivateLogisticRegression,
    "sufficient_statistics": learning.SufficientStatisticsClassifier,
    "diffprivlib_logistic": learning.DiffprivlibLogisticRegression,
}
GROUPED = {
    "private_logistic": (
        "reweighing",
        "group_thresholds",
        "group_thresholds_tpr",
        "score_gap_penalty",
    ),
    "sufficient_statistics": ("group_thresholds", "group_thresholds_tpr"),
}
"""The mitigations that are built privately, by model."""

REHEARSED_ROWS = 400


@dataclass(frozen=True, eq=False)
class LearnerOfPolicy:
    """A private learner before it has seen a customer.

    Attributes
    ----------
    learner : private learner
        Unfitted; `fit(rows_of(task), task.y, unit=...)` fits it.
    attribute : str
        The sensitive attribute.
    group : str or None
        The column of the frame that holds the group; None where the learner needs none.
    bounds : mapping
        Of the frame.
    """

    learner: Any
    attribute: str
    group: str | None
    bounds: Bounds

    @classmethod
    def of(
        cls,
        task: Task,
        *,
        model: str,
        mitigation: str,
        epsilon: float,
        delta: float | None,
        attribute: str,
        groups: Sequence[str],
        groups_from_data: bool = False,
        random_state: int | None = None,
    ) -> Self:
        """Build the learner of a policy, or refuse a policy that has no private form."""
        check_choice("attribute", attribute, list(task.groups))
        check_private(model, mitigation)
        _check_bounds(task)
        shared: dict[str, Any] = {
            "epsilon": epsilon,
            "delta": delta,
            "bounds": task.bounds,
            "bounds_from_data": task.bounds_from_data,
            "rows_per_unit": task.rows_per_unit,
            "random_state": random_state,
        }
        if mitigation == "none":
            return cls(PLAIN[model](**shared), attribute, None, task.bounds)
        group = f"group: {attribute}" if attribute in task.X else attribute
        bounds = {**task.bounds, group: tuple(groups)}
        read = (*task.bounds_from_data, *((group,) if groups_from_data else ()))
        whole = shared | {"bounds": bounds, "bounds_from_data": read}
        return cls(_grouped(model, mitigation, whole, group), attribute, group, bounds)

    def rows_of(self, task: Task) -> pd.DataFrame:
        """Return what the learner takes: the features, and the group where it needs one."""
        if self.group is None:
            return task.X
        return task.X.assign(**{self.group: task.groups[self.attribute].to_numpy()})

    def fitted(self, task: Task) -> Any:
        """Return a fitted copy of the learner."""
        unit = task.unit.rename(task.file.unit)
        return clone(self.learner).fit(self.rows_of(task), task.y, unit=unit)

    def scores(self, fitted: Any, task: Task) -> NDArray[np.float64]:
        """Return the score of each row in [0, 1], as a sweep measures it and a release computes it.

        Where scores become levels within groups it is the score of the same rank among all, which a
        cut in chances or euros can use.
        """
        rows = self.rows_of(task)
        if self.group is None or not hasattr(fitted, "levels_"):
            chances: NDArray[np.float64] = fitted.predict_proba(rows)[:, 1]
            return chances
        own = expit(fitted.encoding_.transform(rows) @ fitted.weights_)
        matched: NDArray[np.float64] = fitted.levels_.matched(own, fitted.column_.codes(rows))
        return matched

    def linear(self, fitted: Any) -> tuple[Bounds, tuple[float, ...]]:
        """Return the bounds of the features and the weights of the log-odds, all that scores need."""
        return dict(fitted.encoding_.bounds), tuple(map(float, fitted.weights_))

    def curves(
        self, fitted: Any
    ) -> tuple[str, tuple[str, ...], tuple[tuple[float, ...], ...], tuple[float, ...]] | None:
        """Return column, groups, their curves and that of all, where scores are matched by group."""
        found = getattr(fitted, "levels_", None)
        if found is None or self.group is None:
            return None
        groups = tuple(str(name) for name in self.bounds[self.group])
        curves = tuple(tuple(map(float, curve)) for curve in found.curves)
        return self.group, groups, curves, tuple(map(float, found.shared))

    def promised(self, unit: str) -> Guarantee:
        """Return what a fit will promise, read off a fit on made-up rows.

        A promise depends on settings and bounds, not on customers: so it is known, and a setting that
        does not work is refused, before any of them is looked at.
        """
        rng = np.random.default_rng(0)
        rows = pd.DataFrame({name: _made_up(each, rng) for name, each in self.bounds.items()})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EquipoiseWarning)  # they speak of rows that nobody has
            outcome = np.arange(REHEARSED_ROWS) % 2
            owner = pd.Series(np.arange(REHEARSED_ROWS), name=unit)
            promise: Guarantee = clone(self.learner).fit(rows, outcome, unit=owner).guarantee_
        return promise


def check_private(model: str, mitigation: str) -> None:
    """Refuse a model, or a mitigation of it, that has no private form."""
    if model not in PLAIN:
        raise InputError(
            "policy",
            "must have a private model to be released with a guarantee",
            repr(model),
            f"Choose among policies with a finite epsilon, of {', '.join(PLAIN)}.",
        )
    if mitigation != "none" and mitigation not in GROUPED.get(model, ()):
        built = ", ".join(("none", *GROUPED.get(model, ())))
        rule = f"must have a mitigation that is built privately for {model}"
        raise InputError("policy", rule, repr(mitigation), f"There are: {built}.")


def _check_bounds(task: Task) -> None:
    if task.unbounded:
        raise InputError(
            "bounds",
            "must be declared for every number before a private release",
            ", ".join(map(repr, task.unbounded)),
            "Add bounds: [low, high] in the task file.",
        )


def _grouped(model: str, mitigation: str, shared: dict[str, Any], group: str) -> Any:
    if mitigation == "reweighing":
        return learning.ReweighedLogisticRegression(**shared, group=group)
    if mitigation == "score_gap_penalty":
        return learning.PenalisedLogisticRegression(**shared, group=group)
    equal: Equal = "selection_rate" if mitigation == "group_thresholds" else "true_positive_rate"
    return learning.GroupThresholds(PLAIN[model](**shared), group=group, equal=equal)


def _made_up(limits: Any, rng: np.random.Generator) -> NDArray[Any]:
    if isinstance(limits[0], str):
        return rng.choice(np.array(limits), REHEARSED_ROWS)
    return rng.uniform(limits[0], limits[1], REHEARSED_ROWS)
