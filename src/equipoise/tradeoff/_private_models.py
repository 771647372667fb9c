"""Private models of one mitigation: every epsilon and seed from one pass over the customers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from equipoise.privacy import Guarantee
from equipoise.privacy.learning import fit_many
from equipoise.privacy.learning._many_levels import ManyLevels
from equipoise.task import Task
from equipoise.tradeoff._fitted import Asked, OneByOne, Scorer, Setting
from equipoise.tradeoff._learner_of_policy import LearnerOfPolicy

__all__ = ["Together", "fit_one_by_one", "fit_together"]


@dataclass(frozen=True)
class Together:
    """Models from one pass.

    Attributes
    ----------
    learner : LearnerOfPolicy
        Says which columns the models take.
    many : what `fit_many` returns
    places : tuple of (int, int)
        Where each model that was asked for stands among epsilons and seeds.
    """

    learner: LearnerOfPolicy
    many: Any
    places: tuple[tuple[int, int], ...]

    @property
    def guarantees(self) -> tuple[Guarantee | None, ...]:
        """What each model promises if it alone is released."""
        promises = (self.many.guarantees[place] for place, _ in self.places)
        return tuple(one if math.isfinite(one.epsilon) else None for one in promises)

    def scores(self, task: Task) -> NDArray[np.float64]:
        """Return the score of each row by each model, shape (models, n).

        Levels within a group are read as scores again, see `GroupLevels.matched`: so every decision
        rule selects the share that it would select without the mitigation.
        """
        rows = self.learner.rows_of(task)
        levelled = isinstance(self.many, ManyLevels)
        found = self.many.matched(rows) if levelled else self.many.probabilities(rows)
        chosen: NDArray[np.float64] = found[tuple(np.transpose(self.places))]
        return chosen


def fit_together(
    model: str, task: Task, mitigation: str, asked: Asked, setting: Setting
) -> Together:
    """Fit a learner that takes many epsilons and seeds at once."""
    learner = _learner(model, task, mitigation, setting)
    epsilons, seeds = (tuple(dict.fromkeys(each)) for each in zip(*asked, strict=True))
    many = fit_many(
        learner.learner,
        learner.rows_of(task),
        task.y,
        unit=task.unit.rename(task.file.unit),
        epsilons=epsilons,
        seeds=seeds,
    )
    places = tuple((epsilons.index(epsilon), seeds.index(seed)) for epsilon, seed in asked)
    return Together(learner, many, places)


def fit_one_by_one(
    model: str, task: Task, mitigation: str, asked: Asked, setting: Setting
) -> OneByOne:
    """Fit a learner once for each epsilon and seed; at infinity there is no noise, so once."""
    learner = _learner(model, task, mitigation, setting)

    def fit(epsilon: float, seed: int) -> tuple[Scorer, Guarantee | None]:
        own = clone(learner.learner).set_params(epsilon=epsilon, random_state=seed)
        own.fit(learner.rows_of(task), task.y, unit=task.unit.rename(task.file.unit))
        promise = own.guarantee_ if math.isfinite(epsilon) else None
        return lambda other: own.predict_proba(learner.rows_of(other))[:, 1], promise

    return OneByOne.fitted(
        asked, fit, alike=lambda epsilon, seed: (epsilon, seed if math.isfinite(epsilon) else None)
    )


def _learner(model: str, task: Task, mitigation: str, setting: Setting) -> LearnerOfPolicy:
    groups, from_data = _declared(task, setting)
    return LearnerOfPolicy.of(
        task,
        model=model,
        mitigation=mitigation,
        epsilon=math.inf,
        delta=setting.delta,
        attribute=setting.attribute,
        groups=groups,
        groups_from_data=from_data,
    )


def _declared(task: Task, setting: Setting) -> tuple[tuple[str, ...], bool]:
    """Return the groups, and whether they were read off the customers.

    They are declared where the task file lists the attribute as a feature whose categories have
    them all.
    """
    feature = task.file.features.get(setting.attribute)
    declared = () if feature is None or feature.source == "data" else feature.categories or ()
    if set(setting.groups) <= set(declared):
        return tuple(declared), False
    return setting.groups, True
