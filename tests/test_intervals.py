"""Intervals against published values, their algebra, and their coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm
from sklearn.metrics import roc_auc_score

from equipoise.exceptions import InputError
from equipoise.intervals import (
    area_under_curve,
    design_effect,
    newcombe,
    wilson,
    worst_gap,
)

COUNTS = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
CONFIDENCE = st.floats(0.5, 0.999)


def at_least(share: float, repeats: int) -> float:
    """Return the coverage that `repeats` draws of a true coverage `share` fall below once in 10^4."""
    return float(binom.ppf(1e-4, repeats, share)) / repeats


# Newcombe (1998), Statistics in Medicine 17, tables of both parts.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_gives_the_published_bounds(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((successes / trials, low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_published_bounds(counts, low, high):
    assert newcombe(*counts)[1:] == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(COUNTS, CONFIDENCE)
def test_wilson_solves_the_score_equation(counts, confidence):
    successes, trials = counts
    z = norm.ppf((1 + confidence) / 2)
    rate, low, high = wilson(successes, trials, confidence=confidence)
    for bound in (low, high):
        if 0 < bound < 1:
            distance = abs(rate - bound)
            assert distance == pytest.approx(z * np.sqrt(bound * (1 - bound) / trials), rel=1e-6)


@settings(deadline=None)
@given(COUNTS, CONFIDENCE)
@example((10_000, 10_000), 0.95)
def test_wilson_contains_its_estimate_inside_zero_and_one(counts, confidence):
    rate, low, high = wilson(*counts, confidence=confidence)
    assert 0 <= low <= rate <= high <= 1
    assert high - low > 0


@settings(deadline=None)
@given(COUNTS)
def test_wilson_mirrors_when_successes_and_failures_are_swapped(counts):
    successes, trials = counts
    rate, low, high = wilson(successes, trials)
    mirrored = wilson(trials - successes, trials)
    assert mirrored == pytest.approx((1 - rate, 1 - high, 1 - low), abs=1e-12)


@settings(deadline=None)
@given(st.integers(1, 3000))
def test_wilson_rises_with_the_successes(trials):
    for bounds in wilson(np.arange(trials + 1), trials):
        assert (np.diff(bounds) > 0).all()


@settings(deadline=None)
@given(COUNTS, st.floats(0.01, 1), CONFIDENCE)
def test_float_counts_widen_around_the_same_rate(counts, share, confidence):
    successes, trials = np.array(counts) * share
    whole = wilson(*counts, confidence=confidence)
    part = wilson(successes, trials, confidence=confidence)
    assert part.value == pytest.approx(whole.value)
    assert part.low <= whole.low + 1e-12
    assert part.high >= whole.high - 1e-12


def test_zero_trials_are_not_estimable():
    assert np.isnan(wilson(0, 0)).all()
    assert np.isnan(newcombe(0, 0, 5, 10)).all()
    assert np.isnan(newcombe(5, 10, 0, 0)).all()
    assert np.isnan(wilson([0, 3], [0, 9]).value).tolist() == [True, False]


@pytest.mark.parametrize(("successes", "trials"), [(11, 10), (-1, 10)])
def test_counts_that_are_no_counts_are_refused(successes, trials):
    with pytest.raises(InputError) as refusal:
        wilson(successes, trials)
    assert str(refusal.value) == (
        f"successes must be between 0 and their trials, got {float(successes)} of "
        f"{float(trials)}. Pass counts, not rates."
    )


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_share(confidence):
    with pytest.raises(InputError) as refusal:
        wilson(1, 10, confidence=confidence)
    assert str(refusal.value) == (
        f"confidence must lie strictly between 0 and 1, got {confidence}. Use for example 0.95."
    )


@settings(deadline=None)
@given(COUNTS, COUNTS, CONFIDENCE)
def test_newcombe_contains_its_gap_and_flips_with_the_reference(one, other, confidence):
    gap, low, high = newcombe(*one, *other, confidence=confidence)
    assert -1 <= low <= gap <= high <= 1
    flipped = newcombe(*other, *one, confidence=confidence)
    assert flipped == pytest.approx((-gap, -high, -low), abs=1e-12)


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("expected", [10, 30, 100, 1000])
def test_wilson_covers_where_ten_of_either_outcome_are_expected(rate, expected):
    trials = round(expected / min(rate, 1 - rate))
    successes = np.arange(trials + 1)
    _, low, high = wilson(successes, trials)
    exact = binom.pmf(successes, trials, rate)[(low <= rate) & (rate <= high)].sum()
    assert 0.93 < exact < 0.97


@pytest.mark.parametrize("rates", [(0.05, 0.05), (0.1, 0.2), (0.5, 0.5), (0.3, 0.9), (0.02, 0.5)])
@pytest.mark.parametrize("expected", [(10, 10), (10, 100), (200, 20), (1000, 5000)])
def test_newcombe_covers_where_ten_of_either_outcome_are_expected(rates, expected):
    trials = [round(k / min(rate, 1 - rate)) for rate, k in zip(rates, expected, strict=True)]
    draws = np.random.default_rng(1).binomial(trials, rates, size=(20_000, 2))
    _, low, high = newcombe(draws[:, 0], trials[0], draws[:, 1], trials[1])
    gap = rates[0] - rates[1]
    assert ((low <= gap) & (gap <= high)).mean() > at_least(0.945, 20_000)


@pytest.mark.parametrize("groups", [2, 8, 16])
@pytest.mark.parametrize("gap", [0.0, 0.05])
def test_the_worst_gap_covers_however_many_groups_were_searched(groups, gap):
    repeats = 2000
    rates = 0.2 + gap * np.linspace(0, 1, groups)
    draws = np.random.default_rng(groups).binomial(400, rates, size=(repeats, groups))
    found = np.array([worst_gap(hits, np.full(groups, 400)) for hits in draws])
    covered = (found[:, 1] <= gap) & (gap <= found[:, 2])
    assert covered.mean() >= 0.94
    if gap == 0:
        assert (found[:, 1] > 0).mean() <= 0.06
    assert (found[:, 2] - found[:, 1]).mean() < 0.2


@settings(deadline=None)
@given(st.lists(COUNTS, min_size=2, max_size=6))
def test_the_worst_gap_is_the_largest_difference_of_rates_and_inside_its_bounds(cells):
    successes, trials = np.array(cells).T
    enough = trials >= 10
    gap, low, high = worst_gap(successes, trials)
    if enough.sum() < 2:
        assert np.isnan([gap, low, high]).all()
        return
    rates = (successes / trials)[enough]
    assert gap == pytest.approx(np.ptp(rates), abs=1e-12)
    assert 0 <= low <= gap + 1e-12
    assert gap <= high + 1e-12 <= 1 + 2e-12
    assert worst_gap(successes[::-1], trials[::-1]) == pytest.approx((gap, low, high), abs=1e-12)


def test_the_worst_gap_of_two_groups_is_newcombes():
    gap, low, high = newcombe(56, 70, 48, 80)
    assert worst_gap([56, 48], [70, 80]) == pytest.approx((gap, low, high))


def test_small_groups_do_not_enter_the_worst_gap():
    assert worst_gap([0, 10, 20], [9, 100, 100]) == worst_gap([10, 20], [100, 100])


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(10, 60), st.floats(0, 1), st.integers(0, 99))
def test_identical_rows_of_a_customer_count_once(rows, customers, rate, seed):
    hits = np.random.default_rng(seed).random(customers) < rate
    trials = np.ones(customers, dtype=bool)
    clusters = np.arange(customers)
    assert design_effect(hits, trials, clusters) == pytest.approx(1)
    repeated = design_effect(hits.repeat(rows), trials.repeat(rows), clusters.repeat(rows))
    assert repeated == pytest.approx(rows)


def test_the_design_effect_looks_only_at_rows_in_the_denominator():
    hits, trials = np.array([1, 0, 0, 0], bool), np.array([1, 1, 0, 0], bool)
    assert design_effect(hits, trials, np.array([0, 1, 0, 1])) == pytest.approx(1)
    assert design_effect(hits & False, trials & False, np.arange(4)) == 1


def test_rates_of_customers_with_several_rows_keep_their_coverage():
    random = np.random.default_rng(3)
    repeats, customers, rate = 400, 150, 0.3
    clusters = np.repeat(np.arange(customers), 4)
    trials = np.ones(len(clusters), dtype=bool)
    inside = naive = 0
    for _ in range(repeats):
        chance = random.beta(0.3, 0.7, customers)
        hits = random.random(len(clusters)) < chance[clusters]
        effect = design_effect(hits, trials, clusters)
        _, low, high = wilson(hits.sum() / effect, len(hits) / effect)
        inside += low <= rate <= high
        _, low, high = wilson(hits.sum(), len(hits))
        naive += low <= rate <= high
    assert inside / repeats > at_least(0.94, repeats)
    assert naive / repeats < 0.85


def scored(positives: int, negatives: int, area: float, random: np.random.Generator, spread=1.0):
    """Draw scores whose area under the ROC curve is `area`; `spread` is that of the positives."""
    y = np.repeat([1, 0], [positives, negatives])
    shift = norm.ppf(area) * np.hypot(spread, 1)
    return y, random.normal(size=len(y)) * np.where(y == 1, spread, 1) + shift * y


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=80),
    st.integers(1, 3),
)
def test_the_area_is_that_of_scikit_learn_with_ties(rows, repeats):
    y, scores = np.array(rows * repeats).T
    value, low, high = area_under_curve(y, scores)
    if min(y.sum(), len(y) - y.sum()) < 10:
        assert np.isnan([value, low, high]).all()
    else:
        assert value == pytest.approx(roc_auc_score(y, scores), abs=1e-12)
        assert 0 <= low <= value <= high <= 1
        assert low < high


@pytest.mark.parametrize(("positives", "negatives"), [(10, 200), (30, 30), (300, 900)])
@pytest.mark.parametrize("area", [0.5, 0.85, 0.95, 0.99])
def test_the_area_keeps_its_coverage(positives, negatives, area):
    random = np.random.default_rng(4)
    repeats = 400
    found = np.array(
        [area_under_curve(*scored(positives, negatives, area, random)) for _ in range(repeats)]
    )
    covered = (found[:, 1] <= area) & (area <= found[:, 2])
    assert covered.mean() > at_least(0.945, repeats)


def test_the_area_covers_about_as_often_as_asked_and_not_always():
    random = np.random.default_rng(5)
    found = np.array([area_under_curve(*scored(300, 900, 0.8, random)) for _ in range(1000)])
    covered = (found[:, 1] <= 0.8) & (found[:, 2] >= 0.8)
    assert at_least(0.94, 1000) < covered.mean() < 0.985


def test_the_variance_is_delongs_where_that_is_the_larger():
    y, scores = scored(12, 60, 0.7, np.random.default_rng(8), spread=3)
    order = np.sign(scores[y == 1][:, None] - scores[y == 0]) / 2 + 0.5
    delong = order.mean(axis=1).var(ddof=1) / 12 + order.mean(axis=0).var(ddof=1) / 60
    value = order.mean()
    size = value * (1 - value) / delong
    expected = (value, *wilson(value * size, size)[1:])
    assert area_under_curve(y, scores) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("area", [0.5, 0.85])
def test_the_area_keeps_its_coverage_where_positives_are_spread_wider(area):
    random = np.random.default_rng(9)
    found = np.array(
        [area_under_curve(*scored(100, 300, area, random, spread=2)) for _ in range(1500)]
    )
    covered = (found[:, 1] <= area) & (area <= found[:, 2])
    assert covered.mean() > at_least(0.94, 1500)


@pytest.mark.parametrize("area", [0.5, 0.8, 0.99, 1.0])
def test_repeating_every_row_of_each_customer_changes_nothing(area):
    y, scores = scored(40, 90, min(area, 0.99), np.random.default_rng(6))
    scores = scores if area < 1 else y.astype(float)
    clusters = np.arange(len(y))
    once = area_under_curve(y, scores)
    assert area_under_curve(y, scores, clusters=clusters) == pytest.approx(once, abs=1e-12)
    thrice = area_under_curve(y.repeat(3), scores.repeat(3), clusters=clusters.repeat(3))
    assert thrice == pytest.approx(once, abs=1e-9)
    _, low, high = area_under_curve(y.repeat(3), scores.repeat(3))
    assert high - low < once.high - once.low


def test_the_area_of_customers_with_several_rows_keeps_its_coverage():
    random = np.random.default_rng(7)
    area, repeats, inside = norm.cdf(1 / np.sqrt(2)), 400, 0
    y = np.repeat([1, 0], [60, 140]).repeat(3)
    clusters = np.arange(200).repeat(3)
    for _ in range(repeats):
        own = random.normal(size=200)[clusters] * 0.8
        scores = own + random.normal(size=600) * 0.6 + y
        _, low, high = area_under_curve(y, scores, clusters=clusters)
        inside += low <= area <= high
    assert inside / repeats > at_least(0.94, repeats)


def test_perfect_and_reversed_orders_stay_inside_and_leave_doubt():
    y = np.repeat([0, 1], 50)
    value, low, high = area_under_curve(y, np.arange(100))
    assert (value, high) == (1, 1)
    assert 0.9 < low < 0.99
    reversed_order = area_under_curve(y, -np.arange(100))
    assert reversed_order == pytest.approx((0, 0, 1 - low), abs=1e-12)


def test_one_pair_out_of_order_is_hardly_better_known_than_none():
    y = np.repeat([0, 1], 50)
    scores = np.arange(100.0)
    none = area_under_curve(y, scores)
    scores[[49, 50]] = scores[[50, 49]]
    one = area_under_curve(y, scores)
    assert one.value == pytest.approx(1 - 1 / 2500)
    assert one.high - one.low == pytest.approx(none.high - none.low, rel=0.1)


def test_scores_that_are_all_tied_say_nothing():
    value, low, high = area_under_curve(np.repeat([0, 1], 50), np.ones(100))
    assert value == 0.5
    assert low == pytest.approx(1 - high)
    assert 0.35 < low < 0.42


def test_ten_rows_of_one_customer_are_no_ten_customers():
    y = np.repeat([0, 1], 50)
    clusters = np.r_[np.arange(50), np.full(50, 50)]
    assert np.isnan(area_under_curve(y, np.arange(100), clusters=clusters)).all()


@pytest.mark.parametrize(
    ("y", "scores", "clusters", "message"),
    [
        (
            [0, 1], [0.5], None,
            "y, scores and clusters must have the same number of rows, got (2,), (1,), (2,). "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            [1, 2], [0.5, 0.1], None,
            "y must be 0 or 1, got something else in 1 of 2 rows. Correct or remove those rows.",
        ),
        (
            [0, 1], [0.5, np.nan], None,
            "scores must not be missing, got something else in 1 of 2 rows. "
            "Correct or remove those rows.",
        ),
        (
            [0, 1], [0.5, 0.1], ["a", None],
            "clusters must not be missing, got something else in 1 of 2 rows. "
            "Correct or remove those rows.",
        ),
    ],
)  # fmt: skip
def test_rows_without_a_meaning_are_refused(y, scores, clusters, message):
    with pytest.raises(InputError) as refusal:
        area_under_curve(y, scores, clusters=clusters)
    assert str(refusal.value) == message
