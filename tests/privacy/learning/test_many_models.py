"""Every epsilon with every seed at once: the same models as one by one."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from equipoise.exceptions import InputError, LargeDeltaWarning
from equipoise.privacy.learning import (
    DiffprivlibLogisticRegression,
    OutputPerturbedLogisticRegression,
    PrivateLinearRegression,
    SufficientStatisticsClassifier,
    fit_many,
)
from equipoise.privacy.learning import _output_perturbed as output_module
from equipoise.privacy.learning import _sufficient_statistics as sums_module

BOUNDS = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
EPSILONS = (0.1, 1.0, math.inf)
LEARNERS = {
    "sums": partial(SufficientStatisticsClassifier, delta=1e-6),
    "pure": OutputPerturbedLogisticRegression,
    "Gaussian": partial(OutputPerturbedLogisticRegression, delta=1e-6),
    "linear": partial(PrivateLinearRegression, delta=1e-6, target_bounds=(0, 1)),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_each_model_is_the_single_fit_of_its_epsilon_and_seed(name, make):
    X, y = make(400)
    learner = LEARNERS[name](epsilon=7.0, bounds=BOUNDS, rows_per_unit=2)
    unit = np.arange(400) // 2
    many = fit_many(learner, X, y, epsilons=EPSILONS, seeds=[4, 0], unit=unit)
    assert (many.learner, many.epsilons, many.seeds) == (type(learner).__name__, EPSILONS, (4, 0))
    assert not hasattr(learner, "weights_")
    for e, epsilon in enumerate(EPSILONS):
        for s, seed in enumerate((4, 0)):
            alone = LEARNERS[name](
                epsilon=epsilon, bounds=BOUNDS, rows_per_unit=2, random_state=seed
            ).fit(X, y, unit=unit)
            np.testing.assert_allclose(many.weights[e, s], alone.weights_, rtol=1e-7, atol=1e-10)
            assert many.guarantees[e] == alone.guarantee_


def test_customers_are_summed_once_for_all_models(make, monkeypatch):
    calls = []
    summed = sums_module.stacked_sums
    monkeypatch.setattr(
        sums_module, "stacked_sums", lambda *given: calls.append(1) or summed(*given)
    )
    learner = LEARNERS["sums"](epsilon=1.0, bounds=BOUNDS)
    fit_many(learner, *make(200), epsilons=[0.1, 1, 10], seeds=range(5))
    assert len(calls) == 1


def test_neighbouring_epsilons_share_an_exact_fit(make, monkeypatch):
    calls = []
    found = output_module.exact_minimum
    monkeypatch.setattr(
        output_module,
        "exact_minimum",
        lambda *given, **more: calls.append(1) or found(*given, **more),
    )
    learner = LEARNERS["pure"](epsilon=1.0, bounds=BOUNDS)
    fit_many(learner, *make(200), epsilons=np.geomspace(0.1, 10, 20), seeds=range(3))
    assert len(calls) <= 6


def test_scores_and_frames_keep_the_order_of_the_models(make):
    X, y = make(400)
    many = fit_many(
        LEARNERS["sums"](epsilon=1.0, bounds=BOUNDS), X, y, epsilons=[1, 9], seeds=[3, 5]
    )
    scores = many.decision_function(X)
    assert scores.shape == (2, 2, 400)
    auc = many.auc(X, y)
    assert auc[["epsilon", "seed"]].to_numpy().tolist() == [[1, 3], [1, 5], [9, 3], [9, 5]]
    assert auc["auc"][2] == roc_auc_score(y, scores[1, 0])
    frame = many.frame()
    assert list(frame) == ["epsilon", "seed", "column", "weight"]
    assert len(frame) == 4 * len(many.encoding.names)
    chosen = frame[(frame["epsilon"] == 9) & (frame["seed"] == 5)]
    np.testing.assert_array_equal(chosen["weight"], many.weights[1, 1])
    assert chosen["column"].tolist() == many.encoding.names


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"epsilons": []},
            "epsilons must not be empty, got none. Give a list with at least one epsilon.",
        ),
        (
            {"epsilons": 1.0},
            "epsilons must not be empty, got none. Give a list with at least one epsilon.",
        ),
        ({"seeds": 3}, "seeds must not be empty, got none. Use range(20)."),
        ({"seeds": []}, "seeds must not be empty, got none. Use range(20)."),
        ({"seeds": [-1]}, "seeds must be a whole number of at least 0, got -1. Use range(20)."),
        (
            {"epsilons": [1, 0]},
            "epsilon must be a number in (0, inf], got 0. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
    ],
)
def test_grids_that_are_none_are_refused(make, settings, said):
    learner = LEARNERS["sums"](epsilon=1.0, bounds=BOUNDS)
    with pytest.raises(InputError) as refused:
        fit_many(learner, *make(60), **({"epsilons": [1], "seeds": [0]} | settings))
    assert str(refused.value) == said


def test_a_learner_that_needs_the_customers_each_time_is_refused(make):
    learner = DiffprivlibLogisticRegression(epsilon=1.0, bounds=BOUNDS)
    with pytest.raises(InputError) as refused:
        fit_many(learner, *make(60), epsilons=[1], seeds=[0])
    assert str(refused.value) == (
        "learner must be able to fit many models at once, got DiffprivlibLogisticRegression. "
        "Fit clones of it one by one."
    )


def test_a_large_delta_is_warned_of_at_the_line_that_fits():
    learner = SufficientStatisticsClassifier(epsilon=1.0, delta=0.5, bounds=[(0, 1)])
    rows, outcomes = np.array([[0.0], [1.0], [0.5]]), [0, 1, 1]
    with pytest.warns(LargeDeltaWarning, match="delta 0.5 is at least 1 / n") as warned:
        fit_many(learner, rows, outcomes, epsilons=[1.0], seeds=[0])
    assert [each.filename for each in warned] == [__file__]


def test_an_array_is_read_in_the_order_of_the_frame_that_was_fitted_on(make):
    X, y = make(300)
    turned = X[["channel", "spend", "age"]]
    bounds = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
    learner = SufficientStatisticsClassifier(epsilon=1, delta=1e-6, bounds=bounds)
    many = fit_many(learner, turned, y, epsilons=[1.0], seeds=[0])
    alone = learner.set_params(random_state=0).fit(turned, y)
    scores = many.decision_function(turned.to_numpy())[0, 0]
    np.testing.assert_allclose(scores, alone.decision_function(turned.to_numpy()))
    np.testing.assert_allclose(scores, many.decision_function(turned)[0, 0])
