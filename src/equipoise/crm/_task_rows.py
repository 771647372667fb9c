"""The rows of each task: whom its question is about, what happened to them, and what a row adds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.crm._after_contact import who_complained, who_opted_out, within
from equipoise.crm._calendar import CAMPAIGNS, Campaign
from equipoise.crm._features_events import places
from equipoise.crm._schema import PRODUCT_CATEGORIES, YEAR_DAYS

__all__ = [
    "ACTIVE_DAYS",
    "ASKED_ON",
    "CATEGORY_ITEMS_BOUNDS",
    "COUPON_PURPOSE",
    "ESCALATION_DAYS",
    "OUTCOME_DAYS",
    "case_priority",
    "churn_90d",
    "coupon_uplift",
    "next_category",
    "offer_response",
]

OUTCOME_DAYS = 90
ESCALATION_DAYS = 14
ACTIVE_DAYS = 180
ASKED_ON = "asked_on"
"""The date of a row where a question is asked on several."""

CATEGORY_ITEMS_BOUNDS = (0.0, 20.0)

COUPON_PURPOSE = "personalised_offers"
"""What a coupon is sent for, whoever asks about it later and for what."""

Tables = Mapping[str, pd.DataFrame]


def offer_response(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Who answers the coupon: all members but the hold-out, as they were when it was posted."""
    plan = _printed(date)
    members = _members(tables, plan)
    asked = members[members["status"] != "hold_out"]
    return _rows(asked["contact_id"], has_responded=asked["has_responded"]).assign(
        **_trust(tables, asked["contact_id"], plan)
    )


def coupon_uplift(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Who orders within the window, contacted or held out, among those whom the rules selected."""
    plan = _printed(date)
    members = _members(tables, plan)
    selected = members[members["is_selected"]]
    ordered = _who_ordered(tables, date, plan.window_days)
    return _rows(
        selected["contact_id"],
        ordered=_among(selected["contact_id"], ordered),
    ).assign(
        contacted=(selected["status"] == "contacted").to_numpy("int64"),
        contact_probability=1 - plan.hold_out_probability,
        **_trust(tables, selected["contact_id"], plan),
    )


def churn_90d(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Who, of those with an order in the last 180 days, places none in the next 90."""
    active = _who_ordered(tables, date - pd.Timedelta(days=ACTIVE_DAYS), ACTIVE_DAYS)
    contact_id = tables["contacts"]["contact_id"]
    contact_id = contact_id[_among(contact_id, active)]
    stayed = _among(contact_id, _who_ordered(tables, date, OUTCOME_DAYS))
    return _rows(contact_id, churned=~stayed)


def next_category(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Which categories each active customer buys in the next 90 days: a row for each."""
    active = _who_ordered(tables, date - pd.Timedelta(days=YEAR_DAYS), YEAR_DAYS)
    contact_id = tables["contacts"]["contact_id"]
    contact_id = contact_id[_among(contact_id, active)]
    pairs = pd.MultiIndex.from_product(
        [contact_id, PRODUCT_CATEGORIES], names=["contact_id", "category"]
    )
    sales = tables["order_items"].merge(
        tables["orders"][["order_id", "contact_id", "order_date"]],
        on="order_id",
        validate="m:1",
    )
    past = sales[within(sales["order_date"], date - pd.Timedelta(days=YEAR_DAYS), YEAR_DAYS)]
    next_ones = sales[within(sales["order_date"], date, OUTCOME_DAYS)]
    before = (
        past.groupby(["contact_id", "category"], sort=False).size().reindex(pairs, fill_value=0)
    )
    after = next_ones.groupby(["contact_id", "category"], sort=False).size().reindex(pairs)
    rows = _rows(pairs.get_level_values("contact_id").to_series(), bought=after.notna())
    return rows.assign(
        category=pairs.get_level_values("category").astype("str"),
        category_items_12m=before.to_numpy("float64").clip(*CATEGORY_ITEMS_BOUNDS),
    )


def case_priority(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Which requests of the next 90 days escalate: what is known when each is opened."""
    cases = tables["cases"]
    opened = cases[within(cases["opened_date"], date, OUTCOME_DAYS)]
    rows = _rows(opened["contact_id"], is_escalated=opened["is_escalated"])
    return rows.assign(
        reason=opened["reason"].to_numpy(),
        origin=opened["origin"].to_numpy(),
        opened_date=opened["opened_date"].to_numpy(),
    )


def _printed(date: pd.Timestamp) -> Campaign:
    """Return the printed campaign that starts on a date."""
    return next(plan for plan in CAMPAIGNS if plan.by_post and plan.start_date == date)


def _members(tables: Tables, plan: Campaign) -> pd.DataFrame:
    members = tables["campaign_members"]
    return members[members["campaign_id"] == plan.campaign_id]


def _trust(
    tables: Tables, contact_id: pd.Series[str], plan: Campaign
) -> dict[str, NDArray[np.int64]]:
    """Return who opted out or complained in the days of the outcome, contacted or not."""
    days = plan.start_date, plan.window_days
    lost = {
        "opted_out": who_opted_out(tables, *days, purpose=COUPON_PURPOSE),
        "complained": who_complained(tables, *days),
    }
    return {name: _among(contact_id, who).to_numpy("int64") for name, who in lost.items()}


def _rows(contact_id: pd.Series[str], **flags: pd.Series[bool]) -> pd.DataFrame:
    answers = {
        name: pd.Series(flag.to_numpy()).map({True: "yes", False: "no"}).astype("str")
        for name, flag in flags.items()
    }
    return pd.DataFrame({"contact_id": contact_id.to_numpy(), **answers}).astype(
        {"contact_id": "str"}
    )


def _among(contact_id: pd.Series[str], others: pd.Series[str]) -> pd.Series[bool]:
    return pd.Series(places(contact_id, pd.Index(others)) >= 0, index=contact_id.index)


def _who_ordered(tables: Tables, start: pd.Timestamp, days: int) -> pd.Series[str]:
    orders = tables["orders"]
    return (
        orders["contact_id"][within(orders["order_date"], start, days)].dropna().drop_duplicates()
    )
