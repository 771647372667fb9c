"""What a model may know about a customer on a date: only what had happened by then."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from equipoise._checks import check_columns
from equipoise.crm._schema import DAYS, LEAD_SOURCES, LOYALTY_TIERS, POSTCODE_AREAS

__all__ = ["CATEGORIES", "NUMBER_BOUNDS", "features_at"]

NUMBER_BOUNDS: dict[str, tuple[float, float]] = {
    "days_since_last_order": (0.0, float(DAYS)),
    "orders_12m": (0.0, 30.0),
    "orders_3m": (0.0, 12.0),
    "spend_eur_12m": (0.0, 5000.0),
    "mean_basket_eur": (0.0, 500.0),
    "tenure_days": (0.0, float(DAYS)),
    "discounted_orders_share": (0.0, 1.0),
    "store_orders_share": (0.0, 1.0),
}
"""Caps that are business rules, set before any customer was seen."""

CATEGORIES: dict[str, tuple[str, ...]] = {
    "lead_source": LEAD_SOURCES,
    "postcode_area": POSTCODE_AREAS,
    "loyalty_tier": LOYALTY_TIERS,
}

SILVER_FROM_EUR = 250.0
GOLD_FROM_EUR = 750.0

CONTACT_COLUMNS = ("contact_id", "joined_date", "lead_source", "postcode_area", "loyalty_plan")
ORDER_COLUMNS = ("contact_id", "order_date", "channel", "amount_eur", "discount_eur")


def features_at(tables: Mapping[str, pd.DataFrame], as_of: pd.Timestamp | str) -> pd.DataFrame:
    """Return the features of every contact who had joined before `as_of`.

    Only orders with a date strictly before `as_of` are read. Amounts and counts are capped by
    `NUMBER_BOUNDS`. Nothing is missing: a contact without any order has
    ``days_since_last_order`` equal to ``tenure_days``, and zero counts, euros and shares.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Needs `contacts` and `orders`; nothing else is looked at.
    as_of : pandas.Timestamp or str
        The date on which the question is asked.

    Returns
    -------
    pandas.DataFrame
        Indexed by `contact_id`: the columns of `NUMBER_BOUNDS` (days, orders, euros, shares in
        0..1; 12m is 365 days, 3m is 91), then those of `CATEGORIES`.

    Raises
    ------
    InputError
        If a table lacks a column that is read.

    Examples
    --------
    >>> contacts = pd.DataFrame({
    ...     "contact_id": ["C1"], "joined_date": pd.to_datetime(["2026-01-01"]),
    ...     "lead_source": ["web"], "postcode_area": ["K01"], "loyalty_plan": ["not_member"]})
    >>> orders = pd.DataFrame({
    ...     "contact_id": ["C1", "C1"], "order_date": pd.to_datetime(["2026-01-05", "2026-02-01"]),
    ...     "channel": ["web", "web"], "amount_eur": [40.0, 99.0], "discount_eur": [0.0, 0.0]})
    >>> features_at({"contacts": contacts, "orders": orders}, "2026-02-01").iloc[0].to_dict()
    {'days_since_last_order': 27.0, 'orders_12m': 1.0, 'orders_3m': 1.0,
     'spend_eur_12m': 40.0, 'mean_basket_eur': 40.0, 'tenure_days': 31.0,
     'discounted_orders_share': 0.0, 'store_orders_share': 0.0,
     'lead_source': 'web', 'postcode_area': 'K01', 'loyalty_tier': 'not_member'}
    """
    date = pd.Timestamp(as_of)
    check_columns("contacts", CONTACT_COLUMNS, tables["contacts"].columns)
    check_columns("orders", ORDER_COLUMNS, tables["orders"].columns)
    contacts = tables["contacts"].set_index("contact_id")
    contacts = contacts[contacts["joined_date"] < date]
    orders = tables["orders"]
    counted = _summed(orders[orders["order_date"] < date], date).reindex(contacts.index)
    tenure = (date - contacts["joined_date"]).dt.days.astype("float64")
    numbers = counted.assign(
        days_since_last_order=counted["days_since_last_order"].fillna(tenure), tenure_days=tenure
    ).fillna(0.0)
    capped = {
        name: numbers[name].clip(*bounds).astype("float64")
        for name, bounds in NUMBER_BOUNDS.items()
    }
    return pd.DataFrame(capped).assign(
        lead_source=contacts["lead_source"],
        postcode_area=contacts["postcode_area"],
        loyalty_tier=_loyalty_tier(contacts["loyalty_plan"], capped["spend_eur_12m"]),
    )


def _summed(orders: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    age_days = (date - orders["order_date"]).dt.days
    rows = pd.DataFrame(
        {
            "contact_id": orders["contact_id"],
            "orders_12m": age_days <= 365,
            "orders_3m": age_days <= 91,
            "spend_eur_12m": orders["amount_eur"].where(age_days <= 365, 0.0),
            "mean_basket_eur": orders["amount_eur"],
            "discounted_orders_share": orders["discount_eur"] > 0,
            "store_orders_share": orders["channel"] == "store",
            "days_since_last_order": age_days,
        }
    )
    by_contact = rows.groupby("contact_id", sort=False)
    sums = by_contact[["orders_12m", "orders_3m", "spend_eur_12m"]].sum()
    means = by_contact[["mean_basket_eur", "discounted_orders_share", "store_orders_share"]].mean()
    return sums.join(means).join(by_contact[["days_since_last_order"]].min()).astype("float64")


def _loyalty_tier(plan: pd.Series[str], spend_eur_12m: pd.Series[float]) -> pd.Series[str]:
    edges = [-1.0, SILVER_FROM_EUR, GOLD_FROM_EUR, float("inf")]
    tier = pd.cut(spend_eur_12m, edges, labels=list(LOYALTY_TIERS[1:]), right=False)
    return tier.astype("str").where(plan == "member", LOYALTY_TIERS[0])
