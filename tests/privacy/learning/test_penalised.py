"""A penalty on differences of mean score, from noisy sums by group."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize
from scipy.special import expit

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import (
    BoundedEncoding,
    PenalisedLogisticRegression,
    PrivateLogisticRegression,
)
from equipoise.privacy.learning._directions import free_directions
from equipoise.privacy.learning._group_means import group_sums, pull_between

FEATURES = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
LEVELS = ("middle", "old", "young")
BOUNDS = FEATURES | {"band": LEVELS}


def penalised(**settings):
    given = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS, "group": "band", "random_state": 0}
    return PenalisedLogisticRegression(**(given | settings))


def gap(model, X):
    means = pd.Series(model.decision_function(X)).groupby(X["band"].to_numpy()).mean()
    return means.max() - means.min()


@pytest.mark.parametrize("penalty", [0.0, 0.3, 30.0])
def test_without_noise_it_is_the_minimum_of_loss_and_penalty(grouped, penalty):
    X, y = grouped(600)
    model = penalised(epsilon=math.inf, penalty=penalty).fit(X, y)
    rows = model.encoding_.transform(X)
    masks = [X["band"].to_numpy() == level for level in LEVELS]

    def objective(weights):
        scores = rows @ weights
        loss = np.logaddexp(0, scores).sum() - scores[y == 1].sum()
        between = sum(mask.mean() * (scores[mask].mean() - scores.mean()) ** 2 for mask in masks)
        return loss + penalty * len(y) / 2 * between

    best = minimize(objective, np.zeros(rows.shape[1]), method="BFGS", options={"gtol": 1e-4})
    assert objective(model.weights_) == pytest.approx(best.fun, abs=1e-3)


def test_a_larger_penalty_draws_mean_scores_together(grouped):
    X, y = grouped()
    for epsilon, nearly in ((math.inf, 0.02), (3.0, 0.2)):
        gaps = [gap(penalised(epsilon=epsilon, penalty=p).fit(X, y), X) for p in (0, 1, 100)]
        assert gaps[0] > gaps[1] > gaps[2]
        assert gaps[2] < nearly * gaps[0]


def test_no_penalty_is_the_learner_without_on_what_is_left_of_the_budget(grouped):
    X, y = grouped()
    share = 0.2
    model = penalised(penalty=0, means_share=share).fit(X, y)
    left = math.sqrt(1 - share) * gaussian_mu(1.0, 1e-6)
    epsilon = brentq(lambda e: gaussian_mu(e, 1e-6) - left, 0.1, 1.0, xtol=1e-14, rtol=1e-14)
    plain = PrivateLogisticRegression(epsilon=epsilon, delta=1e-6, bounds=FEATURES, random_state=0)
    plain.fit(X.drop(columns="band"), y)
    np.testing.assert_allclose(model.weights_, plain.weights_, rtol=1e-9)
    assert model.guarantee_.epsilon == 1.0


def test_the_ratios_of_sums_by_group_and_of_the_descent_make_up_the_claim(grouped):
    model = penalised(epsilon=2.0, means_share=0.3, rows_per_unit=3)
    model.fit(*grouped(900), unit=np.arange(900) // 3)
    mu, norm = gaussian_mu(2.0, 1e-6), model.encoding_.norm
    first = (3 * norm / model.first_sd_) ** 2
    assert first == pytest.approx(0.3 * mu**2, rel=1e-12)
    of_squares = (3 * norm**2 / model.squares_sd_) ** 2
    of_sums = model.steps_ * (3 * norm / model.noise_sd_) ** 2
    assert first + of_squares + of_sums == pytest.approx(mu**2, rel=1e-12)
    assert model.guarantee_.mu == mu
    assert model.guarantee_.mechanism == (
        f"Gaussian noise of sd {model.first_sd_:.4g} on one vector of sums of rows by group; after it "
        f"Gaussian noise of sd {model.noise_sd_:.4g} on each of {model.steps_} gradient sums, of sd "
        f"{model.squares_sd_:.4g} on the sum of squares"
    )


@settings(max_examples=100)
@given(
    groups=st.integers(2, 4),
    others=st.integers(0, 20),
    of_one=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
@pytest.mark.filterwarnings("ignore::equipoise.exceptions.ClippedRowsWarning")
def test_a_customer_moves_the_sums_by_her_rows_times_their_norm(groups, others, of_one, seed):
    rng = np.random.default_rng(seed)
    n = others + of_one
    encoding = BoundedEncoding.of({"a": (-1.0, 2.0), "c": ("x", "y", "z")})
    X = pd.DataFrame({"a": rng.standard_cauchy(n) * 100, "c": rng.choice(["x", "y", "z"], n)})
    rows = encoding.transform(X) @ free_directions(encoding)
    codes = rng.integers(0, groups, n)
    sums = [group_sums(rows[:many], codes[:many], groups) for many in (others, n)]
    assert np.linalg.norm(sums[1] - sums[0]) <= of_one * encoding.norm + 1e-9


def test_the_form_is_the_spread_of_group_means_and_never_negative(grouped):
    X, _ = grouped(500)
    encoding = BoundedEncoding.of(FEATURES)
    rows = encoding.transform(X[list(FEATURES)])
    codes = pd.Index(LEVELS).get_indexer(X["band"])
    sums = group_sums(rows @ free_directions(encoding), codes, 3)
    pull, lacking = pull_between(sums, noise_sd=0.0, penalty=2.0, encoding=encoding)
    scores = rows @ np.arange(1.0, 7.0)
    between = sum(
        (codes == code).mean() * (scores[codes == code].mean() - scores.mean()) ** 2
        for code in range(3)
    )
    weights = np.arange(1.0, 7.0)
    assert weights @ pull @ weights / 2 == pytest.approx(2.0 * 500 / 2 * between)
    assert not lacking.any()
    rng = np.random.default_rng(0)
    noisy = [
        pull_between(100 * rng.standard_normal(15), noise_sd=1.0, penalty=1.0, encoding=encoding)[0]
        for _ in range(50)
    ]
    assert min(np.linalg.eigvalsh(each)[0] for each in noisy) > -1e-6
    assert max(np.abs(each[0]).max() for each in noisy) < 1e-6


def test_groups_too_small_to_place_are_left_out_and_named(grouped):
    X, y = grouped(600)
    X.loc[X["band"] == "middle", "band"] = "old"
    X.loc[:4, "band"] = "middle"
    model = penalised(penalty=10.0, epsilon=3.0).fit(X, y)
    assert model.left_out_ == ("middle",)
    assert penalised(epsilon=math.inf).fit(X, y).left_out_ == ()
    everybody = penalised(epsilon=0.01, penalty=10.0).fit(X, y)
    assert everybody.left_out_ == LEVELS
    assert np.isfinite(everybody.weights_).all()


@pytest.mark.parametrize("penalty", [-1, 1e5, math.nan, "1"])
def test_penalties_that_cannot_be_are_refused(grouped, penalty):
    with pytest.raises(InputError) as refused:
        penalised(penalty=penalty).fit(*grouped(100))
    assert str(refused.value) == (
        f"penalty must be a number in [0, 10000], got {penalty!r}. "
        "Use for example 1; above 100 mean scores hardly differ."
    )


@pytest.mark.parametrize("epsilon", [0.3, 3.0])
def test_steps_stay_stable_under_the_largest_penalty(grouped, epsilon):
    X, y = grouped()
    model = penalised(penalty=1e4, epsilon=epsilon).fit(X, y)
    assert np.abs(model.weights_).max() < 20
    assert np.abs(expit(model.decision_function(X)).mean() - y.mean()) < 0.15
