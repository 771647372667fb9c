"""Decision problems posed on the synthetic CRM: a table and its task file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from equipoise._checks import check_choice
from equipoise.consent import POLICIES, PURPOSES, allowed
from equipoise.consent._moments import check_moment
from equipoise.crm._calendar import CAMPAIGNS, Campaign
from equipoise.crm._features import features_at, features_for
from equipoise.crm._schema import (
    END_DATE,
    GROUPS,
    KEPT_SEASON_START,
    PRODUCT_CATEGORIES,
    START_DATE,
)
from equipoise.crm._task_files import POLICY_COLUMNS, task_file
from equipoise.exceptions import InputError
from equipoise.task import TaskFile

__all__ = ["TASKS", "pose_task"]

OUTCOME_DAYS = 90
ACTIVE_DAYS = 180
ESCALATION_DAYS = 14
YEAR_DAYS = 365

Tables = Mapping[str, pd.DataFrame]
Posed = tuple[pd.DataFrame, TaskFile]


@dataclass(frozen=True)
class Posing:
    """How one task is posed.

    Parameters
    ----------
    purpose : str
        What it is for, unless another purpose is named.
    channel : str or None
        On which channel its decision reaches out; None where any will do.
    rows : callable
        From the tables and the date: keys, outcome and whatever else the task's rows hold.
    as_of : callable
        From the date that was asked for (or None): the date on which the features stand.
    """

    purpose: str
    channel: str | None
    rows: Callable[[Tables, pd.Timestamp], pd.DataFrame]
    as_of: Callable[[pd.Timestamp | None], pd.Timestamp]


def pose_task(
    name: str,
    tables: Tables,
    *,
    purpose: str | None = None,
    as_of: str | pd.Timestamp | None = None,
    policy: str = "opt_in",
) -> Posed:
    """Return the table and the task file of the task `name`.

    The table has all customers whom the question is about and who had joined before the date; its
    columns `allowed_<policy>` say whom each consent policy permits on the date, by what was
    recorded until then, and `policy` in the file is the one that the task is under.

    Parameters
    ----------
    name : str
        One of `TASKS`.
    tables : mapping of str to pandas.DataFrame
        The tables of a CRM. The truth is not among them and is never read.
    purpose : str, optional
        One of `equipoise.consent.PURPOSES`; the task's own if not given.
    as_of : str or pandas.Timestamp, optional
        The date of the question; the last one with a full outcome window if not given.
    policy : str
        The consent policy that the task is under.

    Raises
    ------
    InputError
        If a name is unknown, the purpose does not cover the task or permits it no feature, the
        date leaves no outcome window, or the policy cannot be asked for the purpose.
    """
    posing = TASKS[check_choice("task", name, TASKS)]
    purpose = _checked_purpose(name, posing.purpose if purpose is None else purpose)
    features = features_for(purpose)
    if not features:
        raise InputError(
            "purpose",
            "must permit at least one feature",
            repr(purpose),
            f"The task's own purpose is {posing.purpose!r}.",
        )
    date = posing.as_of(None if as_of is None else _checked_date(as_of))
    rows = posing.rows(tables, date).merge(
        tables["contacts"][["contact_id", "individual_id"]],
        on="contact_id",
        validate="m:1",
    )
    people = tables["individuals"][["individual_id", *GROUPS]]
    rows = rows.merge(people, on="individual_id", validate="m:1")
    known = features_at(tables, date, purpose=purpose)
    may = _allowed(rows, tables, purpose, date, posing.channel)
    _check_policy(policy, purpose, may)
    file = task_file(name, purpose=purpose, features=features, policies=tuple(may), policy=policy)
    frame = rows.join(known, on="contact_id", how="inner").assign(
        **{POLICY_COLUMNS.format(each): may[each].map({True: "yes", False: "no"}) for each in may}
    )
    return frame[_columns(file, frame)], file


def _allowed(
    rows: pd.DataFrame,
    tables: Tables,
    purpose: str,
    date: pd.Timestamp,
    channel: str | None,
) -> pd.DataFrame:
    """Return whom each policy permits on the date, by what the firm knew then."""
    on_channel = channel if channel in PURPOSES[purpose].channels else None
    events = tables["consent_events"]
    events = events[(events["recorded_at"] <= date) | events["recorded_at"].isna()]
    return allowed(rows, events, purpose=purpose, at=date, known_at=date, channel=on_channel)


def _check_policy(policy: str, purpose: str, may: pd.DataFrame) -> None:
    if check_choice("policy", policy, POLICIES) not in may:
        raise InputError(
            "policy",
            f"must be one that can be asked for purpose {purpose!r}",
            repr(policy),
            f"Known: {', '.join(map(repr, may))}.",
        )


def _columns(file: TaskFile, frame: pd.DataFrame) -> list[str]:
    """Return the columns that the file gives a role, in the order of the frame."""
    roles = {
        file.unit,
        file.outcome.column,
        *file.groups,
        *file.features,
        *file.allowed.values(),
        file.time,
        file.treatment,
        file.treatment_probability,
    }
    return [name for name in frame if name in roles]


def _checked_purpose(name: str, purpose: str) -> str:
    check_choice("purpose", purpose, PURPOSES)
    if purpose == "service" and name != "case_priority":
        raise InputError(
            "purpose",
            f"must cover the task {name!r}",
            "'service'",
            "Service is not marketing: name the purpose that customers were asked about, such as "
            f"{TASKS[name].purpose!r}.",
        )
    return purpose


def _checked_date(as_of: str | pd.Timestamp) -> pd.Timestamp:
    date = check_moment("as_of", as_of, with_offset=None)
    if date.tzinfo is not None:
        raise InputError(
            "as_of", "must be a date without a time zone", repr(as_of), "Use '2026-01-01'."
        )
    return date.normalize()


def _coupon_before(as_of: pd.Timestamp | None) -> pd.Timestamp:
    """Return the start of the last printed campaign on or before a date."""
    past = [plan for plan in CAMPAIGNS if plan.by_post and _is_seen(plan, as_of)]
    if not past:
        first = next(plan for plan in CAMPAIGNS if plan.by_post)
        raise _outside(as_of, first.start_date, END_DATE)
    return past[-1].start_date


def _is_seen(plan: Campaign, as_of: pd.Timestamp | None) -> bool:
    if as_of is None:
        ends = plan.start_date + pd.Timedelta(days=plan.window_days)
        return bool(ends <= KEPT_SEASON_START)
    return bool(plan.start_date <= as_of <= END_DATE)


def _window(before: int, after: int) -> Callable[[pd.Timestamp | None], pd.Timestamp]:
    """Return what checks that so many days of records lie before a date, and after it."""
    first = START_DATE + pd.Timedelta(days=before)
    last = END_DATE + pd.Timedelta(days=1 - after)

    def checked(as_of: pd.Timestamp | None) -> pd.Timestamp:
        if as_of is None:
            return KEPT_SEASON_START - pd.Timedelta(days=after)
        if not first <= as_of <= last:
            raise _outside(as_of, first, last)
        return as_of

    return checked


def _outside(as_of: pd.Timestamp | None, first: pd.Timestamp, last: pd.Timestamp) -> InputError:
    return InputError(
        "as_of",
        f"must lie between {first:%Y-%m-%d} and {last:%Y-%m-%d} for this task",
        f"{as_of:%Y-%m-%d}",
        "Leave it out for the last date with a full outcome window.",
    )


def _members(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Return the members of the printed campaign that starts on a date."""
    plan = next(plan for plan in CAMPAIGNS if plan.by_post and plan.start_date == date)
    members = tables["campaign_members"]
    return members[members["campaign_id"] == plan.campaign_id]


def _offer_response(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Who answers the coupon: all members but the hold-out, as they were when it was posted."""
    members = _members(tables, date)
    asked = members[members["status"] != "hold_out"]
    return _rows(asked["contact_id"], has_responded=asked["has_responded"])


def _coupon_uplift(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Who orders within the window, contacted or held out, among those whom the rules selected."""
    plan = next(plan for plan in CAMPAIGNS if plan.by_post and plan.start_date == date)
    members = _members(tables, date)
    selected = members[members["is_selected"]]
    ordered = _who_ordered(tables, date, plan.window_days)
    return _rows(
        selected["contact_id"],
        ordered=selected["contact_id"].isin(ordered),
    ).assign(
        contacted=(selected["status"] == "contacted").to_numpy("int64"),
        contact_probability=1 - plan.hold_out_probability,
    )


def _churn_90d(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Who, of those with an order in the last 180 days, places none in the next 90."""
    active = _who_ordered(tables, date - pd.Timedelta(days=ACTIVE_DAYS), ACTIVE_DAYS)
    contact_id = tables["contacts"]["contact_id"]
    contact_id = contact_id[contact_id.isin(active)]
    stayed = contact_id.isin(_who_ordered(tables, date, OUTCOME_DAYS))
    return _rows(contact_id, churned=~stayed)


def _next_category(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Which categories each active customer buys in the next 90 days: a row for each."""
    active = _who_ordered(tables, date - pd.Timedelta(days=YEAR_DAYS), YEAR_DAYS)
    contact_id = tables["contacts"]["contact_id"]
    contact_id = contact_id[contact_id.isin(active)]
    pairs = pd.MultiIndex.from_product(
        [contact_id, PRODUCT_CATEGORIES], names=["contact_id", "category"]
    )
    sales = tables["order_items"].merge(
        tables["orders"][["order_id", "contact_id", "order_date"]],
        on="order_id",
        validate="m:1",
    )
    past = sales[_within(sales["order_date"], date - pd.Timedelta(days=YEAR_DAYS), YEAR_DAYS)]
    next_ones = sales[_within(sales["order_date"], date, OUTCOME_DAYS)]
    before = (
        past.groupby(["contact_id", "category"], sort=False).size().reindex(pairs, fill_value=0)
    )
    after = next_ones.groupby(["contact_id", "category"], sort=False).size().reindex(pairs)
    rows = _rows(pairs.get_level_values("contact_id").to_series(), bought=after.notna())
    return rows.assign(
        category=pairs.get_level_values("category").astype("str"),
        category_items_12m=before.to_numpy("float64").clip(0.0, 20.0),
    )


def _case_priority(tables: Tables, date: pd.Timestamp) -> pd.DataFrame:
    """Which requests of the next 90 days escalate: what is known when each is opened."""
    cases = tables["cases"]
    opened = cases[_within(cases["opened_date"], date, OUTCOME_DAYS)]
    rows = _rows(opened["contact_id"], is_escalated=opened["is_escalated"])
    return rows.assign(
        reason=opened["reason"].to_numpy(),
        origin=opened["origin"].to_numpy(),
        opened_date=opened["opened_date"].to_numpy(),
    )


def _rows(contact_id: pd.Series[str], **flags: pd.Series[bool]) -> pd.DataFrame:
    answers = {
        name: pd.Series(flag.to_numpy()).map({True: "yes", False: "no"}).astype("str")
        for name, flag in flags.items()
    }
    return pd.DataFrame({"contact_id": contact_id.to_numpy(), **answers}).astype(
        {"contact_id": "str"}
    )


def _who_ordered(tables: Tables, start: pd.Timestamp, days: int) -> pd.Series[str]:
    orders = tables["orders"]
    return (
        orders["contact_id"][_within(orders["order_date"], start, days)].dropna().drop_duplicates()
    )


def _within(dates: pd.Series[pd.Timestamp], start: pd.Timestamp, days: int) -> pd.Series[bool]:
    return (dates >= start) & (dates < start + pd.Timedelta(days=days))


TASKS: dict[str, Posing] = {
    "offer_response": Posing("personalised_offers", "post", _offer_response, _coupon_before),
    "churn_90d": Posing("analytics", None, _churn_90d, _window(ACTIVE_DAYS, OUTCOME_DAYS)),
    "coupon_uplift": Posing("personalised_offers", "post", _coupon_uplift, _coupon_before),
    "next_category": Posing(
        "personalised_offers", None, _next_category, _window(YEAR_DAYS, OUTCOME_DAYS)
    ),
    "case_priority": Posing(
        "service",
        None,
        _case_priority,
        _window(YEAR_DAYS, OUTCOME_DAYS + ESCALATION_DAYS),
    ),
}
"""The tasks by name; `offer_response` and `coupon_uplift` are about the last printed campaign."""
