"""What is in the basket: categories by taste and season, prices that sum to the order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.crm._schema import PRODUCT_CATEGORIES, START_DATE
from equipoise.crm._streams import Draws, Floats, Whole
from equipoise.crm._text import taken

__all__ = ["category_tastes", "draw_items"]

CATEGORY_SHARES = (0.14, 0.10, 0.24, 0.22, 0.20, 0.10)
PRICES = (4.0, 1.2, 1.0, 0.8, 0.6, 1.3)
"""What an item of each category costs, relative to what else is in the basket."""

TASTE_SPREAD = 0.9
MORE_ITEMS_SHARE = 0.50
MOST_ITEMS = 4
TWO_PIECES_SHARE = 0.18

SEASONS = {
    "garden": (0.3, 0.4, 1.3, 2.2, 2.4, 1.8, 1.2, 0.9, 0.7, 0.5, 0.3, 0.3),
    "decoration": (0.7, 0.7, 0.9, 0.9, 0.8, 0.7, 0.7, 0.8, 1.0, 1.3, 1.9, 2.0),
    "lighting": (1.1, 1.0, 0.9, 0.8, 0.7, 0.7, 0.7, 0.8, 1.1, 1.4, 1.5, 1.4),
}
"""How much a category is bought in each month, January first, relative to its usual share."""


def category_tastes(draws: Draws) -> Floats:
    """Return each customer's share of each category in a month without a season.

    Returns
    -------
    numpy.ndarray of shape (customers, categories)
        Each row sums to 1.
    """
    standard = [draws.normal(f"tastes/{name}") for name in PRODUCT_CATEGORIES]
    weight = np.array(CATEGORY_SHARES) * np.exp(TASTE_SPREAD * np.column_stack(standard))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def draw_items(orders: pd.DataFrame, tastes: Floats, draws: Draws) -> pd.DataFrame:
    """Return the items of each order, in the order of the orders.

    Parameters
    ----------
    orders : pandas.DataFrame
        With `row`, `number`, `day` and `list_eur`, what the customer meant to spend.
    tastes : numpy.ndarray of shape (customers, categories)
        As `category_tastes` returns it.
    draws : Draws
        The same customers, row for row.

    Returns
    -------
    pandas.DataFrame
        `order` (position in `orders`), `item` from 0, `category` (position), `quantity`, and
        `unit_price_cent`. What they cost together is `list_eur` but for the rounding of prices to
        cents, and no item costs less than a cent.
    """
    number = orders["number"].to_numpy()
    count = _item_counts(orders, draws)
    order = np.repeat(np.arange(len(orders)), count)
    item = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    row, event = orders["row"].to_numpy()[order], MOST_ITEMS * number[order] + item
    category = _categories(orders["day"].to_numpy()[order], row, event, tastes, draws)
    weight = -np.log(draws.uniform_at("items/share", row, event)) * np.array(PRICES)[category]
    total = np.bincount(order, weight, minlength=len(orders))
    quantity = 1 + (draws.uniform_at("items/quantity", row, event) < TWO_PIECES_SHARE)
    cents = 100 * orders["list_eur"].to_numpy()[order] * weight / total[order]
    return pd.DataFrame(
        {
            "order": order,
            "item": item,
            "category": category,
            "quantity": quantity,
            "unit_price_cent": np.maximum(np.rint(cents / quantity), 1).astype("int64"),
        }
    )


def items_table(items: pd.DataFrame, order_id: pd.Series[str]) -> pd.DataFrame:
    """Return the items as the shop's system shows them."""
    order = items["order"].to_numpy()
    of_order = order_id.take(order).reset_index(drop=True)
    place = pd.Series(taken(("-0", "-1", "-2", "-3"), items["item"].to_numpy()))
    return pd.DataFrame(
        {
            "order_item_id": "T" + of_order.str[1:] + place,
            "order_id": of_order,
            "category": taken(PRODUCT_CATEGORIES, items["category"].to_numpy()),
            "quantity": items["quantity"].to_numpy(),
            "unit_price_eur": items["unit_price_cent"].to_numpy() / 100,
        }
    )


def _item_counts(orders: pd.DataFrame, draws: Draws) -> Whole:
    row, number = orders["row"].to_numpy(), orders["number"].to_numpy()
    uniform = draws.uniform_at("items/count", row, number)
    more = np.floor(np.log(uniform) / np.log(MORE_ITEMS_SHARE)).astype("int64")
    return np.asarray(np.minimum(1 + more, MOST_ITEMS))


def _categories(day: Whole, row: Whole, event: Whole, tastes: Floats, draws: Draws) -> Whole:
    """Draw by inverting each item's cumulated shares, one category after the other."""
    dates = START_DATE.to_datetime64() + day.astype("timedelta64[D]")
    month = dates.astype("datetime64[M]").astype("int64") % 12
    season = np.array([SEASONS.get(name, (1.0,) * 12) for name in PRODUCT_CATEGORIES])
    weights = [tastes[row, place] * season[place, month] for place in range(len(season))]
    cumulated = np.cumsum(weights, axis=0)
    target = draws.uniform_at("items/category", row, event) * cumulated[-1]
    return np.asarray((target >= cumulated[:-1]).sum(axis=0))
