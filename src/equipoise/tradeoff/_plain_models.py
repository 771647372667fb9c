"""Models without a private form, each mitigation in its usual way: outcomes and groups are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.fairness.mitigation import RemoveCorrelation, reweighing
from equipoise.models import out_of_fold, propensity
from equipoise.privacy.learning import exact_levels
from equipoise.privacy.learning._group_levels import Equal
from equipoise.task import Task
from equipoise.tradeoff._fitted import Asked, OneByOne, Scorer, Setting

__all__ = ["PLAIN_MITIGATIONS", "fit_plain"]

UNSEEDED_ROWS = 200_000  # boosted trees cut columns by a draw of so many rows, or by all

_Fit: TypeAlias = Callable[[Task, str, int, Setting], Scorer]


def fit_plain(model: str, task: Task, mitigation: str, asked: Asked, setting: Setting) -> OneByOne:
    """Fit a propensity model for each seed, or once where the seed moves nothing.

    That is exact: the logistic regression draws nothing, nor do boosted trees on up to 200,000 rows.
    """
    unseeded = model == "logistic" or (
        model == "hist_gradient_boosting" and len(task) <= UNSEEDED_ROWS
    )
    return OneByOne.fitted(
        asked,
        lambda _, seed: (PLAIN_MITIGATIONS[mitigation](task, model, seed, setting), None),
        alike=lambda _, seed: None if unseeded else seed,
    )


def _as_is(task: Task, model: str, seed: int, setting: Setting) -> Scorer:
    return _scorer(propensity(task, model, seed=seed).fit(task.X, task.y))


def _reweighed(task: Task, model: str, seed: int, setting: Setting) -> Scorer:
    weights = reweighing(task.y, task.groups[setting.attribute])
    pipeline = propensity(task, model, seed=seed)
    return _scorer(pipeline.fit(task.X, task.y, model__sample_weight=weights))


def _scorer(fitted: Any) -> Scorer:
    def scores(task: Task) -> NDArray[np.float64]:
        positive: NDArray[np.float64] = fitted.predict_proba(task.X)[:, 1]
        return positive

    return scores


def _levelled(task: Task, model: str, seed: int, setting: Setting, *, equal: Equal) -> Scorer:
    """Learn each group's levels from scores out of fold: those of a model's own rows are too sure.

    What is scored are not levels but `GroupLevels.matched`: so every decision rule selects about the
    share that it would select without the mitigation.
    """
    held = out_of_fold(task, propensity(task, model, seed=seed), seed=setting.fold_seed)
    groups = len(setting.groups)
    levels = exact_levels(held, setting.codes(task), task.y, groups=groups, equal=equal)
    plain = _as_is(task, model, seed, setting)

    def scores(other: Task) -> NDArray[np.float64]:
        return levels.matched(plain(other), setting.codes(other))

    return scores


def _uncorrelated(task: Task, model: str, seed: int, setting: Setting) -> Scorer:
    """Train on standardised and one-hot columns less their means by group."""
    columns = propensity(task)["columns"].fit(task.X)
    encoded = replace(task, X=pd.DataFrame(columns.transform(task.X)))
    learner = propensity(encoded, model, seed=seed)["model"]
    remover = RemoveCorrelation(learner, threshold=float(task.y.mean()))
    remover.fit(encoded.X, task.y, group=task.groups[setting.attribute])

    def scores(other: Task) -> NDArray[np.float64]:
        rows = pd.DataFrame(columns.transform(other.X))
        positive: NDArray[np.float64] = remover.predict_proba(
            rows, group=other.groups[setting.attribute]
        )[:, 1]
        return positive

    return scores


PLAIN_MITIGATIONS: dict[str, _Fit] = {
    "none": _as_is,
    "reweighing": _reweighed,
    "group_thresholds": partial(_levelled, equal="selection_rate"),
    "group_thresholds_tpr": partial(_levelled, equal="true_positive_rate"),
    "remove_correlation": _uncorrelated,
}
