"""The effect of a contact on each customer of a task, by learners that have not seen that customer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from equipoise._checks import check_choice
from equipoise.models.uplift._base_models import effect_regression, outcome_classifier
from equipoise.models.uplift._campaign import Campaign, campaign_of
from equipoise.models.uplift._cells import check_cells, dealt
from equipoise.models.uplift._learners import (
    DoublyRobust,
    TransformedOutcome,
    TwoModel,
    UpliftLearner,
    part_of,
)
from equipoise.task import Task

__all__ = ["UPLIFT_LEARNERS", "effects", "uplift_learner"]


def uplift_learner(
    task: Task, learner: str = "doubly_robust", *, model: str = "logistic", seed: int = 0
) -> UpliftLearner:
    """Return an unfitted uplift learner for the task's features.

    Parameters
    ----------
    task : Task
        Names its numbers and categories.
    learner : {"two_model", "transformed_outcome", "doubly_robust"}
    model : {"logistic", "hist_gradient_boosting"}
        What it is made of: logistic regression for outcomes and ridge regression for effects, or
        shallow boosted trees for both.
    seed : int
        Seeds what is random in training.

    Raises
    ------
    InputError
        Where the learner or the model is unknown.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=1000, seed=7).task("coupon_uplift", policy="everyone")
    >>> learner = uplift_learner(task, "two_model")
    >>> learner.fit(task.X, task.y, task.treatment, task.treatment_probability)
    TwoModel(classifier=Pipeline(...))
    >>> learner.predict(task.X).shape == task.y.shape
    True
    """
    check_choice("learner", learner, UPLIFT_LEARNERS)
    return UPLIFT_LEARNERS[learner](task, model, seed)


def _two_model(task: Task, model: str, seed: int) -> UpliftLearner:
    return TwoModel(outcome_classifier(task, model, seed=seed))


def _transformed_outcome(task: Task, model: str, seed: int) -> UpliftLearner:
    return TransformedOutcome(effect_regression(task, model, seed=seed))


def _doubly_robust(task: Task, model: str, seed: int) -> UpliftLearner:
    return DoublyRobust(
        outcome_classifier(task, model, seed=seed),
        effect_regression(task, model, seed=seed),
        random_state=seed,
    )


UPLIFT_LEARNERS: dict[str, Callable[[Task, str, int], UpliftLearner]] = {
    "two_model": _two_model,
    "transformed_outcome": _transformed_outcome,
    "doubly_robust": _doubly_robust,
}


def effects(
    task: Task,
    learner: str | UpliftLearner = "doubly_robust",
    *,
    model: str = "logistic",
    folds: int = 5,
    seed: int,
    probability: str | None = None,
) -> NDArray[np.float64]:
    """Return the effect of a contact on each row, by a learner that has not seen that customer.

    They rank customers; single effects are uncertain, and a learner that is sure of nothing gives
    everybody nearly the average effect. Consent and group attributes are no features.

    Parameters
    ----------
    task : Task
        With `treatment`, and with `treatment_probability` unless `probability` says otherwise.
    learner : str or learner
        A name that `uplift_learner` knows, or an unfitted learner with its `fit` and `predict`.
    model : {"logistic", "hist_gradient_boosting"}
        What a learner known by name is made of.
    folds : int
        Number of parts; all rows of a customer lie in the same part.
    seed : int
        Deals customers into parts and seeds the learner.
    probability : "randomised", optional
        Says, of a task without probabilities, that all were contacted by lot with the same one.

    Returns
    -------
    array of float, shape (n,)
        Change of the probability of the positive outcome; zero where the contact changes nothing.

    Raises
    ------
    InputError
        Where the task has no treatment or no probabilities, one arm only, a part leaves fewer than
        ten customers of either outcome in either arm, or a name is unknown.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=1000, seed=7).task("coupon_uplift", policy="everyone")
    >>> found = effects(task, seed=7)
    >>> found.shape == task.y.shape, bool((np.abs(found) < 1).all())
    (True, True)
    """
    campaign = campaign_of(task, probability)
    made = (
        uplift_learner(task, learner, model=model, seed=seed)
        if isinstance(learner, str)
        else learner
    )
    part = dealt(campaign, folds, seed)
    trained = [np.flatnonzero(part != fold) for fold in range(folds)]
    for train in trained:
        check_cells(campaign, train)
    found = np.empty(len(task))
    for fold, train in enumerate(trained):
        test = np.flatnonzero(part == fold)
        found[test] = _fitted(made, task, campaign, train).predict(task.X.iloc[test])
    return found


def _fitted(
    learner: UpliftLearner, task: Task, campaign: Campaign, rows: NDArray[np.intp]
) -> UpliftLearner:
    own = part_of(campaign, rows)
    fresh: UpliftLearner = clone(learner)
    return fresh.fit(task.X.iloc[rows], own.y, own.treated, own.probability, unit=own.codes)
