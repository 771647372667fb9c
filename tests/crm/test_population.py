import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equipoise.crm._population import (
    CHILDREN_SHARES,
    HOME_AREAS,
    HOUSEHOLD_SIZE_MISSING,
    HOUSEHOLD_SIZES,
    INCOME_SHARES_BY_AGE,
    SHARE_IN_HOME_AREAS,
    draw_contacts,
    draw_individuals,
    with_loyalty_plan,
)
from equipoise.crm._schema import AGE_BANDS, END_DATE, GROUPS, POSTCODE_AREAS, REFERENCE, START_DATE
from equipoise.crm._streams import Draws

CUSTOMERS = 40_000
DRAWS = Draws(3, 1, CUSTOMERS)
SMALLEST_P = 1e-4


@pytest.fixture(scope="module")
def individuals():
    return draw_individuals(DRAWS)


@pytest.fixture(scope="module")
def contacts(individuals):
    return draw_contacts(DRAWS, individuals)


def independence_p(first, second):
    return stats.chi2_contingency(pd.crosstab(first, second)).pvalue


@pytest.mark.parametrize("column", list(GROUPS))
def test_groups_have_their_stated_shares(individuals, column):
    counts = individuals[column].value_counts().reindex(list(GROUPS[column]))
    expected = np.array(list(GROUPS[column].values())) * CUSTOMERS
    assert stats.chisquare(counts, expected).pvalue > SMALLEST_P


@pytest.mark.parametrize("column", list(GROUPS))
def test_the_reference_is_the_largest_group(column):
    assert REFERENCE[column] == max(GROUPS[column], key=GROUPS[column].__getitem__)


def test_income_by_age_adds_up_to_income():
    weights = np.array(list(GROUPS["age_band"].values()))
    overall = weights @ np.array(list(INCOME_SHARES_BY_AGE.values()))
    assert overall == pytest.approx(list(GROUPS["income_band"].values()), abs=1e-4)


def test_age_lies_in_its_band_and_follows_from_the_birth_date(individuals):
    low, high = np.array([AGE_BANDS[band] for band in individuals["age_band"]]).T
    assert individuals["age"].between(low, high - 1).all()
    born = individuals["birth_date"]
    born_on_new_year = (born.dt.month == 1) & (born.dt.day == 1)
    assert (individuals["age"] == 2025 - born.dt.year + born_on_new_year).all()


def test_household_sizes_have_their_shares_and_some_are_missing(individuals):
    size = individuals["household_size"]
    missing = size.isna().mean()
    error = np.sqrt(HOUSEHOLD_SIZE_MISSING * (1 - HOUSEHOLD_SIZE_MISSING) / CUSTOMERS)
    assert abs(missing - HOUSEHOLD_SIZE_MISSING) < 4 * error
    counts = size.value_counts().reindex(range(1, 6)).to_numpy(float)
    assert stats.chisquare(counts, np.array(HOUSEHOLD_SIZES) * counts.sum()).pvalue > SMALLEST_P


@pytest.mark.parametrize("column", list(GROUPS))
def test_household_sizes_are_missing_whatever_the_group(individuals, column):
    missing = individuals["household_size"].isna()
    assert independence_p(individuals[column], missing) > SMALLEST_P


def test_children_live_with_somebody_and_are_fewer_than_the_household(individuals):
    known = individuals.dropna(subset="household_size")
    assert (known["children_count"] < known["household_size"]).all()
    assert (individuals["children_count"] >= 0).all()
    with_children = (known["children_count"] > 0).groupby(known["household_size"]).mean()
    assert with_children.tolist() == pytest.approx(CHILDREN_SHARES, abs=0.04)


def test_the_credit_score_follows_income_within_the_scale(individuals):
    score = individuals["consumer_credit_score"]
    assert score.between(300, 850).all()
    by_income = score.groupby(individuals["income_band"]).mean()
    assert by_income["low"] < by_income["middle"] < by_income["high"]


def test_identifiers_are_unique(individuals, contacts):
    assert individuals["individual_id"].is_unique
    assert contacts["contact_id"].is_unique
    assert contacts["individual_id"].equals(individuals["individual_id"])


@pytest.mark.parametrize("column", ["gender", "age_band", "income_band"])
def test_community_is_independent_of_the_other_groups(individuals, column):
    assert independence_p(individuals["community"], individuals[column]) > SMALLEST_P


def test_gender_is_independent_of_age_and_income(individuals):
    for column in ("age_band", "income_band"):
        assert independence_p(individuals["gender"], individuals[column]) > SMALLEST_P


def test_the_postcode_area_tells_the_community(individuals, contacts):
    for community, areas in HOME_AREAS.items():
        homes = [POSTCODE_AREAS[area] for area in areas]
        lives_there = contacts["postcode_area"].isin(homes)[individuals["community"] == community]
        share = SHARE_IN_HOME_AREAS + (1 - SHARE_IN_HOME_AREAS) * len(areas) / len(POSTCODE_AREAS)
        error = np.sqrt(share * (1 - share) / len(lives_there))
        assert abs(lives_there.mean() - share) < 4 * error


def test_the_lead_source_tells_a_little_of_the_community_but_not_through_its_family(
    individuals, contacts
):
    community = individuals["community"]
    second = contacts["lead_source"].isin(["referral", "social"])
    physical = contacts["lead_source"].isin(["store", "referral"])
    assert second[community == "B"].mean() - second[community == "A"].mean() > 0.1
    assert independence_p(community, physical) > SMALLEST_P


@pytest.mark.parametrize("column", ["joined_date", "uses_app", "verified_date"])
def test_nothing_else_about_a_contact_tells_the_community(individuals, contacts, column):
    values = contacts[column]
    coded = values if values.dtype == "str" else values.dt.to_period("Q").astype("str")
    assert independence_p(individuals["community"], coded) > SMALLEST_P


def test_customers_join_evenly_within_the_world(contacts):
    joined = contacts["joined_date"]
    assert joined.between(START_DATE, END_DATE).all()
    share = ((joined - START_DATE).dt.days + 0.5) / ((END_DATE - START_DATE).days + 1)
    assert stats.kstest(share, "uniform").pvalue > SMALLEST_P


def test_addresses_are_confirmed_on_joining_or_later(contacts):
    assert (contacts["verified_date"] >= contacts["joined_date"]).all()
    assert (contacts["verified_date"] <= END_DATE).all()
    assert (contacts["verified_date"] > contacts["joined_date"]).any()


def test_frequent_buyers_join_the_loyalty_plan_more_often(contacts):
    rate = pd.Series(np.linspace(0, 0.3, len(contacts)))
    joined = with_loyalty_plan(DRAWS, contacts, rate)["loyalty_plan"] == "member"
    assert joined[rate > 0.2].mean() > joined[rate < 0.02].mean() + 0.2
