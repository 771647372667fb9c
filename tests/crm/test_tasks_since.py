"""Tasks on several dates: the rows of each are those of the same question asked on it alone."""

import re

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import CRM, make_crm
from equipoise.crm._task_rows import OUTCOME_DAYS
from equipoise.crm._tasks import TASKS, pose_task
from equipoise.exceptions import InputError

DATES = {
    "offer_response": ["2024-09-02", "2025-03-03", "2025-09-01", "2026-03-02"],
    "coupon_uplift": ["2024-09-02", "2025-03-03", "2025-09-01", "2026-03-02"],
    "churn_90d": [
        "2024-07-10", "2024-10-08", "2025-01-06", "2025-04-06", "2025-07-05", "2025-10-03", "2026-01-01",
    ],
    "next_category": ["2025-01-06", "2025-04-06", "2025-07-05", "2025-10-03", "2026-01-01"],
}  # fmt: skip
ROLES = {
    "offer_response": ("opted_out", "complained"),
    "coupon_uplift": ("treatment", "treatment_probability", "opted_out", "complained"),
}
PANELS = ["offer_response", "coupon_uplift", "churn_90d"]
"""Next category has a row for each category too; it is asked like churn, and takes longer."""


@pytest.fixture(scope="module")
def few() -> CRM:
    return make_crm(customers=1000, seed=11)


@pytest.mark.parametrize("name", DATES)
def test_the_rows_of_each_date_are_those_of_the_question_on_it(name, few):
    """Features, groups, outcome and chance of contact; consent is judged on the last date."""
    panel = few.task(name, since="2024-01-01", policy="everyone")
    assert list(map(str, panel.time.dt.date.unique())) == DATES[name]
    assert panel.time.is_monotonic_increasing
    for date in DATES[name][-2:-1]:
        alone = few.task(name, as_of=date, policy="everyone")
        part = panel.take(np.flatnonzero(panel.time == date))
        assert part.unit.tolist() == alone.unit.tolist()
        assert part.y.tolist() == alone.y.tolist()
        pd.testing.assert_frame_equal(part.X, alone.X)
        pd.testing.assert_frame_equal(part.groups, alone.groups)
        for role in ROLES.get(name, ()):
            pd.testing.assert_series_equal(getattr(part, role), getattr(alone, role))


@pytest.mark.parametrize("name", PANELS)
def test_consent_is_judged_once_on_the_last_date(name, few):
    panel = few.task(name, since="2025-06-01", policy="everyone")
    last = few.task(name, policy="everyone")
    for policy in last.allowed:
        answers = panel.allowed[policy].groupby(panel.unit).nunique()
        assert (answers == 1).all()
        said = dict(zip(last.unit, last.allowed[policy], strict=True))
        known = panel.unit.isin(said)
        assert panel.allowed[policy][known].tolist() == panel.unit[known].map(said).tolist()
    assert len(panel.under("opt_in")) < len(panel)


@pytest.mark.parametrize("name", ["churn_90d", "next_category"])
def test_a_customer_has_at_most_a_row_a_date_and_question(name, few):
    once, panel = few.task(name), few.task(name, since="2025-10-01")
    dates = panel.time.nunique()
    assert panel.rows_per_unit == once.rows_per_unit * dates
    assert panel.unit.value_counts().max() == panel.rows_per_unit
    assert f" Asked on {dates} dates. Purpose: " in panel.file.question
    assert panel.file.time == "asked_on" and "asked_on" not in panel.X
    assert once.time is None and "Asked" not in once.file.question
    assert list(panel.X) == list(once.X) and panel.decision == once.decision
    assert panel.digest == few.task(name, since="2025-10-01").digest != once.digest


def test_outcome_windows_touch_and_do_not_overlap(few):
    dates = few.task("churn_90d", since="2025-01-01", as_of="2026-02-01").time.drop_duplicates()
    assert (dates.diff().dropna() == pd.Timedelta(days=OUTCOME_DAYS)).all()
    assert dates.iloc[-1] == pd.Timestamp("2026-02-01")
    assert dates.iloc[0] - pd.Timedelta(days=OUTCOME_DAYS) < pd.Timestamp("2025-01-01")


@pytest.mark.parametrize("name", PANELS)
def test_since_a_date_means_that_date_too(name, few):
    first, second = DATES[name][-3:-1]
    for since, expected in ((first, 3), (pd.Timestamp(first) + pd.Timedelta(days=1), 2)):
        assert few.task(name, since=since).time.nunique() == expected
    assert few.task(name, since=second, as_of=DATES[name][-1]).time.nunique() == 2


def test_one_date_poses_the_table_and_file_that_it_always_did(few):
    frame, file = pose_task("churn_90d", few.tables)
    assert "asked_on" not in frame
    assert file.time is None and file.rows_per_unit == 1


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (
            "case_priority",
            {"since": "2025-01-01"},
            "since must be left out for the task 'case_priority', got 2025-01-01. Its rows have "
            "dates of their own: name the first day of its 90 as `as_of`.",
        ),
        (
            "churn_90d",
            {"since": "2025-10-04"},
            "since must leave an earlier date to ask on than 2026-01-01, got 2025-10-04. "
            "Name an earlier day, or leave it out to ask once.",
        ),
        (
            "churn_90d",
            {"since": "2026-05-04"},
            "since must leave an earlier date to ask on than 2026-01-01, got 2026-05-04. "
            "Name an earlier day, or leave it out to ask once.",
        ),
        (
            "offer_response",
            {"since": "2025-09-02"},
            "since must leave an earlier date to ask on than 2026-03-02, got 2025-09-02. "
            "Name an earlier day, or leave it out to ask once.",
        ),
        (
            "offer_response",
            {"since": "long ago"},
            "since must be a date such as '2026-03-02' or a Timestamp, got 'long ago'. "
            "Write it year-month-day.",
        ),
        (
            "offer_response",
            {"since": "2025-01-01T00:00Z"},
            "since must be a date without a time zone, got '2025-01-01T00:00Z'. Use '2026-01-01'.",
        ),
    ],
)
def test_dates_that_cannot_be_asked_on_are_refused(name, arguments, message, few):
    assert name in TASKS
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        few.task(name, **arguments)
