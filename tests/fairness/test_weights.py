"""Weighted rows and repeated customers: the rate of the people, at the certainty they give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.stats import binom

from equipoise.fairness import RATES, Audit, audit, audit_counts, count_table
from equipoise.intervals import difference, wilson

REFERENCE = {"band": "a"}
FRAMES = ("frame", "gaps", "ratios", "worst", "trials", "conflicts", "calibration")
SHARES = [name for name in RATES if name != "balanced_accuracy"]
SEEDS = st.integers(0, 2**32 - 1)


def audited(rows: pd.DataFrame, **more) -> Audit:
    return audit(rows["y"], rows["d"], groups=rows[["band"]], reference=REFERENCE, **more)


def assert_same(one: Audit, other: Audit, frames=FRAMES, **tolerance) -> None:
    for frame in frames:
        assert_frame_equal(getattr(one, frame)(), getattr(other, frame)(), **tolerance)


def at_least(share: float, repeats: int) -> float:
    """Return the coverage that `repeats` draws of a true coverage `share` fall below once in 10^4."""
    return float(binom.ppf(1e-4, repeats, share)) / repeats


def widths(result: Audit) -> pd.Series:
    return result.frame().set_index(["group", "metric"]).eval("high - low")


@pytest.fixture(scope="session")
def scored() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    frame = pd.DataFrame({"band": np.resize(["a", "a", "b"], 600), "score": rng.random(600)})
    return frame.assign(y=rng.binomial(1, frame["score"]), d=(frame["score"] > 0.5).astype(int))


@pytest.mark.parametrize("weight", [1, 0.25, 1e6])
def test_equal_weights_change_nothing(scored, weight):
    plain = audited(scored, y_score=scored["score"])
    weighted = audited(scored, y_score=scored["score"], weights=np.full(600, weight))
    assert_same(weighted, plain, rtol=1e-9, atol=1e-9)


@settings(max_examples=2)
@given(seed=SEEDS, factor=st.floats(1e-3, 1e3))
def test_only_the_ratios_of_weights_matter(scored, seed, factor):
    weights = np.random.default_rng(seed).lognormal(size=600)
    one, other = (
        audited(scored, y_score=scored["score"], weights=each)
        for each in (weights, factor * weights)
    )
    assert_same(one, other, [f for f in FRAMES if f != "worst"], rtol=1e-6, atol=1e-9)
    figures = ["gap", "low", "high"]
    assert_frame_equal(one.worst()[figures], other.worst()[figures], rtol=1e-6, atol=1e-9)


@settings(max_examples=4)
@given(seed=SEEDS)
def test_every_rate_is_the_mean_weighted_by_rows(scored, seed):
    weights = np.random.default_rng(seed).lognormal(size=600)
    told = audited(scored, weights=weights).frame().set_index(["group", "metric"])
    for group, part in scored.groupby("band"):
        own = weights[part.index]
        cells = {
            (y, d): own[(part["y"] == y) & (part["d"] == d)].sum() for y in (0, 1) for d in (0, 1)
        }
        counts = cells[1, 1], cells[0, 1], cells[1, 0], cells[0, 0]
        for metric, rate in RATES.items():
            value = told.loc[(group, metric), "value"]
            assert value == pytest.approx(float(rate(*counts).value), abs=1e-12)
        assert told.loc[(group, "base_rate"), "n"] == len(part)


def test_an_interval_is_wilsons_at_the_effective_number_of_customers(scored):
    weights = np.random.default_rng(3).integers(1, 5, 600).astype(float)
    result = audited(scored, weights=weights)
    told = result.frame().set_index(["group", "metric"])
    trials = result.trials().set_index(["group", "metric"])["trials"]
    inside = (scored["band"] == "b").to_numpy()
    own = weights[inside]
    rate = np.average(scored["y"][inside], weights=own)
    residual = (own**2 * (scored["y"][inside] - rate) ** 2).sum() / own.sum() ** 2
    size = rate * (1 - rate) / residual
    size = min(size, own.sum() ** 2 / (own**2).sum())
    assert trials["b", "base_rate"] == pytest.approx(size, abs=1e-6)
    expected = wilson(rate * size, size)
    figures = told.loc[("b", "base_rate"), ["value", "low", "high"]].astype(float).tolist()
    assert figures == pytest.approx(expected, abs=1e-6)


def test_unequal_weights_widen_every_interval_and_equal_ones_none(scored):
    rng = np.random.default_rng(4)
    plain = widths(audited(scored))
    for spread, wider in ((0.5, 1.03), (1.5, 1.3)):
        weighted = widths(audited(scored, weights=rng.lognormal(sigma=spread, size=600)))
        assert (weighted / plain).median() > wider


def test_a_single_heavy_customer_is_not_many(scored):
    heavy = np.where(np.arange(600) == 2, 1e6, 1.0)  # one of group b
    frame = audited(scored, weights=heavy).frame().set_index(["group", "metric"])
    assert frame.loc[("b", "base_rate"), "note"] == "not estimable (n=1)"
    assert np.isnan(frame.loc[("b", "base_rate"), "value"])
    assert frame.loc[("a", "base_rate"), "note"] == ""


def test_rows_of_weight_zero_count_for_nothing_but_the_number_of_rows(scored):
    none = np.where(np.arange(600) < 90, 0.0, 1.0)
    weighted, without = audited(scored, weights=none), audited(scored[90:])
    for frame in ("gaps", "ratios", "worst", "trials"):
        assert_frame_equal(getattr(weighted, frame)(), getattr(without, frame)(), rtol=1e-9)
    assert weighted.frame()["n"].max() == 400


def test_a_group_whose_weights_are_all_zero_is_not_estimable(scored):
    result = audited(scored, y_score=scored["score"], weights=(scored["band"] == "a").astype(float))
    other = result.frame().query("group == 'b'")
    assert (other["note"] == "not estimable (n=0)").all()
    assert (result.gaps()["note"] == "not estimable (n=0)").all()
    assert result.calibration().query("group == 'b'")["value"].isna().all()


def test_calibration_weighs_the_promise_like_the_outcome(scored):
    weights = np.random.default_rng(6).lognormal(sigma=0.5, size=600)
    told = audited(scored, y_score=scored["score"], weights=weights).calibration()
    first = told[(told["group"] == "a") & (told["score_bin"] == 4)].iloc[0]
    inside = ((scored["band"] == "a") & scored["score"].between(0.4, 0.5)).to_numpy()
    own = weights[inside]
    assert first["n"] == inside.sum()
    assert first["value"] == pytest.approx(np.average(scored["y"][inside], weights=own))
    assert first["mean_score"] == pytest.approx(np.average(scored["score"][inside], weights=own))


def test_weighted_counts_add_up_and_give_the_audit_of_their_rows(scored):
    rows = scored.assign(weight=np.random.default_rng(5).integers(1, 9, 600))
    names = {"by": "band", "y_true": "y", "y_pred": "d", "weights": "weight"}
    halves = [count_table(rows[side], **names) for side in (rows.index < 250, rows.index >= 250)]
    expected = audited(rows, weights=rows["weight"])
    for table in (count_table(rows, **names), halves[0] + halves[1]):
        result = audit_counts(table, reference=REFERENCE)
        assert_same(result, expected, ("frame", "gaps", "ratios", "worst", "conflicts"))


@pytest.mark.parametrize("informative", [False, True])
def test_weighted_intervals_cover_as_often_as_they_say(informative):
    """Groups drawn by chance; of unequal weights, also such that depend on the outcome."""
    rng = np.random.default_rng([7, informative])
    groups, size = 1500, 150
    y = rng.binomial(1, 0.3, groups * size)
    d = rng.binomial(1, np.where(y == 1, 0.6, 0.2))
    weights = rng.choice([1.0, 2.0, 6.0], groups * size)
    weights *= np.where(y == 1, 2.0, 1.0) if informative else 1.0
    band = np.repeat([f"g{place:04d}" for place in range(groups)], size)
    found = audit(y, d, groups=pd.DataFrame({"band": band}), weights=weights)
    odds = 0.3 / 0.7 * (2 if informative else 1)
    base = odds / (1 + odds)
    truth = {
        "base_rate": base,
        "true_positive_rate": 0.6,
        "false_positive_rate": 0.2,
        "selection_rate": 0.6 * base + 0.2 * (1 - base),
    }
    for metric, true in truth.items():
        own = found.measured("band").metrics[metric].at(0.95)
        assert ((own.low <= true) & (true <= own.high)).mean() >= at_least(0.94, groups)
        halves = (
            found.measured("band").metrics[metric].take(np.arange(k, groups, 2)) for k in (0, 1)
        )
        gap = difference(*(half.at(0.95) for half in halves))
        assert ((gap.low <= 0) & (gap.high >= 0)).mean() >= at_least(0.94, groups // 2)


def repeated(scored: pd.DataFrame, repeats: int, weights=None) -> Audit:
    """Audit rows that each stand there several times, as rows of the same customer."""
    again = scored.loc[scored.index.repeat(repeats)]
    own = None if weights is None else weights[again.index]
    return audited(again, y_score=again["score"], unit=again.index, weights=own)


def assert_same_but_for_rows(one: Audit, other: Audit, times: float) -> None:
    near = {"rtol": 1e-6, "atol": 1e-9}
    assert_same(one, other, ("gaps", "ratios", "worst", "trials", "conflicts"), **near)
    for frame in ("frame", "calibration"):
        first, second = getattr(one, frame)(), getattr(other, frame)()
        assert (first["n"] == times * second["n"]).all()
        assert_frame_equal(first.drop(columns="n"), second.drop(columns="n"), **near)


@pytest.mark.parametrize("repeats", [2, 5])
def test_repeated_rows_of_each_customer_leave_rates_and_intervals_as_they_were(scored, repeats):
    once = audited(scored, y_score=scored["score"])
    assert_same_but_for_rows(repeated(scored, repeats), once, repeats)


@pytest.mark.parametrize("repeats", [2, 5])
def test_repeated_rows_of_weighted_customers_leave_rates_and_intervals_as_they_were(
    scored, repeats
):
    weights = np.random.default_rng(9).lognormal(size=600)
    once = audited(scored, y_score=scored["score"], weights=weights)
    assert_same_but_for_rows(repeated(scored, repeats, weights), once, repeats)


@pytest.mark.parametrize("weighted", [False, True])
def test_every_row_its_own_customer_is_no_repetition(scored, weighted):
    more = {"weights": np.random.default_rng(9).lognormal(size=600)} if weighted else {}
    more["y_score"] = scored["score"]
    assert_same(audited(scored, unit=np.arange(600), **more), audited(scored, **more))


def test_ten_customers_are_enough_and_nine_are_not_however_many_rows_they_have(rows_of):
    table = rows_of(a=(50, 50, 50, 50), b=(5, 0, 5, 0), c=(5, 0, 4, 0))
    again = table.loc[table.index.repeat(7)]
    frame = audited(again, unit=again.index).frame()
    notes = frame[frame["metric"] == "selection_rate"].set_index("group")["note"]
    assert notes.to_dict() == {"a": "", "b": "", "c": "not estimable (n=9)"}


def test_effective_trials_below_ten_are_shown_as_such(rows_of):
    table = rows_of(a=(50, 50, 50, 50), b=(12, 0, 0, 0))
    unit = np.r_[np.arange(200), [200, 200, 200, *range(201, 210)]]
    notes = audited(table, unit=unit).frame().query("group == 'b'")["note"]
    assert notes.iloc[0] == "not estimable (n=8)"


@pytest.mark.parametrize("weighted", [False, True])
def test_intervals_of_repeated_customers_cover_as_often_as_they_say(weighted):
    rng = np.random.default_rng([8, weighted])
    groups, people = 1000, 60
    visits = rng.integers(1, 5, groups * people)
    taste = rng.beta(0.6, 1.4, groups * people)  # mean 0.3, and customers differ
    unit = np.repeat(np.arange(groups * people), visits)
    d = rng.binomial(1, taste[unit])
    y = rng.binomial(1, taste[unit])
    weights = rng.choice([1.0, 3.0], groups * people)[unit] if weighted else None
    band = pd.Series(unit // people).astype(str)
    found = audit(y, d, groups=band.to_frame("band"), unit=unit, weights=weights)
    metrics = found.measured("band").metrics
    for metric, truth in (("selection_rate", 0.3), ("base_rate", 0.3)):
        own = metrics[metric].at(0.95)
        assert ((own.low <= truth) & (truth <= own.high)).mean() >= at_least(0.935, groups)
    ignored = audit(y, d, groups=band.to_frame("band"), weights=weights).measured("band").metrics
    naive = ignored["selection_rate"].at(0.95)
    assert ((naive.low <= 0.3) & (naive.high >= 0.3)).mean() < 0.9


def test_intervals_of_weighted_customers_with_repeated_rows_cover_as_often_as_they_say():
    rng = np.random.default_rng(13)
    groups, people = 1000, 150
    y = rng.binomial(1, 0.3, groups * people)
    d = rng.binomial(1, np.where(y == 1, 0.6, 0.2))
    weights = rng.lognormal(sigma=1.2, size=groups * people)
    again = np.repeat(np.arange(groups * people), 2)
    band = pd.DataFrame({"band": np.char.mod("%04d", again // people)})
    found = audit(y[again], d[again], groups=band, unit=again, weights=weights[again])
    for metric, truth in (("base_rate", 0.3), ("selection_rate", 0.32), ("accuracy", 0.74)):
        own = found.measured("band").metrics[metric]
        told = own.take(own.known).at(0.95)
        covered = (told.low <= truth) & (told.high >= truth)
        assert covered.mean() >= at_least(0.94, len(covered))
