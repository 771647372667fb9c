"""A page of pictures: who buys, is contacted, consents and complains, and how that moves."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from equipoise.charts import draw_consent, draw_groups, draw_months
from equipoise.consent import permitted
from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._group_counts import GROUP_MEASURES, counts_by_group, with_rates
from equipoise.crm._schema import END_DATE, START_DATE
from equipoise.pages import Page, Section, Table, Text

__all__ = [
    "FOLLOWED_CONSENTS",
    "consent_by_month",
    "orders_by_month",
    "overview_page",
]

Tables = Mapping[str, pd.DataFrame]

FOLLOWED_CONSENTS = (
    ("personalised_offers", "post"),
    ("personalised_offers", "email"),
    ("analytics", "any"),
)


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
