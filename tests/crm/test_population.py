import numpy as np
import pandas as pd
import pytest

from equipoise.crm._population import (
    HOME_AREAS,
    draw_contacts,
    draw_individuals,
    with_loyalty_plan,
)
from equipoise.crm._schema import AGE_BANDS, END_DATE, GROUPS, POSTCODE_AREAS, REFERENCE, START_DATE

CUSTOMERS = 40_000


@pytest.fixture(scope="module")
def individuals():
    return draw_individuals(3, CUSTOMERS)


@pytest.fixture(scope="module")
def contacts(individuals):
    return draw_contacts(3, individuals)


@pytest.mark.parametrize("column", list(GROUPS))
def test_groups_have_their_stated_shares(individuals, column):
    found = individuals[column].value_counts(normalize=True)
    for value, share in GROUPS[column].items():
        assert abs(found[value] - share) < 4 * np.sqrt(share * (1 - share) / CUSTOMERS)


@pytest.mark.parametrize("column", list(GROUPS))
def test_the_reference_is_the_largest_group(column):
    assert REFERENCE[column] == max(GROUPS[column], key=GROUPS[column].__getitem__)


def test_age_lies_in_its_band_and_follows_from_the_birth_date(individuals):
    low, high = np.array([AGE_BANDS[band] for band in individuals["age_band"]]).T
    assert individuals["age"].between(low, high - 1).all()
    born = individuals["birth_date"]
    born_on_new_year = (born.dt.month == 1) & (born.dt.day == 1)
    assert (individuals["age"] == 2025 - born.dt.year + born_on_new_year).all()


def test_identifiers_are_unique(individuals, contacts):
    assert individuals["individual_id"].is_unique
    assert contacts["contact_id"].is_unique
    assert contacts["individual_id"].equals(individuals["individual_id"])


def test_community_is_independent_of_the_other_groups(individuals):
    for column in ("gender", "age_band", "income_band"):
        shares = pd.crosstab(individuals["community"], individuals[column], normalize="index")
        assert (shares.max() - shares.min()).max() < 0.03


def test_the_postcode_area_tells_the_community(individuals, contacts):
    homes = [POSTCODE_AREAS[area] for area in HOME_AREAS["B"]]
    living_there = individuals["community"][contacts["postcode_area"].isin(homes)]
    assert (living_there == "B").mean() > 0.75


def test_the_lead_source_tells_a_little_of_the_community_but_not_through_its_family(
    individuals, contacts
):
    community = individuals["community"]
    second = contacts["lead_source"].isin(["referral", "social"]).groupby(community).mean()
    physical = contacts["lead_source"].isin(["store", "referral"]).groupby(community).mean()
    assert second["B"] - second["A"] > 0.1
    assert physical.max() - physical.min() < 0.03


def test_customers_join_within_the_world(contacts):
    assert contacts["joined_date"].between(START_DATE, END_DATE).all()


def test_frequent_buyers_join_the_loyalty_plan_more_often(contacts):
    rate = pd.Series(np.linspace(0, 0.3, len(contacts)))
    joined = with_loyalty_plan(3, contacts, rate)["loyalty_plan"] == "member"
    assert joined[rate > 0.2].mean() > joined[rate < 0.02].mean() + 0.2
