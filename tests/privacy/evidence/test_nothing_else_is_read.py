"""Two tables that get the same noisy answers leave the same model: nothing else was read."""

from __future__ import annotations

import math
import threading
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_delta
from equipoise.privacy.evidence import challenge, check_noise, check_sensitivity
from equipoise.privacy.evidence._listening import Recording, listening
from equipoise.privacy.evidence._replay import replayed
from equipoise.privacy.evidence._same_model import differences
from equipoise.privacy.evidence._study import NoisyDescent
from equipoise.privacy.evidence._subject import Learner
from equipoise.privacy.evidence._worst_case import Table
from equipoise.privacy.learning import (
    GroupThresholds,
    PenalisedLogisticRegression,
    PrivateLinearRegression,
    PrivateLogisticRegression,
    ReweighedLogisticRegression,
    SufficientStatisticsClassifier,
)

GROUPS = ("a", "b", "absent", "one")
BOUNDS = {"spent": (0.0, 1.0), "only": ("o",), "plan": ("p", "q", "r"), "band": GROUPS}
ROWS, OF_ONE = 60, 3
SIZE = {"row_count": ROWS}


def learners(epsilon):
    claim = {"epsilon": epsilon, "delta": 1e-5, "bounds": BOUNDS, "rows_per_unit": OF_ONE}
    own = {"group": "band", **claim, **SIZE}
    yield ReweighedLogisticRegression(weight_cap=1000, counts_share=1e-3, **own)
    yield PenalisedLogisticRegression(penalty=1e4, means_share=0.999, **own)
    yield GroupThresholds(PrivateLogisticRegression(**claim, **SIZE), group="band", bins=3)
    yield GroupThresholds(
        SufficientStatisticsClassifier(**claim), group="band", equal="true_positive_rate"
    )


def table(rng, rows, groups):
    X = pd.DataFrame(
        {
            "spent": rng.choice([0.0, 0.3, 1.0, -1e9, 1e9], rows),
            "only": "o",
            "plan": rng.choice(["p", "q", "r"], rows),
            "band": rng.choice(groups, rows),
        }
    )
    return X, rng.integers(0, 2, rows)


def neighbours(rng):
    """Add a customer whose rows lie in any groups and outcomes, or in one cell."""
    X, y = table(rng, ROWS, ["a", "b"])
    X.loc[0, "band"], y[:2] = "one", [0, 1]
    added, outcomes = table(rng, OF_ONE, list(GROUPS))
    if rng.random() < 0.5:
        added, outcomes = added.iloc[[0] * OF_ONE], outcomes[[0] * OF_ONE]
    both = pd.concat([X, added], ignore_index=True), np.r_[y, outcomes]
    owners = np.r_[np.arange(ROWS), [-1] * OF_ONE]
    worlds = Table(X, y, owners[:ROWS]), Table(*both, owners)
    return worlds if rng.random() < 0.5 else worlds[::-1]


def both_fitted(learner, worlds, rng):
    def anywhere(count, exact):
        if exact.ndim == 2 or rng.random() < 0.5:
            return None
        return rng.choice([1.0, 1e4]) * rng.standard_normal(exact.shape)

    return replayed(Learner(learner, worlds, True), 0, anywhere)


@pytest.mark.parametrize("epsilon", [0.01, 1.0, 50.0])
def test_the_same_answers_give_the_same_model_and_customers_move_them_as_stated(epsilon):
    for seed in range(8):
        for learner in learners(epsilon):
            rng = np.random.default_rng(seed)
            run = both_fitted(learner, neighbours(rng), rng)
            assert run.read == set()
            stated = np.array(run.fitted.sensitivities_)
            moved = [np.linalg.norm(move) for move in run.moves]
            assert (np.array(moved) <= stated * (1 + 1e-9)).all()
            ratio = math.hypot(*(stated / [each.meant_sd for each in run.own]))
            assert gaussian_delta(epsilon, ratio) <= 1e-5 * (1 + 1e-6)


class HiddenCounts(ReweighedLogisticRegression):
    """Weighs rows by exact counts, and tells nobody that it counted."""

    def _known(self, customers, codes, first_sd):
        return self._made_of(self._exact(customers, codes), 0.0, customers.encoding)


def test_a_learner_that_counts_in_secret_gives_another_model():
    rng = np.random.default_rng(0)
    learner = HiddenCounts(
        epsilon=1.0, delta=1e-5, bounds=BOUNDS, rows_per_unit=OF_ONE, group="band", **SIZE
    )
    run = both_fitted(learner, neighbours(rng), rng)
    assert {"row_weights_", "weights_", "sensitivities_"} <= run.read


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (PrivateLogisticRegression, {"row_count": "noised"}),
        (PrivateLinearRegression, {"target_bounds": (0, 1)}),
    ],
)
@pytest.mark.parametrize("epsilon", [0.5, 30.0])
def test_counts_and_eigenvalues_with_noise_are_heard(kind, settings, epsilon):
    learner = kind(epsilon=epsilon, delta=1e-6, bounds=[(0.0, 1.0)] * 2, **settings)
    audit = challenge(learner, view="steps", runs=50)
    assert (audit.findings, audit.verdict == "refuted") == ((), False)


class ExactMean(NoisyDescent):
    """Releases the mean of the rows beside its weights."""

    def fit(self, X, y):
        super().fit(X, y)
        self.mean_ = X.mean()
        return self


class ExactWeights(PrivateLogisticRegression):
    """Descends with noise, and releases the weights of least squares."""

    def fit(self, X, y, unit=None):
        super().fit(X, y, unit=unit)
        self.weights_ = np.linalg.lstsq(np.c_[np.ones(len(X)), X], y, rcond=None)[0]
        return self


class SizedByTheTable(NoisyDescent):
    """Sizes the noise by the rows that there are."""

    def rows(self, X):
        self._count = [len(X)]
        return super().rows(X)

    def noise_sd(self, n):
        return super().noise_sd(n) * self._count.pop() / n


@pytest.mark.parametrize(
    ("learner", "read"),
    [
        (ExactMean(), "mean_"),
        (ExactWeights(epsilon=1.0, delta=1e-6, bounds=[(0.0, 1.0)] * 2), "weights_"),
        (SizedByTheTable(), "the sd of the noise"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_is_released_beside_the_sums_refutes_the_claim(learner, read):
    audit = challenge(learner, view="steps", runs=50)
    assert audit.verdict == "refuted"
    assert audit.findings == (
        f"With the same noisy sums both tables leave different models ({read}): something else was "
        "read",
    )
    check = check_sensitivity(learner, tables=3)
    assert check.caught
    assert check.told.endswith(f"; the same noisy sums left different models ({read})")


class Shuffled(NoisyDescent):
    """Reads rows in an order of its own, from the generator of its noise or from another."""

    shuffled = None

    def rows(self, X):
        self.order_ = (self.shuffled or self.rng).permutation(4)
        return super().rows(X)

    def generator(self):
        return self.rng

    def fit(self, X, y):
        self.rng = np.random.default_rng(self.random_state)
        return super().fit(X, y)


class OwnEntropy(Shuffled):
    shuffled = np.random.default_rng()


def test_what_else_is_random_must_follow_from_the_seed():
    assert challenge(Shuffled(), view="steps", runs=50).findings == ()
    with pytest.raises(InputError) as refused:
        challenge(OwnEntropy(), view="steps", runs=50)
    assert str(refused.value) == (
        "subject must leave the same model from the same sums and seed, got another order_. Draw all "
        "that is random from random_state, or challenge its output."
    )


def test_fits_in_other_threads_keep_their_own_noise():
    X, y = np.full((40, 4), 30.0), np.arange(40) % 2
    alone = NoisyDescent(random_state=1).fit(X, y).weights_
    recording, told = Recording(lambda count, exact: 0 * exact), threading.Event()
    listens, weights = threading.Event(), []

    def other():
        assert listens.wait(10)
        weights.append(NoisyDescent(random_state=1).fit(X, y).weights_)
        told.set()

    thread = threading.Thread(target=other)
    thread.start()
    with listening(recording):
        listens.set()
        assert told.wait(10)
    thread.join()
    assert recording.heard == []
    np.testing.assert_array_equal(weights[0], alone)


def test_learners_that_change_what_they_were_given_are_answered_as_before():
    class Overwriting(NoisyDescent):
        def fit(self, X, y):
            super().fit(X, y)
            self.weights_ *= 0
            return self

    assert challenge(Overwriting(), view="steps", runs=50).findings == ()
    assert not check_noise(Overwriting(), runs=20).caught


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1.0, 1.0 + 1e-6),
        (np.arange(3.0), np.arange(4.0)),
        (np.array([1.0, np.nan]), np.array([1.0, 2.0])),
        (np.array(["a", None], object), np.array(["b", None], object)),
        (pd.Series([1, 2], ["a", "b"]), pd.Series([1, 2], ["a", "c"])),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        ({"a": [1, (2, {3})]}, {"a": [1, (2, {4})]}),
        ({"a": 1}, {"b": 1}),
        (1, True),
        (SimpleNamespace(inner=SimpleNamespace(n=1)), SimpleNamespace(inner=SimpleNamespace(n=2))),
    ],
)
def test_models_differ_in_whatever_they_hold(one, other):
    for kept in (one, other):
        assert differences(SimpleNamespace(kept=kept), SimpleNamespace(kept=kept)) == set()
    assert differences(SimpleNamespace(kept=one), SimpleNamespace(kept=other)) == {"kept"}
    assert differences(SimpleNamespace(kept=one), SimpleNamespace()) == {"kept"}


def test_rounding_generators_and_loops_are_no_difference():
    one, other = ({"w": np.array([1e6, x]), "rng": np.random.default_rng(x)} for x in (1, 1))
    other["w"] = other["w"] * (1 + 1e-12)
    one["self"], other["self"] = one, other
    assert differences(SimpleNamespace(**one), SimpleNamespace(**other)) == set()
