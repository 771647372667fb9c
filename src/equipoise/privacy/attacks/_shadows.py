"""Models fitted on random parts of the customers, as an attacker would fit them."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.privacy._units import check_same_order
from equipoise.privacy.attacks._cells import Bools, Floats

__all__ = [
    "Shadows",
    "checked_member",
    "checked_outcomes",
    "confidence_in",
    "fitted_on",
    "log_odds",
    "resolution",
    "shadow_models",
    "split_for",
]

ROUNDING = 1e-12
"""Probabilities nearer to 0 or 1 differ from them by rounding alone."""

Rows: TypeAlias = pd.DataFrame | NDArray[Any]


class Shadows(NamedTuple):
    """How sure models are of each outcome, and whom each was fitted on; both (models, n)."""

    sure: Floats
    inside: Bools


def checked_outcomes(learner: Any, X: Rows | ArrayLike, y: ArrayLike) -> tuple[Rows, NDArray[Any]]:
    """Return rows and outcomes, or refuse what no attack can be run on."""
    if not hasattr(learner, "predict_proba"):
        raise InputError(
            "learner",
            "must have predict_proba: the attacks read scores",
            type(learner).__name__,
            "Use a classifier with probabilities, such as SVC(probability=True).",
        )
    rows = X if isinstance(X, pd.DataFrame) else np.asarray(X)
    check_same_order(X=X, y=y)
    outcomes = np.asarray(y)
    if outcomes.shape != rows.shape[:1]:
        found = f"shape {outcomes.shape} for {rows.shape[0]:,} rows"
        raise InputError("y", "must have one outcome for each row", found, "Align X and y.")
    levels = pd.unique(pd.Series(outcomes))
    if pd.isna(levels).any() or len(levels) < 2:
        found = "missing outcomes" if pd.isna(levels).any() else f"only {levels.tolist()[0]!r}"
        move = "Pass customers with and without the outcome."
        raise InputError("y", "must hold at least two outcomes, none missing", found, move)
    return rows, outcomes


def checked_member(learner: Any, X: Rows, member: ArrayLike) -> Bools:
    """Return which rows the fitted learner was fitted on, or refuse."""
    check_same_order(X=X, member=member)
    values = np.asarray(member)
    if values.shape != (len(X),) or values.dtype != bool:
        raise InputError(
            "member",
            f"must say True or False for each of {len(X):,} rows",
            f"{values.dtype} of shape {values.shape}",
            "Say which rows the learner was fitted on.",
        )
    if values.all() or not values.any():
        raise InputError(
            "member",
            "must have both members and non-members",
            "only members" if values.all() else "only non-members",
            "Add customers drawn in the same way who were left out of the fit.",
        )
    try:
        learner.predict_proba(_take(X, np.arange(1)))
    except NotFittedError as problem:
        move = "Fit it on those rows first, or leave member out."
        raise InputError("learner", "must be fitted where member is given", "unfitted", move) from (
            problem
        )
    return values


def fitted_on(learner: Any, X: Rows, y: NDArray[Any], rows: Bools, rng: np.random.Generator) -> Any:
    """Return a fresh clone fitted on some rows; every random state in it is a new one."""
    places = np.flatnonzero(rows)
    _check_outcomes_of(y, y[places])
    fresh = clone(learner)
    seeds = {
        name: int(rng.integers(2**31))
        for name in fresh.get_params(deep=True)
        if name.split("__")[-1] == "random_state"
    }
    return fresh.set_params(**seeds).fit(_take(X, places), y[places])


def split_for(
    learner: Any, X: Rows, y: NDArray[Any], rng: np.random.Generator
) -> tuple[Any, Bools]:
    """Return a learner fitted on about half of the customers, and whom.

    Each is in or out by an own coin, as add-remove guarantees compare. A replace-one guarantee says
    nothing where the number of rows changes with it: then the number is fixed to exactly half.
    """
    member = rng.random(len(y)) < 0.5
    model = fitted_on(learner, X, y, member, rng)
    if getattr(getattr(model, "guarantee_", None), "adjacency", None) == "replace-one":
        member = rng.permutation(len(y)) < len(y) // 2
        model = fitted_on(learner, X, y, member, rng)
    return model, member


def shadow_models(
    learner: Any,
    X: Rows,
    y: NDArray[Any],
    *,
    share: float,
    shadows: int,
    rng: np.random.Generator,
) -> Shadows | None:
    """Fit shadow models, each on about a `share` of the customers; None where `shadows` is 0.

    Every customer is inside the same number of them, and at least twice inside and outside.
    """
    check_whole("shadows", shadows, low=0, next_move="Use 32, or 0 for the loss alone.")
    if shadows == 0:
        return None
    times = round(shadows * share)
    if min(times, shadows - times) < 2:
        needed = int(np.ceil(2 / min(share, 1 - share)))
        move = f"Use at least {max(4, needed)}, or 0 for the loss alone."
        raise InputError("shadows", "must leave each customer in and out twice", shadows, move)
    inside = rng.random((shadows, len(y))).argsort(axis=0) < times
    sure = [confidence_in(fitted_on(learner, X, y, rows, rng), X, y) for rows in inside]
    return Shadows(np.array(sure), inside)


def confidence_in(model: Any, X: Rows, y: NDArray[Any]) -> Floats:
    """Return the probability that the model gives each row's own outcome."""
    scores = np.asarray(model.predict_proba(X), dtype=float)
    place = pd.Index(model.classes_).get_indexer(pd.Index(y))
    return np.where(place < 0, 0.0, scores[np.arange(len(y)), place])


def resolution(*sure: Floats) -> float:
    """Return half of the smallest distance from 0 or 1 among probabilities that are neither.

    It is how far a probability of 0 or 1 may be from what the learner could say with more votes: a
    forest of 40 trees speaks in steps of a fortieth. Boosting has hardly a limit, and what it says of
    a customer at 1e-9 differs from 1e-4. A common limit for all learners would hide the one or let
    the unanimous votes of the other drown everybody else. Measured with 13 learners on two tables,
    the online attack comes within .03 of its advantage under the best limit for each of them; 1e-3
    for all lost up to .09.
    """
    told = np.concatenate([np.minimum(each, 1 - each).ravel() for each in sure])
    told = told[told > ROUNDING]
    # Of learners that only say 0 or 1 any limit gives the same order.
    return float(told.min() / 2) if len(told) else 0.25


def log_odds(sure: Floats, smallest: float) -> Floats:
    """Return the log-odds of probabilities of the own outcome: high is a small loss."""
    within = np.clip(sure, smallest, 1 - smallest)
    return np.asarray(np.log(within / (1 - within)))


def _check_outcomes_of(y: NDArray[Any], fitted: NDArray[Any]) -> None:
    if len(pd.unique(pd.Series(fitted))) < 2:
        counts = pd.Series(y).value_counts()
        raise InputError(
            "y",
            "must leave two outcomes in each random part that a model is fitted on",
            f"a part without any of the {counts.iloc[1:].sum():,} other than {counts.index.tolist()[0]!r}",
            "Pass more customers with the rarer outcome: 20 are mostly enough.",
        )


def _take(X: Rows, places: NDArray[np.intp]) -> Rows:
    return X.iloc[places] if isinstance(X, pd.DataFrame) else X[places]
