"""What was bought: the baseline that needs no campaign, and what the campaign did to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.crm._behaviour import Behaviour, draw_orders, order_amounts
from equipoise.crm._natural import PHYSICAL_SOURCES
from equipoise.crm._population import numbered
from equipoise.crm._schema import (
    CAMPAIGN_DAY,
    CAMPAIGN_ID,
    DAYS,
    RESPONSE_WINDOW_DAYS,
    START_DATE,
)
from equipoise.crm._streams import stream, uniforms

__all__ = [
    "COUPON_SHARE",
    "act_on_orders",
    "draw_baseline",
    "draw_extra",
    "in_response_window",
    "orders_table",
]

COUPON_SHARE = 0.20
PROMOTION_SHARE = 0.10
PROMOTED_AT_LEAST = 0.10
PROMOTED_BY_SENSITIVITY = 0.50
IN_STORE_IF_PHYSICAL = 0.75
IN_STORE_IF_DIGITAL = 0.20

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def draw_baseline(
    behaviour: Behaviour, latents: pd.DataFrame, contacts: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """Return every order that would be placed if there were no campaign.

    Joining is the first order; repeat orders follow the purchase process.

    Parameters
    ----------
    behaviour : Behaviour
        Parameters of the purchase process.
    latents : pandas.DataFrame
        Latents and tastes; row number is the customer.
    contacts : pandas.DataFrame
        For `joined_date` and `lead_source`.
    seed : int
        The world's seed.

    Returns
    -------
    pandas.DataFrame
        By customer and time: `customer` (row number), `day` since the start of the world,
        `list_eur`, `discount_share`, `is_in_store`, `is_last_ever`.
    """
    joined_day = _days_since_start(contacts["joined_date"])
    repeats = draw_orders(behaviour, latents, (DAYS - joined_day).astype(float), seed)
    day = joined_day[repeats["customer"]] + np.floor(repeats["days_since_joining"])
    everyone = np.arange(len(latents))
    firsts = pd.DataFrame(
        {
            "customer": everyone,
            "day": joined_day,
            "list_eur": order_amounts(
                behaviour, latents, everyone, stream(seed, "orders/first_amount")
            ),
            "is_last_ever": False,
        }
    )
    later = pd.DataFrame(
        {
            "customer": repeats["customer"],
            "day": np.minimum(day, DAYS - 1).astype("int64"),
            "list_eur": repeats["amount_eur"],
            "is_last_ever": repeats["is_last_ever"],
        }
    )
    both = pd.concat([firsts, later], ignore_index=True)
    both = both.sort_values("customer", kind="stable", ignore_index=True)
    return _with_terms(both, latents, contacts["lead_source"], seed, "orders")


def act_on_orders(
    baseline: pd.DataFrame,
    extra: pd.DataFrame,
    *,
    contacted: Flags,
    orders_if_not_contacted: Flags,
    orders_if_contacted: Flags,
) -> pd.DataFrame:
    """Return the orders that were placed, given who was contacted.

    Of the contacted, the persuaded place one extra order within the response window, those
    put off by the mail drop theirs, and everyone else's first order in the window is paid
    with the coupon. Nobody else's orders change, and no order outside the window does.

    Parameters
    ----------
    baseline : pandas.DataFrame
        As `draw_baseline` returns it.
    extra : pandas.DataFrame
        One row per customer: the order each would add if persuaded; same columns.
    contacted, orders_if_not_contacted, orders_if_contacted : numpy.ndarray of bool
        One entry per customer.

    Returns
    -------
    pandas.DataFrame
        The columns of `baseline` and `is_coupon`, by customer and time.
    """
    put_off = contacted & orders_if_not_contacted & ~orders_if_contacted
    persuaded = contacted & ~orders_if_not_contacted & orders_if_contacted
    dropped = in_response_window(baseline) & put_off[baseline["customer"]]
    placed = pd.concat([baseline[~dropped], extra[persuaded]], ignore_index=True)
    placed = placed.sort_values(["customer", "day"], kind="stable", ignore_index=True)
    redeemable = in_response_window(placed) & contacted[placed["customer"]]
    first = ~placed["customer"].where(redeemable).duplicated().to_numpy()
    coupon = redeemable & first
    share = placed["discount_share"].where(~coupon, COUPON_SHARE)
    return placed.assign(discount_share=share, is_coupon=coupon)


def draw_extra(
    behaviour: Behaviour, latents: pd.DataFrame, lead_source: pd.Series[str], seed: int
) -> pd.DataFrame:
    """Return the one order that each customer would add if the campaign persuaded them."""
    everyone = np.arange(len(latents))
    delay = RESPONSE_WINDOW_DAYS * uniforms(seed, "campaign/delay", len(latents)) ** 2
    generator = stream(seed, "campaign/amount")
    extra = pd.DataFrame(
        {
            "customer": everyone,
            "day": CAMPAIGN_DAY + np.floor(delay).astype("int64"),
            "list_eur": order_amounts(behaviour, latents, everyone, generator),
            "is_last_ever": False,
        }
    )
    return _with_terms(extra, latents, lead_source, seed, "campaign")


def in_response_window(orders: pd.DataFrame) -> Flags:
    """Return which orders fall into the days in which an answer to the campaign counts."""
    last = CAMPAIGN_DAY + RESPONSE_WINDOW_DAYS - 1
    return np.asarray(orders["day"].between(CAMPAIGN_DAY, last))


def orders_table(placed: pd.DataFrame, contact_id: pd.Series[str]) -> pd.DataFrame:
    """Return the orders as the shop's system shows them, by date, with amounts in euros."""
    by_date = placed.sort_values(["day", "customer"], kind="stable", ignore_index=True)
    discount = (by_date["list_eur"] * by_date["discount_share"]).round(2)
    campaign = pd.Series(pd.NA, index=by_date.index, dtype="str")
    date = START_DATE.to_datetime64() + by_date["day"].to_numpy().astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "order_id": numbered("O", len(by_date)),
            "contact_id": contact_id.take(by_date["customer"]).reset_index(drop=True),
            "order_date": pd.Series(date).astype("datetime64[us]"),
            "channel": by_date["is_in_store"].map({True: "store", False: "web"}).astype("str"),
            "amount_eur": (by_date["list_eur"].round(2) - discount).round(2),
            "discount_eur": discount,
            "campaign_id": campaign.mask(by_date["is_coupon"], CAMPAIGN_ID),
        }
    )


def _days_since_start(dates: pd.Series[pd.Timestamp]) -> npt.NDArray[np.int64]:
    """Return whole days between the start of the world and each date."""
    return np.asarray((dates - START_DATE).dt.days, dtype="int64")


def _with_terms(
    orders: pd.DataFrame, latents: pd.DataFrame, lead_source: pd.Series[str], seed: int, name: str
) -> pd.DataFrame:
    customer = orders["customer"].to_numpy()
    sensitivity = latents["price_sensitivity"].to_numpy()[customer]
    promoted = uniforms(seed, f"{name}/promoted", len(orders)) < (
        PROMOTED_AT_LEAST + PROMOTED_BY_SENSITIVITY * sensitivity
    )
    physical = lead_source.isin(PHYSICAL_SOURCES).to_numpy()[customer]
    in_store = uniforms(seed, f"{name}/in_store", len(orders)) < np.where(
        physical, IN_STORE_IF_PHYSICAL, IN_STORE_IF_DIGITAL
    )
    return orders.assign(
        discount_share=np.where(promoted, PROMOTION_SHARE, 0.0), is_in_store=in_store
    )
