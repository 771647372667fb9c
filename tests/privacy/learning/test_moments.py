"""One noisy vector of sums: what a customer adds to it, its noise, and what is solved from it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import BoundedEncoding, SufficientStatisticsClassifier
from equipoise.privacy.learning import _sufficient_statistics as module
from equipoise.privacy.learning._directions import free_directions
from equipoise.privacy.learning._discriminant import ridge
from equipoise.privacy.learning._moments import Moments, stacked_sensitivity, stacked_sums

LEVELS = ("a", "b", "c", "d")


@pytest.mark.filterwarnings("ignore::equipoise.exceptions.ClippedRowsWarning")
@settings(max_examples=60, deadline=None)
@given(
    numbers=st.integers(1, 3),
    categories=st.lists(st.integers(1, 4), max_size=3),
    rows_per_unit=st.integers(1, 4),
    others=st.integers(1, 5),
    alike=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_a_customer_moves_the_vector_by_at_most_her_rows_times_the_sensitivity(
    numbers, categories, rows_per_unit, others, alike, seed
):
    rng = np.random.default_rng(seed)
    n = others + rows_per_unit
    data = {f"x{j}": rng.standard_cauchy(n) * 100 for j in range(numbers)}
    data |= {f"c{j}": rng.choice(LEVELS[:k], n) for j, k in enumerate(categories)}
    bounds = {f"x{j}": (-1.0, 2.0 + j) for j in range(numbers)}
    encoding = BoundedEncoding.of(bounds | {f"c{j}": LEVELS[:k] for j, k in enumerate(categories)})
    frame, targets = pd.DataFrame(data), rng.uniform(-1, 1, n)
    if alike:  # her rows are all the same corner: the worst case
        frame.iloc[others:, :numbers], targets[others:] = 1e9, 1.0
        frame.iloc[others:, numbers:] = "a"
    rows = encoding.transform(frame) @ free_directions(encoding)

    def released(keep):
        return stacked_sums(rows[keep], targets[keep], encoding.norm)

    moved = np.linalg.norm(released(np.arange(n)) - released(np.arange(others)))
    most = rows_per_unit * stacked_sensitivity(encoding.norm)
    assert moved <= most * (1 + 1e-9)
    if alike:
        assert moved >= most * (1 - 1e-9)


@given(seed=st.integers(0, 2**32), width=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_the_vector_is_taken_apart_into_the_sums_it_was_made_of(seed, width):
    rng = np.random.default_rng(seed)
    rows, targets = rng.standard_normal((9, width)), rng.uniform(-1, 1, 9)
    stacked = stacked_sums(rows, targets, 3.0)
    moments = Moments.of(np.array([stacked, 2 * stacked]), width=width, norm=3.0)
    np.testing.assert_allclose(moments.squares[0], rows.T @ rows, atol=1e-12)
    np.testing.assert_allclose(moments.products[1], 2 * rows.T @ targets, atol=1e-12)


def test_directions_keep_every_row_whole_and_drop_what_no_row_has():
    encoding = BoundedEncoding.of({"a": LEVELS, "x": (0, 1), "only": ("one",), "b": ("u", "v")})
    directions = free_directions(encoding)
    assert directions.shape == (len(encoding.names), 1 + 3 + 1 + 0 + 1)
    np.testing.assert_allclose(directions.T @ directions, np.eye(6), atol=1e-12)
    frame = pd.DataFrame(
        {"a": list(LEVELS), "x": [0, 1, 0.5, 0.2], "only": "one", "b": list("uvvu")}
    )
    rows = encoding.transform(frame)
    np.testing.assert_allclose(rows @ directions @ directions.T, rows, atol=1e-12)
    np.testing.assert_allclose((rows @ directions)[:, 0], encoding.constant)


@given(
    epsilon=st.floats(0.01, 50),
    delta=st.sampled_from([1e-9, 1e-6]),
    rows_per_unit=st.integers(1, 5),
)
@settings(max_examples=15, deadline=None)
def test_the_noise_is_what_the_calibration_asks_for(epsilon, delta, rows_per_unit):
    X, y = np.random.default_rng(0).uniform(0, 1, (60, 2)), np.arange(60) % 2
    model = SufficientStatisticsClassifier(
        epsilon=epsilon, delta=delta, bounds=[(0, 1)] * 2, rows_per_unit=rows_per_unit
    ).fit(X, y, unit=np.arange(60) // rows_per_unit)
    mu = gaussian_mu(epsilon, delta)
    norm = model.encoding_.norm
    assert model.noise_sd_ == pytest.approx(rows_per_unit * math.sqrt(2) * norm**2 / mu)
    assert model.ridge_ == ridge(noise_sd=model.noise_sd_, width=3)
    promise = model.guarantee_
    assert (promise.epsilon, promise.delta, promise.mu) == (epsilon, delta, mu)
    assert (promise.adjacency, promise.mechanism) == (
        "add-remove",
        f"Gaussian noise of sd {model.noise_sd_:.4g} on one vector of sums over rows",
    )


@pytest.fixture
def heard(monkeypatch):
    """Collect every vector that weights are solved from."""
    released = []
    solved = module._solved

    def listening(stacked, *arguments):
        released.append(stacked)
        return solved(stacked, *arguments)

    monkeypatch.setattr(module, "_solved", listening)
    return released


def fitted(make, n=300, data_seed=0, **settings):
    given = {"epsilon": 1.0, "delta": 1e-6, "random_state": 0} | settings
    bounds = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
    return SufficientStatisticsClassifier(bounds=bounds, **given).fit(*make(n, data_seed))


def test_the_noise_of_every_place_has_the_recorded_size(make, heard):
    exact = fitted(make, epsilon=math.inf)
    X, y = make(300)
    learner = fitted(make)
    for seed in range(1, 120):
        learner.set_params(random_state=seed).fit(X, y)
    noise = (np.array(heard[1:]) - heard[0]) / learner.noise_sd_
    assert exact.noise_sd_ == 0
    assert noise.shape[1] == 5 * 6 / 2 + 5
    low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], noise.size)
    assert low < (noise**2).sum() < high
    low, high = stats.chi2.ppf([1e-7, 1 - 1e-7], len(noise))
    by_place = (noise**2).sum(axis=0)
    assert (low < by_place).all()
    assert (by_place < high).all()
    assert np.abs(np.corrcoef(noise, rowvar=False) - np.eye(noise.shape[1])).max() < 6 / 120**0.5


def test_weights_are_arithmetic_on_the_noisy_vector_alone(make, heard, monkeypatch):
    first = fitted(make)
    solved = module._solved
    monkeypatch.setattr(module, "_solved", lambda _, *rest: solved(heard[0], *rest))
    other = fitted(make, n=700, data_seed=9, random_state=5)
    assert (other.weights_ == first.weights_).all()
    assert (other.noise_sd_, other.ridge_) == (first.noise_sd_, first.ridge_)
    assert other.guarantee_ == first.guarantee_


def test_without_noise_it_is_least_squares_of_the_same_rows(make):
    X, y = make(2000)
    model = fitted(make, n=2000, epsilon=math.inf)
    rows = model.encoding_.transform(X)
    twin = np.linalg.lstsq(rows, 2 * y - 1, rcond=None)[0]
    np.testing.assert_allclose(model.regression_, twin, atol=1e-9)
    assert model.ridge_ == 0.0
    assert roc_auc_score(y, model.decision_function(X)) > 0.75


@pytest.mark.parametrize("high", [500.0, 5e4, 5e5])
def test_without_noise_wide_bounds_change_nothing(make, high):
    X, y = make(1500)
    numbers = X[["age", "spend"]]
    sure = (numbers["spend"] > 200).astype(int).to_numpy()
    for outcome in (y, sure):
        model = SufficientStatisticsClassifier(
            epsilon=math.inf, bounds={"age": (18, 98), "spend": (0.0, high)}
        ).fit(numbers, outcome)
        twin = LinearDiscriminantAnalysis(solver="lsqr").fit(numbers, outcome)
        ours, theirs = model.decision_function(numbers), twin.decision_function(numbers)
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_its_log_odds_are_those_of_a_linear_discriminant(make):
    X, y = make(2000)
    numbers = X[["age", "spend"]].to_numpy()
    bounds = [(18, 98), (0, 500)]
    model = SufficientStatisticsClassifier(epsilon=math.inf, bounds=bounds).fit(numbers, y)
    twin = LinearDiscriminantAnalysis(solver="lsqr").fit(numbers, y)
    np.testing.assert_allclose(
        model.decision_function(numbers), twin.decision_function(numbers), atol=1e-4
    )


@pytest.mark.parametrize("rate", [0.02, 0.5, 0.9])
def test_chances_are_about_as_large_as_the_outcomes_are_frequent(rate):
    rng = np.random.default_rng(0)
    y = (rng.random(20_000) < rate).astype(int)
    X = np.clip(rng.normal(y[:, None] * [1.0, 0.0], 1), -5, 5)
    model = SufficientStatisticsClassifier(
        epsilon=3, delta=1e-6, bounds=[(-5, 5)] * 2, random_state=0
    ).fit(X, y)
    chances = model.predict_proba(X)[:, 1]
    assert chances.mean() == pytest.approx(rate, abs=0.01)
    likely = chances > np.median(chances)
    assert chances[likely].mean() == pytest.approx(y[likely].mean(), abs=0.02)
