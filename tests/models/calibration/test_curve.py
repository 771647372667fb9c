"""The calibration curve: bins that split no tie, and intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from equipoise.exceptions import InputError
from equipoise.intervals import wilson
from equipoise.models.calibration import calibration_curve

COLUMNS = ["bin", "n", "mean_score", "rate", "low", "high", "note"]


def drawn(n=2_000, seed=0, each=1, spread=1.0):
    """Return outcomes, true scores and customers whose rows all agree."""
    rng = np.random.default_rng(seed)
    scores = expit(spread * rng.normal(size=n // each) - 1).repeat(each)
    y = (rng.uniform(size=n // each).repeat(each) < scores).astype(int)
    return y, scores, np.arange(n) // each


@settings(max_examples=30, deadline=None)
@given(st.data(), st.integers(2, 12))
def test_bins_are_a_partition_in_order_that_splits_no_tie(data, bins):
    n = data.draw(st.integers(1, 120))
    scores = np.array(data.draw(st.lists(st.integers(0, 20), min_size=n, max_size=n))) / 20
    y = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    order = data.draw(st.permutations(range(n)))
    found = calibration_curve(y, scores, bins=bins).frame()
    assert list(found) == COLUMNS
    again = calibration_curve(y[order], scores[order], bins=bins).frame()
    pd.testing.assert_frame_equal(found, again)
    assert found["n"].sum() == n
    assert found["bin"].tolist() == list(range(1, len(found) + 1))
    assert len(found) <= bins
    assert found["mean_score"].is_monotonic_increasing
    assert found["mean_score"] @ found["n"] == pytest.approx(scores.sum())
    levels = np.unique(scores, return_counts=True)[1]
    assert set(np.cumsum(found["n"])) <= set(np.cumsum(levels))


def test_bins_have_nearly_as_many_rows_each_where_nothing_is_tied():
    y, scores, _ = drawn(1_003)
    assert calibration_curve(y, scores).frame()["n"].between(100, 101).all()


def test_edges_may_be_named():
    scores = [0.05, 0.1, 0.2, 0.5, 0.9, 1.0]
    found = calibration_curve([0, 0, 1, 0, 1, 1], scores, bins=(0, 0.1, 0.5, 0.6, 0.8, 1)).frame()
    assert found["n"].tolist() == [1, 2, 1, 2]
    assert found["mean_score"].tolist() == pytest.approx([0.05, 0.15, 0.5, 0.95])


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pd.Index])
def test_edges_may_be_any_column_of_numbers(kind):
    y, scores, _ = drawn(200)
    found = calibration_curve(y, scores, bins=kind([0, 0.2, 1]))
    assert found.frame()["n"].tolist() == [(scores < 0.2).sum(), (scores >= 0.2).sum()]


def test_a_bin_has_wilson_s_interval_or_says_why_not():
    y, scores = np.resize([1, 0, 0], 39), np.repeat([0.2, 0.4], [30, 9])
    found = calibration_curve(y, scores, bins=2).frame()
    rate, low, high = wilson(10, 30)
    assert found.loc[0, ["rate", "low", "high"]].tolist() == pytest.approx([rate, low, high])
    assert found["note"].tolist() == ["", "not estimable (n=9)"]
    assert found.loc[1, ["rate", "low", "high"]].isna().all()


def test_customers_are_the_sample_not_their_rows():
    y, scores, unit = drawn(2_000, each=5)
    by_row, by_customer = (calibration_curve(y, scores, unit=u) for u in (None, unit))
    wide, narrow = (found.frame().eval("high - low") for found in (by_customer, by_row))
    assert (wide / narrow).between(1.6, 5.1).all()  # five rows that agree are one
    for name in ("gap", "slope"):
        one, other = getattr(by_row, name), getattr(by_customer, name)
        assert other.value == pytest.approx(one.value)
        assert (other.high - other.low) / (one.high - one.low) == pytest.approx(5**0.5, rel=0.05)
    ratio = by_customer.expected_error_by_chance / by_row.expected_error_by_chance
    assert ratio == pytest.approx(5**0.5, rel=0.1)
    few = calibration_curve(y[:100], scores[:100], unit=unit[:100], bins=4).frame()
    assert set(few["note"]) == {"not estimable (n=5)"}


def test_intervals_hold_the_truth_and_the_error_by_chance_is_what_chance_makes():
    samples = [drawn(600, seed, each=2) for seed in range(150)]
    found = [calibration_curve(y, scores, bins=5, unit=unit) for y, scores, unit in samples]
    gaps = np.mean([each.gap.low <= 0 <= each.gap.high for each in found])
    slopes = np.mean([each.slope.low <= 1 <= each.slope.high for each in found])
    assert 0.90 <= gaps <= 0.99
    assert 0.90 <= slopes <= 0.99
    errors = np.mean([each.expected_error for each in found])
    assert errors == pytest.approx(np.mean([e.expected_error_by_chance for e in found]), rel=0.1)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_slope_says_how_far_too_extreme_scores_are(factor):
    y, scores, _ = drawn(20_000)
    found = calibration_curve(y, expit(factor * logit(scores)))
    assert found.slope.low <= 1 / factor <= found.slope.high
    assert not found.slope.low <= 1 <= found.slope.high
    assert found.expected_error > 3 * found.expected_error_by_chance


def test_too_high_scores_have_a_gap_above_zero():
    y, scores, _ = drawn(4_000)
    found = calibration_curve(y, (scores + 0.1).clip(0, 1))
    assert found.gap.value == pytest.approx(0.1, abs=0.02)
    assert found.gap.low > 0


def test_what_cannot_be_told_is_missing():
    y, scores, _ = drawn(400)
    certain = calibration_curve(y, np.where(scores > 0.9, 1.0, scores))
    assert np.isnan(certain.slope).all() == bool((scores > 0.9).any())
    assert np.isnan(calibration_curve(y, np.full(400, 0.3)).slope).all()
    apart = calibration_curve(np.repeat([0, 1], 50), np.linspace(0.1, 0.9, 100))
    assert np.isnan(apart.slope).all()
    assert np.isnan(calibration_curve(y[:30], scores[:30]).expected_error)
    few = calibration_curve([0, 1, 1], [0.1, 0.2, 0.3])
    assert np.isnan([*few.gap, *few.slope, few.expected_error]).all()


def test_the_frame_is_a_copy_and_the_picture_is_of_it():
    y, scores, unit = drawn(500)
    found = calibration_curve(pd.Series(y), pd.Series(scores), unit=pd.Series(unit))
    taken = found.frame()
    taken["n"] = 0
    assert found.frame()["n"].sum() == 500
    assert "<svg" in found.plot().svg


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"scores": [0.1, 1.2, 0.4]},
            "scores must lie in 0..1, got something else in 1 of 3 rows. "
            "Pass probabilities, not ranks or margins.",
        ),
        (
            {"bins": 1},
            "bins must be a whole number of at least 2, got 1. "
            "Use 10, or rising edges from 0 to 1.",
        ),
        (
            {"bins": (0, 0.5, 0.4, 1)},
            "bins must rise from 0 to 1, with an edge between, got [0.0, 0.5, 0.4, 1.0]. "
            "Use for example (0, 0.1, 0.5, 1), or a number of bins.",
        ),
        (
            {"bins": "10"},
            "bins must be a whole number of at least 2, got '10'. "
            "Use 10, or rising edges from 0 to 1.",
        ),
        (
            {"bins": ["low", "high", "all"]},
            "bins must rise from 0 to 1, with an edge between, got ['low', 'high', 'all']. "
            "Use for example (0, 0.1, 0.5, 1), or a number of bins.",
        ),
        (
            {"unit": ["a", None, "b"]},
            "unit must not be missing, got something else in 1 of 3 rows. "
            "Say of every row whose it is.",
        ),
        (
            {"unit": ["a", "b"]},
            "y, scores and unit must have the same number of rows, got 3, 3 and 2. "
            "Pass the rows of the same customers in the same order.",
        ),
    ],
)
def test_what_is_no_calibration_is_refused(arguments, message):
    with pytest.raises(InputError) as refusal:
        calibration_curve(**({"y": [0, 1, 1], "scores": [0.1, 0.2, 0.3]} | arguments))
    assert str(refusal.value) == message
