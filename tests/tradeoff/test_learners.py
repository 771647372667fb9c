"""Each model under each mitigation, fitted many times at once as it would be alone."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from equipoise.fairness.mitigation import reweighing
from equipoise.models import propensity
from equipoise.privacy import DiffprivlibLogisticRegression, PrivateLogisticRegression
from equipoise.privacy.learning import GroupThresholds, PenalisedLogisticRegression
from equipoise.privacy.learning import ReweighedLogisticRegression as Reweighed
from equipoise.task import Feature
from equipoise.tradeoff._fitted import Setting
from equipoise.tradeoff._learners import LEARNERS
from equipoise.tradeoff._plan import MITIGATIONS

INF = math.inf
SETTING = Setting("band", ("a", "b", "z"), 1e-6)
PLAIN = ("logistic", "hist_gradient_boosting", "explainable_boosting")


@pytest.fixture(scope="module")
def customers(task_with):
    return task_with(600)


def fitted(task, model, mitigation="none", asked=((INF, 0),), setting=SETTING):
    return LEARNERS[model].fit(task, mitigation, asked, setting)


def tilted(task):
    """The same customers, those of band a spending more: a model selects more of them."""
    more = 60 * (task.groups["band"] == "a")
    spend = np.minimum(task.X["spend"] + more, 400)
    return dataclasses.replace(task, X=task.X.assign(spend=spend))


def gap(scores, task, cut):
    """Difference in the share above a cut between bands a and b."""
    above = scores > cut
    shares = [above[task.groups["band"] == band].mean() for band in ("a", "b")]
    return shares[0] - shares[1]


@pytest.mark.parametrize("model", PLAIN)
def test_a_plain_model_is_the_pipeline_with_that_seed(customers, model):
    models = fitted(customers, model, asked=((INF, 3), (INF, 4)))
    assert models.guarantees == (None, None)
    alone = propensity(customers, model, seed=4).fit(customers.X, customers.y)
    found = models.scores(customers)[1]
    np.testing.assert_array_equal(found, alone.predict_proba(customers.X)[:, 1])


@pytest.mark.parametrize(
    ("model", "fits"),
    [("logistic", 1), ("hist_gradient_boosting", 1), ("explainable_boosting", 2)],
)
def test_what_a_seed_does_not_move_is_fitted_once(customers, model, fits):
    models = fitted(customers, model, asked=((INF, 3), (INF, 4)))
    assert len(models.scorers) == fits
    assert models.scores(customers).shape == (2, len(customers))


def test_trees_on_more_rows_than_they_look_at_are_fitted_for_each_seed(customers, monkeypatch):
    monkeypatch.setattr("equipoise.tradeoff._plain_models.UNSEEDED_ROWS", len(customers) - 1)
    models = fitted(customers, "hist_gradient_boosting", asked=((INF, 3), (INF, 4)))
    assert len(models.scorers) == 2


def test_plain_reweighing_hands_its_weights_to_the_model(customers):
    found = fitted(customers, "logistic", "reweighing").scores(customers)[0]
    weights = reweighing(customers.y, customers.groups["band"])
    alone = propensity(customers).fit(customers.X, customers.y, model__sample_weight=weights)
    np.testing.assert_array_equal(found, alone.predict_proba(customers.X)[:, 1])


PRIVATE = [
    ("private_logistic", "none"),
    ("private_logistic", "reweighing"),
    ("private_logistic", "group_thresholds"),
    ("private_logistic", "group_thresholds_tpr"),
    ("private_logistic", "score_gap_penalty"),
    ("sufficient_statistics", "none"),
    ("sufficient_statistics", "group_thresholds"),
    ("sufficient_statistics", "group_thresholds_tpr"),
    ("diffprivlib_logistic", "none"),
]


@pytest.mark.parametrize(("model", "mitigation"), PRIVATE)
def test_each_private_model_promises_what_was_asked_and_none_promises_nothing(
    customers, model, mitigation
):
    asked = ((0.5, 1), (8.0, 0), (INF, 1), (0.5, 0))
    models = fitted(customers, model, mitigation, asked)
    promised = [one and (one.epsilon, one.unit) for one in models.guarantees]
    assert promised == [(0.5, "id"), (8.0, "id"), None, (0.5, "id")]
    scores = models.scores(customers)
    assert scores.shape == (4, len(customers))
    assert ((scores >= 0) & (scores <= 1)).all() and len(np.unique(scores, axis=0)) == 4


@pytest.mark.parametrize(("model", "mitigation"), PRIVATE)
def test_a_model_does_not_depend_on_what_is_fitted_beside_it(customers, model, mitigation):
    asked = tuple((epsilon, seed) for epsilon in (0.3, 2.0, INF) for seed in (0, 1, 5))
    together = fitted(customers, model, mitigation, asked).scores(customers)
    for place in (0, 4, 8):
        alone = fitted(customers, model, mitigation, asked[place : place + 1])
        np.testing.assert_array_equal(alone.scores(customers)[0], together[place])


@pytest.mark.parametrize(
    ("model", "mitigation", "learner"),
    [
        ("private_logistic", "none", PrivateLogisticRegression),
        ("private_logistic", "reweighing", Reweighed),
        ("private_logistic", "score_gap_penalty", PenalisedLogisticRegression),
        ("diffprivlib_logistic", "none", DiffprivlibLogisticRegression),
    ],
)
def test_a_private_model_is_its_learner_with_that_epsilon_and_seed(
    customers, model, mitigation, learner
):
    settings = {"epsilon": 2.0, "delta": 1e-6, "random_state": 7, "bounds": customers.bounds}
    X, groups = customers.X, ("a", "b", "z")
    if mitigation != "none":
        X = X.assign(band=customers.groups["band"])
        settings |= {"bounds": customers.bounds | {"band": groups}, "group": "band"}
        settings["bounds_from_data"] = ["band"]
    alone = learner(**settings).fit(X, customers.y, unit=customers.unit)
    models = fitted(customers, model, mitigation, asked=((2.0, 7),))
    found = models.scores(customers)[0]
    np.testing.assert_allclose(found, alone.predict_proba(X)[:, 1], rtol=0, atol=1e-9)
    assert models.guarantees == (alone.guarantee_,)


def test_groups_are_from_the_data_unless_the_task_declares_them(customers):
    asked = ((1.0, 0),)
    (promise,) = fitted(customers, "private_logistic", "reweighing", asked).guarantees
    assert any("(source: data): band" in line for line in promise.does_not_cover)
    X = customers.X.assign(band=customers.groups["band"])
    feature = Feature(type="category", categories=("a", "b", "c", "z"))
    file = customers.file.model_copy(
        update={"features": customers.file.features | {"band": feature}}
    )
    declared = dataclasses.replace(customers, X=X, file=file)
    models = fitted(declared, "private_logistic", "reweighing", asked)
    (promise,) = models.guarantees
    assert not any("source: data" in line for line in promise.does_not_cover)
    assert models.scores(declared).shape == (1, len(declared))


def test_levels_read_as_scores_give_each_group_the_same_share_at_any_cut(task_with):
    task = tilted(task_with(6000))
    plain = fitted(task, "logistic").scores(task)[0]
    found = fitted(task, "logistic", "group_thresholds").scores(task)[0]
    for cut in (0.2, 0.3, 0.5):
        assert gap(plain, task, cut) > 0.1
        assert abs(gap(found, task, cut)) < 0.02
        assert np.mean(found > cut) == pytest.approx(np.mean(plain > cut), abs=0.01)


def test_levels_for_equal_true_positive_rates_reach_as_many_positives_at_any_cut(task_with):
    task = tilted(task_with(6000))
    positives = task.take(np.flatnonzero(task.y == 1))
    plain = fitted(task, "logistic").scores(positives)[0]
    found = fitted(task, "logistic", "group_thresholds_tpr").scores(positives)[0]
    for cut in (0.2, 0.3, 0.5):
        assert gap(plain, positives, cut) > 0.1
        assert abs(gap(found, positives, cut)) < 0.03
        assert np.mean(found > cut) == pytest.approx(np.mean(plain > cut), abs=0.02)


def test_private_levels_select_as_many_as_the_private_model_alone(task_with):
    task = tilted(task_with(6000))
    asked = ((8.0, 0), (INF, 0))
    plain = fitted(task, "private_logistic", asked=asked).scores(task)
    found = fitted(task, "private_logistic", "group_thresholds", asked).scores(task)
    for before, after in zip(plain, found, strict=True):
        assert np.mean(after > 0.3) == pytest.approx(np.mean(before > 0.3), abs=0.05)
        assert abs(gap(after, task, 0.3)) < 0.05 < gap(before, task, 0.3)


def test_levels_are_released_learners_of_the_same_group(customers):
    X = customers.X.assign(band=customers.groups["band"])
    learner = PrivateLogisticRegression(
        epsilon=2.0,
        delta=1e-6,
        bounds=customers.bounds | {"band": ("a", "b", "z")},
        random_state=1,
    )
    alone = GroupThresholds(learner, group="band").fit(X, customers.y, unit=customers.unit)
    found = fitted(customers, "private_logistic", "group_thresholds", ((2.0, 1),))
    order = np.argsort(alone.predict_proba(X)[:, 1], kind="stable")
    assert (np.diff(found.scores(customers)[0][order]) >= -1e-9).all()


def test_removed_correlation_trains_on_columns_less_their_means(customers):
    found = fitted(customers, "logistic", "remove_correlation").scores(customers)[0]
    columns = propensity(customers)["columns"].fit_transform(customers.X)
    bands = customers.groups["band"].to_numpy()
    for band in ("a", "b", "z"):
        columns[bands == band] -= columns[bands == band].mean(axis=0)
    alone = LogisticRegression(max_iter=1000).fit(columns, customers.y)
    np.testing.assert_allclose(found, alone.predict_proba(columns)[:, 1], atol=1e-3)
    plain = fitted(customers, "logistic").scores(customers)[0]
    assert not np.allclose(found, plain, atol=0.01)


def test_what_a_model_cannot_have_is_said_in_a_sentence():
    taken = {
        model: [name for name in MITIGATIONS if name not in learner.lacking]
        for model, learner in LEARNERS.items()
    }
    levels = ["group_thresholds", "group_thresholds_tpr"]
    plain = ["none", "reweighing", *levels]
    assert taken == {
        **dict.fromkeys(PLAIN, plain),
        "logistic": [*plain, "remove_correlation"],
        "private_logistic": ["none", "reweighing", *levels, "score_gap_penalty"],
        "sufficient_statistics": ["none", *levels],
        "diffprivlib_logistic": ["none"],
    }
    assert {reason for learner in LEARNERS.values() for reason in learner.lacking.values()} == {
        "reweighing gives weights, and this learner takes none",
        "score_gap_penalty has no place in this learner's objective",
        "remove_correlation moves features by means of groups that are read without noise, "
        "so it has no place before a private learner",
        "remove_correlation gives a column of few values other ones in each group, "
        "and trees read the group off them",
        "group_thresholds would need noisy counts beside the noisy model, "
        "which this learner does not take",
        "group_thresholds_tpr would need noisy counts beside the noisy model, "
        "which this learner does not take",
    }
