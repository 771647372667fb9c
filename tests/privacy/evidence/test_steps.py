"""Every noisy sum of a descent: how far a customer moves it, and how much noise hides that."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy import DiffprivlibLogisticRegression, OutputPerturbedLogisticRegression
from equipoise.privacy.evidence import challenge, check_noise
from equipoise.privacy.evidence._drawn_noise import by_sum, faults_of, not_laplace
from equipoise.privacy.evidence._listening import _as_vector
from equipoise.privacy.evidence._study import NoisyDescent, NoisySum
from equipoise.privacy.learning._noisy_vector import LISTENER


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
    assert audit.lower_bound > 1.8
    assert len(audit.findings) == 1
    assert audit.findings[0].startswith("The noise of a sum is in one direction 0.")


def test_no_noise_leaves_no_epsilon():
    audit = challenge(WithoutNoise(), view="steps", runs=50)
    assert audit.lower_bound == np.inf
    assert "Attacked: no epsilon holds, from 50 runs" in str(audit)


@pytest.mark.parametrize(
    ("learner", "told"),
    [
        (
            DiffprivlibLogisticRegression(epsilon=1, bounds=[(0, 1), (0, 1)]),
            "for a claim with a Gaussian ratio (mu), got that of DiffprivlibLogisticRegression, which "
            "has none",
        ),
        (
            OutputPerturbedLogisticRegression(epsilon=1, delta=1e-6, bounds=[(0, 1), (0, 1)]),
            "for a learner that adds noise to sums over customers, got none in "
            "OutputPerturbedLogisticRegression",
        ),
        (NoisySum(), "for a learner that adds noise to sums, got NoisySum"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_why_there_are_no_steps_is_said(learner, told):
    with pytest.raises(InputError) as refused:
        challenge(learner, view="steps", runs=50)
    assert str(refused.value) == f"view can be 'steps' only {told}. Use view='output'."


class StepsByRows(NoisyDescent):
    def fit(self, X, y):
        self.steps = 10 + len(X) % 2
        return super().fit(X, y)


def test_a_number_of_steps_that_tells_of_a_customer_is_refused():
    with pytest.raises(InputError) as refused:
        challenge(StepsByRows(), view="steps", runs=50)
    assert str(refused.value) == (
        "subject must take as many sums, of the same length, on both tables, got 10 and 11 sums. "
        "Give the learner a row_count, or challenge its output."
    )


def test_nobody_listens_after_a_failure():
    class Failing(NoisyDescent):
        def generator(self):
            raise RuntimeError("no entropy")

    with pytest.raises(RuntimeError, match="no entropy"):
        challenge(Failing(), view="steps", runs=50)
    assert LISTENER.get() is None


def test_symmetric_matrices_keep_their_length_and_their_noise():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(4, 4))
    matrix = matrix + matrix.T
    assert np.linalg.norm(_as_vector(matrix)) == pytest.approx(np.linalg.norm(matrix))
    drawn = rng.normal(size=(5000, 4, 4))
    noise = np.array([_as_vector((each + each.T) / 2) for each in drawn])
    assert np.cov(noise, rowvar=False) == pytest.approx(np.eye(10), abs=0.1)


class Spoilt:
    """A generator whose normal draws are spoilt, with their variance kept where that can be."""

    def __init__(self, rng, how):
        self.rng, self.how = rng, how

    def standard_normal(self, size):
        return self.how(self.rng, self.rng.standard_normal(size))


def last(value):
    def changed(rng, drawn):
        drawn[-1] = value(drawn)
        return drawn

    return changed


ABSENT = "The noise of a sum is absent in one direction: who moves it there is seen"
WITHOUT = ("none on one weight", "a copy with jitter", "one draw for all")
SPOILT = {
    "none on one weight": last(lambda drawn: 0.0),
    "a copy with jitter": last(lambda drawn: drawn[0] * (1 + 1e-6 * drawn[1])),
    "one draw for all": lambda rng, drawn: np.full(len(drawn), drawn[0]),
    "half on one weight": last(lambda drawn: drawn[-1] / 2),
    "uniform": lambda rng, drawn: rng.uniform(-(3**0.5), 3**0.5, len(drawn)),
    "plus or minus 1": lambda rng, drawn: np.sign(drawn),
    "Laplace": lambda rng, drawn: rng.laplace(0, 0.5**0.5, len(drawn)),
}


@pytest.mark.parametrize("how", SPOILT)
def test_noise_that_is_not_normal_and_alike_in_all_directions_is_found(how):
    class Wrong(NoisyDescent):
        def generator(self):
            return Spoilt(super().generator(), SPOILT[how])

    learner = Wrong(bounds=((0.0, 100.0),) * 10)
    audit = challenge(learner, view="steps", runs=50)
    assert audit.verdict == "refuted"
    assert (audit.lower_bound == np.inf) == (ABSENT in audit.findings) == (how in WITHOUT)
    assert check_noise(learner, runs=40).caught


def test_more_noise_than_is_meant_is_no_fault_even_where_directions_differ():
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=(50, 4)) * [1, 2, 5, 1] for _ in range(6)]
    assert faults_of(noise, 0.05) == (False, ())


def test_sound_noise_is_seldom_called_faulty():
    rng = np.random.default_rng(0)
    drawn = ([rng.normal(size=(30, d)) for d in (20, 5, 5, 5, 1)] for _ in range(300))
    assert 10 <= sum(bool(faults_of(noise, 0.1)[1]) for noise in drawn) <= 50
    laplace = (rng.laplace(0, 7, (60, 2)) for _ in range(300))
    assert 10 <= sum(bool(not_laplace(noise, 0.1)) for noise in laplace) <= 50


def test_runs_that_take_fewer_sums_are_kept():
    kept = by_sum([[np.ones(2), np.ones(1)], [np.zeros(2)], [np.ones(2), np.zeros(1)]])
    assert [part.shape for part in kept] == [(3, 2), (2, 1)]
