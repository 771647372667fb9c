import pandas as pd
import pytest

from equipoise.crm import _natural as natural
from equipoise.crm._population import draw_contacts, draw_individuals
from equipoise.crm._schema import GROUPS

TABLES = {
    name: table for name, table in vars(natural).items() if name.endswith(("_FACTORS", "_SHIFTS"))
}


def test_every_table_of_natural_differences_is_looked_at():
    assert sorted(TABLES) == [
        "AMOUNT_FACTORS",
        "POST_AFFINITY_SHIFTS",
        "PRICE_SENSITIVITY_SHIFTS",
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


def test_another_community_would_not_change_anyones_taste_or_rate():
    people = draw_individuals(3, 500)
    source = draw_contacts(3, people)["lead_source"]
    moved = people.assign(community="B")
    latents = pd.DataFrame({"orders_per_week": [0.1] * 500, "mean_order_eur": [70.0] * 500})
    pd.testing.assert_frame_equal(
        natural.draw_tastes(3, people, source), natural.draw_tastes(3, moved, source)
    )
    pd.testing.assert_frame_equal(
        natural.add_natural_differences(latents, people),
        natural.add_natural_differences(latents, moved),
    )


def test_older_customers_like_printed_mail_better():
    people = draw_individuals(3, 20_000)
    source = draw_contacts(3, people)["lead_source"]
    liking = natural.draw_tastes(3, people, source)["post_affinity"].groupby(people["age_band"])
    assert liking.mean().is_monotonic_increasing
