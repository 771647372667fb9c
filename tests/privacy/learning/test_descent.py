"""The three facts the promise rests on: bounded sums, noise of the stated size, settings fixed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from equipoise.privacy import PrivateLogisticRegression
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import BoundedEncoding
from equipoise.privacy.learning import _descent as descent_module
from equipoise.privacy.learning._descent import Descent, noisy_sum

LEVELS = ("a", "b", "c")


class Silent:
    """A generator without noise."""

    def standard_normal(self, size):
        return np.zeros(size)


@pytest.mark.filterwarnings("ignore::equipoise.exceptions.ClippedRowsWarning")
@settings(max_examples=150)
@given(
    numbers=st.integers(1, 4),
    categories=st.integers(0, 3),
    rows_per_unit=st.integers(1, 4),
    others=st.integers(0, 5),
    size=st.sampled_from([0.0, 1.0, 1e3, 1e8]),
    seed=st.integers(0, 2**32),
)
def test_a_customer_moves_the_sum_by_at_most_her_rows_times_the_norm(
    numbers, categories, rows_per_unit, others, size, seed
):
    rng = np.random.default_rng(seed)
    n = others + rows_per_unit
    data = {f"x{j}": rng.standard_cauchy(n) * 100 for j in range(numbers)}
    data |= {f"c{j}": rng.choice(LEVELS, n) for j in range(categories)}
    bounds = {f"x{j}": (-1.0, 2.0 + j) for j in range(numbers)}
    encoding = BoundedEncoding.of(bounds | {f"c{j}": LEVELS for j in range(categories)})
    rows, outcomes = encoding.transform(pd.DataFrame(data)), rng.integers(0, 2, n)
    weights = rng.standard_normal(rows.shape[1]) * size

    def summed(keep):
        residuals = expit(rows[keep] @ weights) - outcomes[keep]
        return noisy_sum(rows[keep], residuals, 0.0, rng)

    moved = np.linalg.norm(summed(np.arange(n)) - summed(np.arange(others)))
    assert moved <= rows_per_unit * encoding.norm + 1e-9


@given(
    epsilon=st.floats(0.01, 50),
    delta=st.sampled_from([1e-9, 1e-6, 1e-4]),
    rows_per_unit=st.integers(1, 5),
    n=st.integers(20, 400),
)
@settings(max_examples=25, deadline=None)
def test_the_recorded_noise_is_what_the_calibration_asks_for(epsilon, delta, rows_per_unit, n):
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, 1, (n, 2)), np.arange(n) % 2
    learner = PrivateLogisticRegression(
        epsilon=epsilon, delta=delta, bounds=[(0, 1), (0, 1)], rows_per_unit=rows_per_unit
    ).fit(X, y, unit=np.arange(n) // rows_per_unit)
    wanted = (
        math.sqrt(learner.steps_)
        * rows_per_unit
        * learner.encoding_.norm
        / gaussian_mu(epsilon, delta)
    )
    assert learner.noise_sd_ == pytest.approx(wanted, rel=1e-12)


@pytest.fixture
def heard(monkeypatch):
    """Collect the noise of every sum: what came out less what the rows add up to."""
    noises = []

    def listening(rows, residuals, noise_sd, rng):
        total = noisy_sum(rows, residuals, noise_sd, rng)
        noises.append(total - rows.T @ residuals)
        return total

    monkeypatch.setattr(descent_module, "noisy_sum", listening)
    return noises


def test_the_noise_of_every_sum_has_the_recorded_size(private, make, heard):
    X, y = make(400)
    learners = [private(random_state=seed).fit(X, y) for seed in range(200)]
    sd, steps = learners[0].noise_sd_, learners[0].steps_
    noise = np.array(heard).reshape(200, steps, -1)
    assert noise.shape[2] == len(learners[0].weights_)
    total = (noise**2).sum() / sd**2
    low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], noise.size)
    assert low < total < high
    for step in range(steps):
        part = noise[:, step]
        low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], part.size)
        assert low < (part**2).sum() / sd**2 < high
    assert stats.kstest(noise.ravel() / sd, "norm").pvalue > 1e-6


def test_noise_is_independent_over_coordinates_steps_and_seeds(private, make, heard):
    X, y = make(400)
    learners = [private(random_state=seed).fit(X, y) for seed in range(400)]
    noise = np.array(heard).reshape(400, -1) / learners[0].noise_sd_
    between_draws = np.corrcoef(noise, rowvar=False) - np.eye(noise.shape[1])
    assert np.abs(between_draws).max() < 6 / math.sqrt(400)
    between_seeds = np.corrcoef(noise) - np.eye(400)
    assert np.abs(between_seeds).max() < 6 / math.sqrt(noise.shape[1])
    assert len(np.unique(noise)) == noise.size


def test_weights_are_arithmetic_on_the_noisy_sums_alone(private, make, heard, monkeypatch):
    X, y = make(400)
    fitted = private().fit(X, y)
    answers = []
    original = descent_module.noisy_sum

    def recording(*arguments):
        answers.append(original(*arguments))
        return answers[-1]

    monkeypatch.setattr(descent_module, "noisy_sum", recording)
    private().fit(X, y)
    replay = iter(answers)
    monkeypatch.setattr(descent_module, "noisy_sum", lambda *_: next(replay))
    other_X, other_y = make(400, seed=9)
    assert (private(random_state=5).fit(other_X, other_y).weights_ == fitted.weights_).all()


def test_nothing_but_the_number_of_rows_reaches_the_settings(private, make, monkeypatch):
    plans = []
    run = Descent.run

    def spying(self, *arguments):
        plans.append(self)
        return run(self, *arguments)

    monkeypatch.setattr(Descent, "run", spying)
    X, y = make(500)
    rare = np.zeros(500, dtype=int)
    rare[0] = 1
    one = private().fit(X, y)
    other = private().fit(X.assign(age=18, spend=0.0, channel="app"), rare)
    assert plans[0] == plans[1]
    assert (one.steps_, one.noise_sd_) == (other.steps_, other.noise_sd_)
    assert one.guarantee_ == other.guarantee_
    private().fit(*make(5000))
    assert plans[2] != plans[0]
    assert any("number of rows" in limit for limit in one.guarantee_.does_not_cover)


@pytest.mark.parametrize("n", [1, 50, 10_000_000])
@pytest.mark.parametrize("ratio", [1e-6, 0.2, 1e3, math.inf])
def test_settings_stay_within_their_limits(n, ratio):
    plan = Descent.planned(n=n, norm=2.0, ratio=ratio)
    assert 10 <= plan.steps <= 400
    assert 0 <= plan.momentum <= 1
    assert 0 < plan.step <= 1
    assert (plan.noise_sd == 0) == math.isinf(ratio)


def test_without_noise_the_descent_finds_the_minimum():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((500, 3)) / 2
    outcomes = (rng.random(500) < expit(rows @ [0.5, 2, -1])).astype(int)
    plan = Descent.planned(n=500, norm=2.0, ratio=math.inf)
    weights = plan.run(rows, outcomes, Silent())
    assert np.abs(rows.T @ (expit(rows @ weights) - outcomes)).max() < 0.05
