"""Reweighing from noisy counts: the weights, what they cost, and one promise for all of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import ClippedRowsWarning, InputError, LargeDeltaWarning
from equipoise.fairness.mitigation import reweighing
from equipoise.privacy._promises import ALWAYS, SCORED
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import (
    PenalisedLogisticRegression,
    PrivateLogisticRegression,
    ReweighedLogisticRegression,
    fit_many,
)
from equipoise.privacy.learning._cell_weights import cell_counts, cell_weights
from equipoise.privacy.learning._learner import FLOATS
from equipoise.privacy.learning._row_count import N_IS_DECLARED

FEATURES = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
LEVELS = ("middle", "old", "young")
BOUNDS = FEATURES | {"band": LEVELS}
BOTH = (ReweighedLogisticRegression, PenalisedLogisticRegression)


def reweighed(**settings):
    given = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS, "group": "band", "random_state": 0}
    return ReweighedLogisticRegression(**(given | settings))


@pytest.fixture(params=BOTH)
def learner(request):
    """Make either learner that reads a group."""

    def make(**settings):
        given = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS, "group": "band"}
        return request.param(**(given | {"random_state": 0} | settings))

    return make


def test_without_noise_weights_are_those_of_aif360_and_so_is_the_model(grouped):
    X, y = grouped()
    model = reweighed(epsilon=math.inf, delta=None).fit(X, y)
    wanted = reweighing(y, X["band"])
    weights = model.row_weights_.stack()
    found = weights.loc[list(zip(X["band"], y, strict=True))].to_numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    plain = PrivateLogisticRegression(epsilon=math.inf, bounds=FEATURES)
    plain.fit(X.drop(columns="band"), y, sample_weight=wanted)
    np.testing.assert_allclose(model.weights_, plain.weights_, atol=1e-9)
    assert (model.first_sd_, model.noise_sd_, model.guarantee_.covers) == (0, 0, ())


def test_weights_come_from_noisy_counts_and_approach_the_exact_ones(grouped):
    X, y = grouped()
    exact = reweighed(epsilon=math.inf).fit(X, y).row_weights_
    off = [
        np.abs(reweighed(epsilon=epsilon).fit(X, y).row_weights_ - exact).to_numpy().max()
        for epsilon in (0.3, 3.0, 300.0)
    ]
    assert 0 < off[2] < 0.02 < off[1] < off[0]


def test_weights_stop_at_the_cap_and_small_counts_are_lifted():
    counts = np.array([900.0, 3.0, 500.0, 500.0])
    assert cell_weights(counts, noise_sd=0.0, cap=4.0).max() == 4.0
    free = cell_weights(counts, noise_sd=0.0, cap=1e6)
    assert free[1] == pytest.approx(903 * 503 / (1903 * 3))
    np.testing.assert_array_equal(
        cell_weights(counts, noise_sd=10.0, cap=1e6),
        cell_weights(np.array([900.0, 20.0, 500.0, 500.0]), noise_sd=0.0, cap=1e6),
    )
    assert np.isfinite(cell_weights(np.full(4, -50.0), noise_sd=5.0, cap=4.0)).all()


@settings(max_examples=100)
@given(
    groups=st.integers(2, 5),
    others=st.integers(0, 30),
    of_one=st.integers(1, 4),
    noise_sd=st.sampled_from([0.0, 0.1, 10.0]),
    cap=st.floats(1.0, 20.0),
    seed=st.integers(0, 2**32),
)
def test_a_customer_moves_the_counts_by_her_rows_and_no_row_weighs_more_than_the_cap(
    groups, others, of_one, noise_sd, cap, seed
):
    rng = np.random.default_rng(seed)
    codes, outcomes = rng.integers(0, groups, others + of_one), rng.integers(0, 2, others + of_one)
    counts = [cell_counts(codes[:n], outcomes[:n], groups) for n in (others, others + of_one)]
    assert np.linalg.norm(counts[1] - counts[0]) <= of_one + 1e-9
    noisy = counts[0] + noise_sd * rng.standard_normal(2 * groups)
    weights = cell_weights(noisy, noise_sd=noise_sd, cap=cap)
    assert (weights > 0).all()
    assert weights.max() <= cap


def test_the_ratios_of_counts_and_of_a_descent_with_the_largest_weight_make_up_the_claim(grouped):
    model = reweighed(epsilon=2.0, counts_share=0.2, rows_per_unit=3)
    model.fit(*grouped(900), unit=np.arange(900) // 3)
    mu, norm = gaussian_mu(2.0, 1e-6), model.encoding_.norm
    largest = model.row_weights_.to_numpy().max()
    assert largest > 1
    of_counts = (3 / model.first_sd_) ** 2
    of_squares = (3 * largest * norm**2 / model.squares_sd_) ** 2
    of_sums = model.steps_ * (3 * largest * norm / model.noise_sd_) ** 2
    assert of_counts == pytest.approx(0.2 * mu**2, rel=1e-12)
    assert of_counts + of_squares + of_sums == pytest.approx(mu**2, rel=1e-12)
    assert model.guarantee_.mu == mu
    sizes = [3, 3 * largest * norm**2, *[3 * largest * norm] * model.steps_]
    np.testing.assert_allclose(model.sensitivities_, sizes, rtol=1e-12)


def test_the_promise_names_every_release_and_the_groups(grouped):
    X, y = grouped()
    model = reweighed(random_state=None, bounds_from_data=["band"]).fit(X, y)
    promise = model.guarantee_
    assert str(promise) == "(epsilon 1, delta 1e-06) per row, add-remove"
    plain = PrivateLogisticRegression(epsilon=1, delta=1e-6, bounds=FEATURES)
    rest = plain._plan(plain._checked(X[list(FEATURES)], y, None), 0.9**0.5 * promise.mu, None)
    assert promise.mechanism == (
        f"Gaussian noise of sd {model.first_sd_:.4g} on the counts of rows by group and outcome; after "
        f"it Gaussian noise of sd {rest.noise_sd:.4g} on each of {model.steps_} gradient sums, of sd "
        f"{rest.squares_sd:.4g} on the sum of squares, times the largest weight of a row that follows "
        "from the counts"
    )
    assert promise.covers == (
        "the released weights, and the noisy counts by group and outcome, and any score of other "
        "people computed from them",
        "the presence and the values of each row",
    )
    assert promise.does_not_cover == (
        *ALWAYS,
        SCORED,
        N_IS_DECLARED,
        "the groups of 'band', treated as declared: middle, old, young",
        FLOATS,
        "bounds, categories or counts read off the customers (source: data): band",
        "a customer with k rows, who is promised k times this epsilon and more than k times this delta, "
        "not this one",
    )


def test_many_models_are_the_single_fits(learner, grouped):
    X, y = grouped(900)
    unit = np.arange(900) // 2
    many = fit_many(
        learner(rows_per_unit=2), X, y, epsilons=(0.3, 3.0, math.inf), seeds=(7, 1), unit=unit
    )
    for place, epsilon in enumerate(many.epsilons):
        for seat, seed in enumerate(many.seeds):
            alone = learner(epsilon=epsilon, random_state=seed, rows_per_unit=2)
            alone.fit(X, y, unit=unit)
            np.testing.assert_allclose(many.weights[place, seat], alone.weights_, atol=1e-9)
            chances = many.probabilities(X)[place, seat]
            np.testing.assert_allclose(chances, alone.predict_proba(X)[:, 1], atol=1e-9)
        assert (
            many.guarantees[place]
            == learner(epsilon=epsilon, random_state=7, rows_per_unit=2)
            .fit(X, y, unit=unit)
            .guarantee_
        )


@pytest.mark.parametrize("beside", [(3.0,), (0.1, 1.0, 3.0, 30.0, math.inf)])
def test_a_model_is_the_same_to_the_last_bit_whatever_is_fitted_beside_it(learner, grouped, beside):
    X, y = grouped(900)
    alone = fit_many(learner(), X, y, epsilons=(3.0,), seeds=(7,))
    many = fit_many(learner(), X, y, epsilons=beside, seeds=(2, 7, 9))
    np.testing.assert_array_equal(many.weights[beside.index(3.0), 1], alone.weights[0, 0])


def test_scores_need_no_group(learner, grouped):
    X, y = grouped(300)
    model = learner().fit(X, y)
    scores = model.predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(X.drop(columns="band")), scores)
    np.testing.assert_array_equal(model.predict_proba(X.assign(band="unheard of")), scores)
    assert (model.n_features_in_, model.feature_names_in_.tolist()) == (4, list(X))
    np.testing.assert_array_equal(model.predict_proba(X.to_numpy()), scores)
    assert not [name for name in model.encoding_.names if "band" in name]


def test_a_refused_fit_leaves_the_earlier_one_whole(learner, grouped):
    X, y = grouped(300)
    model = learner().fit(X, y)
    before = dict(vars(model))
    with pytest.raises(InputError) as refused:
        model.fit(X.assign(band="elderly"), y)
    assert str(refused.value) == (
        "group 'band' must hold only its declared categories, got 'elderly'. Add it to the declared "
        "categories, or map it to one of them."
    )
    assert vars(model) == before


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"group": "bnad"},
            "group must name a column of the table, got 'bnad'. Did you mean 'band'?",
        ),
        (
            {"group": "age"},
            "bounds of 'age' must be categories, at least two, for the column of a group, got "
            "(18.0, 98.0). List every group that a customer can be in.",
        ),
        (
            {"bounds": [(0, 1), (0, 1)]},
            "bounds must be a mapping by column, got a list. Write {column: (low, high) or "
            "categories, …}, the group's column among them.",
        ),
        (
            {"bounds_from_data": ["bandd"]},
            "bounds_from_data must name declared features, 'target' or 'rows_per_unit', got 'bandd'. "
            "Did you mean 'band'?",
        ),
    ],
)
def test_a_group_that_was_not_declared_is_refused(learner, grouped, settings, said):
    with pytest.raises(InputError) as refused:
        learner(**settings).fit(*grouped(100))
    assert str(refused.value) == said


def test_a_frame_without_the_group_and_an_array_are_refused(learner, grouped):
    X, y = grouped(100)
    with pytest.raises(InputError) as refused:
        learner().fit(X.drop(columns="band"), y)
    assert str(refused.value) == (
        "group must name a column of the table, got 'band'. Known: 'age', 'spend', 'channel'."
    )
    with pytest.raises(InputError) as refused:
        learner().fit(X.to_numpy(), y)
    assert str(refused.value) == (
        "X must be a frame with the group's column, got ndarray. Pass a frame whose columns have "
        "names."
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"weight_cap": 0.5},
            "weight_cap must be a number in [1, inf], got 0.5. "
            "Use for example 4: rows of a rare cell then count up to four times.",
        ),
        (
            {"weight_cap": math.inf},
            "weight_cap must be finite, got inf. "
            "Use for example 4: rows of a rare cell then count up to four times.",
        ),
        (
            {"counts_share": 0},
            "counts_share must be a number in (0, 1], got 0. Use for example 0.1.",
        ),
        (
            {"counts_share": 1.0},
            "counts_share must leave something for the model, got 1. Use for example 0.1.",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(grouped, settings, said):
    with pytest.raises(InputError) as refused:
        reweighed(**settings).fit(*grouped(100))
    assert str(refused.value) == said


def test_a_large_delta_is_warned_of_at_the_line_that_fits(learner, grouped):
    model = learner(delta=0.01)
    with pytest.warns(LargeDeltaWarning) as warned:
        model.fit(*grouped(300))
    assert warned[0].filename == __file__
    with pytest.warns(LargeDeltaWarning) as warned:
        fit_many(model, *grouped(300), epsilons=[1.0], seeds=[0])
    assert warned[0].filename == __file__


@pytest.mark.filterwarnings(f"ignore::{ClippedRowsWarning.__module__}.ClippedRowsWarning")
@pytest.mark.parametrize("epsilon", [0.01, 1.0, 1e4, math.inf])
def test_groups_without_rows_and_of_one_outcome_give_finite_scores(learner, grouped, epsilon):
    X, y = grouped(200)
    X["band"] = np.where(y == 1, "old", "young")
    model = learner(epsilon=epsilon).fit(X, y)
    assert np.isfinite(model.weights_).all()
