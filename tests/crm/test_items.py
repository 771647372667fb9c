import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.crm._items import (
    CATEGORY_SHARES,
    MORE_ITEMS_SHARE,
    MOST_ITEMS,
    SEASONS,
    TWO_PIECES_SHARE,
    category_tastes,
    draw_items,
    items_table,
)
from equipoise.crm._schema import DAYS, PRODUCT_CATEGORIES
from equipoise.crm._streams import Draws

CUSTOMERS = 4000
DRAWS = Draws(9, 1, CUSTOMERS)


@pytest.fixture(scope="module")
def tastes():
    return category_tastes(DRAWS)


@pytest.fixture(scope="module")
def orders():
    row, number = np.divmod(np.arange(10 * CUSTOMERS), 10)
    day = np.floor(DRAWS.uniform_at("test/day", row, number) * DAYS).astype("int64")
    return pd.DataFrame({"row": row, "number": number, "day": day, "list_eur": 70.0})


@pytest.fixture(scope="module")
def items(orders, tastes):
    return draw_items(orders, tastes, DRAWS)


def test_tastes_are_shares(tastes):
    np.testing.assert_allclose(tastes.sum(axis=1), 1.0)
    assert (tastes > 0).all()
    assert sum(CATEGORY_SHARES) == pytest.approx(1.0)


def test_tastes_differ_between_customers_but_not_by_design_on_the_whole(tastes):
    assert (tastes.std(axis=0) > 0.05).all()
    order = np.argsort(CATEGORY_SHARES)
    assert tastes.mean(axis=0)[order[-1]] > tastes.mean(axis=0)[order[0]]


def test_every_order_has_one_to_four_items_in_order(orders, items):
    assert items["order"].is_monotonic_increasing
    count = items.groupby("order").size()
    assert count.index.tolist() == list(range(len(orders)))
    assert count.between(1, MOST_ITEMS).all()
    assert (items["item"] == items.groupby("order").cumcount()).all()


def test_baskets_have_the_stated_sizes(orders, items):
    count = np.bincount(items["order"])
    for size in range(1, MOST_ITEMS):
        share = MORE_ITEMS_SHARE**size
        error = np.sqrt(share * (1 - share) / len(orders))
        assert abs((count > size).mean() - share) < 4 * error
    error = np.sqrt(TWO_PIECES_SHARE * (1 - TWO_PIECES_SHARE) / len(items))
    assert abs((items["quantity"] == 2).mean() - TWO_PIECES_SHARE) < 4 * error
    assert items["quantity"].isin([1, 2]).all()


@given(list_eur=st.floats(0.0001, 50_000.0), row=st.integers(0, 49))
def test_the_items_cost_what_was_meant_to_be_spent_but_for_rounding(list_eur, row):
    draws = Draws(9, 1, 50)
    order = pd.DataFrame({"row": [row], "number": [3], "day": [10], "list_eur": [list_eur]})
    items = draw_items(order, category_tastes(draws), draws)
    assert (items["unit_price_cent"] >= 1).all()
    cents = (items["quantity"] * items["unit_price_cent"]).sum()
    assert abs(cents - 100 * list_eur) <= items["quantity"].sum()


def test_garden_is_for_spring_and_decoration_for_the_end_of_the_year(orders, items):
    day = orders["day"].to_numpy()[items["order"]]
    month = (pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D")).month
    for name, season in SEASONS.items():
        share = (items["category"] == PRODUCT_CATEGORIES.index(name)).groupby(month).mean()
        assert np.corrcoef(share, season)[0, 1] > 0.9


def test_what_customers_like_they_buy(items, orders, tastes):
    row = orders["row"].to_numpy()[items["order"]]
    kitchen = PRODUCT_CATEGORIES.index("kitchen")
    bought = items["category"] == kitchen
    fond = tastes[row, kitchen] > np.median(tastes[:, kitchen])
    assert bought[fond].mean() > 1.5 * bought[~fond].mean()


def test_an_orders_items_do_not_depend_on_other_orders(orders, items, tastes):
    some = orders.iloc[7::10].reset_index(drop=True)
    alone = draw_items(some, tastes, DRAWS)
    among = items[items["order"] % 10 == 7]
    for name in ("item", "category", "quantity", "unit_price_cent"):
        assert alone[name].tolist() == among[name].tolist()


def test_item_ids_carry_the_order():
    items = pd.DataFrame(
        {"order": [0, 0, 1], "item": [0, 1, 0], "category": 0, "quantity": 1, "unit_price_cent": 5}
    )
    table = items_table(items, pd.Series(["Oaa", "Obb"], dtype="str"))
    assert table["order_item_id"].tolist() == ["Taa-0", "Taa-1", "Tbb-0"]
    assert table["order_id"].tolist() == ["Oaa", "Oaa", "Obb"]
    assert table["unit_price_eur"].tolist() == [0.05] * 3
