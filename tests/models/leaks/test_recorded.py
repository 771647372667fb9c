"""What was recorded after the decision is named; outcomes dated before the contact are refused."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import InputError
from equipoise.intervals import wilson
from equipoise.models.leaks import check_outcome_dates, find_leaks
from equipoise.models.leaks._recorded import recorded_after

N = 40
Y = np.tile([0, 1], N // 2)


def test_features_are_compared_with_the_time_of_the_task(small):
    opened = pd.Series(pd.date_range("2026-01-01", periods=N))
    task = small(np.zeros(N), Y, time=opened)
    late = opened.copy()
    late[:4] += pd.to_timedelta([1, 9, 3, 0], unit="D")
    late[5] = pd.NaT
    (row,) = recorded_after(task, {"x": late}, None).itertuples()
    assert (row.feature, row.evidence, row.level) == ("x", "recorded_after", 0.0)
    assert (row.value, row.low, row.high) == pytest.approx([*wilson(3, 39)])
    assert row.note == (
        "3 of 39 rows, at worst 9 days after the decision (row 1), 1 row without a date"
    )
    assert find_leaks(task, recorded_at={"x": late}).suspects == ("x",)


def test_the_same_moment_is_not_after(small):
    opened = pd.Series(pd.date_range("2026-01-01", periods=N))
    assert not len(recorded_after(small(np.zeros(N), Y, time=opened), {"x": opened}, None))


def test_hours_and_counted_time_are_compared_too(small):
    task = small(np.zeros(N), Y, time=pd.Series(np.arange(N, dtype=float)))
    (row,) = recorded_after(task, {"x": np.full(N, 37.5)}, None).itertuples()
    assert row.note == "38 of 40 rows, at worst 37.5 after the decision (row 0)"
    (row,) = recorded_after(task, {"x": "2026-01-01T06:00Z"}, "2026-01-01T05:00+01:00").itertuples()
    assert row.note == "40 of 40 rows, at worst 2 hours after the decision (row 0)"


def test_customers_are_the_sample(small):
    unit = np.repeat(np.arange(N // 4), 4)
    late = np.where(unit < 5, "2026-03-02", "2026-03-01")
    (row,) = recorded_after(small(np.zeros(N), Y, unit), {"x": late}, "2026-03-01").itertuples()
    assert (row.value, row.low, row.high) == pytest.approx([*wilson(5, 10)])
    few = small(np.zeros(N), Y, np.arange(N) % 9)
    (row,) = recorded_after(few, {"x": "2026-03-02"}, "2026-03-01").itertuples()
    assert row.value == 1
    assert np.isnan(row.low)
    assert np.isnan(row.high)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"recorded_at": {"y": "2026-01-01"}, "decided_at": "2026-01-01"},
            "recorded_at must be a known name, got 'y'. Known: 'x'.",
        ),
        (
            {"recorded_at": {"x": "2026-01-01"}},
            "decided_at must say when each was decided about, since the task has no time, got None. "
            "Give one date for all rows, or a date a row.",
        ),
        (
            {"recorded_at": {"x": "2026-01-01"}, "decided_at": [None, *["2026-01-01"] * (N - 1)]},
            "decided_at must not be missing, got 1 of 40 rows without. Complete or remove those rows.",
        ),
        (
            {"recorded_at": {"x": ["2026-01-01"] * 3}, "decided_at": "2026-01-01"},
            "recorded_at['x'] must be one moment a row, or one for all, got shape (3,) for 40 rows. "
            "Pass a column.",
        ),
        (
            {
                "recorded_at": {"x": pd.Series(["2026-01-01"] * N, index=range(1, N + 1))},
                "decided_at": "2026-01-01",
            },
            "recorded_at['x'] must have the same index as the other rows, in the same order, got "
            "another one. Align the rows first, or pass an array to have it read by position.",
        ),
        (
            {"recorded_at": {"x": "03/04/2026"}, "decided_at": "2026-01-01"},
            "recorded_at['x'] must hold ISO dates (2026-03-31) or numbers, got '03/04/2026'. Rewrite "
            "the dates year-month-day: 03/04 means two different days.",
        ),
        (
            {"recorded_at": {"x": [None] * N}, "decided_at": "2026-01-01"},
            "recorded_at['x'] must hold a moment in some row, got none. "
            "Leave the feature out where no date is known.",
        ),
        (
            {"recorded_at": {"x": np.full(N, np.inf)}, "decided_at": 3.0},
            "recorded_at['x'] must be finite where it is known, got infinity. "
            "Leave blank what is unknown.",
        ),
        (
            {"recorded_at": ["2026-01-01"], "decided_at": "2026-01-01"},
            "recorded_at must be moments by feature, got list. Pass for example {'calls': dates}.",
        ),
        (
            {"recorded_at": {"x": np.arange(N) > 3}, "decided_at": 3.0},
            "recorded_at['x'] must be dates or numbers, got true and false. Name another column.",
        ),
        (
            {"recorded_at": {"x": "2026-01-01T00:00Z"}, "decided_at": "2026-01-01"},
            "recorded_at['x'] and decided_at must be of one kind, got dates with a time zone against "
            "dates. Convert one of them.",
        ),
    ],
)
def test_dates_that_cannot_be_compared_are_refused(small, given, message):
    with pytest.raises(InputError) as refusal:
        find_leaks(small(np.arange(float(N)), Y), **given)
    assert str(refusal.value) == message


def test_an_outcome_before_the_contact_is_refused_with_the_worst_row():
    contacts = pd.Series(pd.to_datetime(["2026-03-01", "2026-03-01", "2026-03-05"]))
    outcomes = pd.Series(pd.to_datetime(["2026-02-27", None, "2026-01-04"]))
    with pytest.raises(InputError) as refusal:
        check_outcome_dates(outcomes, contacts)
    assert str(refusal.value) == (
        "outcome_at must not lie before decided_at, got 2 of 3 rows, at worst 60 days (row 2: "
        "2026-01-04 against 2026-03-05). Correct the dates, or remove those rows: they teach a model "
        "the past."
    )


@pytest.mark.parametrize(
    ("outcome", "contact"),
    [
        ([date(2026, 3, 1), None], date(2026, 3, 1)),
        ([3.0, np.nan, 9.0], [1, 5, 9]),
        ([None, None], "2026-03-01"),
        ([None, None], [1, 5]),
        ("2026-03-02", "2026-03-01"),
    ],
)
def test_outcomes_at_or_after_the_contact_pass(outcome, contact):
    assert check_outcome_dates(outcome, contact) is None


def test_outcome_dates_of_other_rows_are_refused():
    with pytest.raises(InputError, match="must have the same index as the other rows"):
        check_outcome_dates(pd.Series(["2026-03-02"], index=[5]), pd.Series(["2026-03-01"]))
