"""Two tables that get the same noisy answers leave the same model: nothing else was read."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from equipoise.exceptions import ClippedRowsWarning
from equipoise.privacy.accounting import gaussian_delta
from equipoise.privacy.evidence._listening import Recording, listening, repeated
from equipoise.privacy.learning import (
    GroupThresholds,
    PenalisedLogisticRegression,
    PrivateLogisticRegression,
    ReweighedLogisticRegression,
    SufficientStatisticsClassifier,
)

pytestmark = pytest.mark.filterwarnings(
    f"ignore::{ClippedRowsWarning.__module__}.{ClippedRowsWarning.__name__}"
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
    worlds = [(X, y, np.arange(ROWS)), (*both, np.r_[np.arange(ROWS), [-1] * OF_ONE])]
    return worlds if rng.random() < 0.5 else worlds[::-1]


def fitted(learner, world, told):
    X, y, unit = world
    with listening(told):
        return clone(learner).fit(X, y, unit=unit)


def both_fitted(learner, worlds, rng):
    def anywhere(place, count, exact):
        if place == "noisy_squares" or rng.random() < 0.5:
            return None
        return rng.choice([1.0, 1e4]) * rng.standard_normal(exact.shape)

    own = Recording(anywhere)
    first = fitted(learner, worlds[0], own)
    replay = Recording(repeated(own))
    return first, fitted(learner, worlds[1], replay), own.heard, replay.heard


def told(model):
    """Everything that a fitted learner holds, as text and numbers."""
    kept = dict(vars(model), learner=None)
    numbers = [kept.pop("weights_")]
    if "levels_" in kept:
        numbers += [kept["levels_"].curves, kept.pop("levels_").shared]
    if "row_weights_" in kept:
        numbers.append(kept.pop("row_weights_").to_numpy())
    numbers.append(np.ravel(kept.pop("sensitivities_")))
    rest = {name: round(v, 9) if isinstance(v, float) else repr(v) for name, v in kept.items()}
    return np.concatenate([np.ravel(each) for each in numbers]), rest


@pytest.mark.parametrize("epsilon", [0.01, 1.0, 50.0])
def test_the_same_answers_give_the_same_model_and_customers_move_them_as_stated(epsilon):
    for seed in range(8):
        for learner in learners(epsilon):
            rng = np.random.default_rng(seed)
            one, other, heard, replay = both_fitted(learner, neighbours(rng), rng)
            (numbers, rest), (numbers_too, rest_too) = told(one), told(other)
            np.testing.assert_allclose(numbers, numbers_too, rtol=1e-7, atol=1e-9)
            assert rest == rest_too
            moved = [np.linalg.norm(b.exact - a.exact) for a, b in zip(heard, replay, strict=True)]
            stated = np.array(one.sensitivities_)
            assert (np.array(moved) <= stated * (1 + 1e-9)).all()
            ratio = math.hypot(*(stated / [each.meant_sd for each in heard]))
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
    one, other, *_ = both_fitted(learner, neighbours(rng), rng)
    assert not np.allclose(one.row_weights_, other.row_weights_, rtol=1e-7)
