"""Levels within the group, from noisy counts of scores: equal shares, one promise, honest falls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from equipoise.exceptions import InputError, LargeDeltaWarning
from equipoise.privacy._promises import ALWAYS, SCORED, SEEDED
from equipoise.privacy.accounting import gaussian_mu
from equipoise.privacy.learning import (
    GroupThresholds,
    OutputPerturbedLogisticRegression,
    PrivateLogisticRegression,
    SufficientStatisticsClassifier,
    exact_levels,
    fit_many,
)
from equipoise.privacy.learning._group_levels import TIE, group_levels, score_counts
from equipoise.privacy.learning._learner import FLOATS
from equipoise.privacy.learning._prefix_counts import counts_of, root_sums, spread_of_one
from equipoise.privacy.learning._row_count import N_IS_DECLARED

FEATURES = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}
LEVELS = ("middle", "old", "young")
BOUNDS = FEATURES | {"band": LEVELS}
INNER = (PrivateLogisticRegression, SufficientStatisticsClassifier)


def levelled(inner=PrivateLogisticRegression, own=None, **settings):
    given = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS, "random_state": 0}
    return GroupThresholds(inner(**(given | settings)), group="band", **(own or {}))


def shares(levels, X, *, cut=0.8, among=None):
    """The share of each group that a cut selects."""
    rows = np.ones(len(X), dtype=bool) if among is None else among
    bands = X["band"].to_numpy()
    return np.array([(levels[rows & (bands == level)] > cut).mean() for level in LEVELS])


# --- shares ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("cut", [0.5, 0.8, 0.95])
def test_without_noise_a_cut_selects_the_same_share_of_each_group(grouped, inner, cut):
    X, y = grouped(10_000)
    model = levelled(inner, epsilon=math.inf, delta=None).fit(X, y)
    levels = model.predict_proba(X)[:, 1]
    assert shares(levels, X, cut=cut) == pytest.approx(1 - cut, abs=0.01)
    plain = inner(epsilon=math.inf, bounds=FEATURES).fit(X[list(FEATURES)], y)
    scores = plain.predict_proba(X[list(FEATURES)])[:, 1]
    assert np.ptp(shares(scores, X, cut=np.quantile(scores, cut))) > 0.04


def test_or_of_its_rows_of_outcome_1(grouped):
    X, y = grouped(10_000)
    model = levelled(own={"equal": "true_positive_rate"}, epsilon=math.inf).fit(X, y)
    levels = model.predict_proba(X)[:, 1]
    assert shares(levels, X, among=y == 1) == pytest.approx(0.2, abs=0.01)
    assert np.ptp(shares(levels, X)) > 0.01


def test_noise_at_epsilon_3_adds_less_than_sampling_does(grouped):
    X, y = grouped(10_000)
    new, _ = grouped(10_000, seed=1)
    many = fit_many(levelled(), X, y, epsilons=(3.0,), seeds=range(20))
    gaps = [np.ptp(shares(levels, X)) for levels in many.probabilities(X)[0]]
    # Of the smallest group there are 2,000 rows: a share of 0.2 of them has a sampling sd of 0.009.
    assert np.mean(gaps) < 0.015
    gaps = [np.ptp(shares(levels, new)) for levels in many.probabilities(new)[0]]
    assert np.mean(gaps) < 0.03


def test_within_a_group_the_order_of_scores_is_kept(grouped):
    X, y = grouped(3000)
    many = fit_many(levelled(), X, y, epsilons=(0.3, 1.0), seeds=range(3))
    scores = many.weights @ many.encoding.transform(X).T
    levels = many.probabilities(X)
    assert ((levels >= 0) & (levels <= 1)).all()
    bands = X["band"].to_numpy()
    for own, level in zip(scores.reshape(6, -1), levels.reshape(6, -1), strict=True):
        for band in LEVELS:
            order = np.argsort(own[bands == band], kind="stable")
            steps = np.diff(level[bands == band][order])
            assert (steps >= 0).all()
            assert (steps[np.diff(own[bands == band][order]) > 1e-6] > 0).all()


# --- arithmetic -----------------------------------------------------------------------------------


def test_levels_are_continuous_and_start_and_end_at_the_ends(grouped):
    X, y = grouped(3000)
    curves = levelled().fit(X, y).levels_
    fine = np.linspace(0, 1, 20_001)
    for code in range(3):
        levels = curves.levels(fine, np.full(len(fine), code))
        assert (levels[0], levels[-1]) == (0, 1)
        assert (np.diff(levels) >= 0).all()
        assert np.diff(levels).max() < 0.03


def test_exact_levels_give_ranks_within_groups():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 30_000)
    scores, outcomes = rng.beta(2 + codes, 12), rng.integers(0, 2, 30_000)
    for equal, among in (("selection_rate", outcomes >= 0), ("true_positive_rate", outcomes == 1)):
        found = exact_levels(scores, codes, outcomes, groups=3, equal=equal)
        levels = found.levels(scores, codes)
        for code in range(3):
            rows = among & (codes == code)
            ranks = np.searchsorted(np.sort(scores[rows]), scores[rows]) / rows.sum()
            assert np.abs(levels[rows] - ranks).max() < 0.01


def test_matched_scores_have_the_order_of_levels_and_the_shares_of_scores():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 30_000)
    scores = rng.beta(2 + codes, 12)
    found = exact_levels(scores, codes, np.ones(30_000, dtype=int), groups=3)
    levels, matched = found.levels(scores, codes), found.matched(scores, codes)
    order = np.argsort(levels, kind="stable")
    assert (np.diff(matched[order]) >= -1e-12).all()
    for cut in (0.1, 0.2, 0.3):
        assert (matched > cut).mean() == pytest.approx((scores > cut).mean(), abs=0.002)
        by_group = [(matched[codes == code] > cut).mean() for code in range(3)]
        assert np.ptp(by_group) < 0.01


def test_groups_with_too_few_rows_take_the_curve_of_all():
    counts = np.array([[0.0, 300.0, 100.0], [10.0, 30.0, 60.0], [0.0, 0.0, 0.0]])
    exact = group_levels(counts)
    assert exact.pooled.tolist() == [False, False, True]
    np.testing.assert_array_equal(exact.curves[2], exact.shared)
    assert exact.shared == pytest.approx([0, 0.02, 0.68, 1], abs=1e-5)
    noisy = group_levels(counts, total_sd=21.0)
    assert noisy.pooled.tolist() == [False, True, True]
    np.testing.assert_array_equal(noisy.curves[1], noisy.shared)
    nothing = group_levels(counts, total_sd=1e3)
    assert nothing.pooled.all()
    np.testing.assert_allclose(nothing.curves, np.tile([0, 1 / 3, 2 / 3, 1], (3, 1)))


def test_counts_that_noise_made_negative_still_give_curves_that_rise():
    counts = np.array([[50.0, -20.0, 40.0, 60.0, -5.0], [10.0, 20.0, 30.0, -9.0, 80.0]])
    curves = group_levels(counts).curves
    assert (np.diff(curves, axis=1) >= TIE / 5 * 0.99).all()
    assert (curves[:, 0] == 0).all()
    np.testing.assert_allclose(curves[:, -1], 1)


def test_scores_that_are_no_probabilities_are_refused():
    for scores in ([0.5, 1.2], [-0.1, 0.5], [math.nan, 0.5]):
        with pytest.raises(InputError) as refused:
            score_counts(scores, np.zeros(2, dtype=int), groups=1, bins=4)
        assert str(refused.value) == (
            "scores must be probabilities, got others. Use predict_proba."
        )


@settings(max_examples=100)
@given(
    groups=st.integers(2, 4),
    bins=st.integers(2, 80),
    others=st.integers(0, 30),
    of_one=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
def test_a_customer_moves_the_counted_vector_by_at_most_what_is_stated(
    groups, bins, others, of_one, seed
):
    rng = np.random.default_rng(seed)
    n = others + of_one
    scores, codes = rng.random(n) ** 3, rng.integers(0, groups, n)
    scores[others:] = rng.choice([0.0, 1.0, 0.2])
    sums = [
        root_sums(score_counts(scores[:many], codes[:many], groups=groups, bins=bins))
        for many in (others, n)
    ]
    assert np.linalg.norm(sums[1] - sums[0]) <= of_one * spread_of_one(bins) + 1e-9
    counts = score_counts(scores, codes, groups=groups, bins=bins)
    np.testing.assert_allclose(counts_of(sums[1], bins=bins), counts, atol=1e-9)


def test_noise_on_a_total_is_as_large_as_stated():
    rng, bins = np.random.default_rng(0), 64
    totals = [counts_of(rng.standard_normal(bins), bins=bins).sum() for _ in range(4000)]
    assert np.std(totals) == pytest.approx(spread_of_one(bins), rel=0.05)
    tops = [counts_of(rng.standard_normal(bins), bins=bins)[0, -12:].sum() for _ in range(4000)]
    assert np.std(tops) < 0.9 * spread_of_one(bins)


# --- one promise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", INNER)
def test_the_ratios_of_the_learner_and_of_the_counts_make_up_the_claim(grouped, inner):
    X, y = grouped(900)
    unit = np.arange(900) // 3
    own = {"counts_share": 0.2, "bins": 32}
    model = levelled(inner, own, epsilon=2.0, rows_per_unit=3).fit(X, y, unit=unit)
    mu = gaussian_mu(2.0, 1e-6)
    of_counts = (3 * spread_of_one(32) / model.counts_sd_) ** 2
    assert of_counts == pytest.approx(0.2 * mu**2, rel=1e-12)
    assert model.guarantee_.mu == mu
    assert model.sensitivities_[-1] == pytest.approx(3 * spread_of_one(32))
    alone = inner(epsilon=2.0, delta=1e-6, bounds=FEATURES, rows_per_unit=3, random_state=0)
    customers = alone._checked(X[list(FEATURES)], y, unit)
    weights, _ = alone._weights_of(customers, math.sqrt(0.8) * mu)
    np.testing.assert_array_equal(model.weights_, weights)


def test_the_promise_names_both_releases_and_the_groups(grouped):
    X, y = grouped(2000)
    model = levelled(bounds_from_data=["band", "age"], own={"equal": "true_positive_rate"})
    promise = model.fit(X, y).guarantee_
    assert str(promise) == "(epsilon 1, delta 1e-06) per row, add-remove"
    assert promise.mechanism.startswith("Gaussian noise of sd ")
    assert promise.mechanism.endswith(
        f" on the sum of squares; after it Gaussian noise of sd {model.counts_sd_:.4g} on one vector "
        "of counts of rows of outcome 1 by group and bin of score"
    )
    assert promise.covers[0] == (
        "the released weights and levels, and any score of other people computed from them"
    )
    assert promise.does_not_cover == (
        *ALWAYS,
        SCORED,
        N_IS_DECLARED,
        FLOATS,
        "bounds, categories or counts read off the customers (source: data): band, age",
        "a customer with k rows, who is promised k times this epsilon and more than k times this delta, "
        "not this one",
        SEEDED,
        "the groups of 'band', treated as declared: middle, old, young",
    )
    nothing = levelled(epsilon=math.inf).fit(X, y).guarantee_
    assert (nothing.mechanism, nothing.covers, nothing.mu) == ("none", (), None)
    assert nothing.does_not_cover[0].startswith("everything: ")


def test_noise_of_the_counts_is_fresh_and_not_that_of_the_learner(grouped):
    X, y = grouped(500)
    curves = [levelled(random_state=seed).fit(X, y).levels_.curves for seed in (0, 0, 1)]
    np.testing.assert_array_equal(curves[0], curves[1])
    assert not np.allclose(curves[0], curves[2])
    fresh = [levelled(random_state=None).fit(X, y) for _ in range(2)]
    assert not np.allclose(fresh[0].levels_.curves, fresh[1].levels_.curves)


@pytest.mark.parametrize("inner", INNER)
def test_many_models_are_the_single_fits(grouped, inner):
    X, y = grouped(900)
    many = fit_many(levelled(inner), X, y, epsilons=(0.3, 3.0, math.inf), seeds=(7, 1))
    levels = many.probabilities(X)
    assert levels.shape == (3, 2, 900)
    for place, epsilon in enumerate(many.epsilons):
        for seat, seed in enumerate(many.seeds):
            alone = levelled(inner, epsilon=epsilon, random_state=seed).fit(X, y)
            np.testing.assert_allclose(many.weights[place, seat], alone.weights_, atol=1e-9)
            found = alone.predict_proba(X)[:, 1]
            np.testing.assert_allclose(levels[place, seat], found, atol=1e-6)
            if seat == 0:
                assert many.guarantees[place] == alone.guarantee_
    assert many.auc(X, y)["auc"].between(0.4, 1).all()


@pytest.mark.parametrize("beside", [(3.0,), (0.1, 1.0, 3.0, 30.0, math.inf)])
def test_a_model_is_the_same_to_the_last_bit_whatever_is_fitted_beside_it(grouped, beside):
    X, y = grouped(900)
    alone = fit_many(levelled(), X, y, epsilons=(3.0,), seeds=(7,)).probabilities(X)
    many = fit_many(levelled(), X, y, epsilons=beside, seeds=(2, 7, 9)).probabilities(X)
    np.testing.assert_array_equal(many[beside.index(3.0), 1], alone[0, 0])


# --- manners --------------------------------------------------------------------------------------


def test_small_groups_are_named_where_they_take_the_curve_of_all(grouped):
    X, y = grouped(3000)
    X.loc[X["band"] == "middle", "band"] = "old"
    X.loc[:9, "band"] = "middle"
    assert levelled(epsilon=3.0).fit(X, y).pooled_ == ("middle",)
    assert levelled(epsilon=0.01).fit(X, y).pooled_ == LEVELS
    assert levelled(epsilon=math.inf).fit(X, y).pooled_ == ()


def test_it_can_be_cloned_and_keeps_its_learner_as_it_was(grouped):
    X, y = grouped(300)
    model = levelled()
    before = dict(vars(model.learner))
    assert model.fit(X, y) is model
    assert vars(model.learner) == before
    assert not hasattr(clone(model), "weights_")
    assert (model.bounds, model.rows_per_unit) == (BOUNDS, 1)
    with pytest.raises(NotFittedError):
        levelled().predict_proba(X)


def test_the_levels_follow_from_weights_and_curves_alone(grouped):
    X, y = grouped(500)
    model = levelled().fit(X, y)
    scores = expit(model.encoding_.transform(X) @ model.weights_)
    codes = [LEVELS.index(band) for band in X["band"]]
    wanted = model.levels_.levels(scores, np.array(codes))
    np.testing.assert_array_equal(model.predict_proba(X)[:, 1], wanted)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_a_refused_fit_leaves_the_earlier_one_whole_and_other_groups_are_refused(grouped):
    X, y = grouped(300)
    model = levelled().fit(X, y)
    before = dict(vars(model))
    for act in (lambda: model.fit(X.assign(band="elderly"), y), lambda: model.fit(X, y * 0)):
        with pytest.raises(InputError):
            act()
        assert vars(model) == before
    with pytest.raises(InputError) as refused:
        model.predict_proba(X.assign(band="elderly"))
    assert str(refused.value) == (
        "group 'band' must hold only its declared categories, got 'elderly'. Add it to the declared "
        "categories, or map it to one of them."
    )
    with pytest.raises(InputError, match="group must name a column of the table, got 'band'"):
        model.predict_proba(X.drop(columns="band"))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"bins": 1}, "bins must be a whole number of at least 2, got 1. Use for example 64."),
        ({"bins": 5000}, "bins must be at most 4,096, got 5000. Use for example 64."),
        (
            {"counts_share": 1},
            "counts_share must leave something for the model, got 1. Use for example 0.1.",
        ),
        (
            {"equal": "selection"},
            "equal must be a known name, got 'selection'. Did you mean 'selection_rate'?",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(grouped, own, said):
    with pytest.raises(InputError) as refused:
        levelled(own=own).fit(*grouped(100))
    assert str(refused.value) == said


def test_learners_that_are_not_one_gaussian_release_are_refused(grouped):
    with pytest.raises(InputError) as refused:
        levelled(OutputPerturbedLogisticRegression).fit(*grouped(100))
    assert str(refused.value) == (
        "learner must be a PrivateLogisticRegression or a SufficientStatisticsClassifier, got "
        "OutputPerturbedLogisticRegression. Pass one of these, unfitted."
    )


def test_a_large_delta_is_warned_of_at_the_line_that_fits(grouped):
    model = levelled(delta=0.01)
    with pytest.warns(LargeDeltaWarning) as warned:
        model.fit(*grouped(300))
    assert warned[0].filename == __file__
    with pytest.warns(LargeDeltaWarning) as warned:
        fit_many(model, *grouped(300), epsilons=[1.0], seeds=[0])
    assert warned[0].filename == __file__
