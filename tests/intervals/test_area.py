"""The area under the ROC curve: against scikit-learn, DeLong by hand, and by simulated coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from equipoise.exceptions import InputError
from equipoise.intervals import area_under_curve, wilson
from equipoise.intervals.area import area_as_rate, area_of_counts

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=30, max_size=90)


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
def test_the_area_keeps_its_coverage(positives, negatives, area, at_least):
    random = np.random.default_rng(4)
    repeats = 400
    found = np.array(
        [area_under_curve(*scored(positives, negatives, area, random)) for _ in range(repeats)]
    )
    covered = (found[:, 1] <= area) & (area <= found[:, 2])
    assert covered.mean() > at_least(0.945, repeats)


def test_the_area_covers_about_as_often_as_asked_and_not_always(at_least):
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
def test_the_area_keeps_its_coverage_where_positives_are_spread_wider(area, at_least):
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


def test_the_area_of_customers_with_several_rows_keeps_its_coverage(at_least):
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


def leveled(y, scores):
    """Return counts without and with the outcome by level of the score, the lowest first."""
    levels = np.unique(scores, return_inverse=True)[1]
    return [np.bincount(levels[y == side], minlength=levels.max() + 1) for side in (0, 1)]


@pytest.mark.parametrize("area", [0.5, 0.85, 0.99])
def test_counts_of_distinct_scores_give_the_area_and_the_bounds_of_their_rows(area):
    y, scores = scored(40, 90, area, np.random.default_rng(10))
    hits, trials, support = area_of_counts(*leveled(y, scores))
    assert wilson(hits, trials) == pytest.approx(area_under_curve(y, scores), abs=1e-12)
    assert support == 40


@settings(deadline=None)
@given(ROWS)
def test_counts_by_level_say_what_rows_with_the_same_ties_say(rows):
    y, scores = np.array(rows).T
    of_counts, of_rows = area_of_counts(*leveled(y, scores)), area_as_rate(y, scores)
    assert of_counts == pytest.approx(of_rows, rel=1e-6)


def test_an_area_as_a_rate_has_the_customers_of_the_rarer_outcome_as_its_support():
    y, scores = scored(25, 60, 0.8, np.random.default_rng(11))
    hits, trials, support = area_as_rate(y, scores)
    assert hits / trials == pytest.approx(roc_auc_score(y, scores))
    assert wilson(hits, trials) == area_under_curve(y, scores)
    assert support == 25
    assert area_as_rate(y.repeat(2), scores.repeat(2), clusters=np.arange(85).repeat(2))[2] == 25
    assert area_as_rate(y[19:], scores[19:]) == (0, 0, 6)
    assert area_of_counts([60, 0], [3, 3]) == (0, 0, 6)


@pytest.mark.parametrize("area", [0.6, 0.8, 0.95])
def test_coarser_levels_draw_the_area_towards_one_half(area):
    y, scores = scored(2000, 4000, area, np.random.default_rng(12))
    share = norm.cdf(scores, loc=norm.ppf(area) / np.sqrt(2), scale=1.5)
    areas = []
    for levels in (200, 20, 5, 2, 1):
        hits, trials, _ = area_of_counts(*leveled(y, np.floor(levels * share)))
        areas.append(hits / trials)
    assert roc_auc_score(y, scores) > areas[0] - 1e-3
    assert areas == sorted(areas, reverse=True)
    assert areas[-1] == 0.5


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=8))
def test_where_shares_rise_from_level_to_level_merging_two_never_raises_the_area(cells):
    cells = sorted(cells, key=lambda cell: cell[1] / max(sum(cell), 1))
    negatives, positives = np.array(cells).T + np.array([[5], [5]])
    order = np.argsort(positives / (negatives + positives), kind="stable")
    sides = [negatives[order], positives[order]]
    hits, trials, _ = area_of_counts(*sides)
    hits_merged, trials_merged, _ = area_of_counts(
        *(np.append(side[0] + side[1], side[2:]) for side in sides)
    )
    assert 0.5 - 1e-12 <= hits_merged / trials_merged <= hits / trials + 1e-12


def test_levels_that_are_merged_across_a_reversal_raise_the_area():
    reversed_below = area_of_counts([0, 40, 0], [10, 0, 40])
    merged = area_of_counts([40, 0], [10, 40])
    assert reversed_below[0] / reversed_below[1] == pytest.approx(0.8)
    assert merged[0] / merged[1] == pytest.approx(0.9)


@settings(deadline=None)
@given(ROWS, st.integers(1, 4), st.data())
def test_a_whole_weight_gives_the_area_of_that_many_rows(rows, most, data):
    y, scores = np.array(rows).T
    weights = data.draw(st.lists(st.integers(1, most), min_size=len(y), max_size=len(y)))
    hits, trials, support = area_as_rate(y, scores, weights=weights)
    if support >= 10:
        expected = roc_auc_score(y.repeat(weights), scores.repeat(weights))
        assert hits / trials == pytest.approx(expected, abs=1e-9)
    assert support <= area_as_rate(y, scores)[2] + 1e-9


@pytest.mark.parametrize("weight", [2, 0.3])
def test_weights_that_are_all_the_same_change_nothing(weight):
    y, scores = scored(40, 90, 0.8, np.random.default_rng(13))
    weighted = area_under_curve(y, scores, weights=np.full(130, weight))
    assert weighted == pytest.approx(area_under_curve(y, scores), abs=1e-12)


def test_a_weight_of_zero_is_a_row_that_is_not_there():
    y, scores = scored(40, 90, 0.8, np.random.default_rng(14))
    kept = np.random.default_rng(15).random(130) < 0.8
    weighted = area_under_curve(y, scores, weights=kept)
    assert weighted == pytest.approx(area_under_curve(y[kept], scores[kept]), abs=1e-12)


@pytest.mark.parametrize("area", [0.5, 0.85, 0.97])
def test_unequal_weights_only_widen_the_interval_on_average_and_keep_its_coverage(area, at_least):
    random, repeats, found = np.random.default_rng(16), 500, []
    for _ in range(repeats):
        y, scores = scored(60, 150, area, random)
        weights = np.exp(0.7 * random.normal(size=len(y)))
        found.append((area_under_curve(y, scores, weights=weights), area_under_curve(y, scores)))
    weighted, plain = np.moveaxis(np.array(found), 1, 0)
    assert (weighted[:, 2] - weighted[:, 1]).mean() > 1.1 * (plain[:, 2] - plain[:, 1]).mean()
    covered = (weighted[:, 1] <= area) & (area <= weighted[:, 2])
    assert covered.mean() > at_least(0.945, repeats)


@pytest.mark.parametrize("seed", range(5))
def test_a_perfect_order_stays_one_whatever_the_weights(seed):
    random = np.random.default_rng(seed)
    y, weights = np.repeat([0, 1], [50, 37]), random.random(87)
    for scores, expected in ((np.arange(87), 1), (-np.arange(87), 0)):
        value, low, high = area_under_curve(y, scores, weights=weights)
        assert value == expected
        assert low < high
    hits, trials, _ = area_of_counts(weights * 40 * (y == 0), weights * 40 * (y == 1))
    assert hits == trials


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


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2, 3], "weights must be one number a row, got (3,) for 4 rows. Pass them row by row."),
        (
            [1, -2, 3, np.nan],
            "weights must be finite and at least 0, got something else in 2 of 4 rows. "
            "Correct those rows.",
        ),
    ],
)
def test_weights_without_a_meaning_are_refused(weights, message):
    with pytest.raises(InputError) as refusal:
        area_under_curve([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], weights=weights)
    assert str(refusal.value) == message
