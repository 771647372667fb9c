"""Gains and lift, against what other libraries count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from equipoise.exceptions import InputError
from equipoise.models._lift import lift_at
from equipoise.models.value._gains import gains


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 2))
def test_gains_are_the_true_positive_rates_of_scikit_learn(drawn, seed, decimals):
    scores, y = drawn(60, seed=seed, decimals=decimals)
    y[:2] = 0, 1
    _, hits, cuts = roc_curve(y, scores, drop_intermediate=False)
    found = gains(y, scores)
    for cut, gain in zip(cuts[1:], hits[1:], strict=True):
        share = (scores >= cut).mean()
        assert found.gain_at(share).value == pytest.approx(gain)
    table = found.frame()
    area = np.trapezoid(table["gain"], table["share"])
    assert (area - y.mean() / 2) / (1 - y.mean()) == pytest.approx(roc_auc_score(y, scores))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 2), st.floats(0.01, 1))
def test_lift_is_the_lift_of_the_other_function_at_any_share(drawn, seed, decimals, share):
    scores, y = drawn(70, seed=seed, decimals=decimals)
    y[:2] = 0, 1
    found = gains(y, scores).lift_at(share)
    assert found.value == pytest.approx(lift_at(y, scores, share))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_gains_rise_lie_in_their_bounds_and_forget_the_order_of_rows(drawn, seed):
    random = np.random.default_rng(seed)
    n = int(random.integers(30, 90))
    scores, y = drawn(n, seed=seed, decimals=1)
    y[:2] = 0, 1
    unit, order = random.integers(0, n, n), random.permutation(n)
    table = gains(y, scores, unit=unit).frame()
    assert list(table) == ["share", "gain", "low", "high", "lift", "note"]
    assert (table["gain"].diff().dropna() >= -1e-12).all()
    assert table.iloc[0][["share", "gain", "low", "high"]].tolist() == [0, 0, 0, 0]
    assert table.iloc[-1][["share", "gain", "low", "high", "lift"]].tolist() == [1, 1, 1, 1, 1]
    known = table.dropna(subset=["low"])
    assert (
        (known["low"] <= known["gain"] + 1e-12) & (known["gain"] <= known["high"] + 1e-12)
    ).all()
    assert known["low"].min() >= 0
    assert known["high"].max() <= 1
    other = gains(y[order], scores[order], unit=unit[order]).frame()
    pd.testing.assert_frame_equal(table, other)


def test_the_same_score_for_all_is_no_better_than_chance():
    found = gains(np.resize([0, 0, 1], 90), np.ones(90))
    assert found.frame()["gain"].to_numpy() == pytest.approx(found.frame()["share"])
    assert found.lift_at(0.37).value == pytest.approx(1)


@pytest.mark.parametrize(("decimals", "share"), [(9, 0.1), (9, 0.5), (0, 0.9)])
def test_intervals_cover_the_gain_among_all_customers(drawn, decimals, share):
    scores, y = drawn(100_000, seed=99, decimals=decimals)
    truth = gains(y, scores).gain_at(share).value
    inside = []
    for seed in range(80):
        scores, y = drawn(400, seed=seed, decimals=decimals)
        _, low, high = gains(y, scores).gain_at(share)
        inside.append(low <= truth <= high)
    assert np.mean(inside) >= 0.89


def test_a_task_brings_its_outcomes_and_its_customers(posed, drawn):
    scores, y = drawn(200, seed=1)
    unit = np.repeat(np.arange(100), 2)
    one, other = gains(posed(y, unit=unit, value=None), scores), gains(y, scores, unit=unit)
    pd.testing.assert_frame_equal(one.frame(), other.frame())
    assert one.parameters == {
        "rows": 200,
        "customers": 100,
        "positives": int(y.sum()),
        "unit": "id",
    }
    assert other.parameters["unit"] == "unit"
    assert gains(y, scores).parameters["unit"] == "row"


def test_few_positives_have_no_interval_and_say_so():
    found = gains([1] * 9 + [0] * 91, -np.arange(100.0))
    assert found.gain_at(0.05).value == pytest.approx(5 / 9)
    assert np.isnan(found.gain_at(0.05).low)
    assert set(found.frame()["note"]) == {"", "not estimable (n=9)"}


def test_the_picture_says_the_gain_in_words(drawn):
    scores, y = drawn(300, seed=1)
    assert "of all positive outcomes" in gains(y, scores).plot().alt


@pytest.mark.parametrize(
    ("y", "scores", "message"),
    [
        (
            [0, 0, 0],
            [1, 2, 3],
            "y must hold both outcomes, got 0 in all 3 rows. Use more customers.",
        ),
        (
            [1, 1],
            [1, 2],
            "y must hold both outcomes, got 1 in all 2 rows. Use more customers.",
        ),
        (
            [0, 1, 2],
            [1, 2, 3],
            "y must be 0 or 1, got something else in 1 of 3 rows. Code the positive outcome as 1.",
        ),
        (
            [0, 1, 1],
            [1, 2],
            "y and scores must have the same number of rows, got 3 and 2. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            [0, 1],
            [1, np.inf],
            "scores must be finite numbers, got something else in 1 of 2 rows. "
            "Score those rows, or remove them.",
        ),
    ],
)
def test_what_cannot_be_ranked_is_refused(y, scores, message):
    with pytest.raises(InputError) as refused:
        gains(y, scores)
    assert str(refused.value) == message


def test_a_share_of_nothing_is_refused(drawn):
    scores, y = drawn(50, seed=1)
    with pytest.raises(InputError) as refused:
        gains(y, scores).lift_at(0)
    assert str(refused.value) == "share must be a number in (0, 1], got 0. Use 0.1 for a tenth."
