"""What was bought: the baseline that needs no campaign, and what campaigns did to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise.crm._behaviour import Behaviour, draw_orders
from equipoise.crm._calendar import CAMPAIGNS, Campaign, calendar_days, pace_until
from equipoise.crm._natural import PHYSICAL_SOURCES
from equipoise.crm._schema import DAYS
from equipoise.crm._streams import Draws, Flags, Floats, Whole
from equipoise.exceptions import InputError

__all__ = [
    "Pace",
    "act_on_orders",
    "draw_baseline",
    "draw_extra",
    "in_window",
    "with_terms",
]

PROMOTION_SHARE = 0.10
PROMOTED_AT_LEAST = 0.10
PROMOTED_BY_SENSITIVITY = 0.50
IN_STORE_IF_PHYSICAL = 0.75
IN_STORE_IF_DIGITAL = 0.20
FIRST_EXTRA_NUMBER = 900
"""Orders that a campaign caused are numbered from here, after all orders of one's own accord."""


@dataclass(frozen=True, eq=False)
class Pace:
    """How fast each customer's time runs: with the seasons, and slower after a time shift.

    Parameters
    ----------
    shift_day : int
        Day from which `factor` holds.
    factor : numpy.ndarray of shape (customers,)
        The customer's order rate after that day, relative to before; 1 where nothing shifts.
    """

    shift_day: int
    factor: Floats

    def until(self, day: Floats | Whole | float, row: Whole | slice = slice(None)) -> Floats:
        """Return how many mean days' worth of orders each customer's time holds up to a day."""
        before = pace_until(np.minimum(day, self.shift_day))
        return np.asarray(before + self.factor[row] * (pace_until(day) - before))

    def day(self, pace: Floats, row: Whole) -> Floats:
        """Return the day up to which that much has passed; the inverse of `until`."""
        before = np.minimum(pace, pace_until(self.shift_day))
        return calendar_days(before + (pace - before) / self.factor[row])

    def within(self, start: int, days: int) -> Floats:
        """Return how many mean days' worth of orders lie in a window, for each customer."""
        return self.until(start + days) - self.until(start)


def draw_baseline(
    behaviour: Behaviour,
    latents: pd.DataFrame,
    joined_day: Whole,
    pace: Pace,
    draws: Draws,
) -> pd.DataFrame:
    """Return every order that would be placed if there were no campaign.

    Joining is the first order, number 0; repeat orders follow the purchase process.

    Parameters
    ----------
    behaviour : Behaviour
        Parameters of the purchase process.
    latents : pandas.DataFrame
        As `draw_latents` returns it; row number is the customer.
    joined_day : numpy.ndarray of shape (customers,)
        Day of joining.
    pace : Pace
        Turns the process's even time into days.
    draws : Draws
        The same customers, row for row.

    Returns
    -------
    pandas.DataFrame
        By customer and time: `row` (the customer's position), `number`, `day` since the start of
        the world, `list_eur` and `is_last_ever`.

    Raises
    ------
    InputError
        If somebody orders so often that their orders cannot be numbered.
    """
    joined_pace = pace.until(joined_day)
    mean = latents["mean_order_eur"].to_numpy()
    repeats = draw_orders(behaviour, latents, pace.until(DAYS) - joined_pace, draws)
    most = repeats["number"].max() if len(repeats) else 0
    if most >= FIRST_EXTRA_NUMBER:
        raise InputError(
            "behaviour",
            f"must leave each customer fewer than {FIRST_EXTRA_NUMBER} orders",
            f"{most:,}",
            "Lower r, or raise alpha_weeks.",
        )
    row = repeats["row"].to_numpy()
    day = pace.day(joined_pace[row] + repeats["days_since_joining"].to_numpy(), row)
    everyone = np.arange(len(latents))
    firsts = {
        "row": everyone,
        "number": np.zeros_like(everyone),
        "day": joined_day,
        "list_eur": draws.gamma("orders/first_amount", behaviour.p) * mean / behaviour.p,
        "is_last_ever": np.zeros(len(latents), dtype=bool),
    }
    later = {
        "row": row,
        "number": repeats["number"].to_numpy(),
        "day": np.minimum(np.floor(day), DAYS - 1).astype("int64"),
        "list_eur": repeats["amount_eur"].to_numpy(),
        "is_last_ever": repeats["is_last_ever"].to_numpy(),
    }
    order = np.lexsort(
        (
            np.concatenate([firsts["number"], later["number"]]),
            np.concatenate([firsts["row"], later["row"]]),
        )
    )
    return pd.DataFrame(
        {name: np.concatenate([firsts[name], later[name]])[order] for name in firsts}
    )


def draw_extra(
    behaviour: Behaviour, latents: pd.DataFrame, place: int, row: Whole, draws: Draws
) -> pd.DataFrame:
    """Return the one order that each of some customers adds if that campaign persuades them."""
    plan = CAMPAIGNS[place]
    number = np.full_like(row, FIRST_EXTRA_NUMBER + place)
    delay = plan.window_days * draws.uniform_at("orders/delay", row, number) ** 2
    amount = draws.gamma_at("orders/extra_amount", behaviour.p, row, number)
    return pd.DataFrame(
        {
            "row": row,
            "number": number,
            "day": plan.day + np.floor(delay).astype("int64"),
            "list_eur": amount * latents["mean_order_eur"].to_numpy()[row] / behaviour.p,
            "is_last_ever": np.zeros(len(row), dtype=bool),
        }
    )


def in_window(orders: pd.DataFrame, plan: Campaign) -> Flags:
    """Return which orders fall into the days in which an answer to the campaign counts."""
    return np.asarray(orders["day"].between(plan.day, plan.last_day))


def act_on_orders(
    baseline: pd.DataFrame,
    extras: Sequence[pd.DataFrame],
    put_off: Sequence[Flags],
    contacted: Sequence[Flags],
) -> pd.DataFrame:
    """Return the orders that were placed, given whom each of `CAMPAIGNS` contacted.

    Of the contacted, the persuaded place one extra order within the window, those put off by the
    mail drop theirs, and everyone else's first order in the window is paid with the coupon.
    Nobody else's orders change, and no order outside the windows does.

    Parameters
    ----------
    baseline : pandas.DataFrame
        As `draw_baseline` returns it.
    extras : sequence of pandas.DataFrame
        For each campaign the extra orders of those it persuaded; same columns as `baseline`.
    put_off, contacted : sequence of numpy.ndarray of bool
        For each campaign one entry per customer: contacted and put off; contacted.

    Returns
    -------
    pandas.DataFrame
        The columns of `baseline` and `campaign` (its position, or -1), by customer and time.
    """
    dropped = np.zeros(len(baseline), dtype=bool)
    row = baseline["row"].to_numpy()
    for plan, lost in zip(CAMPAIGNS, put_off, strict=True):
        dropped |= in_window(baseline, plan) & lost[row]
    placed = pd.concat([baseline[~dropped], *extras], ignore_index=True)
    order = np.lexsort((placed["number"], placed["day"], placed["row"]))
    placed = placed.take(order).reset_index(drop=True)
    return placed.assign(campaign=_coupon_used(placed, contacted))


def with_terms(
    orders: pd.DataFrame,
    price_sensitivity: Floats,
    lead_source: pd.Series[str],
    draws: Draws,
) -> pd.DataFrame:
    """Return the orders with `discount_share` and `is_in_store`.

    A coupon takes the place of whatever promotion the order would have had.
    """
    row, number = orders["row"].to_numpy(), orders["number"].to_numpy()
    promoted = draws.uniform_at("orders/promoted", row, number) < (
        PROMOTED_AT_LEAST + PROMOTED_BY_SENSITIVITY * price_sensitivity[row]
    )
    physical = lead_source.isin(PHYSICAL_SOURCES).to_numpy()[row]
    in_store = draws.uniform_at("orders/in_store", row, number) < np.where(
        physical, IN_STORE_IF_PHYSICAL, IN_STORE_IF_DIGITAL
    )
    campaign = orders["campaign"].to_numpy()
    coupon = np.array([plan.discount_share for plan in CAMPAIGNS])[campaign]
    share = np.where(campaign >= 0, coupon, np.where(promoted, PROMOTION_SHARE, 0.0))
    return orders.assign(discount_share=share, is_in_store=in_store)


def _coupon_used(placed: pd.DataFrame, contacted: Sequence[Flags]) -> Whole:
    row = placed["row"].to_numpy()
    campaign = np.full(len(placed), -1)
    for place, (plan, reached) in enumerate(zip(CAMPAIGNS, contacted, strict=True)):
        redeemable = np.flatnonzero(in_window(placed, plan) & reached[row])
        _, first = np.unique(row[redeemable], return_index=True)
        campaign[redeemable[first]] = place
    return campaign
