"""One rate: published bounds, the equations that the bounds solve, and exact coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom, norm

from equipoise.exceptions import InputError
from equipoise.intervals import clopper_pearson, wilson
from equipoise.intervals.search import all_pairs

COUNTS = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
CONFIDENCE = st.floats(0.5, 0.999)

both = pytest.mark.parametrize("interval", [wilson, clopper_pearson])


# Newcombe (1998), Statistics in Medicine 17, tables of both parts.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_gives_the_published_bounds(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((successes / trials, low, high), abs=5e-5)


# The same table, method 5.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0, 0.1684), (1, 29, 0.0009, 0.1776)],
)  # fmt: skip
def test_clopper_and_pearson_gives_the_published_bounds(successes, trials, low, high):
    found = clopper_pearson(successes, trials)
    assert found == pytest.approx((successes / trials, low, high), abs=5e-5)


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
@example((0, 10), 0.95)
@example((10, 10), 0.95)
def test_clopper_and_pearsons_bounds_are_quantiles_of_the_beta_distribution(counts, confidence):
    successes, trials = counts
    tail = (1 - confidence) / 2
    _, low, high = clopper_pearson(successes, trials, confidence=confidence)
    if successes == 0:
        assert low == 0
    else:
        assert low == pytest.approx(beta.ppf(tail, successes, trials - successes + 1), rel=1e-9)
    if successes == trials:
        assert high == 1
    else:
        assert high == pytest.approx(beta.isf(tail, successes + 1, trials - successes), rel=1e-9)


@settings(deadline=None)
@given(COUNTS, CONFIDENCE)
def test_at_clopper_and_pearsons_bounds_what_was_seen_has_half_the_error_left(counts, confidence):
    successes, trials = counts
    tail = (1 - confidence) / 2
    _, low, high = clopper_pearson(successes, trials, confidence=confidence)
    if successes > 0:
        assert binom.sf(successes - 1, trials, low) == pytest.approx(tail, rel=1e-6)
    if successes < trials:
        assert binom.cdf(successes, trials, high) == pytest.approx(tail, rel=1e-6)


@both
@settings(deadline=None)
@given(counts=COUNTS, confidence=CONFIDENCE)
@example(counts=(10_000, 10_000), confidence=0.95)
@example(counts=(0, 1), confidence=0.5)
def test_a_rate_lies_within_its_bounds_and_these_inside_zero_and_one(interval, counts, confidence):
    rate, low, high = interval(*counts, confidence=confidence)
    assert rate == counts[0] / counts[1]
    assert 0 <= low <= rate <= high <= 1
    assert high - low > 0


@both
@settings(deadline=None)
@given(counts=COUNTS)
def test_bounds_mirror_when_successes_and_failures_are_swapped(interval, counts):
    successes, trials = counts
    rate, low, high = interval(successes, trials)
    mirrored = interval(trials - successes, trials)
    assert mirrored == pytest.approx((1 - rate, 1 - high, 1 - low), abs=1e-12)


@both
@settings(deadline=None)
@given(trials=st.integers(1, 3000))
def test_rates_and_bounds_rise_with_the_successes(interval, trials):
    for bounds in interval(np.arange(trials + 1), trials):
        assert (np.diff(bounds) > 0).all()


@both
@settings(deadline=None)
@given(counts=COUNTS, share=st.floats(0.01, 1), confidence=CONFIDENCE)
def test_float_counts_widen_around_the_same_rate(interval, counts, share, confidence):
    successes, trials = np.array(counts) * share
    whole = interval(*counts, confidence=confidence)
    part = interval(successes, trials, confidence=confidence)
    assert part.value == pytest.approx(whole.value)
    assert part.low <= whole.low + 1e-12
    assert part.high >= whole.high - 1e-12


@both
def test_zero_trials_are_not_estimable(interval):
    assert np.isnan(interval(0, 0)).all()
    for side in interval([0, 3], [0, 9]):
        assert np.isnan(side).tolist() == [True, False]


@both
@pytest.mark.parametrize(("successes", "trials"), [(11, 10), (-1, 10)])
def test_counts_that_are_no_counts_are_refused(interval, successes, trials):
    with pytest.raises(InputError) as refusal:
        interval(successes, trials)
    assert str(refusal.value) == (
        f"successes must be between 0 and their trials, got {float(successes)} of "
        f"{float(trials)}. Pass counts, not rates."
    )


@both
@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_share(interval, confidence):
    with pytest.raises(InputError) as refusal:
        interval(1, 10, confidence=confidence)
    assert str(refusal.value) == (
        f"confidence must lie strictly between 0 and 1, got {confidence}. Use for example 0.95."
    )


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("expected", [10, 30, 100, 1000])
def test_wilson_covers_where_ten_of_either_outcome_are_expected(rate, expected):
    trials = round(expected / min(rate, 1 - rate))
    successes = np.arange(trials + 1)
    _, low, high = wilson(successes, trials)
    exact = binom.pmf(successes, trials, rate)[(low <= rate) & (rate <= high)].sum()
    assert 0.93 < exact < 0.97


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.9994])
@pytest.mark.parametrize("trials", [1, 5, 24, 100, 476])
def test_clopper_and_pearson_never_covers_less_often_than_asked(trials, confidence):
    rates = np.linspace(0.0005, 0.9995, 999)
    successes = np.arange(trials + 1)[:, None]
    _, low, high = clopper_pearson(successes, trials, confidence=confidence)
    inside = (low <= rates) & (rates <= high)
    exact = (binom.pmf(successes, trials, rates) * inside).sum(axis=0)
    assert exact.min() >= confidence - 1e-12


@pytest.mark.parametrize("trials", [5, 20, 40])
def test_up_to_forty_trials_wilson_lies_within_clopper_and_pearson(trials):
    successes = np.arange(trials + 1)
    exact, score = clopper_pearson(successes, trials), wilson(successes, trials)
    assert (exact.low <= score.low).all()
    assert (score.high <= exact.high).all()
    assert (score.high - score.low < exact.high - exact.low).all()


def test_wilson_is_mostly_and_not_always_the_shorter_one():
    shorter = []
    for trials in (100, 200, 500):
        exact, score = (part(np.arange(trials + 1), trials) for part in (clopper_pearson, wilson))
        shorter += (score.high - score.low < exact.high - exact.low).tolist()
    assert 0.97 < np.mean(shorter) < 1
    assert wilson(0, 500).high > clopper_pearson(0, 500).high


def test_wilsons_lower_bound_is_too_high_for_a_few_events_where_hardly_one_was_expected():
    trials, rate, confidence = 24, 0.02, all_pairs(80, 0.95)
    successes = np.arange(trials + 1)
    chance = binom.pmf(successes, trials, rate)
    above = {
        interval: chance[interval(successes, trials, confidence=confidence).low > rate].sum()
        for interval in (wilson, clopper_pearson)
    }
    allowed = (1 - confidence) / 2
    assert above[clopper_pearson] <= allowed
    assert above[wilson] > 50 * allowed
