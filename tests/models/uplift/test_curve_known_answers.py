"""Coefficients, curves and uplift@k equal scikit-uplift's, and what they must be by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklift import metrics

from equipoise.models.uplift._curve import uplift_curve


@st.composite
def campaigns(draw, *, ties):
    """Draw a campaign of 60 to 300 rows; the scores are a permutation, or have few levels."""
    rows = draw(st.integers(60, 300))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share, rate, effect = (draw(st.floats(*span)) for span in ((0.3, 0.8), (0.1, 0.6), (-0.1, 0.3)))
    order = rng.permutation(rows)
    scores = order % draw(st.integers(1, 12)) - 3.0 if ties else order / rows
    treated = (rng.random(rows) < share).astype(int)
    y = (rng.random(rows) < rate + effect * treated * (order > rows / 2)).astype(int)
    assume(10 <= treated.sum() <= rows - 10)
    assume(y[treated == 1].any() and 0 < y[treated == 0].mean() < 1)
    return y, scores, treated


@settings(max_examples=25, deadline=None)
@given(campaigns(ties=False) | campaigns(ties=True), st.sampled_from([None, "randomised"]))
def test_both_coefficients_equal_scikit_uplift(drawn, probability):
    y, scores, treated = drawn
    known = treated.mean() if probability is None else probability
    curve = uplift_curve(y, scores, treatment=treated, probability=known)
    assert curve.qini.value == pytest.approx(metrics.qini_auc_score(y, scores, treated), abs=1e-9)
    assert curve.auuc.value == pytest.approx(metrics.uplift_auc_score(y, scores, treated), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(campaigns(ties=False) | campaigns(ties=True))
def test_the_curve_equals_scikit_uplift_wherever_no_tie_is_cut(drawn):
    y, scores, treated = drawn
    rows, theirs = metrics.uplift_curve(y, scores, treated)
    found = uplift_curve(y, scores, treatment=treated, probability="randomised").frame(steps=len(y))
    ours = found["gain"].to_numpy()[rows] * len(y) / 1000
    known = found["note"].to_numpy()[rows] == ""
    assert known[-1]
    assert ours[known] == pytest.approx(theirs[known], abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(campaigns(ties=False), st.integers(20, 59))
def test_uplift_at_the_top_equals_scikit_uplift_by_both_strategies(drawn, top):
    y, scores, treated = drawn
    curve = uplift_curve(y, scores, treatment=treated, probability="randomised")
    together = curve.uplift_at(top / len(y)).value
    if not np.isnan(together):
        theirs = metrics.uplift_at_k(y, scores, treated, "overall", top)
        assert together == pytest.approx(theirs, abs=1e-9)
    arms = [np.flatnonzero(treated == arm) for arm in (0, 1)]
    even = np.concatenate([rows[len(rows) % 2 :] for rows in arms])  # a half is whole rows
    y, scores, treated = y[even], scores[even], treated[even]
    curve = uplift_curve(y, scores, treatment=treated, probability="randomised")
    within = curve.uplift_at(0.5, within_arms=True).value
    if min(np.bincount(treated)) >= 20:
        theirs = metrics.uplift_at_k(y, scores, treated, "by_group", 0.5)
        assert within == pytest.approx(theirs, abs=1e-9)
    else:
        assert np.isnan(within)


@settings(max_examples=15, deadline=None)
@given(campaigns(ties=False))
def test_tenths_equal_scikit_uplift(drawn):
    y, scores, treated = drawn
    y, treated = np.tile(y, 4), np.tile(treated, 4)
    scores = np.concatenate([scores + k / 1000 for k in range(4)])
    found = uplift_curve(y, scores, treatment=treated, probability="randomised").deciles()
    parts = np.array_split(treated[np.argsort(-scores, kind="stable")], 10)
    assume(len(np.unique(scores)) == len(scores) and all(len(set(part)) == 2 for part in parts))
    rates = [
        metrics.response_rate_by_percentile(y, scores, treated, arm)[0]
        for arm in ("treatment", "control")
    ]
    known = (found["note"] == "").to_numpy()
    assert found["uplift"].to_numpy()[known] == pytest.approx(
        (rates[0] - rates[1])[known], abs=1e-9
    )
    assert found["n"].sum() == len(y)


def test_a_perfect_ranking_has_coefficients_of_one(campaign):
    drawn = campaign(500, 1)
    perfect = drawn.y * (2 * drawn.treatment - 1)
    curve = uplift_curve(drawn.y, perfect, treatment=drawn.treatment, probability=0.7)
    assert curve.qini.value == pytest.approx(1)
    assert curve.qini.high - curve.qini.low == pytest.approx(0, abs=1e-9)


def test_the_same_score_for_all_has_coefficients_of_zero(campaign):
    drawn = campaign(500, 1)
    curve = uplift_curve(drawn.y, np.zeros(500), treatment=drawn.treatment, probability=0.7)
    assert (*curve.qini, *curve.auuc) == pytest.approx([0] * 6, abs=1e-9)
    assert curve.deciles()["uplift"].tolist() == pytest.approx([curve.uplift_at(1.0).value] * 10)


def test_logged_probabilities_weigh_rows_as_copies_of_them_would():
    """A row with probability 1/4 stands for twice as many as one with 1/2."""
    rng = np.random.default_rng(3)
    rows = 400
    y, treated, scores = rng.integers(0, 2, rows), rng.integers(0, 2, rows), rng.random(rows)
    rare = rng.integers(0, 2, rows)
    happened = np.where(rare == 1, 0.25, 0.5)
    chance = np.where(treated == 1, happened, 1 - happened)
    twice = np.repeat(np.arange(rows), 1 + rare)
    weighted = uplift_curve(y, scores, treatment=treated, probability=chance)
    copied = uplift_curve(y[twice], scores[twice], treatment=treated[twice], probability=0.5)
    assert weighted.uplift_at(1.0).value == pytest.approx(copied.uplift_at(1.0).value)
    top = weighted.rows.down_to(np.array([100.0]))[:2, :, 0]
    order = np.argsort(-scores)[:100]
    in_copies = np.isin(twice, order)
    for arm in (0, 1):
        own = in_copies & (treated[twice] == arm)
        assert top[:, arm] / 2 == pytest.approx([own.sum(), y[twice][own].sum()])


def test_logged_probabilities_recover_the_effect_that_contacts_alone_would_hide(campaign):
    drawn = campaign(60_000, 5, by_row=True)
    y = (np.random.default_rng(0).random(60_000) < 0.1 + 0.6 * drawn.scores).astype(int)
    curve = uplift_curve(
        y, drawn.scores % 0.1, treatment=drawn.treatment, probability=drawn.probability
    )
    naive = uplift_curve(y, drawn.scores % 0.1, treatment=drawn.treatment, probability="randomised")
    assert curve.uplift_at(0.5).low < 0 < curve.uplift_at(0.5).high
    assert naive.uplift_at(0.5).low > 0.05


def test_a_small_campaign_by_hand():
    """The upper half: 15 of 20 contacted order and 5 of 20 left alone; the lower: 5 and 5."""
    y = np.tile(np.repeat([1, 0, 1, 0], [5, 15, 5, 15]), 2)
    y[20:40] = np.repeat([1, 0], [15, 5])
    treated = np.tile(np.repeat([0, 1], 20), 2)
    scores = np.repeat([2.0, 1.0], 40)
    curve = uplift_curve(y, scores, treatment=treated, probability=0.5)
    assert curve.uplift_at(0.5).value == pytest.approx(0.5)
    assert curve.uplift_at(1.0).value == pytest.approx(0.25)
    expected = pd.DataFrame(
        {
            "share": [0, 0.25, 0.5, 0.75, 1],
            "gain": [0, 125.0, 250, 250, 250],
            "random": [0, 62.5, 125, 187.5, 250],
        }
    )
    found = curve.frame(steps=4)
    pd.testing.assert_frame_equal(found[["share", "gain", "random"]], expected)
    # Triangles over chance: (1/2 * 250 - 125) / 2 + ..., averaged over shares.
    summary = curve.summary().set_index("measure")["value"]
    assert summary["gain_over_random"] == pytest.approx((62.5 + 62.5) / 2)
