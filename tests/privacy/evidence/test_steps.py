"""Every noisy sum of a descent: how far a customer moves it, and how much noise hides that."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy import DiffprivlibLogisticRegression
from equipoise.privacy.evidence import challenge
from equipoise.privacy.evidence._listening import _as_vector
from equipoise.privacy.evidence._study import NoisyDescent
from equipoise.privacy.learning import _descent


def test_our_learner_shows_most_of_its_claim_and_no_more(private):
    audit = challenge(private(), view="steps", runs=50)
    assert audit.verdict == "not refuted"
    assert 0.6 < audit.lower_bound < 1.0
    assert audit.chance_to_refute > 0.99
    assert audit.power > 0.75
    assert audit.findings == ()


def test_customers_with_several_rows_are_measured_as_one(private):
    audit = challenge(private(rows_per_unit=3), view="steps", runs=50)
    assert audit.verdict == "not refuted"
    assert audit.lower_bound > 0.6


class HalfTheNoise(NoisyDescent):
    def noise_sd(self, n):
        return super().noise_sd(n) / 2


class HalfOfWhatItMeans(NoisyDescent):
    """Draws less than it says it adds."""

    def generator(self):
        return Halved(super().generator())


class Halved:
    def __init__(self, rng):
        self.rng = rng

    def standard_normal(self, size):
        return self.rng.standard_normal(size) / 2


class Silent(Halved):
    def standard_normal(self, size):
        return np.zeros(size)


class WithoutNoise(NoisyDescent):
    def generator(self):
        return Silent(None)


def test_half_the_noise_is_refuted_where_it_is_meant():
    audit = challenge(HalfTheNoise(), view="steps", runs=50)
    assert audit.verdict == "refuted"
    assert audit.lower_bound > 1.5
    assert audit.findings[0].startswith("One customer moves the sums by 0.45")
    assert f"{audit.findings[0]}. " in str(audit)


def test_half_the_noise_is_refuted_where_it_is_not_meant():
    audit = challenge(HalfOfWhatItMeans(), view="steps", runs=50)
    assert audit.verdict == "refuted"
    assert audit.lower_bound > 1.5
    assert audit.findings == ()


def test_no_noise_leaves_no_epsilon():
    audit = challenge(WithoutNoise(), view="steps", runs=50)
    assert audit.lower_bound == np.inf
    assert "Attacked: no epsilon holds, from 50 runs" in str(audit)


def test_learners_without_noisy_sums_have_no_steps():
    learner = DiffprivlibLogisticRegression(epsilon=1, bounds=[(0, 1), (0, 1)])
    with pytest.raises(InputError) as refused:
        challenge(learner, view="steps", runs=50)
    assert str(refused.value) == (
        "view can be 'steps' only for a learner that adds noise to sums, got "
        "DiffprivlibLogisticRegression. Use view='output'."
    )


class StepsByRows(NoisyDescent):
    def fit(self, X, y):
        self.steps = 10 + len(X) % 2
        return super().fit(X, y)


def test_a_number_of_steps_that_tells_of_a_customer_is_refused():
    with pytest.raises(InputError) as refused:
        challenge(StepsByRows(), view="steps", runs=50)
    assert str(refused.value) == (
        "view can be 'steps' only where both tables take the same number of sums, got 10 and 11. "
        "Give the learner a row_count, or use view='output'."
    )


def test_sums_are_put_back_after_a_failure(private):
    before = _descent.noisy_sum

    class Failing(NoisyDescent):
        def generator(self):
            raise RuntimeError("no entropy")

    with pytest.raises(RuntimeError, match="no entropy"):
        challenge(Failing(), view="steps", runs=50)
    assert _descent.noisy_sum is before


def test_symmetric_matrices_keep_their_length_and_their_noise():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(4, 4))
    matrix = matrix + matrix.T
    assert np.linalg.norm(_as_vector(matrix)) == pytest.approx(np.linalg.norm(matrix))
    drawn = rng.normal(size=(5000, 4, 4))
    noise = np.array([_as_vector((each + each.T) / 2) for each in drawn])
    assert np.cov(noise, rowvar=False) == pytest.approx(np.eye(10), abs=0.1)
