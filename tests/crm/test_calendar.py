import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.crm._calendar import (
    CAMPAIGNS,
    COURSE_CAMPAIGN,
    MONTH_PACE,
    calendar_days,
    dates,
    pace_until,
)
from equipoise.crm._emails import DAYS_BETWEEN_SENDS, SENDS
from equipoise.crm._schema import DAYS, END_DATE, KEPT_SEASON_START, START_DATE

DAY = st.floats(0.0, float(DAYS))


@given(day=DAY)
def test_pace_and_day_are_inverses(day):
    assert float(calendar_days(pace_until(day))) == pytest.approx(day, abs=1e-9)


@given(first=DAY, second=DAY)
def test_time_never_runs_backwards(first, second):
    low, high = sorted([first, second])
    assert pace_until(low) <= pace_until(high)


def test_the_seasons_make_a_years_mean_of_1():
    assert len(MONTH_PACE) == 12
    for year in ("2024", "2025"):
        start = (pd.Timestamp(f"{year}-01-01") - START_DATE).days
        end = (pd.Timestamp(f"{year}-12-31") - START_DATE).days + 1
        # Months differ in length, by a tenth at most; their pace by less than a fifth.
        assert float(pace_until(end) - pace_until(start)) / (end - start) == pytest.approx(
            1.0, abs=0.005
        )


def test_each_month_has_the_pace_it_is_said_to_have():
    for month in range(1, 13):
        start = pd.Timestamp(2025, month, 1)
        first = (start - START_DATE).days
        days = start.days_in_month
        pace = float(pace_until(first + days) - pace_until(first)) / days
        assert pace == pytest.approx(MONTH_PACE[month - 1] / np.mean(MONTH_PACE))


def test_day_0_is_the_start_of_the_world_and_the_last_day_its_end():
    assert dates(np.array([0, DAYS - 1])).tolist() == [START_DATE, END_DATE]


def test_campaigns_are_listed_by_date_and_their_windows_do_not_overlap():
    for one, following in itertools.pairwise(CAMPAIGNS):
        assert one.day + one.window_days <= following.day, (one.name, following.name)


def test_the_windows_and_the_e_mails_end_within_the_world():
    for plan in CAMPAIGNS:
        assert plan.day > 0
        assert plan.day + plan.window_days <= DAYS
        assert plan.by_post or plan.window_days > (SENDS - 1) * DAYS_BETWEEN_SENDS


def test_no_window_reaches_from_before_the_kept_season_into_it():
    for plan in CAMPAIGNS:
        ends = plan.start_date + pd.Timedelta(days=plan.window_days)
        assert ends <= KEPT_SEASON_START or plan.start_date >= KEPT_SEASON_START


def test_the_kept_season_has_campaigns_of_both_kinds():
    kept = [plan.type for plan in CAMPAIGNS if plan.start_date >= KEPT_SEASON_START]
    assert sorted(kept) == ["direct_mail", "email"]


def test_every_campaign_keeps_a_hold_out_and_the_courses_three_in_ten():
    assert all(0 < plan.hold_out_probability < 1 for plan in CAMPAIGNS)
    assert COURSE_CAMPAIGN.hold_out_probability == 0.30
    assert COURSE_CAMPAIGN.start_date == pd.Timestamp("2026-03-02")
    assert COURSE_CAMPAIGN.window_days == 30


def test_campaigns_have_names_of_their_own():
    assert len({plan.campaign_id for plan in CAMPAIGNS}) == len(CAMPAIGNS)
    assert len({plan.name for plan in CAMPAIGNS}) == len(CAMPAIGNS)
