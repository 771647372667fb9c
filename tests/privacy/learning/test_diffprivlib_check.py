"""Settings of diffprivlib that break its promise are refused with the evidence; what is left is told."""

from __future__ import annotations

import math

import pytest
from diffprivlib.models import (
    PCA,
    DecisionTreeClassifier,
    GaussianNB,
    KMeans,
    LinearRegression,
    LogisticRegression,
    RandomForestClassifier,
    StandardScaler,
)
from sklearn.linear_model import LogisticRegression as Plain
from sklearn.pipeline import make_pipeline

from equipoise.exceptions import InputError
from equipoise.privacy._promises import ALWAYS
from equipoise.privacy.learning import diffprivlib_guarantee

UNIT = ([0.0, 0.0], [1.0, 1.0])
SAFE = {"data_norm": 1.0, "tol": 1e-10, "max_iter": 10_000, "fit_intercept": False}


@pytest.mark.parametrize(
    ("model", "reason", "evidence"),
    [
        (LinearRegression(bounds_X=UNIT, bounds_y=(0, 1)), "lower bound only", "issues/105"),
        (KMeans(2, bounds=UNIT), "exchanged", "1.52 times the claim"),
        (KMeans(2), "exchanged", "1.52 times the claim"),
        (RandomForestClassifier(bounds=UNIT, classes=[0, 1]), "two leaves", "a derivation"),
        (DecisionTreeClassifier(bounds=UNIT, classes=[0, 1]), "two leaves", "a derivation"),
        (PCA(1, data_norm=1, centered=True), "one number", "no proof"),
        (GaussianNB(), "bounds are read off the rows", "bounds None"),
        (GaussianNB(bounds=([2000], [2024])), "leave out 0", "3.86 against a claim of 1"),
        (GaussianNB(bounds=([0, -9], [1, -2])), "leave out 0", "3.86 against a claim of 1"),
        (StandardScaler(), "bounds are read off the rows", "bounds None"),
        (LogisticRegression(), "the norm is read off the rows", "data_norm None"),
        (LogisticRegression(**(SAFE | {"data_norm": 100})), "its square is needed", "2.44"),
        (LogisticRegression(**(SAFE | {"data_norm": 2})), "its square is needed", "data_norm 2"),
        (LogisticRegression(**(SAFE | {"tol": 1e-4})), "the exact minimum", "tol 0.0001"),
        (
            LogisticRegression(**(SAFE | {"fit_intercept": True})),
            "rows longer than 1",
            "fit_intercept True",
        ),
    ],
)
def test_what_breaks_the_promise_is_refused_with_its_evidence(model, reason, evidence):
    with pytest.raises(InputError) as refused:
        diffprivlib_guarantee(model)
    error = refused.value
    assert error.parameter == f"diffprivlib's {type(model).__name__}"
    assert error.rule.startswith("must keep its promise as it is set: ")
    assert reason in error.rule
    assert evidence in str(error.value)
    assert error.next_move.endswith(".")


def test_a_refusal_reads_as_sentences():
    with pytest.raises(InputError) as refused:
        diffprivlib_guarantee(LogisticRegression(**(SAFE | {"data_norm": 100})))
    assert str(refused.value) == (
        "diffprivlib's LogisticRegression must keep its promise as it is set: the noise allows for "
        "the norm of a row where its square is needed, got data_norm 100; an audit of at least 2.44 "
        "against a claim of 1 at norm 100. Set data_norm 1, tol 1e-10, max_iter 10000, fit_intercept False, "
        "or use PrivateLogisticRegression or SufficientStatisticsClassifier."
    )


@pytest.mark.parametrize(
    ("model", "epsilon", "covers"),
    [
        (LogisticRegression(epsilon=0.5, **SAFE), 0.5, "coef_"),
        (GaussianNB(epsilon=0.5, bounds=([0, -1], [1, 1])), 1.0, "theta_"),
        (GaussianNB(epsilon=0.5, bounds=(0, 1)), 1.0, "theta_"),
        (StandardScaler(epsilon=0.5, bounds=UNIT), 0.5, "mean_"),
    ],
)
def test_what_is_left_of_the_promise_is_told(model, epsilon, covers):
    promise = diffprivlib_guarantee(model)
    assert (promise.epsilon, promise.delta, promise.adjacency) == (epsilon, 0.0, "replace-one")
    assert (promise.unit, promise.mu) == ("row", None)
    assert promise.covers[0].startswith(covers)
    assert promise.does_not_cover[: len(ALWAYS)] == ALWAYS
    assert "other attributes of the fitted model" in promise.does_not_cover


def test_no_noise_is_no_promise():
    promise = diffprivlib_guarantee(LogisticRegression(epsilon=math.inf, **SAFE))
    assert (promise.covers, promise.mechanism) == ((), "none")


@pytest.mark.parametrize("model", [Plain(), make_pipeline(StandardScaler(bounds=UNIT)), "model"])
def test_what_is_not_theirs_is_refused(model):
    with pytest.raises(InputError, match=r"^model must be an estimator of diffprivlib.models, got"):
        diffprivlib_guarantee(model)


def test_what_nobody_has_checked_is_refused():
    newer = type("Forest", (LogisticRegression,), {"__module__": "diffprivlib.models.forest"})
    with pytest.raises(InputError, match="nobody has checked it here, got no evidence"):
        diffprivlib_guarantee(newer(**SAFE))
