"""Waits by group as their intervals have them, the raw gap, and the gap among requests alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.crm import make_crm
from equipoise.intervals import difference, mean_amount, wilson
from equipoise.models.service import requests_of, waiting
from equipoise.models.service._alike import cells_of, gap_among_alike
from equipoise.models.service._parts import parts_of

ASKED = {"unit": "who", "hours": "hours", "resolved": "settled", "escalated": None, "alike": ()}
BAND = {"band": "a"}


def told(found: pd.DataFrame, **key: str) -> list[float]:
    (row,) = found[(found[[*key]] == pd.Series(key)).all(axis=1)].to_dict("records")
    return [row.get("value", row.get("gap")), row["low"], row["high"]]


def test_levels_and_gaps_are_those_of_the_intervals(table):
    rows = table(30, 50)
    found = waiting(rows, reference=BAND, longer_than_hours=4, **ASKED)
    parts = [part for _, part in rows.groupby("band")]
    means = [mean_amount(part["hours"], bounds=(0, 10)) for part in parts]
    long = [wilson((part["hours"] > 4).sum(), len(part)) for part in parts]
    for group, mean, share in zip("ab", means, long, strict=True):
        assert told(found.frame(), group=group, measure="mean_hours") == pytest.approx([*mean])
        assert told(found.frame(), group=group, measure="longer_than_4h") == pytest.approx([*share])
    gap = told(found.gaps(), group="b", measure="mean_hours", among="all requests")
    assert gap == pytest.approx([*difference(means[1], means[0])])
    assert [*found.frame()["measure"].unique()] == [
        "mean_hours",
        "median_hours",
        "longer_than_4h",
        "first_contact_resolved",
    ]


def test_the_median_lies_between_the_quantiles_of_its_half(table):
    rows = table(41, 41, hours=np.concatenate([np.arange(41.0), np.zeros(41)]))
    found = waiting(rows, reference=BAND, **ASKED).frame()
    half = wilson(20.5, 41)
    low, high = np.floor(40 * half.low), np.ceil(40 * half.high)
    assert told(found, group="a", measure="median_hours") == [20.0, low, high]
    assert told(found, group="b", measure="median_hours") == [0.0, 0.0, 0.0]


def test_repeated_requests_of_a_customer_count_as_one_customer(table):
    rows = table(20, 20)
    once = waiting(rows, reference=BAND, **ASKED).frame()
    thrice = waiting(pd.concat([rows] * 3), reference=BAND, **ASKED).frame()
    assert (thrice["requests"] == 3 * once["requests"]).all()
    assert (thrice["customers"] == once["customers"]).all()
    assert thrice["value"].tolist() == pytest.approx(once["value"].tolist())
    width, again = (each["high"] - each["low"] for each in (once, thrice))
    assert (again > 0.9 * width).all()


def test_under_ten_customers_nothing_is_estimated(table):
    rows = table(9, 20)
    found = waiting(rows, reference=BAND, **ASKED)
    small = found.frame().query("group == 'a'")
    assert small[["value", "low", "high"]].isna().all(axis=None)
    assert (small["note"] == "not estimable (n=9)").all()
    assert (found.gaps()["note"] == "not estimable (n=9)").all()
    two = waiting(rows.assign(who=np.resize([1, 2], 29)), reference=BAND, **ASKED).frame()
    assert two["note"].unique().tolist() == ["not estimable (n=1.9)", "not estimable (n=2)"]


def test_a_missing_group_is_unknown_and_whole_numbers_are_written_plainly(table):
    rows = table(12, 12)
    for column in (
        [1.0, None, 2.0],
        [1, 2, 3],
        [True, False, None],
        pd.Categorical(["x", "y", None]),
    ):
        groups = pd.Series(column).take(np.resize([0, 1, 2], 24)).reset_index(drop=True)
        levels = waiting(
            rows.assign(g=groups), reference={"g": str(groups.dropna().iloc[0]).removesuffix(".0")}, **ASKED
        ).frame()["group"].unique()  # fmt: skip
        assert ("unknown" in levels) == groups.isna().any()
        assert not any(level.endswith(".0") for level in levels)


def test_what_is_the_same_in_every_request_has_no_interval(table):
    found = waiting(table(20, 20, hours=0.0), reference=BAND, **ASKED)
    mean = found.frame().query("measure == 'mean_hours'")
    assert (mean["value"] == 0).all()
    assert (mean["note"] == "no interval (the same in every request)").all()


def mixed(n: int, seed: int, *, share: tuple[float, float], longer: float = 0.0) -> pd.DataFrame:
    """Two groups that call with different frequency; callers wait minutes, writers hours."""
    rng = np.random.default_rng(seed)
    band = np.repeat(["a", "b"], n)
    calls = rng.random(2 * n) < np.repeat(share, n)
    hours = rng.gamma(2, np.where(calls, 0.05, 10)) + longer * (band == "b")
    settled = rng.random(2 * n) < 0.7
    return pd.DataFrame(
        {"who": np.arange(2 * n), "band": band, "calls": calls, "hours": hours, "settled": settled}
    )


def test_a_gap_made_by_the_way_in_vanishes_among_requests_alike():
    rows = mixed(400, 1, share=(0.2, 0.8))
    found = waiting(rows, reference=BAND, **(ASKED | {"alike": ["calls"]})).gaps()
    raw = told(found, measure="mean_hours", among="all requests")
    same = told(found, measure="mean_hours", among="same calls")
    assert raw[2] < -8
    assert same[1] < 0 < same[2]
    assert same[2] - same[1] < (raw[2] - raw[1]) / 2


def test_among_requests_alike_the_cells_weigh_as_the_group_has_them():
    rows = mixed(200, 2, share=(0.3, 0.7), longer=3.0)
    found = waiting(rows, reference=BAND, **(ASKED | {"alike": ["calls"]})).gaps()
    cells = rows.groupby(["band", "calls"])["hours"].mean()
    weights = rows.query("band == 'b'")["calls"].value_counts(normalize=True)
    expected = ((cells["b"] - cells["a"]) * weights).sum()
    same = told(found, measure="mean_hours", among="same calls")
    assert same[0] == pytest.approx(expected)
    assert same[1] > 0


def test_intervals_among_requests_alike_hold_the_truth_as_often_as_stated():
    held = []
    for seed in range(200):
        rows = mixed(40, seed, share=(0.3, 0.6), longer=1.0)
        base, part = parts_of(rows, BAND, np.repeat(np.arange(40), 2))
        cells = cells_of(rows, ["calls"])
        _, low, high = gap_among_alike(part, base, rows["hours"].to_numpy(), cells).gap
        held.append(low <= 1.0 <= high)
    assert 0.91 < np.mean(held) < 0.99


def test_requests_without_their_like_are_counted_and_left_out(table):
    way = np.repeat(["phone", "chat"], [20, 40])
    rows = table(30, 30, way=way)
    found = waiting(rows, reference=BAND, **(ASKED | {"alike": ["way"]})).gaps()
    assert found.query("among == 'same way'")["share_compared"].tolist()[0] == 1.0
    alone = rows.assign(way=np.where(rows["band"] == "a", "phone", way))
    found = waiting(alone, reference=BAND, **(ASKED | {"alike": ["way"]})).gaps()
    row = found.query("among == 'same way' and measure == 'mean_hours'").iloc[0]
    assert row["share_compared"] == 0
    assert np.isnan(row["gap"])
    assert row["note"] == "not estimable (n=0)"


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_the_order_of_rows_and_their_index_do_not_matter(seed):
    rows = mixed(15, seed, share=(0.3, 0.6))
    shuffled = rows.sample(frac=1, random_state=seed)
    asked = ASKED | {"alike": ["calls"]}
    one, other = (waiting(each, reference=BAND, **asked) for each in (rows, shuffled))
    pd.testing.assert_frame_equal(one.frame(), other.frame())
    pd.testing.assert_frame_equal(one.gaps(), other.gaps())


def test_older_customers_wait_less_since_they_call_and_not_at_the_same_way_in(desk):
    found = waiting(desk, reference={"age_band": "18-29"})
    raw = told(found.gaps(), group="60+", measure="mean_hours", among="all requests")
    among = "same origin, priority"
    same = told(found.gaps(), group="60+", measure="mean_hours", among=among)
    assert raw[2] < -3
    assert abs(same[0]) < same[2] - same[1]
    assert abs(same[0]) < -raw[0] / 3
    sentence = found.explain().splitlines()[-1]
    assert sentence.startswith(f"60+ against 18-29: all requests: {-raw[0]:.1f} hours shorter [")
    assert sentence.endswith("], which can be chance.") == (same[1] <= 0 <= same[2])


def test_no_community_waits_longer_in_a_clean_world():
    requests = requests_of(make_crm(customers=4000, seed=12).tables)
    gaps = waiting(requests, reference={"community": "A"}).gaps().query("measure == 'mean_hours'")
    assert len(gaps) == 4
    assert (gaps["gap"].abs() < gaps["high"] - gaps["low"]).all()


def test_a_customer_in_two_groups_makes_the_gap_less_sure(table):
    rows = table(20, 20)
    apart = waiting(rows, reference=BAND, **ASKED)
    both = waiting(rows.assign(who=np.resize(np.arange(20), 40)), reference=BAND, **ASKED)
    widths = [
        np.ptp(told(each.gaps(), measure="mean_hours", among="all requests")[1:])
        for each in (apart, both)
    ]
    assert widths[1] > 1.3 * widths[0]
