"""What the coupon's tasks say about trust: row for row, and as `trust_lost` counts it."""

import pandas as pd
import pytest

from equipoise.crm._calendar import CAMPAIGNS
from equipoise.crm._tasks import TASKS, pose_task
from equipoise.models.value import trust_lost

ROLES = ("opted_out", "complained")
COUPONS = ["offer_response", "coupon_uplift"]
PRINTED = [plan for plan in CAMPAIGNS if plan.by_post]


def days_of(plan, dates):
    return (dates >= plan.start_date) & (dates <= plan.end_date)


def recounted(crm, plan):
    """Return the persons who opted out and who complained, from the records, event by event."""
    tables = crm.tables
    person = tables["contacts"].set_index("contact_id")["individual_id"]
    mailed, said, cases = (tables[n] for n in ("email_events", "consent_events", "cases"))
    mailed = mailed[days_of(plan, mailed["event_date"])]
    holds = said["effective_at"].fillna(said["recorded_at"])
    said = said[days_of(plan, holds) & (said["recorded_at"] <= plan.end_date)]
    said = said[(said["purpose"] == "personalised_offers") & (said["expression"] != "opt_in")]
    cases = cases[days_of(plan, cases["opened_date"]) & (cases["reason"] == "complaint")]
    by_mail = {
        event: set(rows["contact_id"].map(person)) for event, rows in mailed.groupby("event")
    }
    opted_out = set(said["individual_id"]) | by_mail.get("unsubscribed", set())
    return opted_out, set(cases["contact_id"].map(person)) | by_mail.get("reported_spam", set())


@pytest.mark.parametrize("name", COUPONS)
@pytest.mark.parametrize("plan", PRINTED[-2:], ids=lambda plan: plan.campaign_id)
def test_each_row_says_whether_its_customer_opted_out_or_complained(name, plan, clean):
    task = clean.task(name, as_of=plan.start, policy="everyone")
    for role, persons in zip(ROLES, recounted(clean, plan), strict=True):
        assert getattr(task, role).tolist() == task.unit.isin(persons).astype(int).tolist()
        assert getattr(task, role).sum() > 0


@pytest.mark.parametrize("plan", PRINTED, ids=lambda plan: plan.campaign_id)
def test_both_arms_have_the_counts_of_trust_lost(plan, clean):
    task = clean.task("coupon_uplift", as_of=plan.start, policy="everyone")
    told = trust_lost(clean, plan.campaign_id, days=plan.window_days).frame().to_dict("records")
    for role, row in zip(ROLES, told, strict=True):
        hits = getattr(task, role).groupby(task.treatment).sum()
        sizes = task.treatment.value_counts()
        assert (sizes[1], sizes[0]) == (row["contacted"], row["held_out"])
        assert hits[1] == pytest.approx(row["contacted_rate"] * row["contacted"])
        assert hits[0] == pytest.approx(row["held_out_rate"] * row["held_out"])


@pytest.mark.parametrize("name", TASKS)
def test_only_the_tasks_of_the_coupon_speak_of_trust(name, clean):
    frame, file = pose_task(name, clean.tables)
    named = [getattr(file, role) for role in ROLES]
    assert named == (list(ROLES) if name in COUPONS else [None, None])
    assert [role in frame for role in ROLES] == [name in COUPONS] * 2
    assert not {*ROLES} & {*file.features}


def test_who_opted_out_does_not_depend_on_who_asks(clean):
    task, other = (
        clean.task("coupon_uplift", policy="everyone", purpose=purpose)
        for purpose in ("personalised_offers", "fairness_audit")
    )
    for role in ROLES:
        pd.testing.assert_series_equal(getattr(task, role), getattr(other, role))
