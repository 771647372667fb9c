"""Where a task is cut by date: days stay together, by the clock on the wall."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.task._splitting import before_and_after, first_later, split_at


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=2, max_size=40),
    st.floats(0.05, 0.95),
    st.sampled_from([None, "UTC", "America/Sao_Paulo", "Asia/Kolkata"]),
)
def test_hours_and_zones_do_not_move_the_cut(hours, share, zone):
    utc = pd.Series(pd.Timestamp("2018-10-31") + pd.to_timedelta(hours, "h"))
    time = utc if zone is None else utc.dt.tz_localize("UTC").dt.tz_convert(zone)
    day = time.dt.strftime("%Y-%m-%d")
    date = first_later(time, share)
    if day.nunique() < 2:
        assert date is None
        return
    assert f"{date:%Y-%m-%d}" == first_later(pd.to_datetime(day), share).strftime("%Y-%m-%d")
    known, later = before_and_after(time, date, 0)
    assert (later == (day >= f"{date:%Y-%m-%d}")).all()
    assert (known != later).all()


def test_of_two_dates_as_near_the_later_is_taken():
    assert first_later(pd.Series([1, 2, 3]), 0.5) == 3
    assert first_later(pd.Series([3, 1, 2, 4, 5, 6, 7, 8, 9, 10]), 0.35) == 5


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_ninety_days_are_ninety_dates_also_into_summer_time(zone):
    time = pd.Series([pd.Timestamp(at) for at in ("2025-12-31", "2026-01-01 00:30", "2026-03-31")])
    time = time.dt.tz_localize(zone)
    known, later = before_and_after(time, time[2], 90)
    assert (known.tolist(), later.tolist()) == ([True, False, False], [False, False, True])


def test_a_date_by_which_no_outcome_was_known_is_refused():
    with pytest.raises(InputError) as refusal:
        split_at(
            pd.Series(np.repeat([1.0, 2.0], 20)),
            2.0,
            pd.Series(range(40)).astype(str),
            known_after=5,
            seed=0,
            shares=(0.5, 0.25),
        )
    assert str(refusal.value) == (
        "task must have customers for each of the three parts, got no row whose outcome was known at "
        "2.0. Use a larger table."
    )
