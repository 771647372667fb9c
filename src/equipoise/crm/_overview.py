"""Who buys, is contacted, consents and complains, group by group; and how that moves over time."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from equipoise.charts import draw_consent, draw_groups, draw_months
from equipoise.consent import permitted
from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._schema import END_DATE, GROUPS, START_DATE
from equipoise.intervals import wilson
from equipoise.pages import Page, Section, Table, Text

__all__ = [
    "FOLLOWED_CONSENTS",
    "GROUP_MEASURES",
    "consent_by_month",
    "counts_by_group",
    "orders_by_month",
    "overview_page",
    "with_rates",
]

Tables = Mapping[str, pd.DataFrame]

QUARTER, YEAR = pd.Timedelta(days=90), pd.Timedelta(days=365)

GROUP_MEASURES = {
    "ordered": "Ordered in the\n90 days before",
    "contacted": "Contacted in the\nspring of 2026",
    "opted_in": "Opted in to\noffers by post",
    "complained": "Complained in the\nyear before",
}
"""What is counted for each group, all at the start of the spring coupon of 2026."""

FOLLOWED_CONSENTS = (
    ("personalised_offers", "post"),
    ("personalised_offers", "email"),
    ("analytics", "any"),
)


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


def orders_by_month(tables: Tables) -> pd.DataFrame:
    """Return, for each month, how many orders were placed, linked to a customer or not.

    Returns
    -------
    pandas.DataFrame
        `month` (its first day), `channel`, `orders`.
    """
    orders = tables["orders"]
    month = orders["order_date"].dt.to_period("M").dt.to_timestamp()
    counts = orders.groupby([month.rename("month"), "channel"]).size().rename("orders")
    months = pd.date_range(START_DATE, END_DATE, freq="MS")
    full = pd.MultiIndex.from_product([months, ("store", "web")], names=["month", "channel"])
    return counts.reindex(full, fill_value=0).reset_index()


def consent_by_month(tables: Tables) -> pd.DataFrame:
    """Return the share of customers with an opt-in in force, at the end of each month.

    Returns
    -------
    pandas.DataFrame
        `date, purpose, channel, hits, n`; `n` are the customers who had joined.
    """
    people, events = tables["individuals"][["individual_id"]], tables["consent_events"]
    joined = tables["contacts"].set_index("individual_id")["joined_date"]
    joined = joined.loc[people["individual_id"]].to_numpy()
    rows = []
    for purpose, channel in FOLLOWED_CONSENTS:
        own = events[(events["purpose"] == purpose) & (events["channel"] == channel)]
        for date in pd.date_range(START_DATE, END_DATE, freq="ME"):
            there = people[joined <= date]
            may = permitted(there, own, purpose=purpose, at=date, known_at=date, channel=channel)
            rows.append((date, purpose, channel, len(may), len(there)))
    return pd.DataFrame(rows, columns=["date", "purpose", "channel", "hits", "n"])


def overview_page(tables: Tables) -> Page:
    """Return one page of pictures of the data, each beside its figures."""
    rates = with_rates(counts_by_group(tables))
    campaigns = tables["campaigns"]
    months, consent = orders_by_month(tables), with_rates(consent_by_month(tables))
    return Page(
        "The customers at a glance",
        "A fictional retailer: what its records say about each group, and month by month.",
        [
            Section(
                "Who buys, is contacted, consents and complains",
                [
                    Text([f"Customers who had joined by {COURSE_CAMPAIGN.start_date:%d %B %Y}."]),
                    draw_groups(rates, titles=GROUP_MEASURES),
                    Table(_rates_text(rates), "Shares with 95 % Wilson intervals."),
                ],
            ),
            Section(
                "Orders and campaigns",
                [
                    draw_months(months, campaigns),
                    Table(_months_text(months), "Orders placed in each month."),
                ],
            ),
            Section(
                "Consent",
                [
                    draw_consent(consent),
                    Table(_consent_text(consent), "Share with an opt-in in force, by half-year."),
                ],
            ),
        ],
    )


def _flags(tables: Tables) -> pd.DataFrame:
    """Return one row a customer who had joined, with groups and a flag (or nothing) a measure."""
    date = COURSE_CAMPAIGN.start_date
    contacts = tables["contacts"]
    people = contacts[contacts["joined_date"] < date][["contact_id", "individual_id"]]
    people = people.merge(tables["individuals"], on="individual_id", validate="1:1")
    orders, cases, members = tables["orders"], tables["cases"], tables["campaign_members"]
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
    asked = members[
        (members["campaign_id"] == COURSE_CAMPAIGN.campaign_id) & (members["status"] != "hold_out")
    ]
    status = asked.set_index("contact_id")["status"].reindex(people["contact_id"]).to_numpy()
    contacted = pd.Series(status == "contacted", index=people.index, dtype="boolean")
    return people.assign(
        ordered=people["contact_id"].isin(recent["contact_id"]),
        contacted=contacted.mask(pd.isna(status)),
        opted_in=people.index.isin(may.index),
        complained=people["contact_id"].isin(complaints["contact_id"]),
    )


def _rates_text(rates: pd.DataFrame) -> pd.DataFrame:
    shown = rates.assign(
        text=[
            f"{row.value:.1%} [{row.low:.1%}, {row.high:.1%}]" if row.n else "nobody"
            for row in rates.itertuples()
        ]
    )
    wide = shown.pivot(index=["attribute", "group"], columns="measure", values="text")
    order = rates[["attribute", "group"]].drop_duplicates()
    wide = wide.loc[list(order.itertuples(index=False, name=None)), list(GROUP_MEASURES)]
    return wide.rename_axis(columns=None).reset_index()


def _months_text(months: pd.DataFrame) -> pd.DataFrame:
    wide = months.pivot(index="month", columns="channel", values="orders")
    wide = wide.assign(both=wide.sum(axis=1)).map("{:,}".format).rename_axis(columns=None)
    wide.index = wide.index.strftime("%B %Y")
    return wide.reset_index()


def _consent_text(consent: pd.DataFrame) -> pd.DataFrame:
    shown = consent[consent["date"].dt.month.isin((6, 12))]
    words = shown.assign(
        what=shown["purpose"] + ", " + shown["channel"],
        text=[f"{row.value:.1%} [{row.low:.1%}, {row.high:.1%}]" for row in shown.itertuples()],
    )
    wide = words.pivot(index="date", columns="what", values="text").rename_axis(columns=None)
    wide.index = wide.index.strftime("%d %B %Y")
    return wide.reset_index()
