"""Who the customers are: demographics, where they live, how they came to the retailer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.crm._schema import (
    AGE_BANDS,
    DAYS,
    GROUPS,
    LEAD_SOURCES,
    POSTCODE_AREAS,
    START_DATE,
)
from equipoise.crm._streams import uniforms

__all__ = ["draw_contacts", "draw_individuals", "numbered", "with_loyalty_plan"]

AGE_ON_YEAR_START = 2026

INCOME_SHARES_BY_AGE = {
    "18-29": (0.45, 0.45, 0.10),
    "30-44": (0.25, 0.47, 0.28),
    "45-59": (0.22, 0.45, 0.33),
    "60+": (0.3674, 0.4230, 0.2096),
}
"""Low, middle and high income; weighted by age they give the shares of `GROUPS`."""

HOUSEHOLD_SIZES = (0.34, 0.34, 0.15, 0.12, 0.05)

HOME_AREAS = {"A": range(0, 6), "B": range(6, 9), "C": range(9, 12)}
SHARE_IN_HOME_AREAS = 0.8

PHYSICAL_SHARE_BY_AGE = {"18-29": 0.35, "30-44": 0.45, "45-59": 0.55, "60+": 0.70}
SECOND_SOURCE_SHARE = {"A": 0.30, "B": 0.45, "C": 0.40}

MEMBER_SHARE_AT_LEAST = 0.45
MEMBER_SHARE_BY_RATE = 0.45
USUAL_ORDERS_PER_WEEK = 0.07


def draw_individuals(seed: int, customers: int) -> pd.DataFrame:
    """Return one row per person: demographics, of which the community is independent.

    Parameters
    ----------
    seed : int
        The world's seed.
    customers : int
        Number of rows.

    Returns
    -------
    pandas.DataFrame
        `individual_id, gender, birth_date, age, age_band, income_band, community,
        household_size`. Age is in whole years on 1 January 2026. Gender `unknown` is a
        level of its own (not stated, or neither woman nor man).

    Examples
    --------
    >>> draw_individuals(7, 3)["individual_id"].tolist()
    ['I0000001', 'I0000002', 'I0000003']
    """
    draws = {name: uniforms(seed, f"individuals/{name}", customers) for name in GROUPS}
    band = _pick(draws["age_band"], list(GROUPS["age_band"].values()))
    income = _pick(draws["income_band"], np.array(list(INCOME_SHARES_BY_AGE.values()))[band])
    age_years = _age_within_band(band, uniforms(seed, "individuals/age", customers))
    household = _pick(uniforms(seed, "individuals/household_size", customers), HOUSEHOLD_SIZES)
    return pd.DataFrame(
        {
            "individual_id": numbered("I", customers),
            "gender": _named("gender", _pick(draws["gender"], list(GROUPS["gender"].values()))),
            "birth_date": _birth_dates(age_years),
            "age": age_years.astype("int64"),
            "age_band": _named("age_band", band),
            "income_band": _named("income_band", income),
            "community": _named(
                "community", _pick(draws["community"], list(GROUPS["community"].values()))
            ),
            "household_size": household + 1,
        }
    )


def draw_contacts(seed: int, individuals: pd.DataFrame) -> pd.DataFrame:
    """Return one row per person: address area, how they came, and when.

    Where people live follows their community (residential clustering) and nothing else, and
    moves nothing else: `postcode_area` is a proxy with no effect of its own. `lead_source` is
    drawn in two steps. Age decides between a physical source (store, referral) and a digital
    one (web, social), which matters for behaviour; community tilts the choice within each
    pair, which does not. So it is a weak proxy, and the community still has no natural effect.

    Parameters
    ----------
    seed : int
        The world's seed.
    individuals : pandas.DataFrame
        As `draw_individuals` returns it.

    Returns
    -------
    pandas.DataFrame
        `contact_id, individual_id, postcode_area, lead_source, joined_date`.

    Examples
    --------
    >>> contacts = draw_contacts(7, draw_individuals(7, 500))
    >>> contacts["lead_source"].isin(["store", "referral", "web", "social"]).all()
    np.True_
    """
    customers = len(individuals)
    community = individuals["community"]
    area = _pick(
        uniforms(seed, "contacts/postcode_area", customers),
        np.array([_area_shares(name) for name in HOME_AREAS])[_codes("community", community)],
    )
    joined_day = np.floor(uniforms(seed, "contacts/joined_date", customers) * DAYS)
    return pd.DataFrame(
        {
            "contact_id": numbered("C", customers),
            "individual_id": individuals["individual_id"],
            "postcode_area": _taken(POSTCODE_AREAS, area),
            "lead_source": _taken(LEAD_SOURCES, _lead_source(seed, individuals)),
            "joined_date": _days(START_DATE, joined_day.astype("int64")),
        }
    )


def with_loyalty_plan(
    seed: int, contacts: pd.DataFrame, orders_per_week: pd.Series[float]
) -> pd.DataFrame:
    """Return the contacts with `loyalty_plan`, which frequent buyers join more often."""
    share = MEMBER_SHARE_AT_LEAST + MEMBER_SHARE_BY_RATE * (
        1 - np.exp(-orders_per_week.to_numpy() / USUAL_ORDERS_PER_WEEK)
    )
    joins = uniforms(seed, "contacts/loyalty_plan", len(contacts)) < share
    return contacts.assign(loyalty_plan=_taken(("not_member", "member"), joins.astype("int64")))


def numbered(letter: str, count: int) -> pd.Series[str]:
    """Return `count` identifiers: a letter and seven or more digits, from 1."""
    return letter + pd.Series(np.arange(1, count + 1)).astype("str").str.zfill(7)


def _lead_source(seed: int, individuals: pd.DataFrame) -> npt.NDArray[np.int64]:
    customers = len(individuals)
    physical_share = individuals["age_band"].map(PHYSICAL_SHARE_BY_AGE).to_numpy(float)
    second_share = individuals["community"].map(SECOND_SOURCE_SHARE).to_numpy(float)
    digital = uniforms(seed, "contacts/lead_family", customers) >= physical_share
    second = uniforms(seed, "contacts/lead_source", customers) < second_share
    return np.asarray(2 * digital + second, dtype="int64")


def _area_shares(community: str) -> npt.NDArray[np.float64]:
    shares = np.full(len(POSTCODE_AREAS), (1 - SHARE_IN_HOME_AREAS) / len(POSTCODE_AREAS))
    home = list(HOME_AREAS[community])
    shares[home] += SHARE_IN_HOME_AREAS / len(home)
    return shares


def _age_within_band(
    band: npt.NDArray[np.int64], uniform: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    low, high = np.array(list(AGE_BANDS.values()), dtype=float)[band].T
    return np.asarray(low + uniform * (high - low))


def _birth_dates(age_years: npt.NDArray[np.float64]) -> pd.Series[pd.Timestamp]:
    whole = np.floor(age_years)
    birthday = (AGE_ON_YEAR_START - 1970 - whole).astype("int64").astype("datetime64[Y]")
    days_ago = np.floor(365 * (age_years - whole)).astype("timedelta64[D]")
    return pd.Series(birthday.astype("datetime64[D]") - days_ago).astype("datetime64[us]")


def _pick(
    uniform: npt.NDArray[np.float64], shares: Sequence[float] | npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Turn uniform draws into level numbers; `shares` has one row for all, or one for each."""
    edges = np.cumsum(np.atleast_2d(shares), axis=1)[:, :-1]
    return np.asarray((uniform[:, None] >= edges).sum(axis=1))


def _codes(column: str, values: pd.Series[str]) -> npt.NDArray[np.int64]:
    return np.asarray(pd.Index(list(GROUPS[column])).get_indexer(values))


def _named(column: str, codes: npt.NDArray[np.int64]) -> pd.Series[str]:
    return _taken(tuple(GROUPS[column]), codes)


def _taken(levels: Sequence[str], codes: npt.NDArray[np.int64]) -> pd.Series[str]:
    return pd.Series(levels, dtype="str").take(codes).reset_index(drop=True)


def _days(origin: pd.Timestamp, days: npt.NDArray[np.int64]) -> pd.Series[pd.Timestamp]:
    dates = origin.to_datetime64() + days.astype("timedelta64[D]")
    return pd.Series(dates).astype("datetime64[us]")
