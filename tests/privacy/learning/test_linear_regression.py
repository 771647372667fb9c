"""Regression from noisy sums: three releases that compose, and no penalty without noise."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LinearRegression

from equipoise.exceptions import ClippedRowsWarning, InputError
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import BoundedEncoding, PrivateLinearRegression
from equipoise.privacy.learning._linear_regression import _Exact
from equipoise.privacy.learning._moments import stacked_sensitivity

BOUNDS = {"age": (18, 98), "channel": ("shop", "web", "app")}
LIMITS = (0.0, 400.0)


def customers(n=1000, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"age": rng.uniform(18, 98, n), "channel": rng.choice(["shop", "web", "app"], n)}
    )
    spend = 100 + 2 * X["age"] + 30 * (X["channel"] == "web") + rng.normal(0, 10, n)
    return X, spend.to_numpy()


def learner(**settings):
    given = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS, "target_bounds": LIMITS}
    return PrivateLinearRegression(**(given | {"random_state": 0} | settings))


@settings(max_examples=40, deadline=None)
@given(
    rows_per_unit=st.integers(1, 3),
    others=st.integers(1, 6),
    seed=st.integers(0, 2**32),
)
def test_a_customer_moves_both_releases_by_at_most_their_sensitivities(rows_per_unit, others, seed):
    rng = np.random.default_rng(seed)
    n = others + rows_per_unit
    X = pd.DataFrame({"age": rng.choice([18, 98, 60], n), "channel": rng.choice(["web", "app"], n)})
    y = rng.choice([0.0, 200.0, 400.0], n)
    model = learner(rows_per_unit=rows_per_unit)
    unit = np.r_[np.arange(others), np.full(rows_per_unit, -1)]

    def exact(keep):
        return _Exact.of(model._checked(X.iloc[keep], y[keep], unit[keep]), *LIMITS)

    with_her, without = exact(np.arange(n)), exact(np.arange(others))
    norm = BoundedEncoding.of(BOUNDS).norm
    moved = np.linalg.norm(with_her.sums - without.sums)
    assert moved <= rows_per_unit * stacked_sensitivity(norm) * (1 + 1e-9)
    assert abs(with_her.smallest - without.smallest) <= rows_per_unit * norm**2 * (1 + 1e-9)


@pytest.mark.parametrize("rows_per_unit", [1, 3])
def test_the_releases_compose_to_the_ratio_of_the_promise(rows_per_unit):
    mu = gaussian_mu(1.0, 1e-6)
    encoding = BoundedEncoding.of(BOUNDS)
    plan = learner(rows_per_unit=rows_per_unit)._plan(encoding, mu)
    ratios = (
        rows_per_unit * stacked_sensitivity(encoding.norm) / plan.sums_sd,
        rows_per_unit * encoding.norm**2 / plan.eigenvalue_sd,
    )
    assert math.hypot(*ratios) == pytest.approx(mu)


class _Listening:
    """A generator that remembers what it drew."""

    def __init__(self, seed):
        self.rng, self.drawn = np.random.default_rng(seed), []

    def standard_normal(self, size=None):
        self.drawn.append(self.rng.standard_normal(size))
        return self.drawn[-1]


def test_every_place_gets_noise_of_its_own():
    model = learner()
    exact = _Exact.of(model._checked(*customers(), None), *LIMITS)
    mu = gaussian_mu(1.0, 1e-6)
    draws = []
    for seed in range(200):
        rng = _Listening(seed)
        model._solved(exact, mu, rng)
        draws.append(np.concatenate([np.ravel(part) for part in rng.drawn]))
    noise = np.array(draws)
    assert noise.shape[1] == 1 + len(exact.sums)
    low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], noise.size)
    assert low < (noise**2).sum() < high


def test_without_noise_it_is_least_squares_of_the_same_rows():
    X, y = customers()
    model = learner(epsilon=math.inf, delta=None).fit(X, y)
    rows = model.encoding_.transform(X)[:, 1:]
    twin = LinearRegression().fit(rows, y)
    assert model.noise_sd_ == 0
    np.testing.assert_allclose(model.predict(X), twin.predict(rows), atol=1e-6)
    np.testing.assert_allclose(model.weights_[1:], twin.coef_, atol=1e-6)


def test_with_many_rows_noise_costs_little():
    X, y = customers(20_000)
    assert learner().fit(X, y).score(X, y) > learner(epsilon=math.inf).fit(X, y).score(X, y) - 0.01


def test_predictions_stay_within_the_declared_bounds():
    X, y = customers(40)
    predicted = learner(epsilon=0.01).fit(X, y).predict(X)
    assert (predicted >= 0).all()
    assert (predicted <= 400).all()
    assert len(np.unique(predicted[(predicted > 0) & (predicted < 400)])) != 1


def test_the_promise_is_add_remove_and_says_how():
    model = learner().fit(*customers())
    promise = model.guarantee_
    assert (promise.adjacency, promise.mu) == ("add-remove", gaussian_mu(1.0, 1e-6))
    plan = model._plan(model.encoding_, promise.mu)
    assert promise.mechanism == (
        f"Gaussian noise of sd {plan.sums_sd:.4g} on one vector of sums over rows, of sd "
        f"{plan.eigenvalue_sd:.4g} on its smallest eigenvalue"
    )


@pytest.mark.parametrize("limits", [None, (5, 5), (0, math.inf), (9, 1), "01"])
def test_missing_or_reversed_target_bounds_are_refused(limits):
    with pytest.raises(
        InputError, match=r"^bounds of 'target' must be (finite numbers, )?low,? then"
    ):
        learner(target_bounds=limits).fit(*customers())


def test_categories_as_target_are_refused():
    with pytest.raises(InputError) as refused:
        learner(target_bounds=("no", "yes")).fit(*customers())
    assert str(refused.value) == (
        "target_bounds must be two finite numbers, low then high, got ['no', 'yes']. "
        "Use a classifier for categories."
    )


@pytest.mark.parametrize(
    ("spoil", "got"),
    [
        (lambda y: np.where(np.arange(len(y)) < 3, math.nan, y), "shape (1000,), 3 missing"),
        (lambda y: np.where(np.arange(len(y)) < 2, "x", y.astype(str)), "shape (1000,), 2 missing"),
        (lambda y: y[:-1], "shape (999,), 0 missing"),
        (lambda y: y[:, None], "shape (1000, 1), 0 missing"),
    ],
)
def test_targets_that_are_no_numbers_are_refused(spoil, got):
    X, y = customers()
    with pytest.raises(InputError) as refused:
        learner().fit(X, spoil(y))
    assert str(refused.value) == (
        f"y must have one finite number for each of 1000 rows, got {got} or infinite. "
        "Align X and y, and fill in what is missing."
    )


def test_clipped_targets_are_counted():
    X, y = customers()
    y = np.where(np.arange(1000) < 30, 1e6, y)
    with pytest.warns(ClippedRowsWarning) as warned:
        learner().fit(X, y)
    assert [str(w.message) for w in warned] == [
        "30 of 1,000 targets lie outside the declared bounds and were clipped. "
        "Check that target_bounds describes these customers."
    ]
