"""Who the customers are: demographics, where they live, how they came to the retailer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.crm._calendar import dates
from equipoise.crm._schema import AGE_BANDS, DAYS, GROUPS, LEAD_SOURCES, POSTCODE_AREAS
from equipoise.crm._streams import Draws, Flags, Floats, Whole
from equipoise.crm._text import named, numbered, taken

__all__ = ["draw_contacts", "draw_individuals", "with_loyalty_plan"]

AGE_ON_YEAR_START = 2026

INCOME_SHARES_BY_AGE = {
    "18-29": (0.45, 0.45, 0.10),
    "30-44": (0.25, 0.47, 0.28),
    "45-59": (0.22, 0.45, 0.33),
    "60+": (0.3674, 0.4230, 0.2096),
}
"""Low, middle and high income; weighted by age they give the shares of `GROUPS`."""

HOUSEHOLD_SIZES = (0.34, 0.34, 0.15, 0.12, 0.05)

HOME_AREAS = {"A": range(6), "B": range(6, 9), "C": range(9, 12)}
SHARE_IN_HOME_AREAS = 0.8

PHYSICAL_SHARE_BY_AGE = {"18-29": 0.35, "30-44": 0.45, "45-59": 0.55, "60+": 0.70}
SECOND_SOURCE_SHARE = {"A": 0.30, "B": 0.45, "C": 0.40}

MEMBER_SHARE_AT_LEAST = 0.45
MEMBER_SHARE_BY_RATE = 0.45
USUAL_ORDERS_PER_WEEK = 0.07


HOUSEHOLD_SIZE_MISSING = 0.06
CHILDREN_SHARES = (0.0, 0.25, 0.55, 0.75, 0.85)
"""Share of households of each size, from one to five people, that have children."""

CREDIT_SCORE_BY_INCOME = {"low": 480.0, "middle": 560.0, "high": 640.0}
CREDIT_SCORE_SPREAD = 70.0

USES_APP_BY_AGE = {"18-29": 0.62, "30-44": 0.55, "45-59": 0.42, "60+": 0.28}
ADDRESS_CONFIRMED_PER_YEAR = 0.45


def draw_individuals(draws: Draws) -> pd.DataFrame:
    """Return one row per person: demographics, of which the community is independent.

    Parameters
    ----------
    draws : Draws
        Whom to draw.

    Returns
    -------
    pandas.DataFrame
        `individual_id, gender, birth_date, age, age_band, income_band, community,
        household_size, children_count, consumer_credit_score`. Age is in whole years on
        1 January 2026. Gender `unknown` is a level of its own (not stated, or neither woman nor
        man). Some household sizes are missing, whatever the group. The last two columns are what a
        careful retailer would never have bought or asked for.

    Examples
    --------
    >>> draw_individuals(Draws(7, 1, 3))["individual_id"].tolist()
    ['I00000001', 'I00000002', 'I00000003']
    """
    band = draws.pick("individuals/age_band", list(GROUPS["age_band"].values()))
    income = draws.pick(
        "individuals/income_band", np.array(list(INCOME_SHARES_BY_AGE.values()))[band]
    )
    gender = draws.pick("individuals/gender", list(GROUPS["gender"].values()))
    community = draws.pick("individuals/community", list(GROUPS["community"].values()))
    age_years = _age_within_band(band, draws.uniform("individuals/age"))
    household = draws.pick("individuals/household_size", HOUSEHOLD_SIZES)
    unasked = draws.uniform("individuals/household_unasked") < HOUSEHOLD_SIZE_MISSING
    return pd.DataFrame(
        {
            "individual_id": numbered("I", draws.numbers),
            "gender": taken(tuple(GROUPS["gender"]), gender),
            "birth_date": _birth_dates(age_years),
            "age": age_years.astype("int64"),
            "age_band": taken(tuple(GROUPS["age_band"]), band),
            "income_band": taken(tuple(GROUPS["income_band"]), income),
            "community": taken(tuple(GROUPS["community"]), community),
            "household_size": pd.Series(household + 1, dtype="Int64").mask(unasked),
            "children_count": _children(draws, household),
            "consumer_credit_score": _credit_score(draws, income),
        }
    )


def draw_contacts(draws: Draws, individuals: pd.DataFrame) -> pd.DataFrame:
    """Return one row per person: address area, how they came, and when.

    Where people live follows their community (residential clustering) and nothing else, and
    moves nothing else: `postcode_area` is a proxy with no effect of its own. `lead_source` is
    drawn in two steps. Age decides between a physical source (store, referral) and a digital
    one (web, social), which matters for behaviour; community tilts the choice within each
    pair, which does not. So it is a weak proxy, and the community still has no natural effect.

    Parameters
    ----------
    draws : Draws
        Whom to draw.
    individuals : pandas.DataFrame
        As `draw_individuals` returns it.

    Returns
    -------
    pandas.DataFrame
        `contact_id, individual_id, postcode_area, lead_source, joined_date, uses_app,
        verified_date`. The address was last confirmed on `verified_date`, on joining or since.

    Examples
    --------
    >>> draws = Draws(7, 1, 500)
    >>> contacts = draw_contacts(draws, draw_individuals(draws))
    >>> contacts["lead_source"].isin(["store", "referral", "web", "social"]).all()
    np.True_
    """
    community = named(individuals["community"], tuple(GROUPS["community"]))
    area_shares = np.array([_area_shares(name) for name in HOME_AREAS])
    area = draws.pick("contacts/postcode_area", area_shares[community])
    joined_day = np.floor(draws.uniform("contacts/joined_date") * DAYS).astype("int64")
    uses_app = draws.uniform("contacts/uses_app") < _by_age(individuals, USES_APP_BY_AGE)
    return pd.DataFrame(
        {
            "contact_id": numbered("C", draws.numbers),
            "individual_id": individuals["individual_id"],
            "postcode_area": taken(POSTCODE_AREAS, area),
            "lead_source": taken(LEAD_SOURCES, _lead_source(draws, individuals)),
            "joined_date": dates(joined_day),
            "uses_app": taken(("no", "yes"), uses_app.astype("int64")),
            "verified_date": dates(_verified_day(draws, joined_day)),
        }
    )


def with_loyalty_plan(
    draws: Draws, contacts: pd.DataFrame, orders_per_week: pd.Series[float]
) -> pd.DataFrame:
    """Return the contacts with `loyalty_plan`, which frequent buyers join more often.

    It follows `joined_date`, as in the data dictionary.
    """
    share = MEMBER_SHARE_AT_LEAST + MEMBER_SHARE_BY_RATE * (
        1 - np.exp(-orders_per_week.to_numpy() / USUAL_ORDERS_PER_WEEK)
    )
    joins = draws.uniform("contacts/loyalty_plan") < share
    told = contacts.copy()
    after = told.columns.get_loc("joined_date") + 1
    told.insert(after, "loyalty_plan", taken(("not_member", "member"), joins.astype("int64")))
    return told


def _lead_source(draws: Draws, individuals: pd.DataFrame) -> Whole:
    physical_share = _by_age(individuals, PHYSICAL_SHARE_BY_AGE)
    second_share = individuals["community"].map(SECOND_SOURCE_SHARE).to_numpy(float)
    digital: Flags = draws.uniform("contacts/lead_family") >= physical_share
    second: Flags = draws.uniform("contacts/lead_source") < second_share
    return np.asarray(2 * digital + second, dtype="int64")


def _area_shares(community: str) -> Floats:
    shares = np.full(len(POSTCODE_AREAS), (1 - SHARE_IN_HOME_AREAS) / len(POSTCODE_AREAS))
    home = list(HOME_AREAS[community])
    shares[home] += SHARE_IN_HOME_AREAS / len(home)
    return shares


def _verified_day(draws: Draws, joined_day: Whole) -> Whole:
    """Return when the address was last confirmed: at even chance a day, or else on joining."""
    days_ago = -np.log(draws.uniform("contacts/verified_date")) * 365 / ADDRESS_CONFIRMED_PER_YEAR
    return np.asarray(np.maximum(np.floor(DAYS - 1 - days_ago).astype("int64"), joined_day))


def _age_within_band(band: Whole, uniform: Floats) -> Floats:
    low, high = np.array(list(AGE_BANDS.values()), dtype=float)[band].T
    return np.asarray(low + uniform * (high - low))


def _by_age(individuals: pd.DataFrame, shares: dict[str, float]) -> Floats:
    return np.asarray(individuals["age_band"].map(shares), dtype=float)


def _birth_dates(age_years: Floats) -> pd.Series[pd.Timestamp]:
    whole = np.floor(age_years)
    birthday = (AGE_ON_YEAR_START - 1970 - whole).astype("int64").astype("datetime64[Y]")
    days_ago = np.floor(365 * (age_years - whole)).astype("timedelta64[D]")
    return pd.Series(birthday.astype("datetime64[D]") - days_ago).astype("datetime64[us]")


def _children(draws: Draws, household: Whole) -> Whole:
    most = np.maximum(household - 1, 0)
    has = draws.uniform("individuals/children") < np.array(CHILDREN_SHARES)[household]
    return np.where(has, np.maximum(most, 1), 0)


def _credit_score(draws: Draws, income: Whole) -> Whole:
    centre = np.array(list(CREDIT_SCORE_BY_INCOME.values()))[income]
    score = centre + CREDIT_SCORE_SPREAD * draws.normal("individuals/credit_score")
    return np.clip(np.rint(score), 300, 850).astype("int64")
