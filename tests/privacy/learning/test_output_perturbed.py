"""An exact minimum, how far a customer moves it, and the noise that hides as much."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import OutputPerturbedLogisticRegression
from equipoise.privacy.learning import _minimiser as minimiser
from equipoise.privacy.learning._directions import free_directions
from equipoise.privacy.learning._minimiser import exact_minimum
from equipoise.privacy.learning._output_perturbed import OutputPerturbation

PLAN = {"n": 1000, "width": 4, "norm": 1.5, "rows_per_unit": 1, "epsilon": 1.0, "mu": None}


def fitted(make, n=300, **settings):
    bounds = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
    given = {"epsilon": 1.0, "random_state": 0} | settings
    return OutputPerturbedLogisticRegression(bounds=bounds, **given).fit(*make(n))


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 4),
    others=st.integers(1, 10),
    rows_per_unit=st.integers(1, 3),
    opposed=st.booleans(),
    epsilon=st.sampled_from([0.1, 1.0, 100.0, math.inf]),
    seed=st.integers(0, 2**32),
)
def test_another_customer_in_her_place_moves_the_weights_by_at_most_the_sensitivity(
    width, others, rows_per_unit, opposed, epsilon, seed
):
    rng = np.random.default_rng(seed)
    n = others + rows_per_unit
    plan = OutputPerturbation.planned(
        n=n, width=width, norm=1.5, rows_per_unit=rows_per_unit, epsilon=epsilon, mu=None
    )
    rows = rng.standard_normal((2, n, width))
    rows *= 1.5 / np.linalg.norm(rows, axis=2, keepdims=True)
    rows[1, :others] = rows[0, :others]
    outcomes = rng.integers(0, 2, (2, n))
    outcomes[1, :others] = outcomes[0, :others]
    if opposed:  # one and the same row, with the other outcome
        rows[:, others:] = rows[0, others]
        outcomes[:, others:] = [[0], [1]]
    one, other = (
        exact_minimum(r, o, ridge=plan.ridge, tolerance=plan.tolerance)
        for r, o in zip(rows, outcomes, strict=True)
    )
    assert np.linalg.norm(one - other) <= plan.sensitivity


def test_the_tolerance_is_part_of_the_sensitivity():
    plan = OutputPerturbation.planned(**(PLAN | {"rows_per_unit": 3}))
    assert plan.tolerance == pytest.approx(1.5e-6)
    assert plan.sensitivity == (2 * 3 * 1.5 + 2 * plan.tolerance) / plan.ridge


def test_a_minimum_is_looked_at_and_refused_where_it_is_not_reached(monkeypatch):
    rng = np.random.default_rng(0)
    rows, outcomes = rng.standard_normal((100, 3)), np.arange(100) % 2
    weights = exact_minimum(rows, outcomes, ridge=0.5, tolerance=1e-8)
    gradient = rows.T @ (expit(rows @ weights) - outcomes) + 0.5 * weights
    assert np.linalg.norm(gradient) <= 1e-8
    monkeypatch.setattr(minimiser, "MOST_STEPS", 1)
    with pytest.raises(InputError) as refused:
        exact_minimum(rows, outcomes, ridge=0.5, tolerance=1e-8)
    assert str(refused.value).startswith(
        "the fit must come within 1e-08 of the minimum, which its promise needs, got a gradient of "
    )


@pytest.mark.parametrize("epsilon", [0.3, 3.0])
def test_pure_noise_has_a_gamma_length_and_every_direction(epsilon):
    plan = OutputPerturbation.planned(**(PLAN | {"epsilon": epsilon}))
    noise = np.array([plan.noise(4, np.random.default_rng(seed)) for seed in range(3000)])
    lengths = np.linalg.norm(noise, axis=1)
    # A density that falls as exp(-epsilon length / sensitivity) in 4 directions.
    law = stats.gamma(4, scale=plan.sensitivity / epsilon)
    assert stats.kstest(lengths, law.cdf).pvalue > 1e-6
    towards = noise / lengths[:, None]
    assert np.abs(towards.mean(axis=0)).max() < 6 / math.sqrt(4 * 3000)
    assert np.abs(towards.T @ towards / 3000 - np.eye(4) / 4).max() < 6 / math.sqrt(3000)


def test_gaussian_noise_has_the_sd_of_the_exact_calibration():
    mu = gaussian_mu(1.0, 1e-6)
    plan = OutputPerturbation.planned(**(PLAN | {"mu": mu}))
    noise = np.array([plan.noise(4, np.random.default_rng(seed)) for seed in range(2000)])
    low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], noise.size)
    assert low < ((noise * mu / plan.sensitivity) ** 2).sum() < high


def test_the_released_weights_are_the_minimum_and_its_noise(make):
    exact = fitted(make, epsilon=math.inf)
    noisy = fitted(make, epsilon=1e9, random_state=4)
    assert noisy.plan_.ridge == exact.plan_.ridge
    directions = free_directions(exact.encoding_)
    noise = noisy.plan_.noise(directions.shape[1], np.random.default_rng(4))
    np.testing.assert_allclose(
        noisy.weights_ - exact.weights_, directions @ noise, rtol=1e-6, atol=1e-15
    )


@pytest.mark.parametrize("delta", [None, 1e-6])
def test_without_noise_it_is_scikit_learns_minimum_of_the_same_rows(make, delta):
    X, y = make(2000)
    model = fitted(make, n=2000, epsilon=math.inf, delta=delta)
    twin = LogisticRegression(
        C=1 / model.plan_.ridge, fit_intercept=False, solver="newton-cholesky", tol=1e-10
    ).fit(model.encoding_.transform(X), y)
    np.testing.assert_allclose(model.weights_, twin.coef_[0], atol=1e-6)


def test_a_promise_is_pure_without_a_delta_and_gaussian_with_one(make):
    pure, gaussian = fitted(make).guarantee_, fitted(make, delta=1e-6).guarantee_
    assert (pure.adjacency, pure.delta, pure.mu) == ("replace-one", 0.0, None)
    assert (gaussian.adjacency, gaussian.delta) == ("replace-one", 1e-6)
    assert gaussian.mu == gaussian_mu(1.0, 1e-6)
    plan = fitted(make).plan_
    assert pure.mechanism == (
        f"noise of gamma length and scale {plan.sensitivity:.4g} on weights fitted with ridge "
        f"{plan.ridge:.4g}"
    )
    assert gaussian.mechanism.startswith("Gaussian noise of sd ")


def test_the_settings_follow_from_the_number_of_rows_and_the_promise_alone(make):
    X, _ = make(300)
    rare = np.zeros(300, dtype=int)
    rare[0] = 1
    one = fitted(make)
    other = OutputPerturbedLogisticRegression(epsilon=1.0, bounds=one.bounds, random_state=0).fit(
        X.assign(age=18, spend=0.0, channel="app"), rare
    )
    assert (one.plan_, one.guarantee_) == (other.plan_, other.guarantee_)
    assert fitted(make, n=3000).plan_ != one.plan_
