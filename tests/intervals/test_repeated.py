"""Weighted and repeated rows: how many independent trials they amount to, and what that covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.intervals import design_effect, wilson
from equipoise.intervals.repeated import carriers_of, effective_trials

ROWS = st.lists(
    st.tuples(st.booleans(), st.floats(0.1, 10), st.integers(0, 20)), min_size=1, max_size=60
)


def sums(hits, weights, customers):
    """Return what `effective_trials` asks for, of one group with many carriers."""
    own_hits = np.bincount(customers, weights=hits * weights)
    own_trials = np.bincount(customers, weights=weights)
    rate = own_hits.sum() / own_trials.sum()
    return {
        "successes": own_hits.sum(),
        "trials": own_trials.sum(),
        "deviation": ((own_hits - rate * own_trials) ** 2).sum(),
        "by_row": (weights**2).sum(),
        "by_customer": (own_trials**2).sum(),
    }


def coded(customers):
    return np.unique(customers, return_inverse=True)[1]


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


def test_rates_of_customers_with_several_rows_keep_their_coverage(at_least):
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


@given(st.integers(1, 200), st.integers(0, 200), st.floats(0.1, 10))
def test_rows_of_the_same_weight_count_each_once(misses, hits, weight):
    outcome = np.repeat([0, 1], [misses, hits])
    rows = len(outcome)
    found = effective_trials(**sums(outcome, np.full(rows, weight), np.arange(rows)))
    assert found == pytest.approx(rows)


@given(ROWS, st.integers(2, 5))
def test_identical_rows_vary_as_one_row_of_the_summed_weight(rows, times):
    hits, weights, _ = map(np.array, zip(*rows, strict=True))
    once = sums(hits, weights * times, np.arange(len(rows)))
    several = sums(hits.repeat(times), weights.repeat(times), np.arange(len(rows)).repeat(times))
    by_variance, expected = (effective_trials(**{**each, "by_row": 0}) for each in (several, once))
    assert by_variance == pytest.approx(expected)


@given(ROWS)
def test_repeated_and_weighted_rows_are_no_more_than_their_weights_allow(rows):
    hits, weights, customers = map(np.array, zip(*rows, strict=True))
    found = effective_trials(**sums(hits, weights, coded(customers)))
    assert 0 < found <= weights.sum() ** 2 / (weights**2).sum() + 1e-9
    assert found <= len(rows) + 1e-9


@given(ROWS, st.floats(0.01, 100))
def test_the_unit_of_the_weights_does_not_matter(rows, unit):
    hits, weights, customers = map(np.array, zip(*rows, strict=True))
    told = (sums(hits, scale * weights, coded(customers)) for scale in (1, unit))
    before, after = (effective_trials(**each) for each in told)
    assert after == pytest.approx(before, rel=1e-6)


@pytest.mark.parametrize("outcome", [0, 1])
@given(ROWS)
def test_at_rates_of_zero_and_one_the_sizes_of_the_customers_decide(outcome, rows):
    _, weights, customers = map(np.array, zip(*rows, strict=True))
    told = sums(np.full(len(rows), outcome), weights, coded(customers))
    own = np.bincount(customers, weights=weights)
    expected = min(own.sum() ** 2 / (own**2).sum(), own.sum() ** 2 / (weights**2).sum())
    told["successes"] = outcome * told["trials"]
    assert effective_trials(**told) == pytest.approx(expected)


def test_weights_without_any_bearing_on_the_outcome_count_as_kish_has_it():
    hits, weights = np.tile([1, 1, 0, 0, 0], 200), np.repeat([1.0, 1.0, 4.0, 2.0], 250)
    found = effective_trials(**sums(hits, weights, np.arange(1000)))
    assert found == pytest.approx(1000 * (1 + 1 + 4 + 2) ** 2 / (4 * (1 + 1 + 16 + 4)))


@pytest.mark.parametrize("rows", [2, 3, 7, 49])
def test_customers_who_all_have_the_same_share_count_once_each(rows):
    outcome, customers = np.tile(np.eye(rows)[0], 50), np.arange(50).repeat(rows)
    found = effective_trials(**sums(outcome, np.full(50 * rows, 0.1), customers))
    assert found == pytest.approx(50)
    effect = design_effect(outcome > 0, np.ones(50 * rows, dtype=bool), customers)
    assert effect == pytest.approx(rows)


def test_groups_are_told_one_by_one_and_none_without_trials():
    found = effective_trials(
        [100, 0, 0], [200, 200, 0], deviation=[100, 0, 0], by_row=[200, 200, 0],
        by_customer=[400, 400, 0],
    )  # fmt: skip
    assert found.tolist() == [100, 100, 0]


def test_the_design_effect_is_rows_over_what_they_amount_to():
    random = np.random.default_rng(4)
    customers, trials = random.integers(0, 30, 90), random.random(90) < 0.8
    hits = random.random(90) < random.beta(0.4, 0.6, 30)[customers]
    kept = sums(hits[trials], np.ones(trials.sum()), coded(customers[trials]))
    own, misses = (
        np.bincount(customers, weights=trials & side).astype(float) for side in (hits, ~hits)
    )
    carriers = carriers_of(
        own.sum(), trials.sum(), of_hits=(own**2).sum(), of_misses=(misses**2).sum()
    )
    expected = trials.sum() / effective_trials(**kept, carriers=carriers)
    assert expected > 1
    assert design_effect(hits, trials, customers) == pytest.approx(expected)


def test_with_fewer_carriers_a_rate_is_nearer_to_the_worst_case():
    told = {
        "successes": 40.0, "trials": 400.0, "deviation": 60.0, "by_row": 400.0, "by_customer": 4000.0,
    }  # fmt: skip
    sizes = [float(effective_trials(**told, carriers=many)) for many in (0, 1, 4, 40, np.inf)]
    by_variance = 0.1 * 0.9 * 400**2 / 60
    assert sizes[0] == 400**2 / 4000
    assert sizes == sorted(sizes)
    assert sizes[2] == pytest.approx(2 / (1 / 40 + 1 / by_variance))
    assert sizes[-1] == pytest.approx(by_variance)


def test_customers_whose_rows_agree_less_than_in_the_worst_case_are_never_brought_above_it():
    told = {"successes": 10, "trials": 20, "deviation": 30, "by_row": 20, "by_customer": 40}
    assert effective_trials(**told, carriers=0) == effective_trials(**told)


def test_carriers_are_those_of_the_rarer_side_as_if_all_were_equal():
    assert carriers_of(8, 100, of_hits=8, of_misses=92) == 8
    assert carriers_of(8, 100, of_hits=64, of_misses=92) == 1
    assert carriers_of(92, 100, of_hits=92, of_misses=4 * 2**2) == 4
    assert carriers_of([0, 5], [5, 5], of_hits=[0, 5], of_misses=[5, 0]).tolist() == [0, 0]


def test_a_rare_success_of_few_customers_with_many_rows_keeps_its_coverage():
    random = np.random.default_rng(6)
    rows, customers, rate = 25, 60, 0.05
    clusters = np.repeat(np.arange(customers), rows)
    everybody = np.ones(len(clusters), dtype=bool)
    inside = 0
    for _ in range(500):
        always = random.random(customers) < rate
        hits = always[clusters]
        size = len(clusters) / design_effect(hits, everybody, clusters)
        _, low, high = wilson(hits.mean() * size, size)
        inside += low <= rate <= high
    assert inside / 500 > 0.93


def weighted_coverage(hits, weights, rate):
    """Return how often intervals of many draws hold the rate, by variance and by Kish's size."""
    successes, trials = (hits * weights).sum(axis=1), weights.sum(axis=1)
    found = successes / trials
    squares = (weights**2).sum(axis=1)
    deviation = ((weights * (hits - found[:, None])) ** 2).sum(axis=1)
    told = {"deviation": deviation, "by_row": squares, "by_customer": squares}
    size, kish = effective_trials(successes, trials, **told), trials**2 / squares
    covered = []
    for each in (size, kish):
        _, low, high = wilson(found * each, each)
        covered.append(((low <= rate) & (rate <= high)).mean())
    return covered


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("rows", [50, 200, 1000])
@pytest.mark.parametrize("spread", [0.5, 1.0])
def test_rates_weighted_without_regard_to_the_outcome_keep_their_coverage(rate, rows, spread):
    random = np.random.default_rng(rows)
    hits = random.random((2000, rows)) < rate
    weights = np.exp(spread * random.normal(size=(2000, rows)))
    assert weighted_coverage(hits, weights, rate)[0] >= 0.94


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.8])
@pytest.mark.parametrize(("heavier", "rows"), [(2.0, 200), (2.0, 1000), (0.5, 200), (0.5, 1000)])
def test_rates_weighted_by_what_goes_with_the_outcome_keep_their_coverage(rate, rows, heavier):
    random = np.random.default_rng(rows)
    hits = random.random((2000, rows)) < rate
    weights = np.exp(0.5 * random.normal(size=hits.shape)) * np.where(hits, heavier, 1)
    true = rate * heavier / (rate * heavier + 1 - rate)
    assert weighted_coverage(hits, weights, true)[0] >= 0.93


# Of those with the outcome every fifth was kept and weighs five; Kish's size alone would not do.
def test_rates_of_a_sample_drawn_by_outcome_keep_their_coverage_where_kishs_do_not():
    random = np.random.default_rng(5)
    rate, rows, repeats = 0.3, 400, 3000
    kept = rate * 0.2 / (rate * 0.2 + 1 - rate)
    hits = random.random((repeats, rows)) < kept
    ours, kish = weighted_coverage(hits, np.where(hits, 5.0, 1.0), rate)
    assert ours >= 0.935
    assert kish < 0.9


def test_a_handful_of_heavy_rows_says_less_than_its_variance_shows():
    random = np.random.default_rng(6)
    rate, rows = 0.9, 50
    kept = (1 - rate) * 0.2 / ((1 - rate) * 0.2 + rate)
    misses = random.random((3000, rows)) < kept
    assert weighted_coverage(~misses, np.where(misses, 5.0, 1.0), rate)[0] < 0.8
