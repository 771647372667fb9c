"""The price of bounds and optimiser stands apart from the price of noise."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.metrics import r2_score, roc_auc_score

from equipoise.exceptions import InputError
from equipoise.privacy._promises import NOTHING
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import (
    GroupThresholds,
    OutputPerturbedLogisticRegression,
    PrivateExplainableBoosting,
    PrivateLinearRegression,
    PrivateLogisticRegression,
    SufficientStatisticsClassifier,
    price_of_privacy,
)
from equipoise.privacy.learning._noisy_vector import Silence

BOUNDS = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}


def learner(**settings):
    given = {"epsilon": 0.3, "delta": 1e-6, "bounds": BOUNDS} | settings
    return SufficientStatisticsClassifier(**given)


def test_four_scores_and_what_lies_between_them(make):
    X, y = make(1000)
    fresh = make(1000, seed=1)
    model = learner()
    price = price_of_privacy(model, X, y, *fresh, seeds=range(8))
    table = price.frame().set_index("what")
    assert list(table) == ["score", "low", "high"]
    score = table["score"]
    assert not hasattr(model, "weights_")
    alone = [
        roc_auc_score(fresh[1], learner(random_state=s).fit(X, y).decision_function(fresh[0]))
        for s in range(8)
    ]
    np.testing.assert_allclose(price.private, alone)
    bounded = learner(epsilon=math.inf).fit(X, y).decision_function(fresh[0])
    assert score["bounded, without noise"] == pytest.approx(roc_auc_score(fresh[1], bounded))
    assert score["price of bounds and optimiser"] == pytest.approx(
        score["unbounded, without noise"] - score["bounded, without noise"]
    )
    ready = score["bounded, settings for noise, without noise"]
    assert score["price of settings for noise"] == pytest.approx(price.bounded - ready)
    assert score["price of noise"] == pytest.approx(ready - np.mean(alone))
    assert abs(score["price of bounds and optimiser"]) < 0.005 < score["price of noise"]


def test_the_interval_is_of_the_mean_over_seeds(make):
    price = price_of_privacy(learner(), *make(300), *make(300, seed=1), seeds=range(6))
    table = price.frame().set_index("what")
    wanted = stats.ttest_1samp(price.private, 0).confidence_interval(0.95)
    assert table.loc["private", ["low", "high"]].tolist() == pytest.approx(list(wanted))
    noise = table.loc["price of noise"]
    assert noise["low"] < noise["score"] < noise["high"]
    assert table.loc["unbounded, without noise", ["low", "high"]].isna().all()
    one = price_of_privacy(learner(), *make(300), *make(300, seed=1), seeds=[0])
    assert one.frame()[["low", "high"]].isna().all(axis=None)


def test_arrays_and_regressions_have_a_price_too():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (800, 2))
    y = 3 * X[:, 0] + rng.normal(0, 0.3, 800)
    model = PrivateLinearRegression(
        epsilon=1.0, delta=1e-6, bounds=[(-1, 1)] * 2, target_bounds=(-5, 5)
    )
    price = price_of_privacy(model, X[:400], y[:400], X[400:], y[400:], seeds=range(3))
    assert price.measure == "r2"
    exact = np.linalg.lstsq(np.c_[np.ones(400), X[:400]], y[:400], rcond=None)[0]
    assert price.unbounded == pytest.approx(r2_score(y[400:], np.c_[np.ones(400), X[400:]] @ exact))
    assert price.bounded == pytest.approx(price.unbounded, abs=1e-6)


def test_settings_that_allow_for_noise_have_a_price_of_their_own(make):
    X, y = make(400)
    fresh = make(400, seed=1)
    given = {"epsilon": 0.3, "delta": 1e-6, "bounds": BOUNDS}
    price = price_of_privacy(PrivateLogisticRegression(**given), X, y, *fresh, seeds=range(2))
    model = PrivateLogisticRegression(**given, random_state=0)
    customers = model._checked(X, y, None)
    plan = model._plan(customers, gaussian_mu(0.3, 1e-6), np.random.default_rng(0))
    weights = plan.run(customers.rows, customers.outcomes, Silence())
    scores = customers.encoding.transform(fresh[0]) @ weights
    assert price.prepared == pytest.approx(roc_auc_score(fresh[1], scores))
    assert plan.steps == 12 and price.prepared != price.bounded


@pytest.mark.parametrize(
    "learner_of",
    [PrivateLogisticRegression, OutputPerturbedLogisticRegression, SufficientStatisticsClassifier],
)
def test_a_silenced_learner_draws_nothing_and_promises_nothing(make, learner_of):
    silent = learner_of(epsilon=1.0, delta=1e-6, bounds=BOUNDS, random_state=0)._silenced()
    assert not clone(silent)._is_silent
    fits = [silent.fit(*make(300)).weights_.copy() for _ in range(2)]
    np.testing.assert_array_equal(*fits)
    assert silent.guarantee_.does_not_cover == (NOTHING,)
    assert math.isinf(silent.guarantee_.epsilon)


def test_where_the_library_draws_the_noise_its_price_holds_the_settings(make):
    learner = PrivateExplainableBoosting(epsilon=1.0, delta=1e-6, bounds=BOUNDS)
    price = price_of_privacy(learner, *make(200), *make(200, seed=1), seeds=[0])
    table = price.frame().set_index("what")["score"]
    assert np.isnan(table["price of settings for noise"])
    assert table["price of noise"] == pytest.approx(price.bounded - price.private[0])


def test_what_is_no_private_learner_has_no_price(make):
    X, y = make(60)
    with pytest.raises(InputError, match="must be a private learner, got GroupThresholds"):
        price_of_privacy(GroupThresholds(learner(), group="channel"), X, y, X, y, seeds=[0])


def test_a_learner_without_noise_has_no_price(make):
    X, y = make(60)
    with pytest.raises(InputError) as refused:
        price_of_privacy(learner(epsilon=math.inf), X, y, X, y, seeds=[0])
    assert (
        str(refused.value) == "learner must have noise to price, got epsilon inf. Give an epsilon."
    )


@pytest.mark.parametrize("delta", [None, 1e-6])
def test_pure_noise_of_many_columns_can_be_silenced(delta):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (300, 8))
    y = (X[:, 0] > 0).astype(int)
    learner = OutputPerturbedLogisticRegression(epsilon=1.0, delta=delta, bounds=[(-1, 1)] * 8)
    price = price_of_privacy(learner, X, y, X, y, seeds=[0])
    assert 0.9 < price.prepared <= 1.0


def test_the_plain_model_reads_columns_and_codes_as_the_learner_does():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"b": rng.uniform(0, 1, 600), "g": rng.choice([1, 2, 3], 600)})
    y = (rng.random(600) < 0.1 + 0.5 * X["b"] + 0.3 * (X["g"] == 2)).astype(int)
    bounds = {"g": ("1", "2", "3"), "b": (0, 1)}
    given = {"epsilon": 1.0, "delta": 1e-6, "bounds": bounds}
    learner = SufficientStatisticsClassifier(**given)
    as_text = X.assign(g=X["g"].astype(str))
    prices = [
        price_of_privacy(learner, X, y, test, y, seeds=[0])
        for test in (X, as_text, X[["g", "b"]], X.to_numpy(object))
    ]
    assert {price.unbounded for price in prices} == {prices[0].unbounded}
    assert {price.bounded for price in prices} == {prices[0].bounded}
    by_number = SufficientStatisticsClassifier(**given | {"bounds": {1: (1, 2, 3), 0: (0, 1)}})
    rows = X.to_numpy(object)
    again = price_of_privacy(by_number, rows, y, rows, y, seeds=[0])
    assert again.unbounded == pytest.approx(prices[0].unbounded)
