"""Decision problems posed on the synthetic CRM: a table and its task file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from equipoise._checks import check_choice
from equipoise.consent import POLICIES, PURPOSES, allowed
from equipoise.consent._moments import check_moment
from equipoise.crm import _task_rows
from equipoise.crm._calendar import CAMPAIGNS
from equipoise.crm._features import features_at, features_for
from equipoise.crm._schema import (
    END_DATE,
    GROUPS,
    KEPT_SEASON_START,
    START_DATE,
    YEAR_DAYS,
)
from equipoise.crm._task_files import POLICY_COLUMNS, task_file
from equipoise.crm._task_rows import (
    ACTIVE_DAYS,
    ASKED_ON,
    COUPON_PURPOSE,
    ESCALATION_DAYS,
    OUTCOME_DAYS,
)
from equipoise.exceptions import InputError
from equipoise.task import TaskFile

__all__ = ["TASKS", "check_enough", "pose_task"]

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
    asked : callable or None
        From a date and the date of the question: all dates between them on which the question can be
        asked; None where rows have dates of their own.
    """

    purpose: str
    channel: str | None
    rows: Callable[[Tables, pd.Timestamp], pd.DataFrame]
    as_of: Callable[[pd.Timestamp | None], pd.Timestamp]
    asked: Callable[[pd.Timestamp, pd.Timestamp], list[pd.Timestamp]] | None


def pose_task(
    name: str,
    tables: Tables,
    *,
    purpose: str | None = None,
    as_of: str | pd.Timestamp | None = None,
    policy: str = "opt_in",
    since: str | pd.Timestamp | None = None,
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
    since : str or pandas.Timestamp, optional
        Ask on every date from here to the date of the question, too: rows have a column `asked_on`,
        and features as on it. Consent is judged on the date of the question for all.

    Raises
    ------
    InputError
        If a name is unknown, the purpose does not cover the task or permits it no feature, the
        date leaves no outcome window, the policy cannot be asked for the purpose, or there is no
        earlier date since `since`.
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
    date = posing.as_of(None if as_of is None else _checked_date("as_of", as_of))
    asked_on = None if since is None else _asked_on(name, _checked_date("since", since), date)
    frame = _rows(posing, tables, purpose, asked_on or [date])
    may = _allowed(frame, tables, purpose, date, posing.channel)
    _check_policy(policy, purpose, may)
    file = task_file(
        name,
        purpose=purpose,
        features=features,
        policies=tuple(may),
        policy=policy,
        dates=None if asked_on is None else len(asked_on),
    )
    frame = frame.assign(
        **{POLICY_COLUMNS.format(each): may[each].map({True: "yes", False: "no"}) for each in may}
    )
    return frame[_columns(file, frame)], file


def _rows(posing: Posing, tables: Tables, purpose: str, dates: list[pd.Timestamp]) -> pd.DataFrame:
    """Return the rows of each date with their groups, and their features as on it."""
    people = tables["individuals"][["individual_id", *GROUPS]]
    parts = []
    for date in dates:
        rows = posing.rows(tables, date).merge(
            tables["contacts"][["contact_id", "individual_id"]],
            on="contact_id",
            validate="m:1",
        )
        rows = rows.merge(people, on="individual_id", validate="m:1")
        known = features_at(tables, date, purpose=purpose)
        parts.append(rows.join(known, on="contact_id", how="inner").assign(**{ASKED_ON: date}))
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _asked_on(name: str, since: pd.Timestamp, date: pd.Timestamp) -> list[pd.Timestamp]:
    """Return all dates on which a task is asked from `since` to its date, or refuse."""
    asked = TASKS[name].asked
    if asked is None:
        raise InputError(
            "since",
            f"must be left out for the task {name!r}",
            f"{since:%Y-%m-%d}",
            "Its rows have dates of their own: name the first day of its 90 as `as_of`.",
        )
    dates = asked(since, date)
    if len(dates) < 2:
        raise InputError(
            "since",
            f"must leave an earlier date to ask on than {date:%Y-%m-%d}",
            f"{since:%Y-%m-%d}",
            "Name an earlier day, or leave it out to ask once.",
        )
    return dates


def check_enough(frame: pd.DataFrame, file: TaskFile) -> None:
    """Refuse a world too small to ask the question in: one outcome, or a group without anybody."""
    groups = [set(frame[name]) for name in file.groups]
    references = [group.reference for group in file.groups.values()]
    compared = all(
        reference in levels and len(levels) > 1
        for reference, levels in zip(references, groups, strict=True)
    )
    if not compared or frame[file.outcome.column].nunique() < 2:
        raise InputError(
            "customers",
            f"must be enough for the task {file.name!r}: both outcomes, and in each attribute the "
            "reference and another group",
            "1 row" if len(frame) == 1 else f"{len(frame):,} rows",
            "Draw more customers.",
        )


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
        file.opted_out,
        file.complained,
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


def _checked_date(parameter: str, given: str | pd.Timestamp) -> pd.Timestamp:
    date = check_moment(parameter, given, with_offset=None)
    if date.tzinfo is not None:
        raise InputError(
            parameter, "must be a date without a time zone", repr(given), "Use '2026-01-01'."
        )
    return date.normalize()


def _coupon_before(as_of: pd.Timestamp | None) -> pd.Timestamp:
    """Return the start of the last printed campaign on or before a date.

    Without a date it is the last whose window is over before the season that is kept.
    """
    printed = [plan for plan in CAMPAIGNS if plan.by_post]
    if as_of is None:
        return max(plan.start_date for plan in printed if plan.end_date < KEPT_SEASON_START)
    started = [plan.start_date for plan in printed if plan.start_date <= as_of]
    if not started or as_of > END_DATE:
        raise _outside(as_of, printed[0].start_date, END_DATE)
    return started[-1]


def _coupons(since: pd.Timestamp, date: pd.Timestamp) -> list[pd.Timestamp]:
    """Return the starts of the printed campaigns between two dates."""
    return [
        plan.start_date for plan in CAMPAIGNS if plan.by_post and since <= plan.start_date <= date
    ]


def _outcome_windows(before: int) -> Callable[[pd.Timestamp, pd.Timestamp], list[pd.Timestamp]]:
    """Return what counts back from a date in steps of an outcome window, so that none overlap.

    So many days of records lie before each.
    """
    first = START_DATE + pd.Timedelta(days=before)

    def asked(since: pd.Timestamp, date: pd.Timestamp) -> list[pd.Timestamp]:
        step = pd.Timedelta(days=OUTCOME_DAYS)
        steps = (date - max(since, first)) // step
        return [date - each * step for each in range(steps, -1, -1)]

    return asked


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


TASKS: dict[str, Posing] = {
    "offer_response": Posing(
        COUPON_PURPOSE, "post", _task_rows.offer_response, _coupon_before, _coupons
    ),
    "churn_90d": Posing(
        "analytics",
        None,
        _task_rows.churn_90d,
        _window(ACTIVE_DAYS, OUTCOME_DAYS),
        _outcome_windows(ACTIVE_DAYS),
    ),
    "coupon_uplift": Posing(
        COUPON_PURPOSE, "post", _task_rows.coupon_uplift, _coupon_before, _coupons
    ),
    "next_category": Posing(
        "personalised_offers",
        None,
        _task_rows.next_category,
        _window(YEAR_DAYS, OUTCOME_DAYS),
        _outcome_windows(YEAR_DAYS),
    ),
    "case_priority": Posing(
        "service",
        None,
        _task_rows.case_priority,
        _window(YEAR_DAYS, OUTCOME_DAYS + ESCALATION_DAYS),
        None,
    ),
}
"""The tasks by name; `offer_response` and `coupon_uplift` are about the last printed campaign."""
