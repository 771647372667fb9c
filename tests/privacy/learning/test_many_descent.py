"""Many models in one pass are the single fits, whatever is computed together."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.base import clone

from equipoise.exceptions import InputError, LargeDeltaWarning
from equipoise.privacy.learning import _many_descent as module
from equipoise.privacy.learning._descent import noisy_sum
from equipoise.privacy.learning._fit_many import fit_many
from equipoise.privacy.learning._many_descent import sums_of_gradients

EPSILONS, SEEDS = (0.1, 3.0, math.inf), (0, 7, 2**40)


def assert_the_single_fits(many, learner, X, y, unit=None):
    for (place, epsilon), (seat, seed) in product(enumerate(many.epsilons), enumerate(many.seeds)):
        alone = clone(learner).set_params(epsilon=epsilon, random_state=seed).fit(X, y, unit=unit)
        np.testing.assert_allclose(many.weights[place, seat], alone.weights_, rtol=0, atol=1e-9)
        if seat == 0:
            assert many.guarantees[place] == alone.guarantee_


def test_each_model_is_the_single_fit_of_its_epsilon_and_seed(private, make):
    X, y = make(20_000)
    many = fit_many(private(random_state=None), X, y, epsilons=EPSILONS, seeds=SEEDS)
    assert many.weights.shape == (3, 3, 6)
    assert_the_single_fits(many, private(), X, y)
    assert len(np.unique(many.weights[0, :, 0])) == 3


def test_rows_of_a_customer_and_a_noised_count_reach_every_model(private, make):
    X, y = make(600)
    unit = np.arange(600) // 3
    learner = private(rows_per_unit=3, row_count="noised")
    many = fit_many(learner, X, y, epsilons=(1.0, 100.0), seeds=range(5), unit=unit)
    assert_the_single_fits(many, learner, X, y, unit)


def test_how_many_models_and_rows_are_held_at_once_changes_nothing(private, make, monkeypatch):
    X, y = make(500)
    many = fit_many(private(), X, y, epsilons=EPSILONS, seeds=range(4))
    monkeypatch.setattr(module, "SQUARES_AT_ONCE", 5 * 36)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 64)
    again = fit_many(private(), X, y, epsilons=EPSILONS, seeds=range(4))
    np.testing.assert_allclose(again.weights, many.weights, rtol=0, atol=1e-9)


@pytest.mark.parametrize("beside", [(3.0,), (0.1, math.inf), (0.1, 1.0, 30.0, 1e3, math.inf)])
@pytest.mark.parametrize("seeds", [(7,), (2, 7), range(9)])
def test_a_model_is_the_same_to_the_last_bit_whatever_is_fitted_beside_it(
    private, make, beside, seeds
):
    X, y = make(3000)
    alone = fit_many(private(), X, y, epsilons=(3.0, math.inf), seeds=(7,))
    many = fit_many(private(), X, y, epsilons=beside, seeds=seeds)
    for place, epsilon in enumerate(alone.epsilons):
        if epsilon in beside:
            found = many.weights[beside.index(epsilon), list(seeds).index(7)]
            np.testing.assert_array_equal(found, alone.weights[place, 0])


@settings(max_examples=30)
@given(
    n=st.integers(1, 300),
    models=st.integers(1, 20),
    size=st.sampled_from([0.0, 1.0, 1e8]),
    seed=st.integers(0, 2**32),
)
def test_sums_for_many_models_are_those_of_one_by_one(n, models, size, seed):
    rng = np.random.default_rng(seed)
    rows, answers = rng.uniform(-1, 1, (n, 4)), rng.integers(0, 2, n).astype(float)
    weights = rng.standard_normal((models, 4)) * size
    found = sums_of_gradients(rows, answers, weights)
    for total, own in zip(found, weights, strict=True):
        residuals = expit(rows @ own) - answers
        np.testing.assert_allclose(total, noisy_sum(rows, residuals, 0.0, rng), atol=1e-9)


def test_the_learner_stays_as_it_was(private, make):
    learner = private(random_state=None)
    before = dict(vars(learner))
    fit_many(learner, *make(100), epsilons=(1.0,), seeds=(0,))
    assert vars(learner) == before


def test_a_finite_epsilon_among_infinite_ones_needs_a_delta(private, make):
    X, y = make(100)
    learner = private(delta=None)
    with pytest.raises(InputError, match="delta is required with a finite epsilon"):
        fit_many(learner, X, y, epsilons=(math.inf, 1.0), seeds=(0,))
    assert not fit_many(learner, X, y, epsilons=(math.inf,), seeds=(0,)).guarantees[0].covers


def test_a_large_delta_warns_once(private, make):
    with pytest.warns(LargeDeltaWarning) as warned:
        fit_many(private(delta=0.1), *make(100), epsilons=EPSILONS, seeds=SEEDS)
    assert len(warned) == 1
