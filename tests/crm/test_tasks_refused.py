import re

import pandas as pd
import pytest

from equipoise.crm import CRM, make_crm
from equipoise.crm._tasks import TASKS
from equipoise.exceptions import InputError

DAY = pd.Timedelta(days=1)
MARKETING = [name for name in TASKS if name != "case_priority"]


@pytest.fixture(scope="module")
def few() -> CRM:
    return make_crm(customers=1000, seed=11)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("churn_90d", "2024-06-29", "2026-04-02"),
        ("next_category", "2024-12-31", "2026-04-02"),
        ("case_priority", "2024-12-31", "2026-03-19"),
        ("offer_response", "2024-09-02", "2026-06-30"),
        ("coupon_uplift", "2024-09-02", "2026-06-30"),
    ],
)
def test_a_date_without_a_full_window_is_refused(name, first, last, few):
    for as_of in (first, last):
        assert len(few.task(name, as_of=as_of)) > 0
    for as_of in (pd.Timestamp(first) - DAY, pd.Timestamp(last) + DAY):
        message = (
            f"as_of must lie between {first} and {last} for this task, got {as_of:%Y-%m-%d}. "
            "Leave it out for the last date with a full outcome window."
        )
        with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
            few.task(name, as_of=as_of)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (
            "offer_respons",
            {},
            "task must be a known name, got 'offer_respons'. Did you mean 'offer_response'?",
        ),
        (
            "churn_90d",
            {"purpose": "analytic"},
            "purpose must be a known name, got 'analytic'. Did you mean 'analytics'?",
        ),
        (
            "churn_90d",
            {"purpose": "third_party_sharing"},
            "purpose must permit at least one feature, got 'third_party_sharing'. "
            "The task's own purpose is 'analytics'.",
        ),
        (
            "churn_90d",
            {"policy": "optin"},
            "policy must be a known name, got 'optin'. Did you mean 'opt_in'?",
        ),
        (
            "churn_90d",
            {"policy": "legitimate_interest"},
            "policy must be one that can be asked for purpose 'analytics', "
            "got 'legitimate_interest'. Known: 'opt_in', 'opt_out', 'everyone'.",
        ),
        (
            "churn_90d",
            {"as_of": "soon"},
            "as_of must be a date such as '2026-03-02' or a Timestamp, got 'soon'. "
            "Write it year-month-day.",
        ),
        (
            "churn_90d",
            {"as_of": "2026-01-01T00:00Z"},
            "as_of must be a date without a time zone, got '2026-01-01T00:00Z'. Use '2026-01-01'.",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(name, arguments, message, clean):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        clean.task(name, **arguments)


@pytest.mark.parametrize(
    ("customers", "name", "found"),
    [
        *((1, name, "0 rows") for name in TASKS),
        (5, "churn_90d", "1 row"),
        (40, "case_priority", "2 rows"),
    ],
)
def test_a_world_too_small_for_the_question_is_refused(customers, name, found):
    message = (
        f"customers must be enough for the task {name!r}: both outcomes, and in each attribute the "
        f"reference and another group, got {found}. Draw more customers."
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        make_crm(customers=customers, seed=0).task(name)


@pytest.mark.parametrize("name", MARKETING)
def test_service_is_not_marketing(name, clean):
    message = (
        f"purpose must cover the task {name!r}, got 'service'. Service is not marketing: name the "
        f"purpose that customers were asked about, such as {TASKS[name].purpose!r}."
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        clean.task(name, purpose="service")
