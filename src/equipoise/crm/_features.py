"""What a model may know about a customer on a date: only what had happened by then."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from equipoise._checks import check_choice, check_columns
from equipoise.consent import PURPOSES
from equipoise.consent._moments import check_moment
from equipoise.crm._dictionary import readable
from equipoise.crm._schema import DAYS, LEAD_SOURCES, LOYALTY_TIERS, POSTCODE_AREAS, YEAR_DAYS
from equipoise.exceptions import InputError

__all__ = ["CATEGORIES", "NUMBER_BOUNDS", "SOURCES", "features_at", "features_for"]

NUMBER_BOUNDS: dict[str, tuple[float, float]] = {
    "days_since_last_order": (0.0, float(DAYS)),
    "orders_12m": (0.0, 30.0),
    "orders_3m": (0.0, 12.0),
    "spend_eur_12m": (0.0, 5000.0),
    "mean_basket_eur": (0.0, 500.0),
    "tenure_days": (0.0, float(DAYS)),
    "discounted_orders_share": (0.0, 1.0),
    "store_orders_share": (0.0, 1.0),
    "email_clicks_12m": (0.0, 12.0),
    "cases_12m": (0.0, 6.0),
}
"""Caps that are business rules, set before any customer was seen."""

CATEGORIES: dict[str, tuple[str, ...]] = {
    "lead_source": LEAD_SOURCES,
    "postcode_area": POSTCODE_AREAS,
    "loyalty_tier": LOYALTY_TIERS,
    "uses_app": ("no", "yes"),
    "household_size": ("1", "2", "3", "4", "5", "unknown"),
}

SOURCES: dict[str, tuple[tuple[str, str], ...]] = {
    "days_since_last_order": (("orders", "order_date"), ("contacts", "joined_date")),
    "orders_12m": (("orders", "order_date"),),
    "orders_3m": (("orders", "order_date"),),
    "spend_eur_12m": (("orders", "order_date"), ("orders", "amount_eur")),
    "mean_basket_eur": (("orders", "order_date"), ("orders", "amount_eur")),
    "tenure_days": (("contacts", "joined_date"),),
    "discounted_orders_share": (("orders", "order_date"), ("orders", "discount_eur")),
    "store_orders_share": (("orders", "order_date"), ("orders", "channel")),
    "email_clicks_12m": (("email_events", "event"), ("email_events", "event_date")),
    "cases_12m": (("cases", "opened_date"),),
    "lead_source": (("contacts", "lead_source"),),
    "postcode_area": (("contacts", "postcode_area"),),
    "loyalty_tier": (
        ("contacts", "loyalty_plan"),
        ("orders", "order_date"),
        ("orders", "amount_eur"),
    ),
    "uses_app": (("contacts", "uses_app"),),
    "household_size": (("individuals", "household_size"),),
}
"""The columns that each feature is made from, besides keys."""

SILVER_FROM_EUR = 250.0
GOLD_FROM_EUR = 750.0
QUARTER_DAYS = 91
LARGEST_HOUSEHOLD = 5
"""Larger ones count as this."""


def features_for(purpose: str | None) -> tuple[str, ...]:
    """Return the features that a purpose may know: all of whose columns it may read.

    Parameters
    ----------
    purpose : str or None
        One of `equipoise.consent.PURPOSES`; None stands for no limit.

    Examples
    --------
    >>> "email_clicks_12m" in features_for("service")
    False
    """
    if purpose is None:
        return tuple(SOURCES)
    check_choice("purpose", purpose, PURPOSES)
    return tuple(
        feature
        for feature, columns in SOURCES.items()
        if all(column in readable(table, purpose) for table, column in columns)
    )


def features_at(
    tables: Mapping[str, pd.DataFrame],
    as_of: pd.Timestamp | str,
    *,
    purpose: str | None = None,
) -> pd.DataFrame:
    """Return the features of every contact who had joined before `as_of`.

    Only what is dated strictly before `as_of` is read, and only columns that the purpose may
    read; a feature that needs another is left out. One contact's rows never move another's
    features. Amounts and counts are capped by `NUMBER_BOUNDS`. Nothing is missing: a contact
    without any order has ``days_since_last_order`` equal to ``tenure_days``, and zero counts,
    euros and shares; an unknown household size is a level of its own. Attributes of the contact
    (tenure apart) are those on record now: the tables keep no history of them.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Needs `individuals, contacts, orders, email_events` and `cases`.
    as_of : pandas.Timestamp or str
        The date on which the question is asked.
    purpose : str, optional
        What the features are for, one of `equipoise.consent.PURPOSES`; no limit if not given.

    Returns
    -------
    pandas.DataFrame
        Indexed by `contact_id`: those of `NUMBER_BOUNDS` (days, orders, euros, clicks, requests,
        shares in 0..1; 12m is 365 days, 3m is 91), then those of `CATEGORIES`.

    Raises
    ------
    InputError
        If a table or a column that is read is missing, or the purpose is unknown.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> tables = make_crm(customers=300, seed=7).tables
    >>> features_at(tables, "2026-03-02", purpose="service").columns.tolist()[:3]
    ['days_since_last_order', 'orders_12m', 'orders_3m']
    """
    wanted = features_for(purpose)
    _check_tables(tables, wanted)
    date = check_moment("as_of", as_of, with_offset=False)
    contacts = tables["contacts"].set_index("contact_id")
    contacts = contacts[contacts["joined_date"] < date]
    numbers = _numbers(tables, contacts, date, wanted)
    categories = _categories(tables, contacts, numbers, wanted)
    return numbers[[name for name in NUMBER_BOUNDS if name in wanted]].assign(**categories)


def _check_tables(tables: Mapping[str, pd.DataFrame], wanted: tuple[str, ...]) -> None:
    needed: dict[str, set[str]] = {"contacts": {"contact_id", "joined_date"}}
    for feature in wanted:
        for table, column in SOURCES[feature]:
            key = "individual_id" if table == "individuals" else "contact_id"
            needed.setdefault(table, set()).update((key, column))
    for table, columns in needed.items():
        if table not in tables:
            raise InputError(
                "tables",
                "must hold each table that is read",
                f"no {table!r}",
                "Add it.",
            )
        check_columns(table, sorted(columns), tables[table].columns)


def _numbers(
    tables: Mapping[str, pd.DataFrame],
    contacts: pd.DataFrame,
    date: pd.Timestamp,
    wanted: tuple[str, ...],
) -> pd.DataFrame:
    tenure = (date - contacts["joined_date"]).dt.days
    found = {"tenure_days": tenure}
    if "orders_12m" in wanted:
        summed = _summed(tables["orders"], date, wanted).reindex(contacts.index)
        found |= {name: summed[name] for name in summed}
        found["days_since_last_order"] = summed["days_since_last_order"].fillna(tenure)
    if "email_clicks_12m" in wanted:
        emails = tables["email_events"]
        clicks = emails[emails["event"] == "clicked"]
        found["email_clicks_12m"] = _counted(clicks, "event_date", date, contacts.index)
    if "cases_12m" in wanted:
        found["cases_12m"] = _counted(tables["cases"], "opened_date", date, contacts.index)
    capped = {
        name: column.fillna(0.0).astype("float64").clip(*NUMBER_BOUNDS[name])
        for name, column in found.items()
    }
    return pd.DataFrame(capped, index=contacts.index)


def _summed(orders: pd.DataFrame, date: pd.Timestamp, wanted: tuple[str, ...]) -> pd.DataFrame:
    """Return each contact's order figures; what must not be read is not touched."""
    past = orders[(orders["order_date"] < date) & orders["contact_id"].notna()]
    age_days = (date - past["order_date"]).dt.days
    recent = age_days <= YEAR_DAYS
    rows: dict[str, pd.Series[float]] = {
        "orders_12m": recent,
        "orders_3m": age_days <= QUARTER_DAYS,
    }
    means: dict[str, pd.Series[float]] = {}
    if "spend_eur_12m" in wanted:
        rows["spend_eur_12m"] = past["amount_eur"].where(recent, 0.0)
        means["mean_basket_eur"] = past["amount_eur"]
    if "discounted_orders_share" in wanted:
        means["discounted_orders_share"] = past["discount_eur"] > 0
    if "store_orders_share" in wanted:
        means["store_orders_share"] = past["channel"] == "store"
    key = past["contact_id"]
    sums = pd.DataFrame(rows, index=past.index).astype("float64").groupby(key, sort=False).sum()
    if means:
        average = pd.DataFrame(means, index=past.index).astype("float64").groupby(key, sort=False)
        sums = sums.join(average.mean())
    return sums.assign(days_since_last_order=age_days.groupby(key, sort=False).min())


def _counted(
    events: pd.DataFrame,
    date_column: str,
    date: pd.Timestamp,
    contact_id: pd.Index[str],
) -> pd.Series[float]:
    age_days = (date - events[date_column]).dt.days
    recent = events[(events[date_column] < date) & (age_days <= YEAR_DAYS)]
    return recent["contact_id"].value_counts(sort=False).reindex(contact_id, fill_value=0)


def _categories(
    tables: Mapping[str, pd.DataFrame],
    contacts: pd.DataFrame,
    numbers: pd.DataFrame,
    wanted: tuple[str, ...],
) -> dict[str, pd.Series[str]]:
    found = {}
    for name in CATEGORIES:
        if name not in wanted:
            continue
        if name == "loyalty_tier":
            found[name] = _loyalty_tier(contacts["loyalty_plan"], numbers["spend_eur_12m"])
        elif name == "household_size":
            found[name] = _household_size(tables["individuals"], contacts["individual_id"])
        else:
            found[name] = contacts[name]
    return found


def _loyalty_tier(plan: pd.Series[str], spend_eur_12m: pd.Series[float]) -> pd.Series[str]:
    edges = [-1.0, SILVER_FROM_EUR, GOLD_FROM_EUR, float("inf")]
    tier = pd.cut(spend_eur_12m, edges, labels=list(LOYALTY_TIERS[1:]), right=False)
    return tier.astype("str").where(plan == "member", LOYALTY_TIERS[0])


def _household_size(individuals: pd.DataFrame, individual_id: pd.Series[str]) -> pd.Series[str]:
    size = individuals.set_index("individual_id")["household_size"].reindex(individual_id)
    known = size.clip(upper=LARGEST_HOUSEHOLD).astype("str").where(size.notna(), "unknown")
    return known.set_axis(individual_id.index)
