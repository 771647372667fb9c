"""Our private logistic regression: its own arguments, its promise, and its scores."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit

from equipoise.exceptions import InputError, LargeDeltaWarning
from equipoise.privacy import PrivateLogisticRegression, epsilon_lower_bound
from equipoise.privacy.learning._descent import Descent
from equipoise.privacy.learning._fit_many import fit_many
from equipoise.privacy.learning._row_count import N_IS_DECLARED


def test_the_promise_is_add_remove_with_the_delta_asked_for(private, customers):
    model = private().fit(*customers)
    promise = model.guarantee_
    assert (promise.epsilon, promise.delta, promise.adjacency) == (1.0, 1e-6, "add-remove")
    assert promise.covers[1] == "the presence and the values of each row"
    assert promise.mechanism == (
        f"Gaussian noise of sd {model.noise_sd_:.4g} on each of {model.steps_} gradient sums, "
        f"of sd {model.squares_sd_:.4g} on the sum of squares"
    )
    assert N_IS_DECLARED in promise.does_not_cover


@pytest.mark.parametrize("setting", ["guessed", 0, 1.5, None])
def test_a_number_of_rows_that_nobody_can_know_is_refused(private, customers, setting):
    with pytest.raises(InputError) as refused:
        private(row_count=setting).fit(*customers)
    assert refused.value.parameter == "row_count"


def test_without_noise_there_is_none_recorded(private, customers):
    model = private(epsilon=math.inf).fit(*customers)
    assert (model.noise_sd_, model.squares_sd_, model.steps_) == (0.0, 0.0, 400)


def test_a_finite_epsilon_needs_a_delta(private, customers):
    with pytest.raises(InputError) as refused:
        private(delta=None).fit(*customers)
    assert str(refused.value) == (
        "delta is required with a finite epsilon, got None. "
        "Use a value far below 1 / number of customers, such as 1e-6."
    )


@pytest.mark.parametrize("delta", [0, 1, 1.5, -1e-6, math.nan, "1e-6", True])
def test_a_delta_outside_0_and_1_is_refused(private, customers, delta):
    with pytest.raises(InputError) as refused:
        private(delta=delta).fit(*customers)
    assert str(refused.value) == (
        f"delta must lie strictly between 0 and 1, got {delta!r}. Use a value such as 1e-6."
    )


@pytest.mark.parametrize("delta", [1 / 2000, 0.01])
def test_a_delta_of_one_in_n_or_more_warns(private, customers, delta):
    with pytest.warns(LargeDeltaWarning) as warned:
        private(delta=delta).fit(*customers)
    assert str(warned[0].message) == (
        f"delta {delta:g} is at least 1 / n, one over the number of units: releasing the data of one row "
        "at random would satisfy it. Use a smaller delta."
    )
    assert warned[0].filename == __file__


def test_weights_belong_to_fits_without_noise(private, customers):
    X, y = customers
    with pytest.raises(InputError) as refused:
        private().fit(X, y, sample_weight=np.ones(len(y)))
    assert str(refused.value) == (
        "sample_weight must be absent at a finite epsilon, got weights with epsilon 1. "
        "Weights read from customers are not covered by the noise: fit without them."
    )
    free = private(epsilon=math.inf)
    plain = free.fit(X, y).weights_
    np.testing.assert_allclose(free.fit(X, y, sample_weight=np.full(len(y), 7.0)).weights_, plain)
    kept = np.arange(len(y)) % 2
    np.testing.assert_allclose(
        free.fit(X, y, sample_weight=kept).weights_,
        free.fit(X[kept == 1], y[kept == 1]).weights_,
        atol=1e-9,
    )


@pytest.mark.parametrize(
    ("weight", "shown"),
    [
        ([1.0], "shape (1,), sum 1"),
        ([0.0] * 2000, "shape (2000,), sum 0"),
        ([-1.0] * 2000, "shape (2000,), sum -2000"),
        ([math.nan] * 2000, "shape (2000,), sum nan"),
    ],
)
def test_weights_that_weigh_nothing_are_refused(private, customers, weight, shown):
    with pytest.raises(InputError) as refused:
        private(epsilon=math.inf).fit(*customers, sample_weight=weight)
    assert str(refused.value) == (
        f"sample_weight must be 2000 finite numbers of at least 0, not all 0, got {shown}. "
        "Pass one weight a row, or none."
    )


@pytest.mark.parametrize("base_rate", [0.02, 0.3])
def test_the_mean_score_is_near_the_base_rate(base_rate):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (20_000, 6))
    odds = X @ [2.0, -1.0, 1.0, 0.5, 0, 0]
    shift = brentq(lambda a: expit(odds + a).mean() - base_rate, -20, 20)
    y = (rng.random(20_000) < expit(odds + shift)).astype(int)
    means = [
        PrivateLogisticRegression(epsilon=1, delta=1e-6, bounds=[(-1, 1)] * 6, random_state=seed)
        .fit(X, y)
        .predict_proba(X)[:, 1]
        .mean()
        for seed in range(5)
    ]
    assert np.mean(means) == pytest.approx(y.mean(), rel=0.15)
    assert max(means) < 1.5 * y.mean()


# --- the claim, attacked --------------------------------------------------------------------------

# One feature, every row on its bound; the neighbour has the other outcome in one row. Such a flip
# moves each sum by the whole norm at any weights, so it is the worst that add-remove allows, and n
# stays what was declared.
RUNS, EPSILON = 2000, 1.0


def attacked(monkeypatch, *, noise):
    """Return the lower bound on epsilon of fits whose noise is `noise` times what it should be."""
    planned = Descent.planned.__func__

    def with_less_noise(cls, **settings):
        plan = planned(cls, **settings)
        sizes = {name: noise * getattr(plan, name) for name in ("noise_sd", "squares_sd")}
        return replace(plan, **sizes)

    monkeypatch.setattr(Descent, "planned", classmethod(with_less_noise))
    X = np.ones((20, 1))
    learner = PrivateLogisticRegression(epsilon=EPSILON, delta=1e-6, bounds=[(-1, 1)])
    worlds = []
    for world, positives in enumerate((10, 9)):
        y = (np.arange(20) < positives).astype(int)
        seeds = range(world * RUNS, (world + 1) * RUNS)
        fits = fit_many(learner, X, y, epsilons=[EPSILON], seeds=seeds)
        worlds.append(fits.decision_function(X[:1]).ravel())
    return epsilon_lower_bound(*worlds, delta=1e-6, confidence=0.99)


def test_an_attack_does_not_refute_the_claim(monkeypatch):
    assert attacked(monkeypatch, noise=1.0) <= EPSILON


def test_the_attack_refutes_noise_twenty_times_too_small(monkeypatch):
    assert attacked(monkeypatch, noise=0.05) > 1.5 * EPSILON
