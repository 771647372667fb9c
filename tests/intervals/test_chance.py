"""What chance alone shows: the noise floor against shuffled rows, and shrinkage by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from equipoise.intervals.chance import noise_floor, shrunk

CELLS = st.lists(
    st.integers(10, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=3,
    max_size=8,
)


def shuffled(groups, rows, repeats, seed):
    """Return the largest gaps that shuffling the column of groups leaves, row by row.

    Each of `rows` is (in the denominator, in the numerator); gaps are those of the mean of rates,
    and rows are shuffled among those of one denominator.
    """
    rng = np.random.default_rng(seed)
    found = np.zeros(repeats)
    for place in range(repeats):
        rates = []
        for inside, hit in rows:
            dealt = rng.permutation(groups[inside])
            trials = np.bincount(dealt)
            rates.append(np.bincount(dealt, weights=hit[inside]) / trials)
        found[place] = np.ptp(np.mean(rates, axis=0))
    return found


def counted(groups, rows):
    return [
        (np.bincount(groups[inside], weights=hit[inside]), np.bincount(groups[inside]))
        for inside, hit in rows
    ]


def customers(seed):
    """Return groups of 400 customers, an outcome and a decision, by group or not."""
    rng = np.random.default_rng(seed)
    groups = rng.choice(5, 400, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    outcome = rng.random(400) < 0.3
    decision = rng.random(400) < np.where(outcome, 0.6, 0.2) + 0.05 * groups
    return groups, outcome, decision


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("quantile", [0.5, 0.95])
def test_the_floor_is_that_of_shuffled_rows(seed, quantile):
    groups, _, decision = customers(seed)
    rows = [(np.ones(400, dtype=bool), decision)]
    floor = noise_floor(counted(groups, rows), quantile=quantile, draws=20_000)
    below = (shuffled(groups, rows, 4000, seed) < floor - 1e-9).mean()
    up_to = (shuffled(groups, rows, 4000, seed) < floor + 1e-9).mean()
    error = 4 * np.sqrt(quantile * (1 - quantile) / 4000)
    assert below < quantile + error
    assert up_to > quantile - error


@pytest.mark.parametrize("seed", [1, 2])
def test_the_floor_of_a_mean_of_two_rates_is_that_of_rows_shuffled_within_the_outcome(seed):
    groups, outcome, decision = customers(seed)
    rows = [(outcome, decision), (~outcome, decision)]
    floor = noise_floor(counted(groups, rows), draws=20_000)
    above = (shuffled(groups, rows, 4000, seed) > floor).mean()
    assert above == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 4000))


def sizes_of(groups, sizes, mean):
    share = np.where(np.arange(groups) % 2, 20.0, 1.0 if sizes == "1:20" else 20.0)
    return np.rint(mean * share / share.mean()).astype(int)


@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize("sizes", ["equal", "1:20"])
@pytest.mark.parametrize("groups", [2, 8, 16, 80])
def test_the_largest_gap_passes_the_floor_at_most_once_in_twenty_where_nobody_differs(
    groups, sizes, noise
):
    trials, rng = sizes_of(groups, sizes, 250), np.random.default_rng(groups)
    everybody = np.repeat(np.arange(groups), trials)
    alarms, repeats = 0, 200
    # Ten numbers of successes in all, as likely as each other; whose they are is chance.
    for total in binom.ppf(np.arange(0.05, 1, 0.1), trials.sum(), 0.2).astype(int):
        counts = (np.diff(np.rint(total * np.r_[0, trials.cumsum()] / trials.sum())), trials)
        floor = noise_floor([counts], noise=noise)
        for _ in range(repeats):
            dealt = everybody[rng.choice(len(everybody), total, replace=False)]
            rates = np.bincount(dealt, minlength=groups) / trials
            rates = rates + (rng.laplace(scale=noise / np.sqrt(2), size=groups) if noise else 0)
            alarms += np.ptp(rates) > floor
    assert alarms / (10 * repeats) <= 0.06
    # Few values are possible where groups are few or small, so that the floor is one of them.
    assert alarms / (10 * repeats) > (0.025 if groups > 2 and sizes == "equal" else 0.01)


@pytest.mark.parametrize("groups", [2, 8, 16])
def test_the_mean_of_two_rates_passes_its_floor_at_most_once_in_twenty(groups):
    rng = np.random.default_rng(groups)
    trials = np.full((2, groups), [[30], [90]])
    repeats, alarms = 400, 0
    for _ in range(repeats):
        hits = rng.binomial(trials, [[0.6], [0.2]])
        gap = np.ptp((hits / trials).mean(axis=0))
        alarms += gap > noise_floor([*zip(hits, trials, strict=True)], draws=400)
    assert 0.015 < alarms / repeats <= 0.065


def test_more_groups_smaller_groups_and_noise_raise_the_floor():
    floors = [noise_floor([([20] * k, [100] * k)]) for k in (2, 4, 16, 80)]
    assert floors == sorted(floors)
    assert floors[0] < 0.6 * floors[-1]
    assert noise_floor([([5] * 4, [25] * 4)]) > 1.5 * floors[1]
    assert noise_floor([([20] * 4, [100] * 4)], noise=0.1) > 1.5 * floors[1]
    with_one = noise_floor([([20] * 4, [100] * 4)], noise=[0.1, 0, 0, 0])
    assert floors[1] < with_one < noise_floor([([20] * 4, [100] * 4)], noise=0.1)


def test_the_floor_of_large_groups_is_the_studentized_range():
    floor = noise_floor([([50_000] * 10, [100_000] * 10)], draws=20_000)
    assert floor == pytest.approx(4.474 * np.sqrt(0.25 / 100_000), rel=0.02)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=6), st.integers(0, 5))
def test_the_floor_depends_on_the_counts_of_all_and_on_the_seed_alone(hits, seed):
    trials = [20, 30, 40, 50, 60, 70][: len(hits)]
    floor = noise_floor([(hits, trials)], draws=50, seed=seed)
    assert floor == noise_floor([(hits, trials)], draws=50, seed=seed)
    assert floor == noise_floor([(np.sort(hits), trials)], draws=50, seed=seed)
    assert 0 <= floor <= 1


def test_another_seed_gives_another_floor_and_hardly_so():
    counts = [(np.arange(20, 30), np.arange(95, 105))]
    floors = [noise_floor(counts, seed=seed) for seed in range(8)]
    assert len(set(floors)) > 1
    assert np.ptp(floors) < 0.05 * np.mean(floors)


def test_counts_that_are_not_whole_are_rounded_to_customers():
    whole = noise_floor([([6, 8, 10], [30, 40, 50])])
    assert noise_floor([([5.7, 8.1, 10.3], [30.4, 39.6, 50.1])]) == whole


def test_a_floor_needs_two_groups_with_customers():
    assert np.isnan(noise_floor([([5], [10])]))
    assert np.isnan(noise_floor([([5, 0], [10, 0])]))
    whole = noise_floor([([5, 9], [10, 20])], noise=[0.1, 0.2])
    assert noise_floor([([5, 0, 9], [10, 0, 20])], noise=[0.1, 0.7, 0.2]) == whole
    two = noise_floor([([5, 9], [10, 20]), ([3, 4], [30, 40])])
    assert noise_floor([([5, 7, 9], [10, 10, 20]), ([3, 0, 4], [30, 0, 40])]) == two


def test_of_few_deals_the_floor_is_rather_too_high_than_too_low():
    counts = [([20] * 8, [100] * 8)]
    assert noise_floor(counts, draws=10) == noise_floor(counts, draws=10, quantile=1)


def test_a_rate_of_nobody_or_of_everybody_cannot_differ_by_chance():
    assert noise_floor([([0, 0, 0], [10, 20, 30])]) == 0
    assert noise_floor([([10, 20, 30], [10, 20, 30])]) == 0


# Rates .1, .2, .3 of a hundred each: pooled .2, variances .0016; excess 12.5 - 2 = 10.5 over a weight
# of 1875 - 625 = 1250; so the spread is .0084, and .84 of the distance to .2 is kept.
def test_shrinking_follows_the_closed_form_on_a_table_by_hand():
    assert shrunk([10, 20, 30], [100, 100, 100]) == pytest.approx([0.116, 0.2, 0.284])


# The same with a further variance of .0084: weights of 100, excess 2 - 2 = 0.
def test_further_variance_counts_as_chance():
    assert shrunk([10, 20, 30], [100] * 3, extra=0.0084) == pytest.approx([0.2, 0.2, 0.2])
    some = shrunk([10, 20, 30], [100] * 3, extra=[0.02, 0, 0])
    plain = shrunk([10, 20, 30], [100] * 3)
    assert some[0] - 0.1 > 2 * (plain[0] - 0.1)


def parts_of(successes, trials):
    """Return raw rates, the common rate, and the variance between, step by step."""
    rates = [hit / n for hit, n in zip(successes, trials, strict=True)]
    pooled = sum(successes) / sum(trials)
    chance = [max(pooled * (1 - pooled) / n, 1e-12) for n in trials]
    weight = [1 / each for each in chance]
    mean = sum(w * r for w, r in zip(weight, rates, strict=True)) / sum(weight)
    excess = sum(w * (r - mean) ** 2 for w, r in zip(weight, rates, strict=True)) - len(rates) + 1
    spread = max(0, excess / (sum(weight) - sum(w * w for w in weight) / sum(weight)))
    weight = [1 / (each + spread) for each in chance]
    common = sum(w * r for w, r in zip(weight, rates, strict=True)) / sum(weight)
    return np.array(rates), common, spread


@given(CELLS)
def test_a_shrunk_rate_lies_between_the_raw_and_the_common_one_the_nearer_the_smaller(cells):
    successes, trials = np.array(cells).T
    found = shrunk(successes, trials)
    rates, common, spread = parts_of(successes, trials)
    between = (np.minimum(rates, common), np.maximum(rates, common))
    assert (between[0] - 1e-9 <= found).all()
    assert (found <= between[1] + 1e-9).all()
    if spread == 0:
        assert found == pytest.approx(np.full(len(found), common))
        return
    off = abs(rates - common) > 1e-3
    kept = (found - common)[off] / (rates - common)[off]
    assert (np.diff(kept[np.argsort(trials[off])]) >= -1e-6).all()


@given(CELLS, st.randoms(use_true_random=False))
def test_order_and_names_of_the_groups_change_nothing(cells, random):
    successes, trials = np.array(cells).T
    order = random.sample(range(len(cells)), len(cells))
    assert shrunk(successes[order], trials[order]) == pytest.approx(
        shrunk(successes, trials)[order], abs=1e-9
    )


@pytest.mark.parametrize("rate", [0.0, 0.2, 1.0])
def test_groups_that_differ_no_more_than_chance_makes_them_become_one(rate):
    trials = np.array([10, 50, 200, 1000])
    assert shrunk(rate * trials, trials) == pytest.approx(np.full(4, rate))
    assert shrunk([3, 8, 42, 195], trials) == pytest.approx(np.full(4, 248 / 1260))


def test_without_three_groups_or_trials_nothing_is_shrunk():
    assert np.isnan(shrunk([1, 2], [10, 10])).all()
    assert np.isnan(shrunk([1, 2, 0], [10, 10, 0])).all()
    found = shrunk([10, 20, 0, 30], [100, 100, 0, 100], extra=[0, 0, 9, 0])
    assert np.isnan(found).tolist() == [False, False, True, False]
    assert found[[0, 1, 3]] == pytest.approx([0.116, 0.2, 0.284])


@pytest.mark.parametrize("spread", [20, 200, 2000])
@pytest.mark.parametrize("groups", [8, 40])
def test_shrunk_rates_of_many_small_groups_are_nearer_the_truth(groups, spread):
    rng = np.random.default_rng(spread)
    raw = moved = 0.0
    for _ in range(200):
        true = rng.beta(0.2 * spread, 0.8 * spread, groups)
        trials = rng.integers(10, 60, groups)
        hits = rng.binomial(trials, true)
        raw += ((hits / trials - true) ** 2).mean()
        moved += ((shrunk(hits, trials) - true) ** 2).mean()
    assert moved < {20: 0.7, 200: 0.35, 2000: 0.25}[spread] * raw


def test_the_extremes_of_raw_rates_are_mostly_small_groups_and_of_shrunk_ones_not():
    rng = np.random.default_rng(3)
    trials = np.repeat([20, 500], [20, 20])
    small = np.zeros(2)
    for _ in range(200):
        hits = rng.binomial(trials, rng.beta(20, 80, 40))
        rates = np.stack([hits / trials, shrunk(hits, trials)])
        small += trials[rates.argmax(axis=1)] == 20
    assert small[0] / 200 > 0.9
    assert small[1] / 200 < 0.5
