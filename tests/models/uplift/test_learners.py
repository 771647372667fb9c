"""Three learners of effects on campaigns whose effect is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from equipoise.exceptions import InputError
from equipoise.models.uplift._learners import DoublyRobust, TransformedOutcome, TwoModel

LEARNERS = {
    "two_model": TwoModel(make_pipeline(StandardScaler(), LogisticRegression())),
    "transformed_outcome": TransformedOutcome(LinearRegression()),
    "doubly_robust": DoublyRobust(LogisticRegression(), LinearRegression(), random_state=0),
}


def fitted(learner, drawn, **named):
    X = pd.DataFrame({"x": drawn.scores})
    return clone(learner).fit(X, drawn.y, drawn.treatment, drawn.probability, **named), X


@pytest.mark.parametrize("by_row", [False, True])
@pytest.mark.parametrize("name", LEARNERS)
def test_effects_are_near_the_true_ones_with_equal_and_with_logged_probabilities(
    campaign, name, by_row
):
    learner, _ = fitted(LEARNERS[name], campaign(40_000, 2, by_row=by_row))
    at = np.array([0.1, 0.5, 0.9])
    assert learner.predict(pd.DataFrame({"x": at})) == pytest.approx(0.3 * (at - 0.2), abs=0.03)


@pytest.mark.parametrize("name", ["two_model", "doubly_robust"])
def test_what_probabilities_depend_on_need_not_be_a_feature(campaign, name):
    """Contacts went to those with high scores, who order more; no feature knows the score."""
    drawn = campaign(20_000, 3, by_row=True)
    y = (np.random.default_rng(0).random(20_000) < 0.1 + 0.6 * drawn.scores).astype(int)
    blind = np.zeros((20_000, 1))
    learner = clone(LEARNERS[name]).fit(blind, y, drawn.treatment, drawn.probability)
    naive = y[drawn.treatment == 1].mean() - y[drawn.treatment == 0].mean()
    assert naive > 0.08
    assert learner.predict(blind[:1])[0] == pytest.approx(0, abs=0.025)


def test_pseudo_effects_average_to_the_effect_whatever_the_outcome_models_say(campaign):
    drawn = campaign(20_000, 4, by_row=True)
    wrong = DummyClassifier(strategy="uniform", random_state=0)
    learner, X = fitted(DoublyRobust(wrong, DummyRegressor(), random_state=0), drawn)
    assert learner.pseudo_effects_.mean() == pytest.approx(
        0.3 * (drawn.scores.mean() - 0.2), abs=0.03
    )
    assert learner.predict(X[:1])[0] == pytest.approx(learner.pseudo_effects_.mean())


def test_the_transformed_outcome_is_as_written(campaign):
    drawn = campaign(400, 5, by_row=True)
    learner, X = fitted(TransformedOutcome(DummyRegressor()), drawn)
    t, p = drawn.treatment, drawn.probability
    assert learner.predict(X[:1])[0] == pytest.approx(
        (drawn.y * (t / p - (1 - t) / (1 - p))).mean()
    )


class Remembering(LogisticRegression):
    """Scores one for customers that it has seen, and one half for others."""

    def fit(self, X, y):
        self.seen_ = set(np.asarray(X)[:, 1])
        return super().fit(X, y)

    def predict_proba(self, X):
        known = np.isin(np.asarray(X)[:, 1], list(self.seen_))
        return np.column_stack([known * 0.0, np.where(known, 1.0, 0.5)])


def test_no_outcome_model_of_the_doubly_robust_has_seen_the_customer(campaign):
    drawn = campaign(600, 6, repeats=3)
    learner = DoublyRobust(Remembering(), DummyRegressor(), random_state=0)
    X = np.column_stack([drawn.scores, drawn.unit])
    learner.fit(X, drawn.y, drawn.treatment, drawn.probability, unit=drawn.unit)
    t = drawn.treatment
    unseen = (drawn.y - 0.5) * (t / 0.7 - (1 - t) / 0.3)
    assert learner.pseudo_effects_ == pytest.approx(unseen)


@pytest.mark.parametrize("name", LEARNERS)
def test_learners_are_cloned_fitted_and_refused_like_any_of_scikit_learn(campaign, name):
    learner = LEARNERS[name]
    assert repr(clone(learner)) == repr(learner)
    with pytest.raises(NotFittedError):
        learner.predict(np.zeros((2, 1)))
    again, X = fitted(learner, campaign(300, 7))
    assert not hasattr(learner, "effects_")
    assert again.predict(X).shape == (300,)
    assert again.predict(X).dtype == float


@pytest.mark.parametrize("name", LEARNERS)
def test_too_few_of_an_outcome_in_an_arm_are_refused(campaign, name):
    drawn = campaign(300, 8)
    few = np.flatnonzero((drawn.treatment == 0) & (drawn.y == 1))[9:]
    y = drawn.y.copy()
    y[few] = 0
    with pytest.raises(InputError) as refusal:
        fitted(LEARNERS[name], drawn._replace(y=y))
    assert str(refusal.value) == (
        "campaign must have at least 10 customers of either outcome in either arm to learn from, got "
        "9 left alone with it. Use more customers, or more folds so that each model sees more of them."
    )


def test_rows_of_features_must_match(campaign):
    drawn = campaign(300, 9)
    with pytest.raises(InputError) as refusal:
        LEARNERS["two_model"].fit(np.zeros((2, 1)), drawn.y, drawn.treatment, 0.7)
    assert str(refusal.value) == (
        "X and y must have the same number of rows, got 2 and 300. Pass the rows of the same "
        "customers in the same order."
    )


def test_a_part_with_one_outcome_in_an_arm_is_refused():
    """A customer with rows in both arms and of both outcomes is counted in each."""
    unit = np.repeat(np.arange(10), 40)
    treatment, y = np.resize([0, 0, 1, 1], 400), np.resize([0, 1], 400)
    learner = DoublyRobust(LogisticRegression(), LinearRegression(), folds=2, random_state=0)
    learner.fit(np.zeros((400, 1)), y, treatment, 0.5, unit=unit)
    assert learner.predict(np.zeros((1, 1)))[0] == pytest.approx(0, abs=1e-9)
