"""Recorded figures beside undistorted ones: what a bias metric is scored against."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from equipoise.consent import permitted
from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._schema import GROUPS

__all__ = ["MEASURES", "asked_members", "by_group", "injected", "taken_apart"]

Tables = Mapping[str, pd.DataFrame]
Counted = tuple[pd.Series, pd.Series]


def injected(recorded: Tables, undistorted: Tables, column: str, measure: str) -> pd.DataFrame:
    """Return, by group, a measure in the records, in the undistorted ones, and the difference."""
    n, here = by_group(recorded, column, measure)
    _, there = by_group(undistorted, column, measure)
    frame = pd.DataFrame(
        {
            "n": n,
            "recorded_rate": here,
            "undistorted_rate": there,
            "injected": here - there,
        }
    )
    levels = [value for value in GROUPS[column] if value in frame.index]
    frame = frame.loc[levels].rename_axis("group").reset_index()
    frame.insert(0, "attribute", column)
    return frame


def taken_apart(
    column: str,
    together: pd.Series[float],
    alone: Mapping[str, pd.Series[float]],
    left_out: Mapping[str, pd.Series[float]],
) -> pd.DataFrame:
    """Return, by group, what each distortion injects alone and in company, and the interaction.

    Parameters
    ----------
    column : str
        The group attribute.
    together : pandas.Series
        What all inject, by group.
    alone, left_out : mapping of str to pandas.Series
        For each distortion what it injects by itself, and what the others inject without it.
    """
    rows = {
        name: pd.DataFrame(
            {
                "alone": alone[name],
                "left_out": left_out[name],
                "goes_with_it": together - left_out[name],
            }
        )
        for name in alone
    }
    summed = sum(alone.values(), start=0.0 * together)
    rows["interaction"] = pd.DataFrame({"alone": together - summed})
    frame = pd.concat(rows, names=["distortion", "group"]).reset_index()
    order = pd.Categorical(frame["group"], list(GROUPS[column]), ordered=True)
    frame = frame.iloc[order.argsort(kind="stable")].reset_index(drop=True).assign(attribute=column)
    columns = ["attribute", "group", "distortion", "alone", "left_out", "goes_with_it"]
    return frame.reindex(columns=columns)


def by_group(tables: Tables, column: str, measure: str) -> Counted:
    """Return each group's denominator and its measure."""
    people = tables["individuals"].set_index("individual_id")[column]
    counts = MEASURES[measure](tables)
    sums = counts.join(people, how="inner").groupby(column)[["hits", "n"]].sum()
    if measure == "record_share":
        return sums["n"], sums["hits"] / sums["hits"].sum()
    return sums["n"], sums["hits"] / sums["n"]


def asked_members(tables: Tables) -> pd.DataFrame:
    """Return the members of the course's campaign but for the hold-out."""
    members = tables["campaign_members"]
    course = members["campaign_id"] == COURSE_CAMPAIGN.campaign_id
    return members[course & (members["status"] != "hold_out")]


def _asked(tables: Tables) -> pd.DataFrame:
    keys = tables["contacts"][["contact_id", "individual_id"]]
    asked = asked_members(tables).merge(keys, on="contact_id", validate="m:1")
    return asked.set_index("individual_id")


def _response(tables: Tables) -> pd.DataFrame:
    asked = _asked(tables)
    return pd.DataFrame({"hits": asked["has_responded"], "n": 1}, index=asked.index)


def _contact(tables: Tables) -> pd.DataFrame:
    asked = _asked(tables)
    return pd.DataFrame({"hits": asked["status"] == "contacted", "n": 1}, index=asked.index)


def _opt_in(tables: Tables) -> pd.DataFrame:
    date = COURSE_CAMPAIGN.start_date
    contacts = tables["contacts"]
    people = contacts[contacts["joined_date"] < date][["individual_id"]].reset_index(drop=True)
    may = permitted(
        people,
        tables["consent_events"],
        purpose="personalised_offers",
        at=date,
        known_at=date,
        channel="post",
    )
    hits = people["individual_id"].isin(may["individual_id"])
    return pd.DataFrame({"hits": hits, "n": 1}).set_index(people["individual_id"])


def _uses_app(tables: Tables) -> pd.DataFrame:
    contacts = tables["contacts"].set_index("individual_id")
    return pd.DataFrame({"hits": contacts["uses_app"] == "yes", "n": 1}, index=contacts.index)


def _records(tables: Tables) -> pd.DataFrame:
    return pd.DataFrame({"hits": 1, "n": 1}, index=tables["individuals"]["individual_id"])


def _orders(tables: Tables) -> pd.DataFrame:
    return _per_customer(tables, tables["orders"]["contact_id"].dropna())


def _complaints(tables: Tables) -> pd.DataFrame:
    cases = tables["cases"]
    return _per_customer(tables, cases[cases["reason"] == "complaint"]["contact_id"])


def _per_customer(tables: Tables, contact_id: pd.Series[str]) -> pd.DataFrame:
    contacts = tables["contacts"]
    count = contact_id.value_counts().reindex(contacts["contact_id"], fill_value=0)
    return pd.DataFrame(
        {"hits": count.to_numpy(), "n": 1}, index=pd.Index(contacts["individual_id"])
    )


MEASURES: dict[str, Callable[[Tables], pd.DataFrame]] = {
    "response_rate": _response,
    "contact_rate": _contact,
    "opt_in_rate": _opt_in,
    "linked_orders_per_customer": _orders,
    "complaints_per_customer": _complaints,
    "uses_app_rate": _uses_app,
    "record_share": _records,
}
"""What `CRM.injected_gap` can look at, each as hits and denominators by individual."""
