"""Who buys, is contacted, consents and complains, group by group, as counts that add up."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from equipoise.consent import permitted
from equipoise.crm._calendar import COURSE_CAMPAIGN, QUARTER, YEAR
from equipoise.crm._gaps import asked_members
from equipoise.crm._schema import GROUPS
from equipoise.intervals import wilson

__all__ = ["GROUP_MEASURES", "counts_by_group", "with_rates"]

Tables = Mapping[str, pd.DataFrame]

GROUP_MEASURES = {
    "ordered": "Ordered in the\n90 days before",
    "contacted": "Contacted in the\nspring of 2026",
    "opted_in": "Opted in to\noffers by post",
    "complained": "Complained in the\nyear before",
}
"""What is counted for each group, all at the start of the spring coupon of 2026."""


def counts_by_group(tables: Tables) -> pd.DataFrame:
    """Return counts of who does or is done what, at the start of the spring coupon of 2026.

    Counted are customers who had joined; of the contacted, members of the campaign but for the
    randomised hold-out. Orders are the linked ones.

    Returns
    -------
    pandas.DataFrame
        `attribute, group, measure, hits, n`; counts of parts of the customers add up.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> counts = counts_by_group(make_crm(customers=500, seed=7).tables)
    >>> counts["measure"].unique().tolist()
    ['ordered', 'contacted', 'opted_in', 'complained']
    """
    people = _flags(tables)
    parts = []
    for attribute, levels in GROUPS.items():
        for measure in GROUP_MEASURES:
            flags = people[measure].dropna().astype("int64").groupby(people[attribute])
            counts = flags.agg(hits="sum", n="count").reindex(list(levels), fill_value=0)
            counts = counts.rename_axis("group").reset_index()
            parts.append(counts.assign(attribute=attribute, measure=measure))
    columns = ["attribute", "group", "measure", "hits", "n"]
    return pd.concat(parts, ignore_index=True)[columns]


def with_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts with `value, low, high`: the share of `hits` in `n` and its Wilson interval."""
    value, low, high = wilson(counts["hits"].to_numpy(), counts["n"].to_numpy())
    return counts.assign(value=value, low=low, high=high)


def _flags(tables: Tables) -> pd.DataFrame:
    """Return one row a customer who had joined, with groups and a flag (or nothing) a measure."""
    date = COURSE_CAMPAIGN.start_date
    contacts = tables["contacts"]
    people = contacts[contacts["joined_date"] < date][["contact_id", "individual_id"]]
    people = people.merge(tables["individuals"], on="individual_id", validate="1:1")
    orders, cases = tables["orders"], tables["cases"]
    recent = orders[orders["order_date"].between(date - QUARTER, date, inclusive="left")]
    complaints = cases[cases["reason"] == "complaint"]
    complaints = complaints[complaints["opened_date"].between(date - YEAR, date, inclusive="left")]
    may = permitted(
        people,
        tables["consent_events"],
        purpose="personalised_offers",
        at=date,
        known_at=date,
        channel="post",
    )
    status = (
        asked_members(tables)
        .set_index("contact_id")["status"]
        .reindex(people["contact_id"])
        .to_numpy()
    )
    contacted = pd.Series(status == "contacted", index=people.index, dtype="boolean")
    return people.assign(
        ordered=people["contact_id"].isin(recent["contact_id"]),
        contacted=contacted.mask(pd.isna(status)),
        opted_in=people.index.isin(may.index),
        complained=people["contact_id"].isin(complaints["contact_id"]),
    )
