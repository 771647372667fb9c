"""Who opted out, and who complained, in the days from a date on."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

__all__ = ["who_complained", "who_opted_out", "within"]

REFUSALS = ("opt_out", "withdrawal")
"""Expressions that take consent away."""

Tables = Mapping[str, pd.DataFrame]


def who_opted_out(
    tables: Tables, start: pd.Timestamp, days: int, *, purpose: str
) -> pd.Series[str]:
    """Return the contacts who unsubscribed from e-mail, or refused consent to a purpose.

    A refusal or a withdrawal counts on any channel, if it holds from within the days and was recorded
    by their end: what became known later moves nothing. Where a date is missing, the other decides.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        With `email_events`, `consent_events` and `contacts`.
    start : pandas.Timestamp
        First of the days.
    days : int
        How many they are.
    purpose : str
        Whose consent is watched.

    Returns
    -------
    pandas.Series
        Each `contact_id` once, contacted or not.
    """
    mailed, said, contacts = (tables[n] for n in ("email_events", "consent_events", "contacts"))
    holds = said["effective_at"].fillna(said["recorded_at"])
    refused = said["expression"].isin(REFUSALS) & (said["purpose"] == purpose)
    refused &= within(holds, start, days) & ~(said["recorded_at"] >= _end(start, days))
    persons = said.loc[refused, "individual_id"]
    left = (mailed["event"] == "unsubscribed") & within(mailed["event_date"], start, days)
    return _each_once(
        contacts.loc[contacts["individual_id"].isin(persons), "contact_id"],
        mailed.loc[left, "contact_id"],
    )


def who_complained(tables: Tables, start: pd.Timestamp, days: int) -> pd.Series[str]:
    """Return the contacts with a complaint at the service desk, or a report of an e-mail as spam.

    Parameters and return value are those of `who_opted_out`, but it reads `email_events` and `cases`.
    """
    mailed, cases = tables["email_events"], tables["cases"]
    opened = (cases["reason"] == "complaint") & within(cases["opened_date"], start, days)
    spam = (mailed["event"] == "reported_spam") & within(mailed["event_date"], start, days)
    return _each_once(cases.loc[opened, "contact_id"], mailed.loc[spam, "contact_id"])


def within(dates: pd.Series[pd.Timestamp], start: pd.Timestamp, days: int) -> pd.Series[bool]:
    """Return which dates lie in so many days from `start` on; a missing one does not."""
    return (dates >= start) & (dates < _end(start, days))


def _end(start: pd.Timestamp, days: int) -> pd.Timestamp:
    return start + pd.Timedelta(days=days)


def _each_once(*contact_id: pd.Series[str]) -> pd.Series[str]:
    return pd.concat(contact_id, ignore_index=True).dropna().drop_duplicates()
