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
from equipoise.privacy.learning._descent import Descent, noisy_squares, noisy_sum
from equipoise.privacy.learning._path import curvature_at

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
def test_a_customer_moves_both_sums_by_at_most_what_her_rows_can(
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
    squares = [noisy_squares(rows[:many], 0.0, rng) for many in (n, others)]
    assert np.linalg.norm(squares[0] - squares[1]) <= rows_per_unit * encoding.norm**2 + 1e-9


@given(
    epsilon=st.floats(0.01, 50),
    delta=st.sampled_from([1e-9, 1e-6, 1e-4]),
    rows_per_unit=st.integers(1, 5),
    n=st.integers(20, 400),
)
@settings(max_examples=25, deadline=None)
def test_all_sums_together_are_one_gaussian_release_of_the_calibrated_ratio(
    epsilon, delta, rows_per_unit, n
):
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, 1, (n, 2)), np.arange(n) % 2
    learner = PrivateLogisticRegression(
        epsilon=epsilon, delta=delta, bounds=[(0, 1), (0, 1)], rows_per_unit=rows_per_unit
    ).fit(X, y, unit=np.arange(n) // rows_per_unit)
    norm = learner.encoding_.norm
    of_sums = learner.steps_ * (rows_per_unit * norm / learner.noise_sd_) ** 2
    of_squares = (rows_per_unit * norm**2 / learner.squares_sd_) ** 2
    assert of_squares == pytest.approx(0.03 * (of_sums + of_squares), rel=1e-12)
    ratio = gaussian_mu(epsilon, delta)
    assert math.sqrt(of_sums + of_squares) == pytest.approx(ratio, rel=1e-12)
    assert learner.guarantee_.mu == ratio


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


def runs(private, make, seeds):
    """Run the descent of a small table once a seed, as a fit does, and return its plan."""
    customers = private()._checked(*make(100), None)
    plan = private()._plan(customers, gaussian_mu(1.0, 1e-6), None)
    for seed in range(seeds):
        plan.run(customers.rows, customers.outcomes, np.random.default_rng(seed))
    return plan


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
    plan = runs(private, make, 400)
    noise = np.array(heard).reshape(400, -1) / plan.noise_sd
    between_draws = np.corrcoef(noise, rowvar=False) - np.eye(noise.shape[1])
    assert np.abs(between_draws).max() < 6 / math.sqrt(400)
    between_seeds = np.corrcoef(noise) - np.eye(400)
    assert np.abs(between_seeds).max() < 6 / math.sqrt(noise.shape[1])
    assert len(np.unique(noise)) == noise.size


def test_the_noise_of_the_squares_is_symmetric_alike_in_all_directions_and_of_the_recorded_size():
    rows = np.random.default_rng(1).uniform(-1, 1, (30, 4))
    rng = np.random.default_rng(0)
    noise = np.array([noisy_squares(rows, 3.0, rng) - rows.T @ rows for _ in range(2000)]) / 3
    np.testing.assert_allclose(noise, np.swapaxes(noise, 1, 2), atol=1e-12)
    above = np.triu_indices(4, 1)
    apart = np.hstack([noise[:, range(4), range(4)], math.sqrt(2) * noise[:, *above]])
    low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], apart.size)
    assert low < (apart**2).sum() < high
    assert np.abs(np.corrcoef(apart, rowvar=False) - np.eye(10)).max() < 6 / math.sqrt(2000)
    assert stats.kstest(apart.ravel(), "norm").pvalue > 1e-6


def test_the_noise_of_squares_and_sums_is_not_the_same_draw(private, make, heard, monkeypatch):
    squared = []

    def listening(rows, noise_sd, rng):
        squares = noisy_squares(rows, noise_sd, rng)
        squared.append((squares - rows.T @ rows) / noise_sd)
        return squares

    monkeypatch.setattr(descent_module, "noisy_squares", listening)
    plan = runs(private, make, 400)
    first = np.array(heard).reshape(400, plan.steps, -1)[:, 0]
    diagonal = np.array(squared)[:, range(first.shape[1]), range(first.shape[1])]
    together = np.corrcoef(first, diagonal, rowvar=False)[: first.shape[1], first.shape[1] :]
    assert np.abs(together).max() < 6 / math.sqrt(400)
    assert diagonal.std() == pytest.approx(1, abs=0.1)


def test_weights_are_arithmetic_on_the_noisy_sums_alone(private, make, monkeypatch):
    answers = []

    def recording(original):
        def answering(*arguments):
            answers.append(original(*arguments))
            return answers[-1]

        return answering

    for place, original in (("noisy_sum", noisy_sum), ("noisy_squares", noisy_squares)):
        monkeypatch.setattr(descent_module, place, recording(original))
    fitted = private().fit(*make(400))
    assert len(answers) == fitted.steps_ + 1
    replay = iter(answers)
    for place in ("noisy_sum", "noisy_squares"):
        monkeypatch.setattr(descent_module, place, lambda *_: next(replay))
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
    private().fit(*make(100_000))
    assert plans[2] != plans[0]
    assert any("number of rows" in limit for limit in one.guarantee_.does_not_cover)


def test_a_public_number_of_rows_gives_neighbours_the_same_settings(private, make):
    X, y = make(400)
    one = private(row_count=400).fit(X, y)
    other = private(row_count=400).fit(X[:-1], y[:-1])
    assert (one.steps_, one.noise_sd_, one.squares_sd_) == (
        other.steps_,
        other.noise_sd_,
        other.squares_sd_,
    )
    assert one.guarantee_ == other.guarantee_
    assert "the number of rows, 400, as given: public" in one.guarantee_.does_not_cover


def test_a_noised_number_of_rows_is_paid_for_from_the_same_budget(private, make, monkeypatch):
    plans = []
    run = Descent.run

    def spying(self, *arguments):
        plans.append(self)
        return run(self, *arguments)

    monkeypatch.setattr(Descent, "run", spying)
    model = private(row_count="noised").fit(*make(400))
    ratio = gaussian_mu(1.0, 1e-6)
    norm = model.encoding_.norm
    left = model.steps_ * (norm / model.noise_sd_) ** 2 + (norm**2 / model.squares_sd_) ** 2
    assert left == pytest.approx(0.99 * ratio**2, rel=1e-12)
    assert model.guarantee_.mu == ratio
    assert model.guarantee_.mechanism == (
        "Gaussian noise on gradient sums, the sum of squares and the number of rows"
    )
    assert not any("number of rows" in limit for limit in model.guarantee_.does_not_cover)


@given(log_odds=st.floats(-20, 20), at=st.floats(-20, 20), outcome=st.sampled_from([0, 1]))
@settings(max_examples=200)
def test_the_curvature_belongs_to_a_bound_on_the_loss(log_odds, at, outcome):
    def loss(value):
        return np.logaddexp(0, value) - outcome * value

    slope, apart = expit(at) - outcome, log_odds - at
    curvature = float(curvature_at(np.array(at)))
    assert loss(log_odds) <= loss(at) + slope * apart + curvature * apart**2 / 2 + 1e-9


@pytest.mark.parametrize("n", [1, 50, 10_000_000])
@pytest.mark.parametrize("ratio", [1e-6, 0.2, 1e3, math.inf])
def test_settings_stay_within_their_limits(n, ratio):
    plan = Descent.planned(n=n, norm=2.0, constant=1.0, ratio=ratio)
    assert 12 <= plan.steps <= 400
    assert (plan.noise_sd == 0) == (plan.squares_sd == 0) == (plan.ridge == 0) == math.isinf(ratio)


def test_without_noise_the_descent_finds_the_minimum():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((500, 3)) / 2
    rows[:, 0] = 1
    outcomes = (rng.random(500) < expit(rows @ [0.5, 2, -1])).astype(int)
    plan = Descent.planned(n=500, norm=2.0, constant=1.0, ratio=math.inf)
    weights = plan.run(rows, outcomes, Silent())
    assert np.abs(rows.T @ (expit(rows @ weights) - outcomes)).max() < 0.05
