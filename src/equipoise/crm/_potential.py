"""What each customer would do if contacted, and if not: both, for everyone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.crm._behaviour import DAYS_PER_WEEK
from equipoise.crm._calendar import Campaign
from equipoise.crm._natural import logistic
from equipoise.crm._orders import Pace, in_window
from equipoise.crm._schema import YEAR_DAYS
from equipoise.crm._streams import Draws, Flags, Floats

__all__ = ["potential_outcomes"]

TYPICAL_AMOUNT_EUR = 70.0
BASE = {"direct_mail": -0.6, "email": -2.4}
BY_PRICE_SENSITIVITY = 3.5
BY_AFFINITY = 2.0
BY_FREQUENCY = -0.8
BY_YEARS_SINCE_ORDER = -3.0
BY_LOG_AMOUNT = 0.3
OWN_BASE_SHIFT = -1.0
"""In the formula of a group that behaves in its own way, on top of the reversed tastes."""

PUT_OFF_IF_NO_AFFINITY = {"direct_mail": 0.10, "email": 0.06}


def potential_outcomes(
    plan: Campaign,
    baseline: pd.DataFrame,
    latents: pd.DataFrame,
    pace: Pace,
    own_persuasion: Floats,
    draws: Draws,
) -> pd.DataFrame:
    """Return, for each customer, both outcomes of a campaign and both exact probabilities.

    The outcome is "orders within the campaign's window". Without contact it is what the
    purchase process does. A contact persuades some who would not have ordered (more often
    the price-sensitive, those who like that kind of mail, who bought lately and buy rarely) and puts
    off some who would have (those who dislike it). So the effect of a contact is not the
    response to it: frequent buyers answer most and are moved least, and who has not bought for
    long answers nothing. What earlier campaigns did has no effect on it: the history that counts
    is the one without campaigns.

    Parameters
    ----------
    plan : Campaign
        Its date, window and kind.
    baseline : pandas.DataFrame
        Orders without any campaign, by customer and time.
    latents : pandas.DataFrame
        Latents and tastes; row number is the customer.
    pace : Pace
        How fast each customer's time runs.
    own_persuasion : numpy.ndarray of shape (customers,)
        Weight, from 0 to 1, of the formula of a group that behaves in its own way.
    draws : Draws
        The same customers, row for row.

    Returns
    -------
    pandas.DataFrame
        `has_left` (before the campaign), `order_probability_if_not_contacted`,
        `order_probability_if_contacted`, `orders_if_not_contacted`, `orders_if_contacted`.
        The probabilities are exact given the latents and all orders before the campaign.
        Meaningful only for customers who joined before the campaign.
    """
    name = f"campaigns/{plan.campaign_id}"
    before = baseline[(baseline["day"] < plan.day).to_numpy()]
    left = _any_by_customer(before["row"][before["is_last_ever"]], len(latents))
    expected = latents["orders_per_week"].to_numpy() * pace.within(plan.day, plan.window_days)
    unprompted = np.where(left, 0.0, -np.expm1(-expected / DAYS_PER_WEEK))
    affinity = latents["post_affinity" if plan.by_post else "email_affinity"].to_numpy()
    persuaded = _persuaded(plan, before, latents, affinity, own_persuasion)
    put_off = PUT_OFF_IF_NO_AFFINITY[plan.type] * (1 - affinity)
    orders = _any_by_customer(baseline["row"][in_window(baseline, plan)], len(latents))
    return pd.DataFrame(
        {
            "has_left": left,
            "order_probability_if_not_contacted": unprompted,
            "order_probability_if_contacted": unprompted * (1 - put_off)
            + (1 - unprompted) * persuaded,
            "orders_if_not_contacted": orders,
            "orders_if_contacted": np.where(
                orders,
                draws.uniform(f"{name}/put_off") >= put_off,
                draws.uniform(f"{name}/persuaded") < persuaded,
            ),
        }
    )


def _persuaded(
    plan: Campaign,
    before: pd.DataFrame,
    latents: pd.DataFrame,
    affinity: Floats,
    own: Floats,
) -> Floats:
    """Return the probability of ordering because of the contact: a mixture of two formulas."""
    days_since, orders_last_year = _history(plan, before, len(latents))
    price = BY_PRICE_SENSITIVITY * (latents["price_sensitivity"].to_numpy() - 0.5)
    tastes = price + BY_AFFINITY * (affinity - 0.5)
    amount = latents["mean_order_eur"].to_numpy() / TYPICAL_AMOUNT_EUR
    level = (
        BASE[plan.type]
        + BY_FREQUENCY * np.log1p(orders_last_year)
        + BY_YEARS_SINCE_ORDER * days_since / YEAR_DAYS
        + BY_LOG_AMOUNT * np.log(amount)
    )
    common, reversed_tastes = (
        logistic(level + tastes),
        logistic(level + OWN_BASE_SHIFT - tastes),
    )
    return np.asarray((1 - own) * common + own * reversed_tastes)


def _history(plan: Campaign, before: pd.DataFrame, customers: int) -> tuple[Floats, Floats]:
    """Return days since the last order and orders in the last year, at the campaign's date."""
    last_day = np.zeros(customers)
    last_day[before["row"].to_numpy()] = before["day"]
    recent = before["row"][before["day"] >= plan.day - YEAR_DAYS]
    return plan.day - last_day, np.bincount(recent, minlength=customers).astype(float)


def _any_by_customer(row: pd.Series[int], customers: int) -> Flags:
    return np.bincount(row, minlength=customers) > 0
