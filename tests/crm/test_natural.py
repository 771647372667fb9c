import pandas as pd
import pytest

from equipoise.crm import _natural as natural
from equipoise.crm._population import draw_contacts, draw_individuals
from equipoise.crm._schema import GROUPS
from equipoise.crm._streams import Draws

TABLES = {
    name: table for name, table in vars(natural).items() if name.endswith(("_FACTORS", "_SHIFTS"))
}
DRAWS = Draws(3, 1, 20_000)


@pytest.fixture(scope="module")
def people():
    return draw_individuals(DRAWS)


@pytest.fixture(scope="module")
def tastes(people):
    return natural.draw_tastes(DRAWS, people, draw_contacts(DRAWS, people)["lead_source"])


def test_every_table_of_natural_differences_is_looked_at():
    assert sorted(TABLES) == [
        "AMOUNT_FACTORS",
        "EMAIL_AFFINITY_SHIFTS",
        "POST_AFFINITY_SHIFTS",
        "PRICE_SENSITIVITY_SHIFTS",
        "PRIVACY_CONCERN_SHIFTS",
        "RATE_FACTORS",
    ]


@pytest.mark.parametrize("name", list(TABLES))
def test_no_natural_difference_is_stated_for_communities(name):
    assert "community" not in TABLES[name]


@pytest.mark.parametrize("name", list(TABLES))
def test_every_value_of_a_group_has_its_difference(name):
    for column, by_value in TABLES[name].items():
        assert list(by_value) == list(GROUPS[column])


@pytest.mark.parametrize("name", [n for n in TABLES if n.endswith("_FACTORS")])
def test_factors_hardly_move_the_population_as_a_whole(name):
    for column, by_value in TABLES[name].items():
        mean = sum(share * by_value[value] for value, share in GROUPS[column].items())
        assert mean == pytest.approx(1.0, abs=0.02)


def test_another_community_would_not_change_anyones_taste_or_rate(people):
    source = draw_contacts(DRAWS, people)["lead_source"]
    moved = people.assign(community="B")
    latents = pd.DataFrame({"orders_per_week": 0.1, "mean_order_eur": 70.0}, index=people.index)
    pd.testing.assert_frame_equal(
        natural.draw_tastes(DRAWS, people, source), natural.draw_tastes(DRAWS, moved, source)
    )
    pd.testing.assert_frame_equal(
        natural.add_natural_differences(latents, people),
        natural.add_natural_differences(latents, moved),
    )


def test_tastes_lie_between_0_and_1(tastes):
    assert ((tastes > 0) & (tastes < 1)).all(axis=None)


def test_older_customers_like_printed_mail_better_and_mind_the_use_of_data_more(people, tastes):
    by_age = tastes.groupby(people["age_band"]).mean()
    assert by_age["post_affinity"].is_monotonic_increasing
    assert by_age["privacy_concern"].is_monotonic_increasing
    assert by_age["email_affinity"].idxmin() == "60+"


def test_the_better_off_wait_less_for_discounts_and_mind_the_use_of_data_more(people, tastes):
    by_income = tastes.groupby(people["income_band"]).mean().loc[["low", "middle", "high"]]
    assert by_income["price_sensitivity"].is_monotonic_decreasing
    assert by_income["privacy_concern"].is_monotonic_increasing
