"""Outcome models for doubly robust estimates: nobody is scored by a model that has seen them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS
from equipoise.models._propensity import propensity
from equipoise.models.uplift._cells import dealt
from equipoise.models.uplift._policy_rows import CampaignRows, Floats
from equipoise.task import Task

__all__ = ["outcomes_by_arm"]


def outcomes_by_arm(
    task: Task, rows: CampaignRows, model: str | BaseEstimator, *, folds: int, seed: int
) -> tuple[Floats, bool]:
    """Return each row's outcome expected if left alone and if contacted, shape (2, n).

    Each part of the customers is scored by models of the others, one for each arm. Where those
    others hold fewer than ten customers of either outcome in an arm, their mean takes the model's
    place, which keeps the estimate right and makes it no sharper; the second value says whether
    it did.

    Raises
    ------
    InputError
        Where the model is unknown or gives no probabilities, or an arm has fewer customers than
        there are folds.
    """
    estimator = propensity(task, model, seed=seed) if isinstance(model, str) else model
    if not hasattr(estimator, "predict_proba"):
        raise InputError(
            "model",
            "must be a known name or a classifier that predicts probabilities",
            type(estimator).__name__,
            "Use for example 'logistic', or a classifier with predict_proba.",
        )
    part = _parts(rows, folds, seed)
    expected, plain = np.empty((2, len(rows.y))), False
    for fold in range(folds):
        test = np.flatnonzero(part == fold)
        for arm in (0, 1):
            train = np.flatnonzero((part != fold) & (rows.treated == arm))
            if _rarer(rows, train) < MINIMUM_TRIALS:
                expected[arm, test], plain = rows.y[train].mean(), True
                continue
            fitted = clone(estimator).fit(task.X.iloc[train], task.y[train])
            expected[arm, test] = fitted.predict_proba(task.X.iloc[test])[:, 1]
    return expected, plain


def _parts(rows: CampaignRows, folds: int, seed: int) -> NDArray[np.intp]:
    """Return the part of each row, as `dealt` does, or refuse more parts than an arm fills."""
    check_whole("folds", folds, low=2, next_move="Use 5 or 10.")
    many = np.bincount(rows.codes)
    treated = np.bincount(rows.codes, rows.treated)
    smaller = int(min((treated > 0).sum(), (treated < many).sum()))
    if smaller < folds:
        raise InputError(
            "folds",
            "must not exceed the customers of the smaller arm",
            f"{folds} folds, {smaller} customers",
            "Use fewer folds or more customers.",
        )
    return dealt(rows, folds, seed)


def _rarer(rows: CampaignRows, train: NDArray[np.intp]) -> int:
    """Return the customers of the rarer outcome among some rows."""
    y, codes = rows.y[train], rows.codes[train]
    return min(len(np.unique(codes[y == outcome])) for outcome in (0, 1))
