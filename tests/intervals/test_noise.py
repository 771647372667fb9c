"""Noise in counts: how far it reaches, and that intervals which include it keep their coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import comb, gammaincc
from scipy.stats import norm

from equipoise.exceptions import InputError
from equipoise.intervals import Interval, wilson
from equipoise.intervals.noise import noise_reach, with_noise

ESTIMATE = st.lists(st.floats(0, 1), min_size=3, max_size=3).map(
    lambda sides: Interval(*np.sort(sides)[[1, 0, 2]])
)


def beyond_many(distance, noises):
    """Return the chance that a sum of Laplace noises of scale 1 lies further from zero."""
    order = np.arange(noises)
    shares = comb(noises - 1 + order, order) * 2.0 ** -(noises + order)
    return 2 * (shares * gammaincc(noises - order, distance)).sum()


def beyond_unlike(distance, scales):
    """Return the same of noises whose scales all differ: partial fractions of their transform."""
    squares = np.square(scales)
    ratio = squares[:, None] / (squares[:, None] - squares + np.eye(len(scales)))
    np.fill_diagonal(ratio, 1)
    return (ratio.prod(axis=1) * np.exp(-distance / np.asarray(scales))).sum()


def stretched(scales, confidence):
    """Return the reach over the true one of a sum of Laplace noises."""
    scales = np.asarray(scales, float)
    alike = len(set(scales)) == 1
    beyond = (
        (lambda x: beyond_many(x, len(scales))) if alike else (lambda x: beyond_unlike(x, scales))
    )
    true = brentq(lambda x: beyond(x) - (1 - confidence), 1e-9, 500)
    found = noise_reach(2 * (scales**2).sum(), 12 * (scales**4).sum(), confidence=confidence)
    return float(found) / true


SUMS = [
    [1],
    [1] * 2,
    [1] * 3,
    [1] * 5,
    [1] * 10,
    [1] * 30,
    [1] * 100,
    [1, 2],
    [1, 5],
    [1, 0.2, 0.3],
]
SUMS += [[1, 1.1, 1.2, 1.3], [5, 1, 1.1, 1.2, 0.9, 0.8], [3, 1, 1.1, 1.2, 1.3, 0.9, 0.8, 0.7]]


def test_the_chances_that_reaches_are_held_against_are_those_of_drawn_noise():
    draws = np.random.default_rng(1).laplace(size=(200_000, 3))
    assert (abs(draws.sum(axis=1)) > 5).mean() == pytest.approx(beyond_many(5, 3), abs=3e-3)
    unlike = draws @ [1, 0.2, 0.3]
    assert (abs(unlike) > 3).mean() == pytest.approx(beyond_unlike(3, [1, 0.2, 0.3]), abs=3e-3)


@pytest.mark.parametrize("scales", SUMS, ids=str)
@pytest.mark.parametrize("confidence", [0.95, 0.99, 0.9994, 0.9999])
def test_the_reach_of_laplace_noise_is_never_much_short_of_the_true_one(scales, confidence):
    assert stretched(scales, confidence) > 0.98


@pytest.mark.parametrize("scales", SUMS, ids=str)
def test_at_95_percent_the_reach_is_the_true_one_within_three_percent(scales):
    assert stretched(scales, 0.95) == pytest.approx(1, abs=0.03)


def test_a_single_noise_gets_half_as_far_again_as_it_needs_in_the_tails_and_many_do_not():
    assert stretched([1], 0.9999) == pytest.approx(1.5, abs=0.02)
    assert stretched([1] * 10, 0.9999) < 1.03


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9])
def test_under_95_percent_the_reach_is_at_most_seven_percent_short(confidence):
    short = min(stretched(scales, confidence) for scales in SUMS)
    assert 0.93 < short < 0.99


def test_no_noise_reaches_nowhere_and_normal_noise_as_far_as_normal_noise_does():
    assert noise_reach(0, 0) == 0
    assert noise_reach(4, 0, confidence=0.99) == pytest.approx(2 * norm.ppf(0.995))
    assert noise_reach([0, 2, 0], [0, 12, 0]).tolist() == [0, noise_reach(2, 12), 0]


@given(st.floats(0.01, 100), st.sampled_from([0.8, 0.95, 0.9999]))
def test_the_reach_is_in_the_unit_of_the_noise(scale, confidence):
    one = noise_reach(2, 12, confidence=confidence)
    found = noise_reach(2 * scale**2, 12 * scale**4, confidence=confidence)
    assert found == pytest.approx(scale * one)


def test_confidence_is_a_share():
    with pytest.raises(InputError) as refusal:
        noise_reach(2, 12, confidence=95)
    assert str(refusal.value) == (
        "confidence must lie strictly between 0 and 1, got 95. Use for example 0.95."
    )


@given(ESTIMATE)
def test_a_reach_of_zero_changes_nothing(estimate):
    assert with_noise(estimate, 0.0) == pytest.approx(estimate, abs=1e-12)


@given(ESTIMATE, st.floats(0, 2), st.floats(0, 2))
def test_noise_only_widens_and_stays_inside_zero_and_one(estimate, reach, more):
    value, low, high = with_noise(estimate, reach)
    assert value == estimate.value
    assert 0 <= low <= estimate.low + 1e-12
    assert estimate.high - 1e-12 <= high <= 1
    further = with_noise(estimate, reach + more)
    assert further.low <= low
    assert further.high >= high


def test_distances_of_sampling_and_noise_add_up_as_squares():
    assert with_noise(Interval(0.5, 0.47, 0.62), 0.04) == pytest.approx(
        (0.5, 0.45, 0.5 + np.hypot(0.12, 0.04))
    )
    found = with_noise(Interval(*np.array([[0.5, 0.1], [0.47, 0.1], [0.62, 0.1]])), [0, 0.2])
    assert np.array(found).T.ravel() == pytest.approx([0.5, 0.47, 0.62, 0.1, 0, 0.3])


def test_numbers_stay_numbers_and_what_is_missing_stays_missing():
    assert all(
        np.ndim(side) == 0 and isinstance(side, float) for side in with_noise(wilson(3, 10), 0.1)
    )
    assert np.isnan(with_noise(Interval(np.nan, np.nan, np.nan), 0.1)).all()


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize(
    ("customers", "scale"),
    [(50, 1), (50, 3), (200, 1), (200, 10), (200, 30), (1000, 3), (1000, 10), (1000, 30)],
)
def test_rates_of_noised_counts_keep_their_coverage(customers, scale, rate):
    random, repeats = np.random.default_rng(customers), 10_000
    counts = random.binomial(customers, rate, repeats)
    noised = np.stack([counts, customers - counts]) + random.laplace(scale=scale, size=(2, repeats))
    hits, misses = np.maximum(noised, 0)
    trials = hits + misses
    # As an audit does: a denominator is stated only where it surely holds ten customers.
    stated = trials - 1.96 * 2 * scale >= 10
    hits, trials = hits[stated], trials[stated]
    found = hits / trials
    pulls = np.stack([1 - found, found]) / trials
    reach = noise_reach(
        2 * scale**2 * (pulls**2).sum(axis=0), 12 * scale**4 * (pulls**4).sum(axis=0)
    )
    plain = wilson(hits, trials)
    _, low, high = with_noise(plain, reach)
    covered = ((low <= rate) & (rate <= high)).mean()
    without = ((plain.low <= rate) & (rate <= plain.high)).mean()
    assert covered >= 0.94
    assert without <= covered
    if scale**2 > 5 * customers * rate * (1 - rate):
        assert without < 0.75
