"""The siblings of PrivateLogisticRegression have its manners, its refusals and its limits."""

from __future__ import annotations

import json
import math
import pickle
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from equipoise.exceptions import ClippedRowsWarning, InputError, LargeDeltaWarning
from equipoise.privacy._guarantee import NUMBER_NOT_COVERED, UNNAMED_UNIT
from equipoise.privacy._promises import ALWAYS, NOTHING, SCORED, SEEDED
from equipoise.privacy.learning import (
    OutputPerturbedLogisticRegression,
    PrivateExplainableBoosting,
    PrivateLinearRegression,
    SufficientStatisticsClassifier,
)
from equipoise.privacy.learning._boosting_engine import SETTINGS
from equipoise.privacy.learning._learner import FLOATS
from equipoise.privacy.learning._row_count import N_IS_DECLARED

BOUNDS = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
QUICK = {
    "sufficient statistics": SufficientStatisticsClassifier,
    "output, Gaussian": OutputPerturbedLogisticRegression,
    "output, pure": OutputPerturbedLogisticRegression,
    "linear": partial(PrivateLinearRegression, target_bounds=(0, 1)),
}
ALL = QUICK | {"boosting": PrivateExplainableBoosting}


def maker(name):
    def make(**settings):
        delta = None if name == "output, pure" else 1e-6
        given = {"epsilon": 1.0, "delta": delta, "bounds": BOUNDS, "random_state": 0}
        return ALL[name](**(given | settings))

    return make


@pytest.fixture(params=list(ALL))
def sibling(request):
    return maker(request.param)


@pytest.fixture(params=list(QUICK))
def quick(request):
    """Every sibling whose fit takes milliseconds."""
    return maker(request.param)


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    monkeypatch.setitem(SETTINGS, "max_rounds", 30)


@pytest.fixture
def few(make):
    return make(300)


def scores(model, X):
    return model.decision_function(X) if hasattr(model, "classes_") else model.predict(X)


def test_a_fit_can_be_cloned_pickled_repeated_and_read(sibling, few):
    X, y = few
    model = sibling()
    before = dict(model.get_params())
    owner = pd.Series(np.arange(300), name="customer_id")
    assert model.fit(X, y, unit=owner) is model
    assert all(model.get_params()[name] is value for name, value in before.items())
    assert not hasattr(clone(model), "weights_")
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(scores(again, X), scores(model, X))
    assert (model.n_features_in_, model.feature_names_in_.tolist()) == (3, list(X))
    # An array is read in the order of the frame, a frame by its names.
    np.testing.assert_allclose(scores(model, X.to_numpy()), scores(model, X), atol=1e-9)
    np.testing.assert_allclose(scores(model, X[list(X)[::-1]]), scores(model, X), atol=1e-9)
    promise = model.guarantee_
    assert (promise.epsilon, promise.unit) == (1.0, "customer_id")
    assert promise.does_not_cover[: len(ALWAYS)] == ALWAYS
    assert promise.does_not_cover[-1] == SEEDED
    assert promise.covers[1].endswith("of each customer_id's row")
    assert (promise.mu is None) == (promise.delta == 0)
    json.dumps(promise.as_dict(), allow_nan=False)
    # A refused fit leaves the earlier one whole.
    earlier = scores(model, X)
    model.set_params(bounds={"age": (0, 1), "spend": (0, 1), "channel": ("shop", "web")})
    with pytest.raises(InputError), warnings.catch_warnings():
        warnings.simplefilter("ignore", ClippedRowsWarning)
        model.fit(X, y)
    np.testing.assert_array_equal(scores(model, X), earlier)


def test_without_a_seed_noise_is_fresh_and_a_seed_repeats_it(sibling, few):
    X, y = few
    state = np.random.get_state()
    try:
        fresh = []
        for _ in range(2):
            np.random.seed(0)
            fresh.append(sibling(random_state=None).fit(X, y))
    finally:
        np.random.set_state(state)
    assert not np.allclose(scores(fresh[0], X), scores(fresh[1], X))
    assert SEEDED not in fresh[0].guarantee_.does_not_cover
    one, same, other = (scores(sibling(random_state=s).fit(X, y), X) for s in (3, 3, 2**40))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


def test_an_infinite_epsilon_covers_nothing_and_says_so(sibling, few):
    promise = sibling(epsilon=math.inf, delta=None).fit(*few).guarantee_
    assert (promise.covers, promise.mechanism, promise.delta) == ((), "none", 0.0)
    assert promise.does_not_cover == (NOTHING,)
    assert promise.mu is None


def test_what_a_learner_leaves_uncovered_beside_what_all_do(sibling, few):
    promise = sibling(random_state=None).fit(*few).guarantee_
    own = promise.does_not_cover[len(ALWAYS) :]
    more = "" if promise.delta == 0 else " and more than k times this delta"
    rows = f"a customer with k rows, who is promised k times this epsilon{more}, not this one"
    wanted = {
        "SufficientStatisticsClassifier": (SCORED, FLOATS, rows),
        "PrivateLinearRegression": (SCORED, FLOATS, rows),
        "OutputPerturbedLogisticRegression": (
            SCORED,
            N_IS_DECLARED,
            FLOATS,
            NUMBER_NOT_COVERED,
            rows,
        ),
        "PrivateExplainableBoosting": (SCORED, N_IS_DECLARED, FLOATS, rows),
    }
    assert own == wanted[type(sibling()).__name__]


def test_bounds_read_off_the_customers_are_named(quick, few):
    promise = quick(bounds_from_data=["age"]).fit(*few).guarantee_
    told = "bounds, categories or counts read off the customers (source: data): age"
    assert told in promise.does_not_cover


def test_it_works_in_cross_validation_and_learns(quick, make):
    model = quick(epsilon=30.0)
    measure, least = ("roc_auc", 0.7) if hasattr(model, "predict_proba") else ("r2", 0.2)
    assert cross_val_score(model, *make(1500), cv=3, scoring=measure).mean() > least


def test_scores_before_a_fit_and_of_nobody(quick, few):
    with pytest.raises(NotFittedError):
        quick().predict(few[0])
    assert quick().fit(*few).predict(few[0].head(0)).shape == (0,)


def test_more_rows_of_a_customer_than_declared_are_refused(quick, few):
    with pytest.raises(InputError) as refused:
        quick().fit(*few, unit=np.arange(300) // 2)
    assert str(refused.value) == (
        "unit must stand in at most rows_per_unit = 1 rows, got a customer with 2. "
        "Raise rows_per_unit, which raises the noise, or pass X, y and unit through keep_rows first."
    )
    promise = quick(rows_per_unit=2).fit(*few, unit=np.arange(300) // 2).guarantee_
    assert promise.covers[1].endswith(f"of each {UNNAMED_UNIT}'s rows, up to 2 together")


@pytest.mark.parametrize("epsilon", [0, -1, math.nan, "1", None])
def test_an_epsilon_that_is_no_positive_number_is_refused(quick, few, epsilon):
    with pytest.raises(InputError) as refused:
        quick(epsilon=epsilon).fit(*few)
    assert str(refused.value) == (
        f"epsilon must be a number in (0, inf], got {epsilon!r}. "
        "Use a positive number such as 1.0, or float('inf') for no privacy."
    )


def test_a_missing_delta_is_refused_where_noise_is_gaussian(few):
    for name in ("sufficient statistics", "linear", "boosting"):
        with pytest.raises(InputError) as refused:
            maker(name)(delta=None).fit(*few)
        assert str(refused.value) == (
            "delta is required with a finite epsilon, got None. "
            "Use a value far below 1 / number of customers, such as 1e-6."
        )


def test_a_large_delta_is_warned_of_at_the_line_that_fits(quick, few):
    model = quick(delta=0.01)
    with pytest.warns(LargeDeltaWarning) as warned:
        model.fit(*few)
    assert [str(w.message) for w in warned] == [
        "delta 0.01 is at least 1 / n, one over the number of units: releasing the data of one row at "
        "random would satisfy it. Use a smaller delta."
    ]
    assert warned[0].filename == __file__


def test_delta_is_compared_with_customers_not_rows(quick, few):
    owners = pd.Series(np.arange(300) // 3, name="customer")
    with pytest.warns(
        LargeDeltaWarning, match="the number of units: releasing the data of one customer"
    ):
        quick(delta=0.01, rows_per_unit=3).fit(*few, unit=owners)


def test_what_is_read_off_the_data_must_have_a_name_that_exists(quick, few):
    with pytest.raises(InputError) as refused:
        quick(bounds_from_data=["agee"]).fit(*few)
    assert str(refused.value) == (
        "bounds_from_data must name declared features, 'target' or 'rows_per_unit', got 'agee'. "
        "Did you mean 'age'?"
    )


@pytest.mark.parametrize("epsilon", [0.01, 1.0, 1e4, math.inf])
@pytest.mark.parametrize("case", ["separable", "identical", "wide"])
def test_hard_tables_give_finite_scores(quick, epsilon, case):
    n, d = (50, 40) if case == "wide" else (200, 3)
    rng = np.random.default_rng(0)
    X = np.ones((n, d)) if case == "identical" else rng.choice([-1.0, 1.0], (n, d))
    y = (X[:, 0] > 0).astype(int) if case == "separable" else np.arange(n) % 2
    model = quick(epsilon=epsilon, bounds=[(-1, 1)] * d).fit(X, y)
    assert np.isfinite(model.weights_).all()
    assert np.isfinite(model.predict(X)).all()


def test_ids_of_mixed_types_are_one_customer_where_they_are_written_alike(quick, few):
    with pytest.raises(InputError, match="must stand in at most rows_per_unit = 1 rows"):
        quick().fit(*few, unit=pd.Series([7, "7", *range(1000, 1298)], name="id", dtype=object))


@pytest.mark.parametrize("ids", [pd.Index, pd.Series, pd.Categorical])
def test_the_unit_has_the_name_of_its_ids(quick, few, ids):
    owners = ids(range(300)) if ids is pd.Categorical else ids(range(300), name="customer")
    promise = quick().fit(*few, unit=owners).guarantee_
    assert promise.unit == (UNNAMED_UNIT if ids is pd.Categorical else "customer")


def test_ids_must_not_be_called_rows(quick, few):
    with pytest.raises(InputError) as refused:
        quick().fit(*few, unit=pd.Series(range(300), name="row"))
    assert str(refused.value) == (
        "unit must not be named as a single row is, got 'row'. Rename the ids, for example to 'customer'."
    )


def test_declared_but_absent_ids_do_not_count(quick, few):
    ids = pd.Series(
        pd.Categorical(np.arange(300).astype(str), categories=np.arange(9000).astype(str))
    )
    if quick().delta:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            quick(delta=1e-3).fit(*few, unit=ids)
