"""The largest gap: coverage however many groups are searched, and what either bound pays for it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, studentized_range

from equipoise.exceptions import InputError
from equipoise.intervals import (
    MINIMUM_TRIALS,
    Interval,
    clopper_pearson,
    difference,
    newcombe,
    wilson,
    worst_gap,
)
from equipoise.intervals.search import all_pairs, simultaneous, widest

COUNTS = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
ESTIMABLE = st.integers(10, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


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


@settings(deadline=None)
@given(ESTIMABLE, ESTIMABLE, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_worst_gap_of_any_two_groups_is_newcombes_without_its_sign(one, other, confidence):
    gap, low, high = newcombe(*one, *other, confidence=confidence)
    counts = np.array([one, other]).T
    expected = (abs(gap), max(low, -high, 0), max(high, -low))
    assert worst_gap(*counts, confidence=confidence) == pytest.approx(expected, abs=1e-9)


def test_small_groups_do_not_enter_the_worst_gap():
    assert worst_gap([0, 10, 20], [9, 100, 100]) == worst_gap([10, 20], [100, 100])


def test_fewer_than_two_groups_large_enough_have_no_worst_gap():
    for counts in (([], []), ([3], [10]), ([3, 9], [10, 9])):
        assert np.isnan(worst_gap(*counts)).all()


def test_counts_that_are_no_counts_are_refused():
    with pytest.raises(InputError) as refusal:
        worst_gap([11, 2], [10, 10])
    assert str(refusal.value) == (
        "successes must be between 0 and their trials, got [11.0, 2.0] of [10.0, 10.0]. "
        "Pass counts, not rates."
    )


@pytest.mark.parametrize(
    ("asked", "of"), [(worst_gap, ([1, 2], [10, 10])), (all_pairs, (3,)), (simultaneous, (3,))]
)
def test_confidence_is_a_share(asked, of):
    with pytest.raises(InputError) as refusal:
        asked(*of, confidence=1)
    assert str(refusal.value) == (
        "confidence must lie strictly between 0 and 1, got 1. Use for example 0.95."
    )


@settings(deadline=None)
@given(st.lists(ESTIMABLE, min_size=3, max_size=8), st.randoms(use_true_random=False))
def test_order_and_names_of_the_groups_change_nothing(cells, random):
    before = worst_gap(*np.array(cells).T)
    random.shuffle(cells)
    assert worst_gap(*np.array(cells).T) == pytest.approx(before, abs=1e-12)


@settings(deadline=None)
@given(st.lists(ESTIMABLE, min_size=3, max_size=8))
def test_failures_are_as_far_apart_as_successes(cells):
    successes, trials = np.array(cells).T
    mirrored = worst_gap(trials - successes, trials)
    assert mirrored == pytest.approx(worst_gap(successes, trials), abs=1e-9)


@settings(deadline=None)
@given(st.lists(ESTIMABLE, min_size=3, max_size=8))
def test_merging_two_groups_never_widens_the_gap(cells):
    successes, trials = np.array(cells).T
    merged = [np.append(side[2:], side[:2].sum()) for side in (successes, trials)]
    assert worst_gap(*merged).value <= worst_gap(successes, trials).value + 1e-12


@settings(deadline=None)
@given(st.lists(ESTIMABLE, min_size=3, max_size=8))
def test_a_group_more_can_only_raise_the_upper_bound(cells):
    successes, trials = np.array(cells).T
    fewer = worst_gap(successes[1:], trials[1:])
    assert worst_gap(successes, trials).high >= fewer.high - 1e-12


def test_bounds_of_more_than_two_groups_are_the_largest_of_any_pair():
    hits, trials = np.array([2, 30, 44]), np.array([24, 100, 300])
    single = wilson(hits, trials)
    sure = clopper_pearson(hits, trials, confidence=all_pairs(3, 0.95))

    def between(one, other, sides):
        return difference(*(Interval(*(side[place] for side in sides)) for place in (one, other)))

    pairs = [(one, other) for one in range(3) for other in range(3) if one != other]
    gap, low, high = worst_gap(hits, trials)
    assert gap == pytest.approx(30 / 100 - 2 / 24)
    assert low == pytest.approx(max(between(*pair, sure).low for pair in pairs))
    assert high == pytest.approx(max(between(*pair, single).high for pair in pairs))


def test_the_widest_of_fewer_than_two_or_of_missing_estimates_is_not_estimable():
    one = Interval(*np.full((3, 1), 0.5))
    assert np.isnan(widest(one, one)).all()
    missing = Interval(*np.array([[0.1, np.nan, 0.3]] * 3))
    assert np.isnan(widest(missing, missing)).all()


# Studentized range, infinite degrees of freedom: tables in most textbooks, such as Montgomery's.
@pytest.mark.parametrize(
    ("groups", "confidence", "published"),
    [
        (2, 0.95, 2.77),
        (3, 0.95, 3.314),
        (4, 0.95, 3.633),
        (10, 0.95, 4.474),
        (20, 0.95, 5.01),
        (3, 0.99, 4.12),
        (10, 0.99, 5.16),
    ],
)
def test_all_pairs_is_the_published_studentized_range(groups, confidence, published):
    errors = norm.ppf((1 + all_pairs(groups, confidence)) / 2)
    digits = 5e-4 if published * 100 % 1 else 5e-3
    assert errors * np.sqrt(2) == pytest.approx(published, abs=digits * 1.1)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_all_pairs_of_two_groups_ask_for_the_confidence_itself(confidence):
    assert all_pairs(2, confidence) == pytest.approx(confidence, abs=1e-9)


@pytest.mark.parametrize("groups", [3, 8, 16, 80])
def test_all_pairs_ask_for_more_than_one_comparison_and_less_than_sidak_of_all_pairs(groups):
    pairs = groups * (groups - 1) // 2
    asked = all_pairs(groups, 0.95)
    assert simultaneous(groups - 1, 0.95) < asked < simultaneous(pairs, 0.95)
    errors = norm.ppf((1 + asked) / 2) * np.sqrt(2)
    assert studentized_range.cdf(errors, groups, np.inf) == pytest.approx(0.95, abs=1e-6)


@pytest.mark.parametrize(
    ("comparisons", "confidence", "expected"), [(1, 0.95, 0.95), (2, 0.81, 0.9), (3, 0.729, 0.9)]
)
def test_simultaneous_is_sidaks_root(comparisons, confidence, expected):
    assert simultaneous(comparisons, confidence) == pytest.approx(expected)


def test_sidak_is_exact_for_independent_and_enough_for_gaps_to_a_common_reference(at_least):
    errors = norm.ppf((1 + simultaneous(7, 0.95)) / 2)
    draws = np.random.default_rng(1).normal(size=(40_000, 8))
    alone = (abs(draws[:, 1:]) <= errors).all(axis=1).mean()
    common = (abs(draws[:, 1:] - draws[:, :1]) <= errors * np.sqrt(2)).all(axis=1).mean()
    assert at_least(0.95, 40_000) < alone < 0.955
    assert common > at_least(0.95, 40_000)


class Case(NamedTuple):
    """Groups of 250 customers on average, or of sizes 1:20; `rate`, and `rate + gap` at the most."""

    groups: int
    sizes: str
    rate: float
    gap: float
    size: int = 250

    @property
    def customers(self):
        share = np.where(np.arange(self.groups) % 2, 20.0, 1.0 if self.sizes == "1:20" else 20.0)
        return np.rint(self.size * share / share.mean()).astype(int)

    @property
    def rates(self):
        return self.rate + self.gap * np.linspace(0, 1, self.groups)


def gaps(hits, trials, exact=clopper_pearson, searched=None):
    """Return lowest and highest bounds of many draws at once, as `worst_gap` has them of one."""
    groups = hits.shape[1]
    level = all_pairs(groups, 0.95) if searched is None else searched
    single = wilson(hits, trials)
    sure = (exact if groups > 2 else wilson)(hits, trials, confidence=level)
    above, below = (single.high - single.value) ** 2, (single.value - single.low) ** 2
    far_above, far_below = (sure.high - sure.value) ** 2, (sure.value - sure.low) ** 2
    low, high = np.zeros(len(hits)), np.zeros(len(hits))
    for one in range(groups):
        apart = single.value[:, [one]] - single.value
        most = apart + np.sqrt(above[:, [one]] + below)
        most[:, one] = 0
        high = np.maximum(high, most.max(axis=1))
        low = np.maximum(low, (apart - np.sqrt(far_below[:, [one]] + far_above)).max(axis=1))
    return low, np.minimum(high, 1)


def drawn(case, repeats, *, random_trials=False, seed=0, **options):
    """Return bounds and true gaps of draws, of the groups that are estimable in each."""
    rng = np.random.default_rng(seed)
    trials = np.tile(case.customers, (repeats, 1))
    if random_trials:
        trials = rng.binomial(trials, 0.3)
    hits = rng.binomial(trials, case.rates)
    enough = trials >= MINIMUM_TRIALS
    low, high, true = np.full((3, repeats), np.nan)
    for pattern in np.unique(enough, axis=0):
        rows, kept = (enough == pattern).all(axis=1), np.flatnonzero(pattern)
        if len(kept) > 1:
            told = hits[np.ix_(rows, kept)], trials[np.ix_(rows, kept)]
            low[rows], high[rows] = gaps(*told, **options)
            true[rows] = np.ptp(case.rates[kept])
    if not options:
        for place in np.flatnonzero(np.isfinite(true))[:3]:
            alone = worst_gap(hits[place], trials[place])
            assert (low[place], high[place]) == pytest.approx(alone[1:], abs=1e-9)
    told = np.isfinite(true)
    return low[told], high[told], true[told]


def coverage(low, high, true):
    return ((low <= true + 1e-12) & (true <= high + 1e-12)).mean()


@pytest.mark.parametrize("random_trials", [False, True], ids=["of all", "of those with an outcome"])
@pytest.mark.parametrize("gap", [0.0, 0.05])
@pytest.mark.parametrize("rate", [0.02, 0.3])
@pytest.mark.parametrize("sizes", ["equal", "1:20"])
@pytest.mark.parametrize("groups", [2, 3, 8, 16, 80])
def test_the_worst_gap_covers_few_and_many_groups(groups, sizes, rate, gap, random_trials):
    repeats = {2: 10_000, 3: 5000, 80: 600}.get(groups, 2000)
    found = drawn(Case(groups, sizes, rate, gap), repeats, random_trials=random_trials)
    assert len(found[0]) > repeats / 10
    assert coverage(*found) >= 0.94


@pytest.mark.parametrize("shape", ["one high", "one low", "halves"])
@pytest.mark.parametrize("groups", [3, 16])
def test_the_worst_gap_covers_whichever_groups_are_apart(groups, shape, at_least):
    order = np.arange(groups)
    where = {"one high": order == 0, "one low": order > 0, "halves": order % 2 == 1}[shape]
    rates = 0.2 + 0.1 * where
    hits = np.random.default_rng(groups).binomial(500, rates, size=(4000, groups))
    low, high = gaps(hits, np.full(hits.shape, 500))
    assert coverage(low, high, 0.1) > at_least(0.945, 4000)


def test_the_lower_bound_pays_for_the_search_and_without_it_finds_a_gap_where_none_is():
    case = Case(16, "equal", 0.3, 0.0)
    uncorrected = drawn(case, 2000, exact=wilson, searched=0.95)
    assert coverage(*uncorrected) < 0.4
    assert coverage(*drawn(case, 2000)) >= 0.94


@pytest.mark.parametrize("groups", [3, 16])
def test_the_upper_bound_needs_no_correction_since_the_pair_furthest_apart_has_its_own(
    groups, at_least
):
    rates = np.full(groups, 0.3)
    rates[[0, -1]] = 0.1, 0.5
    hits = np.random.default_rng(groups).binomial(250, rates, size=(4000, groups))
    high = gaps(hits, np.full(hits.shape, 250))[1]
    own = newcombe(hits[:, -1], 250, hits[:, 0], 250).high
    assert (own <= high + 1e-12).all()
    assert (high >= 0.4).mean() > at_least(0.97, 4000)
    assert (high >= 0.4).mean() < 0.99


def test_eighty_groups_of_a_rare_outcome_need_clopper_and_pearson_where_wilson_finds_gaps():
    case = Case(80, "1:20", 0.02, 0.0)
    assert case.customers.sum() == pytest.approx(20_000, abs=20)
    assert 0.77 < coverage(*drawn(case, 1000, exact=wilson)) < 0.87
    assert coverage(*drawn(case, 1000)) > 0.97


@pytest.mark.parametrize(
    "case",
    [
        Case(2, "equal", 0.3, 0.05),
        Case(3, "equal", 0.3, 0.05),
        Case(3, "1:20", 0.3, 0.0),
        Case(8, "equal", 0.3, 0.0),
        Case(8, "equal", 0.02, 0.05, size=1000),
        Case(8, "1:20", 0.3, 0.05, size=500),
        Case(16, "equal", 0.02, 0.0, size=1000),
        Case(16, "1:20", 0.3, 0.05, size=500),
        Case(80, "equal", 0.3, 0.05),
        Case(80, "1:20", 0.3, 0.0, size=500),
    ],
)
def test_it_is_hardly_wider_than_the_interval_of_a_pair_that_pays_for_all_pairs(case):
    trials, rates = case.customers, case.rates
    assert (trials * rates).min() >= 10
    repeats = 300
    low, high, _ = drawn(case, repeats)
    pair = np.random.default_rng(1).binomial(trials[[-1, 0]], rates[[-1, 0]], size=(repeats, 2))
    known = newcombe(pair[:, 0], trials[-1], pair[:, 1], trials[0])
    pairs = case.groups * (case.groups - 1) // 2
    stretch = norm.ppf((1 + simultaneous(pairs, 0.95)) / 2) / norm.ppf(0.975)
    assert (high - low).mean() <= 1.1 * stretch * (known.high - known.low).mean()
