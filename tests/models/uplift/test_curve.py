"""What an uplift curve shows, and what must not change it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.models.uplift._curve import UpliftCurve, uplift_curve


def curve_of(drawn, *, whose=False, probability=None) -> UpliftCurve:
    return uplift_curve(
        drawn.y,
        drawn.scores,
        treatment=drawn.treatment,
        probability=drawn.probability if probability is None else probability,
        unit=drawn.unit if whose else None,
    )


def all_of(curve: UpliftCurve) -> np.ndarray:
    frames = (curve.frame(steps=20), curve.summary(), curve.deciles())
    return np.concatenate([part.select_dtypes("number").to_numpy().ravel() for part in frames])


@pytest.mark.parametrize("whose", [False, True])
@pytest.mark.parametrize("by_row", [False, True])
@pytest.mark.parametrize("levels", [None, 7])
def test_the_order_of_rows_decides_nothing(campaign, whose, by_row, levels):
    drawn = campaign(700, 1, by_row=by_row, repeats=2 if whose else 1, levels=levels)
    order = np.random.default_rng(0).permutation(700)
    shuffled = type(drawn)(*(part[order] for part in drawn))
    one, other = (all_of(curve_of(each, whose=whose)) for each in (drawn, shuffled))
    assert other == pytest.approx(one, abs=1e-9, nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.01, 50), st.floats(-3, 3), st.integers(0, 1000))
def test_only_the_order_of_scores_counts(slope, shift, seed):
    rng = np.random.default_rng(seed)
    scores, treated, y = rng.random(200), rng.integers(0, 2, 200), rng.integers(0, 2, 200)
    one, other = (
        uplift_curve(y, given, treatment=treated, probability="randomised")
        for given in (scores, np.exp(np.round(scores, 3) * slope) + shift)
    )
    same = uplift_curve(y, np.round(scores, 3), treatment=treated, probability="randomised")
    assert all_of(other) == pytest.approx(all_of(same), abs=1e-9, nan_ok=True)
    assert one.uplift_at(1.0) == pytest.approx(other.uplift_at(1.0))


def test_a_known_constant_probability_is_that_of_a_lot(campaign):
    drawn = campaign(700, 2)
    known, by_row, by_lot = (curve_of(drawn, probability=p) for p in (0.7, None, "randomised"))
    assert (all_of(known) == all_of(by_lot)).all()
    assert (all_of(known) == all_of(by_row)).all()


def test_customers_with_one_row_each_are_rows(campaign):
    drawn = campaign(700, 3)
    assert (all_of(curve_of(drawn, whose=True)) == all_of(curve_of(drawn))).all()


@pytest.mark.parametrize("by_row", [False, True])
def test_copies_of_every_row_make_no_interval_shorter_if_their_customer_is_known(campaign, by_row):
    drawn = campaign(500, 4, by_row=by_row)
    twice = type(drawn)(*(np.repeat(part, 2) for part in drawn))
    one, known, unknown = curve_of(drawn), curve_of(twice, whose=True), curve_of(twice)
    for measure in ("average_uplift", "qini", "auuc", "gain_over_random"):
        once, honest, naive = (
            each.summary().set_index("measure").loc[measure] for each in (one, known, unknown)
        )
        assert honest["value"] == pytest.approx(once["value"], abs=1e-9)
        assert honest["high"] - honest["low"] == pytest.approx(once["high"] - once["low"], rel=0.02)
        assert naive["high"] - naive["low"] < 0.8 * (once["high"] - once["low"])


def test_customers_in_both_arms_widen_the_interval():
    rng = np.random.default_rng(0)
    treated, y = np.tile([0, 1], 200), rng.integers(0, 2, 400)
    apart, both = (
        uplift_curve(y, y * 0.0, treatment=treated, probability=0.5, unit=unit).uplift_at(1.0)
        for unit in (np.arange(400), np.repeat(np.arange(200), 2))
    )
    assert both.value == apart.value
    assert both.high - both.low == pytest.approx((apart.high - apart.low) * 2**0.5, rel=0.02)


def test_the_curve_has_the_promised_columns_and_ends(campaign):
    found = curve_of(campaign(900, 5)).frame()
    assert [*found] == ["share", "gain", "low", "high", "random", "note"]
    assert len(found) == 101
    assert (found.iloc[0, :5] == 0).all()
    assert found.iloc[-1]["gain"] == found.iloc[-1]["random"]
    known = found[found["note"] == ""]
    assert (known["low"] <= known["gain"]).all()
    assert (known["gain"] <= known["high"]).all()


def test_few_customers_of_an_arm_are_not_estimable(campaign):
    drawn = campaign(300, 6)
    found = curve_of(drawn).frame()
    in_arms = np.bincount(drawn.treatment[np.argsort(-drawn.scores)[:3]], minlength=2)
    assert found["note"][1] == f"not estimable (n={in_arms.min()} in the smaller arm)"
    assert found.loc[1, ["gain", "low", "high"]].isna().all()
    few = curve_of(type(drawn)(*(part[:24] for part in drawn)), probability="randomised")
    assert few.summary()["note"].eq("not estimable").all()
    assert few.deciles()["uplift"].isna().all()


def test_fewer_rows_than_tenths_leave_some_tenths_empty(campaign):
    drawn = campaign(7, 6)
    found = curve_of(drawn, probability="randomised").deciles()
    assert found["n"].tolist() == [1] * 7 + [0] * 3
    assert found["note"].tolist() == ["not estimable (n=0 in the smaller arm)"] * 10


def test_outcomes_that_nobody_has_leave_nothing_to_rank(campaign):
    drawn = campaign(300, 7)
    found = curve_of(drawn._replace(y=np.zeros(300, dtype=int))).summary().set_index("measure")
    assert found.loc["average_uplift", "value"] == 0
    assert found.loc["average_uplift", "high"] > 0.01
    assert found.loc[["qini", "auuc"], "note"].eq("not estimable").all()


def test_a_curve_says_what_it_rests_on(campaign):
    drawn = campaign(1200, 8)
    contacted = int(drawn.treatment.sum())
    assert repr(curve_of(drawn)) == (
        f"UpliftCurve({contacted:,} contacted, {1200 - contacted:,} left alone)"
    )


@pytest.mark.parametrize("share", [0, 1.1, -0.2, np.nan])
def test_shares_outside_are_refused(campaign, share):
    with pytest.raises(InputError) as refusal:
        curve_of(campaign(300, 9)).uplift_at(share)
    assert str(refusal.value) == (
        f"share must be a number in (0, 1], got {share!r}. Use 0.3 for the top 30 %."
    )


def test_bad_input_is_refused_before_anything_is_worked_out(campaign):
    drawn = campaign(300, 10)
    scores = drawn.scores.copy()
    scores[4] = np.nan
    with pytest.raises(InputError) as refusal:
        curve_of(drawn._replace(scores=scores))
    assert str(refusal.value) == (
        "scores must be finite, got 1 of 300 rows missing or infinite. Remove those rows, or score "
        "them."
    )
    with pytest.raises(InputError) as refusal:
        curve_of(drawn._replace(scores=scores[:5]))
    assert str(refusal.value) == (
        "y, scores and treatment must have the same number of rows, got 300, 5 and 300. Pass the "
        "rows of the same customers in the same order."
    )
    with pytest.raises(InputError) as refusal:
        uplift_curve(drawn.y, drawn.scores, treatment=drawn.treatment)
    assert str(refusal.value).startswith("probability must say how likely each row was to be")
    with pytest.raises(InputError) as refusal:
        curve_of(drawn).frame(steps=0)
    assert str(refusal.value) == (
        "steps must be a whole number of at least 1, got 0. Use 100 for whole per cents."
    )


def test_a_curve_is_drawn_with_its_data_in_words(campaign):
    assert "contact" in curve_of(campaign(400, 11)).plot().alt


def test_pandas_columns_are_read_by_position(campaign):
    drawn = campaign(400, 12)
    index = pd.Index(np.arange(400)[::-1])
    parts = (pd.Series(part, index=index) for part in drawn)
    np.testing.assert_array_equal(all_of(curve_of(type(drawn)(*parts))), all_of(curve_of(drawn)))
