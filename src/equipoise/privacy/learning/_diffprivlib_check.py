"""Which promise is left of a model of diffprivlib, as it is set."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from equipoise._checks import check_epsilon
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._promises import SCORED, promised

__all__ = ["diffprivlib_guarantee"]

THREADS = "https://github.com/IBM/differential-privacy-library/issues"
BREAKS = "must keep its promise as it is set"
ENOUGH_STEPS = 10_000  # a thousand rows need 30; one step leaves 1,700 times what a row can move
USE_OURS = "Use PrivateLogisticRegression or SufficientStatisticsClassifier."


def diffprivlib_guarantee(model: Any) -> Guarantee:
    """Return what a model of diffprivlib 0.6.6 promises as it is set, or refuse it with the reason.

    Only what was read in its source and found sound is let through. The promise is one per row, replace
    one, with the number of rows public, whatever accountant the model is given.

    Parameters
    ----------
    model : estimator of diffprivlib.models
        Fitted or not; only its settings are read. After a fit diffprivlib writes the bounds that it read
        off the data into the settings, so check a model before it is fitted.

    Returns
    -------
    Guarantee
        Of the attributes that it names under `covers`, and of nothing else.

    Raises
    ------
    InputError
        Where the model is none of diffprivlib's, or is set so that it does not keep its claim:
        LinearRegression, KMeans, RandomForestClassifier, DecisionTreeClassifier and PCA always;
        LogisticRegression but with a norm of at most 1, a tight tolerance, many steps and no separate
        intercept;
        GaussianNB and StandardScaler without bounds; GaussianNB with bounds that leave out 0.

    References
    ----------
    diffprivlib issues 104 and 105 and pull request 110. Each refusal names its own evidence.

    Examples
    --------
    >>> from diffprivlib.models import GaussianNB
    >>> print(diffprivlib_guarantee(GaussianNB(epsilon=1, bounds=([0, 0], [1, 1]))))
    (epsilon 2, delta 0) per row, replace-one
    """
    kind = type(model)
    if kind.__module__.split(".")[:2] != ["diffprivlib", "models"]:
        raise InputError(
            "model",
            "must be an estimator of diffprivlib.models",
            f"{kind.__module__}.{kind.__name__}",
            "Check each step of a pipeline on its own.",
        )
    judge = _JUDGES.get(kind.__name__, _unknown)
    return judge(model, check_epsilon(model.epsilon))


def _refusal(model: Any, reason: str, evidence: str, next_move: str) -> InputError:
    return InputError(
        f"diffprivlib's {type(model).__name__}",
        f"{BREAKS}: {reason}",
        evidence,
        next_move,
    )


def _unknown(model: Any, epsilon: float) -> Guarantee:
    raise _refusal(
        model, "nobody has checked it here", "no evidence", "Use a learner of equipoise."
    )


def _linear(model: Any, epsilon: float) -> Guarantee:
    raise _refusal(
        model,
        "its sums of squares get noise by the lower bound only, none at all where that is 0",
        f"released sums that equal the true ones at bounds (0, 100); {THREADS}/105",
        "Use PrivateLinearRegression.",
    )


def _clusters(model: Any, epsilon: float) -> Guarantee:
    raise _refusal(
        model,
        "its two shares of epsilon are exchanged, which overspends above 4 columns, an empty cluster "
        "is left where it was, and inertia_ and labels_ have no noise",
        f"a spend of 1.52 times the claim at 20 columns, derived from its source; {THREADS}/104",
        "Cluster on noisy counts instead.",
    )


def _forest(model: Any, epsilon: float) -> Guarantee:
    raise _refusal(
        model,
        "a row of another class changes the counts of two leaves, so it spends twice its epsilon",
        "a derivation from its source; no thread is known",
        "Use PrivateExplainableBoosting.",
    )


def _components(model: Any, epsilon: float) -> Guarantee:
    raise _refusal(
        model,
        "its eigenvalues get noise of a mechanism that is calibrated for one number, all with the "
        "sensitivity that they have together",
        "no proof for several numbers",
        "Leave it out: the learners here need no components.",
    )


def _naive_bayes(model: Any, epsilon: float) -> Guarantee:
    _refuse_bounds_from_data(model)
    low, high = (np.asarray(edge, dtype=float) for edge in model.bounds)
    if (low > 0).any() or (high < 0).any():
        raise _refusal(
            model,
            "bounds that leave out 0 understate how far one changed label moves the sum of a class",
            "an audit of at least 3.86 against a claim of 1 at bounds (2000, 2024)",
            "Shift the columns so that their bounds hold 0.",
        )
    return _promise(
        model,
        2 * epsilon,
        "noise on counts, sums and squares of each class; a changed label touches two classes, so "
        "epsilon is twice the setting",
        covers="theta_, var_, class_count_ and class_prior_",
        not_covered=("which classes there are (classes_): declare them by passing rows of each",),
    )


def _scaler(model: Any, epsilon: float) -> Guarantee:
    _refuse_bounds_from_data(model)
    return _promise(
        model,
        epsilon,
        "noise on the mean and the variance of each column",
        covers="mean_, var_ and scale_",
        not_covered=("the rows that it transforms", "missing values, counted exactly"),
    )


def _logistic(model: Any, epsilon: float) -> Guarantee:
    reason, evidence = _logistic_flaw(model)
    if reason:
        move = (
            "Set data_norm 1, tol 1e-10, max_iter 10000, fit_intercept False, or use "
            f"{USE_OURS[4:]}"
        )
        raise _refusal(model, reason, evidence, move)
    return _promise(
        model,
        epsilon,
        "a random linear term in the objective",
        covers="coef_",
        not_covered=(
            "which classes there are (classes_)",
            "the distance to the exact minimiser; DiffprivlibLogisticRegression looks at it",
            "noise shared by fits in a pool of processes if random_state is None",
        ),
    )


def _logistic_flaw(model: Any) -> tuple[str, str]:
    norm = model.data_norm
    if norm is None:
        return "the norm is read off the rows", "data_norm None"
    if not 0 < norm <= 1:
        return (
            "the noise allows for the norm of a row where its square is needed",
            f"data_norm {norm:g}; an audit of at least 2.44 against a claim of 1 at norm 100",
        )
    if model.fit_intercept:
        return "the intercept's column makes rows longer than 1", "fit_intercept True"
    if not model.tol <= 1e-10:
        return "its proof needs the exact minimum", f"tol {model.tol:g}"
    if not isinstance(model.max_iter, Real) or model.max_iter < ENOUGH_STEPS or model.warm_start:
        stops = "warm_start True" if model.warm_start else f"max_iter {model.max_iter}"
        return "its proof needs the exact minimum, and it may stop long before", stops
    return "", ""


def _refuse_bounds_from_data(model: Any) -> None:
    if model.bounds is None:
        raise _refusal(
            model, "bounds are read off the rows", "bounds None", "Declare bounds=(low, high)."
        )


def _promise(
    model: Any, epsilon: float, mechanism: str, *, covers: str, not_covered: tuple[str, ...]
) -> Guarantee:
    return promised(
        epsilon,
        0.0,
        unit="row",
        adjacency="replace-one",
        mechanism=f"{mechanism} (diffprivlib 0.6.6)",
        covers=(f"{covers}, and what is computed from them", "the values of each row"),
        not_covered=(SCORED, "other attributes of the fitted model", *not_covered),
        seeded=model.random_state is not None,
    )


_JUDGES: dict[str, Callable[[Any, float], Guarantee]] = {
    "LinearRegression": _linear,
    "KMeans": _clusters,
    "RandomForestClassifier": _forest,
    "DecisionTreeClassifier": _forest,
    "PCA": _components,
    "GaussianNB": _naive_bayes,
    "StandardScaler": _scaler,
    "LogisticRegression": _logistic,
}
