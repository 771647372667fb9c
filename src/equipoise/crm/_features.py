"""What a model may know about a customer on a date: only what had happened by then."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise._checks import check_choice, check_columns
from equipoise.consent import PURPOSES
from equipoise.consent._moments import check_moment
from equipoise.crm._dictionary import readable
from equipoise.crm._features_events import Figures, events_12m, order_figures, places
from equipoise.crm._schema import DAYS, LEAD_SOURCES, LOYALTY_TIERS, POSTCODE_AREAS
from equipoise.crm._text import taken
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
        If a table or a column that is read is missing, a person stands twice in `individuals`, or
        the purpose is unknown.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> tables = make_crm(customers=300, seed=7).tables
    >>> features_at(tables, "2026-03-02", purpose="service").columns.tolist()[:3]
    ['days_since_last_order', 'orders_12m', 'orders_3m']
    """
    wanted = features_for(purpose)
    read = _readable(tables, wanted)
    date = check_moment("as_of", as_of, with_offset=False)
    contacts = read["contacts"]
    contacts = contacts[contacts["joined_date"] < date].reset_index(drop=True)
    numbers = _numbers(read, contacts, date)
    found = numbers | _categories(read, contacts, numbers, wanted)
    ordered = {name: found[name] for name in (*NUMBER_BOUNDS, *CATEGORIES) if name in wanted}
    columns = pd.Index(list(ordered), dtype="str")
    features = pd.DataFrame(ordered, index=contacts.index, columns=columns)
    return features.set_axis(pd.Index(contacts["contact_id"]))


def _readable(
    tables: Mapping[str, pd.DataFrame], wanted: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    """Return the tables with no column but those that are read, or refuse if one is missing."""
    needed: dict[str, set[str]] = {"contacts": {"contact_id", "joined_date"}}
    for feature in wanted:
        for table, column in SOURCES[feature]:
            key = "individual_id" if table == "individuals" else "contact_id"
            needed.setdefault(table, set()).update((key, column))
    if "individuals" in needed:
        needed["contacts"].add("individual_id")
    for table, columns in needed.items():
        if table not in tables:
            raise InputError(
                "tables",
                "must hold each table that is read",
                f"no {table!r}",
                "Add it.",
            )
        check_columns(table, sorted(columns), tables[table].columns)
    return {table: tables[table][sorted(columns)] for table, columns in needed.items()}


def _numbers(
    read: Mapping[str, pd.DataFrame], contacts: pd.DataFrame, date: pd.Timestamp
) -> Figures:
    row, keys = pd.Index(contacts["contact_id"]).factorize(use_na_sentinel=False)
    found: Figures = {}
    if "orders" in read:
        found |= order_figures(read["orders"], keys, date)
    if "email_events" in read:
        emails = read["email_events"]
        clicks = emails[emails["event"] == "clicked"]
        found["email_clicks_12m"] = events_12m(clicks, "event_date", keys, date)
    if "cases" in read:
        found["cases_12m"] = events_12m(read["cases"], "opened_date", keys, date)
    tenure_days = (date - contacts["joined_date"]).dt.days.to_numpy("float64")
    missing = {"days_since_last_order": tenure_days}
    return {"tenure_days": _capped("tenure_days", tenure_days, 0.0)} | {
        name: _capped(name, figures[row], missing.get(name, 0.0)) for name, figures in found.items()
    }


def _capped(
    name: str, figures: npt.NDArray[np.float64], missing: npt.NDArray[np.float64] | float
) -> npt.NDArray[np.float64]:
    return np.clip(np.where(np.isnan(figures), missing, figures), *NUMBER_BOUNDS[name])


def _categories(
    read: Mapping[str, pd.DataFrame],
    contacts: pd.DataFrame,
    numbers: Figures,
    wanted: tuple[str, ...],
) -> dict[str, pd.Series[str]]:
    found = {}
    for name in CATEGORIES:
        if name not in wanted:
            continue
        if name == "loyalty_tier":
            found[name] = _loyalty_tier(contacts["loyalty_plan"], numbers["spend_eur_12m"])
        elif name == "household_size":
            found[name] = _household_size(read["individuals"], contacts["individual_id"])
        else:
            found[name] = contacts[name]
    return found


def _loyalty_tier(plan: pd.Series[str], spend_eur_12m: npt.NDArray[np.float64]) -> pd.Series[str]:
    is_member = (plan == "member").to_numpy("bool", na_value=False)
    tier = 1 + np.searchsorted([SILVER_FROM_EUR, GOLD_FROM_EUR], spend_eur_12m, side="right")
    return taken(LOYALTY_TIERS, np.where(is_member, tier, 0))


def _household_size(individuals: pd.DataFrame, individual_id: pd.Series[str]) -> pd.Series[str]:
    keys = individuals["individual_id"]
    if not keys.is_unique:
        raise InputError(
            "individuals.individual_id",
            "must name each person once",
            f"{keys[keys.duplicated()].iloc[0]!r} twice",
            "Keep one row a person.",
        )
    code, sizes = pd.factorize(individuals["household_size"])
    names = pd.Series(sizes).clip(upper=LARGEST_HOUSEHOLD).astype("str")
    place = places(individual_id, pd.Index(keys))
    code = np.append(code, -1)[place]
    return taken([*names, "unknown"], np.where(code < 0, len(names), code))
