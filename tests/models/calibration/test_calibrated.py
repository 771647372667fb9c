"""Calibrated models: they keep the ranking and the customers apart, and say what happens."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from equipoise.exceptions import InputError
from equipoise.models import out_of_fold
from equipoise.models.calibration import METHODS, CalibratedModel, calibration_curve
from equipoise.models.calibration._line import fitted_line, log_odds


class Shouting(ClassifierMixin, BaseEstimator):
    """Says the log-odds of the first column, times `factor`, and remembers whom it was fitted on."""

    def __init__(self, factor=3.0):
        self.factor = factor

    def fit(self, X, y):
        self.classes_, self.fitted_on_ = np.unique(y), np.asarray(X)[:, 1]
        return self

    def predict_proba(self, X):
        X = np.asarray(X)
        assert len(self.fitted_on_) == 0 or not self.strict(X)
        scores = expit(self.factor * X[:, 0].astype(float))
        return np.column_stack([1 - scores, scores])

    def strict(self, X):
        """Whether somebody is scored by a model of part of the rows that was fitted on them."""
        seen = np.isin(X[:, 1], self.fitted_on_)
        return bool(seen.any() and not np.isin(self.fitted_on_, X[:, 1]).all())


def rows(n=3_000, seed=0, each=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return np.column_stack([x, np.arange(n) // each]), rng.binomial(1, expit(x - 1))


@pytest.mark.parametrize("method", METHODS)
def test_what_shouts_is_brought_down_to_what_happens(method):
    X, y = rows()
    model = CalibratedModel(Shouting(), method=method, random_state=0).fit(X, y)
    truth, (other, _) = expit(rows(seed=1)[0][:, 0] - 1), rows(seed=1)
    plain = Shouting().fit(X[:0], [0, 1]).predict_proba(other)[:, 1]
    assert np.abs(plain - truth).mean() > 0.15
    assert np.abs(model.predict_proba(other)[:, 1] - truth).mean() < 0.03


def test_a_line_between_log_odds_is_found_again():
    X, y = rows(20_000)
    model = CalibratedModel(Shouting(4), method="sigmoid", random_state=0).fit(X, y)
    assert model.bend_.line.slope == pytest.approx(1 / 4, abs=0.02)
    assert model.bend_.line.intercept == pytest.approx(-1, abs=0.06)


@settings(max_examples=15, deadline=None)
@given(st.data(), st.sampled_from(sorted(METHODS)))
def test_nobody_is_put_below_whom_the_model_put_them_above(data, method):
    n = data.draw(st.integers(20, 60))
    x = np.array(data.draw(st.lists(st.integers(-20, 20), min_size=n, max_size=n))) / 4
    y = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    y[:10] = np.resize([0, 1], 10)
    X = np.column_stack([x, np.arange(n)])
    model = CalibratedModel(Shouting(), method=method, random_state=0).fit(X, y)
    at = np.column_stack([np.linspace(-9, 9, 50), np.full(50, -1)])
    scores = model.predict_proba(at)
    assert (np.diff(scores[:, 1]) >= -1e-12).all()
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("each", [1, 4])
def test_all_rows_of_a_customer_are_in_one_fold(each):
    X, y = rows(200, each=each)
    CalibratedModel(Shouting(), method="sigmoid", random_state=0).fit(X, y, unit=X[:, 1])
    if each > 1:
        with pytest.raises(AssertionError):
            CalibratedModel(Shouting(), method="sigmoid", random_state=0).fit(X, y)


def test_where_the_model_learnt_nothing_everybody_gets_the_base_rate():
    X, y = rows(2_000)
    model = CalibratedModel(Shouting(-3), method="sigmoid", random_state=0).fit(X, y)
    assert model.predict_proba(X)[:, 1] == pytest.approx(y.mean(), abs=1e-3)
    assert np.ptp(model.predict_proba(X)[:, 1]) == 0


def test_it_is_an_estimator_like_any_other():
    X, y = rows(300)
    words = np.where(y == 1, "yes", "no")
    model = CalibratedModel(Shouting(), method="isotonic", folds=3, random_state=4)
    again = clone(model)
    assert again.get_params(deep=False).keys() == {"estimator", "method", "folds", "random_state"}
    frame = pd.DataFrame(X).astype({1: int})
    one, other = model.fit(frame, words), again.fit(X, words)
    assert (one.predict_proba(frame) == other.predict_proba(X)).all()
    assert one.classes_.tolist() == ["no", "yes"]
    assert set(one.predict(frame)) == {"no", "yes"}
    assert not hasattr(model.estimator, "classes_")


@pytest.mark.parametrize("method", METHODS)
def test_scores_out_of_fold_may_be_calibrated(task_of, method):
    rng = np.random.default_rng(2)
    visits = rng.normal(size=1_500)
    table = pd.DataFrame(
        {
            "id": np.arange(1_500),
            "band": np.resize(["a", "b"], 1_500),
            "bought": rng.binomial(1, expit(visits - 1)),
            "visits": visits,
        }
    )
    task = task_of(table)
    plain = out_of_fold(task, _TimesFive(), seed=0)
    bent = out_of_fold(task, _TimesFive(), seed=0, calibrate=method)
    assert calibration_curve(task.y, plain).gap.low > 0.05
    assert calibration_curve(task.y, bent).gap.value == pytest.approx(0, abs=0.02)
    assert (out_of_fold(task, _TimesFive(), seed=0, calibrate=method) == bent).all()


class _TimesFive(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        scores = expit(5 * X["visits"].to_numpy())
        return np.column_stack([1 - scores, scores])


@pytest.mark.parametrize(
    ("changed", "outcomes", "message"),
    [
        (
            {"method": "sigmoidal"},
            [0, 1],
            "calibrate must be a known name, got 'sigmoidal'. Did you mean 'sigmoid'?",
        ),
        (
            {"folds": 1},
            [0, 1],
            "folds must be a whole number of at least 2, got 1. Use 5 or 10.",
        ),
        ({}, [1], "y must have two values, got 1 values. Use rows of both outcomes."),
        (
            {},
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            "folds must not exceed the customers of the rarer outcome, got 5 folds, 4 customers. "
            "Use fewer folds or more customers.",
        ),
    ],
)
def test_what_cannot_be_calibrated_is_refused(changed, outcomes, message):
    X, _ = rows(40)
    model = CalibratedModel(Shouting(), **({"method": "sigmoid", "random_state": 0} | changed))
    with pytest.raises(InputError) as refusal:
        model.fit(X, np.resize(outcomes, 40))
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("y", "unit", "message"),
    [
        (
            np.resize([0, 1], 39),
            None,
            "X and y must have the same number of rows, got 40 and 39. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            np.resize([0, 1], 40),
            [None, *range(39)],
            "unit must not be missing, got something else in 1 of 40 rows. "
            "Say of every row whose it is.",
        ),
        (
            pd.Series(np.resize([0, 1], 40)),
            pd.Series(range(40), index=range(1, 41)),
            "y and unit must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
    ],
)
def test_rows_that_do_not_match_are_refused(y, unit, message):
    model = CalibratedModel(Shouting(), method="sigmoid", random_state=0)
    with pytest.raises(InputError) as refusal:
        model.fit(rows(40)[0], y, unit=unit)
    assert str(refusal.value) == message


def test_an_unfitted_model_says_so_and_sparse_rows_are_rows():
    X, y = rows(200)
    model = CalibratedModel(LogisticRegression(), method="sigmoid", random_state=0)
    with pytest.raises(NotFittedError):
        model.predict(X)
    dense, thin = (clone(model).fit(each, y).predict_proba(each) for each in (X, csr_array(X)))
    assert thin == pytest.approx(dense, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.floats(-3, 3), st.floats(0.1, 3))
def test_the_likeliest_line_is_where_nothing_pulls(seed, intercept, slope):
    rng = np.random.default_rng(seed)
    x = 4 * rng.normal(size=300)
    y = rng.uniform(0.05, 0.95, 300) * expit(intercept + slope * x)
    line = fitted_line(x, y)
    error = y - line.at(x)
    assert error.sum() == pytest.approx(0, abs=1e-5)
    assert error @ x == pytest.approx(0, abs=1e-4)


def test_there_is_no_line_where_outcomes_are_set_apart_or_all_scores_are_one():
    x = np.arange(-10.0, 10)
    assert fitted_line(x, (x > 0).astype(float)) is None
    assert fitted_line(np.ones(20), np.resize([0.0, 1.0], 20)) is None
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
