"""Propensity: pipelines for any task, and scores from models that have not seen the customer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression
from sklearn.metrics import roc_auc_score

from equipoise.exceptions import InputError
from equipoise.models import PROPENSITY_MODELS, held_out, out_of_fold, propensity
from equipoise.models._folds import customer_parts
from equipoise.task import Task

MODELS = sorted(PROPENSITY_MODELS)


def customers(n: int = 200, **columns) -> pd.DataFrame:
    random = np.random.default_rng(2)
    visits = random.normal(size=n)
    table = {
        "id": [f"c{k}" for k in range(n)],
        "band": np.resize(["a", "b"], n),
        "bought": random.binomial(1, 1 / (1 + np.exp(1 - 1.5 * visits))),
        "visits": visits,
        "plan": random.choice(["basic", "family", "pro"], n),
    }
    return pd.DataFrame(table | columns)


def parts(task: Task, folds: int, seed: int) -> np.ndarray:
    return customer_parts(task.y, task.unit, parts=folds, seed=seed)


class Remembering(ClassifierMixin, BaseEstimator):
    """Scores 1 for whoever it was fitted on, by the column `person`, else 0."""

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        self.seen_ = set(X["person"])
        assert set(y) == {0, 1}
        return self

    def predict_proba(self, X):
        known = X["person"].isin(self.seen_).to_numpy(float)
        return np.column_stack([1 - known, known])


def scored(task: Task, model: str, seed: int = 0) -> np.ndarray:
    """Return scores out of fold; two folds where a fit takes its time."""
    folds = 2 if model == "explainable_boosting" else 5
    return out_of_fold(task, model, folds=folds, seed=seed)


@pytest.fixture
def posed(task_of):
    return task_of(customers(30))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_no_customer_is_scored_by_a_model_that_has_seen_them(data):
    folds = data.draw(st.integers(2, 6))
    n = data.draw(st.integers(folds, 60))
    rows = data.draw(st.lists(st.integers(1, 5), min_size=n, max_size=n))
    person = np.repeat(np.arange(n), rows)
    y = np.array(data.draw(st.lists(st.integers(0, 1), min_size=len(person), max_size=len(person))))
    task = Task(
        X=pd.DataFrame({"person": person.astype(float)}),
        y=y,
        groups=pd.DataFrame(index=range(len(y))),
        unit=pd.Series(person).astype(str),
        file=None,
    )
    both = min(len(set(person[y == outcome])) for outcome in (0, 1))
    if both < folds:
        with pytest.raises(InputError):
            out_of_fold(task, Remembering(), folds=folds, seed=0)
        return
    assert (out_of_fold(task, Remembering(), folds=folds, seed=0) == 0).all()
    part = parts(task, folds, 0)
    sizes = np.bincount(pd.Series(part).groupby(person).first(), minlength=folds)
    assert np.ptp(sizes) <= 1


@pytest.mark.parametrize("model", MODELS)
def test_the_seed_alone_decides_the_scores(task_of, model):
    task = task_of(customers(150))
    one, again, other = (scored(task, model, seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
    assert ((one > 0) & (one < 1)).all()


def test_parts_go_by_customer_and_not_by_the_order_of_the_rows(task_of):
    task = task_of(customers(150))
    order = np.random.default_rng(0).permutation(150)
    shuffled = task.take(order)
    assert (parts(shuffled, 5, 1) == parts(task, 5, 1)[order]).all()


def test_parts_have_the_same_base_rate_but_for_one_customer(task_of):
    task = task_of(customers(203))
    part = parts(task, 5, 4)
    positives = np.bincount(part, weights=task.y)
    assert np.ptp(positives) <= 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "features",
    [["visits"], ["plan"], ["visits", "plan"]],
    ids=["all numeric", "all categorical", "both"],
)
def test_any_kinds_of_features_are_learnt_from(task_of, model, features):
    table = customers(300)
    table["plan"] = np.where(table["visits"] > 0, table["plan"], "none")
    task = task_of(table[["id", "band", "bought", *features]])
    assert list(task.X) == features
    assert roc_auc_score(task.y, scored(task, model)) > 0.65


@pytest.mark.parametrize("model", MODELS)
def test_a_category_that_training_never_saw_is_scored_all_the_same(task_of, model):
    table = customers(120)
    table["plan"] = table["plan"].astype(object)
    table.loc[[0, 50], "plan"] = ["rare", "once"]
    task = task_of(table)
    scores = scored(task, model)
    assert np.isfinite(scores).all()
    seen = task.X["plan"].isin(["basic", "pro"]).to_numpy()
    fitted = propensity(task, model).fit(task.X[seen], task.y[seen])
    assert np.isfinite(fitted.predict_proba(task.X)).all()


@pytest.mark.parametrize("model", MODELS)
def test_names_of_columns_may_be_anything(task_of, model):
    names = {"visits": "a,b\n[<c>] 'd' \"e\" ", "plan": "numbers"}
    table = customers(100).rename(columns=names).assign(model=np.resize([1.5, 2, 7], 100))
    table["columns__categories"] = np.resize(["x", "y"], 100)
    scores = scored(task_of(table), model)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("model", MODELS)
def test_fifty_categories_and_a_constant_are_ordinary_columns(task_of, model):
    table = customers(400, city=[f"city {k % 50}" for k in range(400)], one=np.full(400, 0.1))
    assert np.isfinite(scored(task_of(table), model)).all()


def ordinary_but_awkward(n: int = 400) -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(8)
    base = customers(n)
    visits = base["visits"]
    outlier = np.zeros(n)
    outlier[3] = 1e12
    other = random.normal(size=n)
    return {
        "separable": base.assign(bought=(visits + other > 0.3).astype(int), other=other),
        "euros and cents": base.assign(income=np.exp(8 * random.normal(size=n)).round(2)),
        "one huge value": base.assign(spend=outlier),
        "copies of a column": base.assign(again=visits, twice=2 * visits + 1e-9),
        "heavy tails": base.assign(**{f"t{k}": random.standard_cauchy(n) for k in range(8)}),
        "far from zero": base.assign(timestamp=1.7e12 + random.integers(0, 9, n)),
        "rare outcome": base.assign(bought=(np.arange(n) % 57 == 0).astype(int)),
        "nearly as wide as long": base.iloc[:40].assign(
            **{f"x{k}": random.normal(size=40) for k in range(30)}
        ),
    }


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("table", ordinary_but_awkward())
def test_ordinary_tables_are_fitted_without_a_warning(task_of, model, table):
    frame = ordinary_but_awkward()[table]
    task = task_of(frame)
    scores = scored(task, model)  # every warning is an error here
    assert ((scores >= 0) & (scores <= 1)).all()
    if model == "logistic":
        fitted = propensity(task).fit(task.X, task.y)
        assert fitted["model"].n_iter_[0] < 100


@pytest.mark.parametrize("model", MODELS)
def test_a_pipeline_is_unfitted_and_leaves_the_task_as_it_was(posed, model):
    before = posed.X.copy(deep=True)
    pipeline = propensity(posed, model, seed=5)
    assert not hasattr(pipeline["model"], "classes_")
    scored(posed, model)
    pd.testing.assert_frame_equal(posed.X, before)


def test_trees_are_as_many_as_said_and_seeded(task_of):
    task = task_of(customers(300))
    trees = propensity(task, "hist_gradient_boosting", seed=5).fit(task.X, task.y)["model"]
    assert trees.n_iter_ == 100
    assert trees.random_state == 5
    assert not trees.do_early_stopping_


def test_steps_are_few_seeded_named_and_take_weights(task_of):
    task = task_of(customers(300))
    weights = np.where(task.X["plan"] == "pro", 0.0, 1.0)
    pipeline = propensity(task, "explainable_boosting", seed=2**40)
    fitted = clone(pipeline).fit(task.X, task.y, model__sample_weight=weights)
    assert fitted["model"].term_names_ == ["plan", "visits"]
    plain = clone(pipeline).fit(task.X, task.y)
    again = clone(pipeline).fit(task.X, task.y)
    scores = [each.predict_proba(task.X)[:, 1] for each in (fitted, plain, again)]
    assert (scores[1] == scores[2]).all() and (scores[0] != scores[1]).any()
    assert set(pipeline["columns"].transformers[1][2]) == {"visits"}


def test_any_classifier_may_be_scored_out_of_fold_and_stays_unfitted(posed):
    model = DummyClassifier(strategy="prior")
    scores = out_of_fold(posed, model, folds=3, seed=0)
    assert scores == pytest.approx(posed.y.mean(), abs=0.05)
    assert not hasattr(model, "classes_")


def test_too_few_customers_of_an_outcome_are_refused(task_of):
    table = customers(60).assign(bought=[1] * 4 + [0] * 56)
    with pytest.raises(InputError) as refusal:
        out_of_fold(task_of(table), seed=0)
    assert str(refusal.value) == (
        "folds must not exceed the customers of the rarer outcome, got 5 folds, 4 customers. "
        "Use fewer folds or more customers."
    )


def test_many_rows_of_few_customers_are_refused(task_of):
    table = customers(60).assign(id=np.repeat(["k", "l", "m"], 20))
    with pytest.raises(InputError) as refusal:
        out_of_fold(task_of(table), seed=0)
    assert str(refusal.value) == (
        "folds must not exceed the customers of the rarer outcome, got 5 folds, 3 customers. "
        "Use fewer folds or more customers."
    )


@pytest.mark.parametrize("folds", [1, 0, 2.5])
def test_one_part_is_no_cross_fitting(posed, folds):
    with pytest.raises(InputError) as refusal:
        out_of_fold(posed, folds=folds, seed=0)
    assert str(refusal.value) == (
        f"folds must be a whole number of at least 2, got {folds}. Use 5 or 10."
    )


def test_unknown_models_are_refused(posed):
    for refused in (
        lambda: propensity(posed, "logistik"),
        lambda: out_of_fold(posed, "logistik", seed=0),
    ):
        with pytest.raises(InputError) as refusal:
            refused()
        assert str(refusal.value) == (
            "model must be a known name, got 'logistik'. Did you mean 'logistic'?"
        )


@pytest.mark.parametrize(
    ("model", "seed", "message"),
    [
        ("logistic", None, "seed must be a whole number of at least 0, got None. Use a seed such as 7."),
        (Remembering(), -1, "seed must be a whole number of at least 0, got -1. Use a seed such as 7."),
        (
            LinearRegression(),
            0,
            "model must be a name or an unfitted classifier with predict_proba, got LinearRegression. "
            "Known: 'logistic', 'hist_gradient_boosting', 'explainable_boosting'.",
        ),
        (
            None,
            0,
            "model must be a name or an unfitted classifier with predict_proba, got NoneType. "
            "Known: 'logistic', 'hist_gradient_boosting', 'explainable_boosting'.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_score_is_refused(posed, model, seed, message):
    for refused in (out_of_fold, held_out):
        with pytest.raises(InputError) as refusal:
            refused(posed, model, seed=seed)
        assert str(refusal.value) == message


def test_a_category_of_three_hundred_values_is_no_reason_to_fail(task_of):
    task = task_of(customers(1500))
    codes = tuple(f"k{k}" for k in range(300))
    coded = task.X.assign(plan=np.resize(codes, 1500))
    plan = task.file.features["plan"].model_copy(update={"categories": codes})
    file = task.file.model_copy(update={"features": task.file.features | {"plan": plan}})
    task = replace(task, X=coded, file=file)
    fitted = propensity(task, "hist_gradient_boosting").fit(task.X, task.y)
    assert fitted.predict_proba(task.X).shape == (1500, 2)
