"""The cases of a task in several orders: who waits longer when a model decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import make_crm
from equipoise.exceptions import InputError
from equipoise.intervals import mean_amount, wilson
from equipoise.models.service import queue

DAY = pd.Timestamp("2026-01-05")


@pytest.fixture
def busy(cases):
    """200 cases over 40 days; group b scores lower."""
    rng = np.random.default_rng(0)
    days = DAY + pd.to_timedelta(rng.integers(0, 40, 200), unit="D")
    task = cases(days, y=rng.random(200) < 0.3)
    scores = rng.random(200) + (task.groups["band"] == "a")
    return task, scores.to_numpy()


def test_waits_by_group_are_those_of_the_simulated_days(busy):
    task, scores = busy
    found = queue(task, {"model": scores}, capacity_per_day=4, seed=1)
    frame = found.frame().set_index(["order", "group", "measure"])
    days, positive = found.days["model"], task.y == 1
    own = days[(task.groups["band"] == "b").to_numpy()]
    told = frame.loc[("model", "b", "mean_days"), ["value", "low", "high"]].tolist()
    assert told == pytest.approx([*mean_amount(own, bounds=(0, float(days.max())))])
    told = frame.loc[("model", "everybody", "positives_same_day")]
    expected = wilson((days[positive] == 0).sum(), positive.sum())
    assert told[["value", "low", "high"]].tolist() == pytest.approx([*expected])
    assert told["requests"] == positive.sum()
    assert [*found.days] == ["first_come", "model"]


def test_the_group_that_scores_lower_waits_longer_and_the_gain_of_one_is_the_wait_of_others(busy):
    task, scores = busy
    found = queue(task, {"model": scores}, capacity_per_day=4, seed=1)
    gaps = found.gaps().query("measure == 'mean_days'").set_index("order")
    assert gaps.loc["first_come", "low"] < 0 < gaps.loc["first_come", "high"]
    assert gaps.loc["model", "low"] > 0
    changes = found.changes().set_index("group")
    assert changes.loc["a", "high"] < 0 < changes.loc["b", "low"]
    assert changes.loc["everybody", "change_days"] == 0
    assert changes.loc["everybody", "note"] == "no interval (no order adds capacity)"
    sums = changes["change_days"] * changes["requests"]
    assert sums[["a", "b"]].sum() == pytest.approx(0)
    shares = changes[["share_longer", "share_shorter"]]
    assert (shares.sum(axis=1) <= 1).all()


def test_with_room_for_everybody_no_order_makes_a_difference(busy):
    task, scores = busy
    found = queue(task, {"model": scores}, capacity_per_day=200, seed=1)
    assert (found.days == 0).all(axis=None)
    assert found.load < 0.03
    means = found.frame().query("measure == 'mean_days'")
    assert (means["value"] == 0).all()
    assert (means["note"] == "no interval (the same in every request)").all()
    assert (found.changes().query("group != 'everybody'")["change_days"] == 0).all()


def test_the_evenings_are_dated_and_the_load_is_the_cases_a_day_over_the_capacity(busy):
    task, scores = busy
    found = queue(task, {"model": scores}, capacity_per_day=4, seed=1)
    evenings = found.traffic()
    assert evenings.query("order == 'model'")["day"].iloc[0] == task.time.min()
    assert evenings.groupby("order")["handled"].sum().tolist() == [200, 200]
    length = (task.time.max() - task.time.min()).days + 1
    assert found.load == pytest.approx(200 / length / 4)


def test_days_may_be_counted_and_hours_belong_to_their_day(cases):
    counted = cases(np.repeat(np.arange(20.0), 2) + 0.7)
    stamped = cases(DAY + pd.to_timedelta(np.repeat(np.arange(20), 2) + 0.7, unit="D"))
    zoned = cases(
        (DAY + pd.to_timedelta(np.repeat(np.arange(20), 2), unit="D")).tz_localize("Asia/Tokyo")
    )
    days = [queue(each, {}, capacity_per_day=1, seed=3).days for each in (counted, stamped, zoned)]
    pd.testing.assert_frame_equal(days[0], days[1])
    pd.testing.assert_frame_equal(days[0], days[2])
    assert queue(counted, {}, capacity_per_day=1, seed=3).traffic()["day"].iloc[0] == 0


def test_the_requests_of_one_customer_are_no_sample_of_many(cases):
    task = cases(np.arange(60.0), unit=np.resize(np.arange(6), 60))
    frame = queue(task, {}, capacity_per_day=1, seed=1).frame()
    assert frame["value"].isna().all()
    assert frame.query("group == 'everybody'")["note"].iloc[0] == "not estimable (n=6)"


def test_cases_of_the_crm_are_handled_by_score_and_by_reason():
    task = make_crm(customers=4000, seed=7).task("case_priority")
    urgent = task.X["reason"].isin(["complaint", "damaged"])
    found = queue(task, {"perfect": task.y, "urgent": urgent}, capacity_per_day=2, seed=7)
    reached = found.frame().query("group == 'everybody' and measure == 'positives_same_day'")
    shares = reached.set_index("order")["value"]
    assert shares["perfect"] > 0.9 > shares["urgent"] > shares["first_come"]
    again = queue(task, {"perfect": task.y, "urgent": urgent}, capacity_per_day=2, seed=7)
    pd.testing.assert_frame_equal(found.frame(), again.frame())


@pytest.mark.parametrize(
    ("orders", "given", "message"),
    [
        (
            {},
            {"capacity_per_day": 0},
            "capacity_per_day must be a whole number of at least 1, got 0. Use the cases of one "
            "working day.",
        ),
        (
            {},
            {"capacity_per_day": 2.5},
            "capacity_per_day must be a whole number of at least 1, got 2.5. Use the cases of one "
            "working day.",
        ),
        (
            [0.1] * 20,
            {},
            "orders must be scores by name, got list. Pass for example {'model': scores}.",
        ),
        (
            {"first_come": [0.1] * 20},
            {},
            "orders must have names of their own, as text, got 'first_come'. 'first_come' is always "
            "there.",
        ),
        (
            {"model": [0.1] * 3},
            {},
            "orders['model'] must be one score a row, got shape (3,) for 20 rows. Score the rows of "
            "this task.",
        ),
        (
            {"model": [np.nan, *[0.1] * 19]},
            {},
            "orders['model'] must be finite numbers, got missing or infinite ones in 1 of 20 rows. "
            "Score every row.",
        ),
        (
            {"desk": ["high"] * 20},
            {},
            "orders['desk'] must be numbers, got str. Number the desk's priorities, the most urgent "
            "highest.",
        ),
        (
            {"model": pd.Series([0.1] * 20, index=range(1, 21))},
            {},
            "orders['model'] must have the index of the task's rows, got another one. Align the rows "
            "first, or pass an array to have it read by position.",
        ),
        (
            {},
            {"reference": {"band": "z"}},
            "reference of 'band' must be one of its groups, got 'z'. Known: 'a', 'b'.",
        ),
        ({}, {"seed": -1}, "seed must be a whole number of at least 0, got -1. Use a seed such as 7."),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused(cases, orders, given, message):
    with pytest.raises(InputError) as refusal:
        queue(cases(np.arange(20.0)), orders, **({"capacity_per_day": 1, "seed": 1} | given))
    assert str(refusal.value) == message


def test_without_a_date_or_with_seconds_there_is_no_queue(cases):
    from dataclasses import replace

    with pytest.raises(InputError) as refusal:
        queue(replace(cases(np.arange(20.0)), time=None), {}, capacity_per_day=1, seed=1)
    assert str(refusal.value) == (
        "task must have a time, the day on which each case was opened, got none. Name the column of "
        "the date under `time` in the task file."
    )
    with pytest.raises(InputError) as refusal:
        queue(cases(np.arange(20.0) * 86_400), {}, capacity_per_day=1, seed=1)
    assert str(refusal.value) == (
        "time must span at most 100,000 days, got 1,641,600. Count it in days, not in seconds."
    )
