"""Who opted out, and who complained, in the ten days from 10 March on."""

import pandas as pd
import pytest

from equipoise.crm._after_contact import who_complained, who_opted_out

START = pd.Timestamp("2026-03-10")
LAST, BEFORE, AFTER = "2026-03-19", "2026-03-09", "2026-03-20"


def mailed(event, day):
    rows = {"contact_id": ["C1"], "event": [event], "event_date": [pd.Timestamp(day)]}
    return {"email_events": pd.DataFrame(rows)}


def said(expression, effective, recorded, purpose="personalised_offers"):
    rows = {"individual_id": ["P1"], "purpose": [purpose], "expression": [expression]}
    dates = {"effective_at": [effective], "recorded_at": [recorded]}
    return {
        "consent_events": pd.DataFrame(rows | dates).astype(dict.fromkeys(dates, "datetime64[us]"))
    }


def opened(reason, day):
    rows = {"contact_id": ["C1"], "reason": [reason], "opened_date": [pd.Timestamp(day)]}
    return {"cases": pd.DataFrame(rows)}


def tables(*parts):
    """Nothing happened but what `parts` say; nobody is in doubt about who C1 is."""
    empty = {
        **{name: frame.head(0) for name, frame in mailed("sent", START).items()},
        **{name: frame.head(0) for name, frame in said("opt_in", START, START).items()},
        **{name: frame.head(0) for name, frame in opened("delivery", START).items()},
    }
    contacts = pd.DataFrame({"contact_id": ["C0", "C1"], "individual_id": ["P0", "P1"]})
    found = {**empty, "contacts": contacts}
    for part in parts:
        found |= part
    return found


@pytest.mark.parametrize(
    ("event", "counts"),
    [
        (mailed("unsubscribed", START), True),
        (mailed("unsubscribed", LAST), True),
        (mailed("unsubscribed", BEFORE), False),
        (mailed("unsubscribed", AFTER), False),
        (mailed("reported_spam", LAST), False),
        (said("withdrawal", START, LAST), True),
        (said("opt_out", LAST, LAST), True),
        (said("opt_in", LAST, LAST), False),
        (said("withdrawal", LAST, LAST, purpose="service"), False),
        (said("withdrawal", BEFORE, LAST), False),
        (said("withdrawal", LAST, AFTER), False),
        (said("withdrawal", None, LAST), True),
        (said("withdrawal", None, AFTER), False),
        (said("withdrawal", LAST, None), True),
        (said("withdrawal", None, None), False),
    ],
)
def test_an_opt_out_holds_from_within_the_days_and_is_recorded_by_their_end(event, counts):
    found = who_opted_out(tables(event), START, 10, purpose="personalised_offers")
    assert found.tolist() == ["C1"] * counts


@pytest.mark.parametrize(
    ("event", "counts"),
    [
        (mailed("reported_spam", START), True),
        (mailed("reported_spam", AFTER), False),
        (mailed("unsubscribed", LAST), False),
        (opened("complaint", LAST), True),
        (opened("complaint", BEFORE), False),
        (opened("delivery", LAST), False),
    ],
)
def test_a_complaint_is_a_case_of_that_reason_or_a_report_as_spam(event, counts):
    assert who_complained(tables(event), START, 10).tolist() == ["C1"] * counts


def test_whoever_does_both_is_named_once():
    both = tables(mailed("unsubscribed", LAST), said("withdrawal", START, START))
    assert who_opted_out(both, START, 10, purpose="personalised_offers").tolist() == ["C1"]
    both = tables(mailed("reported_spam", LAST), opened("complaint", LAST))
    assert who_complained(both, START, 10).tolist() == ["C1"]
