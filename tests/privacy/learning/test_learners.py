"""What both learners share: scikit-learn's manners, the unit, refusals, limits spelled out."""

from __future__ import annotations

import json
import math
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from equipoise.exceptions import ClippedRowsWarning, InputError
from equipoise.privacy import DiffprivlibLogisticRegression
from equipoise.privacy._guarantee import NUMBER_NOT_COVERED, UNNAMED_UNIT
from equipoise.privacy._promises import ALWAYS, NOTHING, SEEDED
from equipoise.privacy.learning._row_count import N_IS_DECLARED

# --- scikit-learn ---------------------------------------------------------------------------------


def test_a_clone_fits_to_the_same_weights_and_parameters_stay_as_given(learner, customers):
    model = learner()
    before = dict(model.get_params())
    one = clone(model).fit(*customers)
    assert (one.weights_ == model.fit(*customers).weights_).all()
    assert all(model.get_params()[name] is value for name, value in before.items())
    assert not hasattr(clone(model), "weights_")


def test_parameters_can_be_changed_and_take_effect_at_the_next_fit(learner, customers):
    model = learner().fit(*customers)
    model.set_params(epsilon=3.0)
    assert model.guarantee_.epsilon == 1.0
    assert model.fit(*customers).guarantee_.epsilon == 3.0


def test_probabilities_sum_to_one_and_agree_with_the_decision(learner, customers):
    X, y = customers
    model = learner().fit(X, y)
    chances = model.predict_proba(X)
    assert chances.shape == (len(X), 2)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert (model.predict(X) == (chances[:, 1] > 0.5)).all()
    assert model.classes_.tolist() == [0, 1]
    assert model.n_features_in_ == 3
    assert model.feature_names_in_.tolist() == list(X)


def test_it_works_in_cross_validation_and_in_a_pipeline(learner, customers):
    X, y = customers
    assert cross_val_score(learner(epsilon=10.0), X, y, cv=3, scoring="roc_auc").mean() > 0.7
    pipeline = make_pipeline(FunctionTransformer(), learner()).fit(X, y)
    assert pipeline.predict_proba(X).shape == (len(X), 2)


def test_scores_before_a_fit_are_refused(learner, customers):
    with pytest.raises(NotFittedError):
        learner().predict(customers[0])


def test_no_scores_are_asked_for_nobody(learner, customers):
    assert learner().fit(*customers).predict_proba(customers[0].head(0)).shape == (0, 2)


@pytest.mark.parametrize(
    "kind",
    [
        lambda y: y.astype(bool),
        lambda y: y.astype(float),
        list,
        lambda y: pd.Series(y, index=np.arange(len(y))[::-1] * 7),
        lambda y: pd.array(y, dtype="Int64"),
        lambda y: pd.Series(y).astype("boolean"),
        lambda y: y.astype(object),
    ],
)
def test_outcomes_may_be_stored_in_any_way(learner, customers, kind):
    X, y = customers
    assert (learner().fit(X, kind(y)).weights_ == learner().fit(X, y).weights_).all()


def test_rows_may_be_a_frame_an_array_or_a_list_in_the_order_of_the_bounds(learner, customers):
    X, y = customers
    wanted = learner().fit(X, y)
    for rows in (X[["channel", "age", "spend"]], X.to_numpy(), X.to_numpy().tolist()):
        model = learner().fit(rows, y)
        np.testing.assert_allclose(model.weights_, wanted.weights_, atol=1e-9)
        np.testing.assert_allclose(model.predict_proba(X), wanted.predict_proba(X), atol=1e-9)


def test_an_array_is_scored_in_the_order_of_the_frame_that_was_fitted(learner, customers):
    X, y = customers
    permuted = X[["channel", "spend", "age"]]
    model = learner().fit(permuted, y)
    np.testing.assert_allclose(
        model.predict_proba(permuted.to_numpy()), model.predict_proba(permuted)
    )
    assert not hasattr(model.fit(X.to_numpy(), y), "feature_names_in_")


def test_the_fitted_model_keeps_no_rows(learner, customers):
    X, y = customers
    model = learner().fit(X, y)
    sizes = {name: np.size(value) for name, value in vars(model).items()}
    assert max(sizes.values()) < 20
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(X) == model.predict(X)).all()


def test_a_refused_fit_leaves_the_earlier_one_whole(learner, customers):
    X, y = customers
    model = learner().fit(X, y)
    before = model.predict_proba(X)
    model.set_params(bounds={"age": (0, 1), "spend": (0, 1), "channel": ("shop", "web")})
    with pytest.raises(InputError), warnings.catch_warnings():
        warnings.simplefilter("ignore", ClippedRowsWarning)
        model.fit(X, y)
    assert (model.predict_proba(X) == before).all()


# --- noise ----------------------------------------------------------------------------------------


def test_without_a_seed_every_fit_has_fresh_noise_whatever_numpy_was_seeded_with(
    learner, customers
):
    state = np.random.get_state()
    try:
        fits = []
        for _ in range(2):
            np.random.seed(0)
            fits.append(learner(random_state=None).fit(*customers))
    finally:
        np.random.set_state(state)
    assert (fits[0].weights_ != fits[1].weights_).all()
    assert SEEDED not in fits[0].guarantee_.does_not_cover


def test_a_seed_repeats_the_fit_and_is_said_to_be_no_release(learner, customers):
    one, same, other = (learner(random_state=s).fit(*customers) for s in (3, 3, 2**40))
    assert (one.weights_ == same.weights_).all()
    assert (one.weights_ != other.weights_).all()
    assert SEEDED in one.guarantee_.does_not_cover


def test_a_fit_leaves_the_filters_and_the_global_generator_alone(learner, customers):
    state, filters = np.random.get_state()[1].copy(), list(warnings.filters)
    learner().fit(*customers)
    assert warnings.filters == filters
    assert (np.random.get_state()[1] == state).all()


# --- the promise ----------------------------------------------------------------------------------


def test_what_is_never_covered_is_always_said(learner, customers):
    promise = learner(random_state=None).fit(*customers).guarantee_
    assert promise.does_not_cover[: len(ALWAYS)] == ALWAYS
    assert {N_IS_DECLARED, NUMBER_NOT_COVERED} & set(promise.does_not_cover)
    assert promise.epsilon == 1.0
    assert promise.unit == "row"
    assert promise.covers[0] == (
        "the released weights, and any score of other people computed from them"
    )
    json.dumps(promise.as_dict(), allow_nan=False)


@pytest.mark.parametrize("names", [["age", "spend", "channel"], ("age",), np.array(["age"])])
def test_every_bound_read_off_the_customers_is_named(learner, customers, names):
    promise = learner(bounds_from_data=names).fit(*customers).guarantee_
    assert (
        f"bounds, categories or counts read off the customers (source: data): {', '.join(names)}"
        in promise.does_not_cover
    )


def test_an_infinite_epsilon_covers_nothing_and_says_so(learner, customers):
    promise = learner(epsilon=math.inf, delta=None).fit(*customers).guarantee_
    assert promise.covers == ()
    assert promise.mechanism == "none"
    assert promise.delta == 0.0
    assert promise.does_not_cover == (NOTHING,)
    assert str(promise) == "not private (epsilon infinite)"


# --- the unit -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ids",
    [
        lambda n: np.arange(n),
        lambda n: [f"customer {i}" for i in range(n)],
        lambda n: pd.date_range("2020", periods=n, freq="h"),
        lambda n: pd.Categorical([str(i) for i in range(n)]),
        lambda n: pd.array(np.arange(n), dtype="Int64"),
        lambda n: np.arange(n) + 0.5,
    ],
)
def test_customers_may_be_named_in_any_way(learner, make, ids):
    X, y = make(60)
    assert learner().fit(X, y, unit=ids(60)).guarantee_.unit == UNNAMED_UNIT


def test_the_promise_is_per_customer_and_shrinks_with_their_rows(learner, make):
    X, y = make(600)
    owner = pd.Series(np.arange(600) // 3, name="customer_id", index=np.arange(600) + 1000)
    promise = learner(rows_per_unit=3).fit(X, y, unit=owner).guarantee_
    assert promise.unit == "customer_id"
    assert promise.covers[1].endswith("of each customer_id's rows, up to 3 together")


def test_columns_that_were_shuffled_apart_are_refused(learner, make):
    X, y = make(600)
    frame, outcomes = pd.DataFrame(X), pd.Series(y)
    with pytest.raises(InputError) as refused:
        learner().fit(frame, outcomes.sample(frac=1, random_state=0))
    assert str(refused.value) == (
        "y must be in the order of X, got the same index in another order. "
        "Align the rows first, or pass arrays to have them read by position."
    )


@pytest.mark.parametrize(
    ("settings", "unit", "said"),
    [
        (
            {},
            [1, 1, *range(2, 60)],
            "unit must stand in at most rows_per_unit = 1 rows, got a customer with 2. "
            "Raise rows_per_unit, which raises the noise, or pass X, y and unit through keep_rows first.",
        ),
        (
            {"rows_per_unit": 2},
            None,
            "unit is required when rows_per_unit is above 1, got None. "
            "Pass the customer of each row.",
        ),
        (
            {},
            [None, "", *range(58)],
            "unit must name the customer of each of 60 rows, got 59 names. "
            "Pass one id a row, none of them missing.",
        ),
        (
            {},
            [math.nan, *range(59)],
            "unit must name the customer of each of 60 rows, got 59 names. "
            "Pass one id a row, none of them missing.",
        ),
        (
            {},
            range(59),
            "unit must name the customer of each of 60 rows, got 59 names. "
            "Pass one id a row, none of them missing.",
        ),
        (
            {},
            "id",
            "unit must be a column of ids, got shape (). Pass one id a row, such as table['customer']; "
            "join ids of several parts into one.",
        ),
        (
            {"rows_per_unit": 0},
            None,
            "rows_per_unit must be a whole number of at least 1, got 0. "
            "Use 1 if each row is a customer.",
        ),
        (
            {"rows_per_unit": 1.5},
            None,
            "rows_per_unit must be a whole number of at least 1, got 1.5. "
            "Use 1 if each row is a customer.",
        ),
    ],
)
def test_units_that_break_the_promise_are_refused(learner, make, settings, unit, said):
    X, y = make(60)
    with pytest.raises(InputError) as refused:
        learner(**settings).fit(X, y, unit=unit)
    assert str(refused.value) == said


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("epsilon", [0, -1, math.nan, "1", None, True])
def test_an_epsilon_that_is_no_positive_number_is_refused(learner, customers, epsilon):
    with pytest.raises(InputError) as refused:
        learner(epsilon=epsilon).fit(*customers)
    assert str(refused.value) == (
        f"epsilon must be a number in (0, inf], got {epsilon!r}. "
        "Use a positive number such as 1.0, or float('inf') for no privacy."
    )


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True])
def test_a_seed_that_is_no_whole_number_is_refused(learner, customers, seed):
    with pytest.raises(InputError) as refused:
        learner(random_state=seed).fit(*customers)
    assert str(refused.value) == (
        f"random_state must be a whole number of at least 0, got {seed!r}. "
        "Use None for a release, whose noise nobody can repeat."
    )


def test_missing_bounds_are_refused_at_the_fit(learner, customers):
    with pytest.raises(InputError) as refused:
        learner(bounds=None).fit(*customers)
    assert str(refused.value) == (
        "bounds must be declared for every feature, got none. Give (low, high) for each."
    )


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [
        ([0] * 60, "[0]"),
        ([1] * 60, "[1]"),
        ([1, 2] * 30, "[1, 2]"),
        ([-1, 1] * 30, "[-1, 1]"),
        (["no", "yes"] * 30, "[no, yes]"),
        (["0", "1"] * 30, "[0, 1]"),
        ([0, 1, math.nan] * 20, "[0.0, 1.0, nan]"),
        ([0, 1, None] * 20, "[0, 1, None]"),
        (np.arange(60), "[0, 1, 10, 11, 12, …]"),
    ],
)
def test_outcomes_other_than_both_of_0_and_1_are_refused(learner, make, outcomes, shown):
    with pytest.raises(InputError) as refused:
        learner().fit(make(60)[0], outcomes)
    assert str(refused.value) == (
        f"y must hold the outcomes 0 and 1, both of them, got {shown}. "
        "Code the positive outcome as 1."
    )


@pytest.mark.parametrize(
    ("y", "shape"), [([0, 1], "(2,)"), (0, "()"), (np.zeros((60, 1)), "(60, 1)")]
)
def test_outcomes_that_do_not_match_the_rows_are_refused(learner, make, y, shape):
    with pytest.raises(InputError) as refused:
        learner().fit(make(60)[0], y)
    assert str(refused.value) == (
        f"y must have one outcome for each of 60 rows, got shape {shape}. Align X and y."
    )


def test_an_empty_table_is_refused(learner, customers):
    with pytest.raises(InputError) as refused:
        learner().fit(customers[0].head(0), [])
    assert str(refused.value) == "X must have at least one row, got 0 rows. Pass customers."


def test_clipped_rows_are_counted(learner, customers):
    X, y = customers
    X = X.assign(age=X["age"].where(np.arange(len(X)) >= 50, 300))
    with pytest.warns(ClippedRowsWarning) as warned:
        learner().fit(X, y)
    assert [str(warning.message) for warning in warned] == [
        "50 of 2,000 rows lie outside the declared bounds and were clipped. "
        "Check that the bounds describe these customers."
    ]


# --- nothing diverges -----------------------------------------------------------------------------


@pytest.mark.parametrize("epsilon", [0.01, 1.0, 100.0, math.inf])
@pytest.mark.parametrize("shape", [(50, 1), (50, 200), (2000, 5)])
@pytest.mark.parametrize("case", ["separable", "identical", "random"])
def test_hard_tables_give_finite_scores(learner, epsilon, shape, case):
    n, d = shape
    rng = np.random.default_rng(0)
    X = np.ones((n, d)) if case == "identical" else rng.choice([-1.0, 1.0], (n, d))
    y = (X[:, 0] > 0).astype(int) if case == "separable" else np.arange(n) % 2
    for seed in range(3):
        model = learner(epsilon=epsilon, bounds=[(-1, 1)] * d, random_state=seed).fit(X, y)
        assert np.isfinite(model.weights_).all()
        assert np.isfinite(model.predict_proba(X)).all()


def test_without_noise_both_learners_rank_like_scikit_learn(learner, make):
    X, y = make(4000)
    fresh_X, fresh_y = make(4000, seed=1)
    model = learner(epsilon=math.inf).fit(X, y)
    rows = model.encoding_.transform(X)[:, 1:]
    plain = LogisticRegression(C=1e6, max_iter=1000).fit(rows, y)
    theirs = plain.predict_proba(model.encoding_.transform(fresh_X)[:, 1:])[:, 1]
    ours = model.predict_proba(fresh_X)[:, 1]
    assert abs(roc_auc_score(fresh_y, ours) - roc_auc_score(fresh_y, theirs)) < 0.003
    # diffprivlib penalises every weight, at C = 1 on rows of norm 1.
    near = 0.03 if isinstance(model, DiffprivlibLogisticRegression) else 0.005
    assert np.abs(ours - theirs).max() < near
