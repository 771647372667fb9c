"""Who of a campaign's members opted out or complained in the days after it, contacted or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice, check_columns, check_whole
from equipoise.consent import PURPOSES
from equipoise.crm._after_contact import who_complained, who_opted_out
from equipoise.exceptions import InputError

__all__ = ["members_of", "named_groups"]

Tables = Mapping[str, pd.DataFrame]

READ = {
    "campaigns": ("campaign_id", "start_date"),
    "campaign_members": ("campaign_id", "contact_id", "status", "is_selected"),
    "contacts": ("contact_id", "individual_id"),
    "individuals": ("individual_id",),
    "email_events": ("contact_id", "event", "event_date"),
    "consent_events": (
        "individual_id",
        "purpose",
        "expression",
        "effective_at",
        "recorded_at",
    ),
    "cases": ("contact_id", "reason", "opened_date"),
}


def members_of(
    records: Any, campaign: str, *, days: int, purpose: str, groups: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a row for each selected member, and notes on what the records do not tell.

    Columns `contact_id, contacted, opted_out, complained`, and the groups.
    """
    tables = _tables(records, groups)
    days = check_whole("days", days, low=1, next_move="Use for example 30.")
    check_choice("purpose", purpose, PURPOSES)
    start = _start(tables, campaign)
    members = _selected(tables, campaign)
    contact = members["contact_id"]
    persons = contact.map(_one_each(tables["contacts"], "contact_id")["individual_id"])
    people = _one_each(tables["individuals"], "individual_id")
    found = pd.DataFrame(
        {
            "contact_id": contact,
            "contacted": members["status"] == "contacted",
            "opted_out": contact.isin(who_opted_out(tables, start, days, purpose=purpose)),
            "complained": contact.isin(who_complained(tables, start, days)),
            **{name: persons.map(people[name]) for name in groups},
        }
    )
    end = start + pd.Timedelta(days=days)
    return found.reset_index(drop=True), _notes(tables, end)


def named_groups(column: pd.Series) -> NDArray[np.object_]:
    """Return each row's group as text; a missing one is "unknown"."""
    named = column.astype(object).where(column.notna(), "unknown")
    return np.array([_as_text(level) for level in named], dtype=object)


def _as_text(level: object) -> str:
    """Return a group as text; whole numbers are written without decimals."""
    return str(int(level) if isinstance(level, float) and level.is_integer() else level)


def _tables(records: Any, groups: tuple[str, ...]) -> Tables:
    tables = getattr(records, "tables", records)
    if not isinstance(tables, Mapping):
        raise InputError(
            "records",
            "must be a CRM or its tables by name",
            type(records).__name__,
            "For another table use TrustLost.from_frame.",
        )
    for name, columns in READ.items():
        if name not in tables:
            raise InputError(
                "records",
                f"must have the table {name!r}",
                "none of that name",
                "Pass an empty table with its columns where nothing was recorded.",
            )
        check_columns(f"table {name!r}", columns, tables[name])
    check_columns("group", groups, tables["individuals"])
    return tables


def _start(tables: Tables, campaign: str) -> pd.Timestamp:
    plans = tables["campaigns"]
    check_choice("campaign", campaign, plans["campaign_id"])
    start = plans.loc[plans["campaign_id"] == campaign, "start_date"].iloc[0]
    if pd.isna(start):
        raise InputError(
            "campaign", "must have a first day", f"{campaign!r} without", "Complete start_date."
        )
    return pd.Timestamp(start)


def _selected(tables: Tables, campaign: str) -> pd.DataFrame:
    """Return whom the rules selected, contacted or held out: between them the lot decided."""
    members = tables["campaign_members"]
    kept = members["campaign_id"].eq(campaign) & members["is_selected"].astype(bool)
    members = members[kept & members["status"].isin(["contacted", "hold_out"])]
    twice = members["contact_id"].duplicated()
    if twice.any():
        again = members.loc[twice, "contact_id"].iloc[0]
        raise InputError(
            "campaign", "must have each customer once", f"{again!r} twice", "Remove repeated rows."
        )
    return members


def _one_each(table: pd.DataFrame, key: str) -> pd.DataFrame:
    twice = table[key].duplicated()
    if twice.any():
        raise InputError(
            f"column {key!r}",
            "must not repeat",
            repr(table.loc[twice, key].iloc[0]),
            "Remove repeated rows.",
        )
    return table.set_index(key)


def _notes(tables: Tables, end: pd.Timestamp) -> tuple[str, ...]:
    """Say where the records end before the days do; then both sides miss the last ones alike."""
    dated = {"email_events": "event_date", "consent_events": "recorded_at", "cases": "opened_date"}
    last = max((tables[name][column].max() for name, column in dated.items()), key=_or_never)
    if _or_never(last) >= end - pd.Timedelta(days=1):
        return ()
    return (
        f"the last record is of {last:%Y-%m-%d}, before the days end: later ones are not counted"
        if pd.notna(last)
        else "no opt-out or complaint is recorded at all",
    )


def _or_never(moment: pd.Timestamp) -> pd.Timestamp:
    return pd.Timestamp.min if pd.isna(moment) else pd.Timestamp(moment)
