"""The models a sweep can try: how each is fitted many times, and which mitigations it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from equipoise.task import Task
from equipoise.tradeoff._fitted import Asked, Models, Setting
from equipoise.tradeoff._plain_models import fit_plain
from equipoise.tradeoff._private_models import fit_one_by_one, fit_together

__all__ = ["LEARNERS", "Learner"]

AT_ONCE = 16
"""Cells fitted together: what is in memory grows with it, and a killed run loses as many."""

_NO_PLACE = "score_gap_penalty has no place in this learner's objective"
_NO_WEIGHTS = "reweighing gives weights, and this learner takes none"
_NO_LEVELS = "{} would need noisy counts beside the noisy model, which this learner does not take"
_NO_BOUNDS = (
    "remove_correlation moves features by means of groups that are read without noise, "
    "so it has no place before a private learner"
)
_READ_BY_TREES = (
    "remove_correlation gives a column of few values other ones in each group, "
    "and trees read the group off them"
)


@dataclass(frozen=True)
class Learner:
    """How to fit a model on a task's rows.

    Attributes
    ----------
    fit : callable
        `fit(task, mitigation, asked, setting)` returns models, one for each epsilon and seed of
        `asked`, in that order.
    private : bool
        Whether it exists at a finite epsilon.
    pure : bool
        Whether its delta is then zero.
    at_once : int
        How many cells to fit together, at most.
    lacking : mapping of str to str
        Mitigations that it cannot have, and why, in a sentence for the rows that are refused.
    """

    fit: Callable[[Task, str, Asked, Setting], Models]
    private: bool = False
    pure: bool = False
    at_once: int = AT_ONCE
    lacking: Mapping[str, str] = field(default_factory=dict)


_PLAIN = {"score_gap_penalty": _NO_PLACE}
_TREES = _PLAIN | {"remove_correlation": _READ_BY_TREES}
_LINEAR = {"remove_correlation": _NO_BOUNDS}
_WITHOUT_WEIGHTS = _LINEAR | {"score_gap_penalty": _NO_PLACE, "reweighing": _NO_WEIGHTS}
_WITHOUT_LEVELS = _WITHOUT_WEIGHTS | {
    name: _NO_LEVELS.format(name) for name in ("group_thresholds", "group_thresholds_tpr")
}


def _plain(model: str, at_once: int = AT_ONCE, lacking: Mapping[str, str] = _PLAIN) -> Learner:
    return Learner(partial(fit_plain, model), at_once=at_once, lacking=lacking)


LEARNERS: dict[str, Learner] = {
    "logistic": _plain("logistic"),
    "hist_gradient_boosting": _plain("hist_gradient_boosting", lacking=_TREES),
    # What is fitted one by one gains nothing by waiting for others.
    "explainable_boosting": _plain("explainable_boosting", at_once=4, lacking=_TREES),
    "private_logistic": Learner(
        partial(fit_together, "private_logistic"), private=True, lacking=_LINEAR
    ),
    "sufficient_statistics": Learner(
        partial(fit_together, "sufficient_statistics"), private=True, lacking=_WITHOUT_WEIGHTS
    ),
    "diffprivlib_logistic": Learner(
        partial(fit_one_by_one, "diffprivlib_logistic"),
        private=True,
        pure=True,
        at_once=4,
        lacking=_WITHOUT_LEVELS,
    ),
}
