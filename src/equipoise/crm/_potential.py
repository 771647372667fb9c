"""What each customer would do if contacted, and if not: both, for everyone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.crm._behaviour import DAYS_PER_WEEK
from equipoise.crm._natural import logistic
from equipoise.crm._orders import in_response_window
from equipoise.crm._schema import CAMPAIGN_DAY, RESPONSE_WINDOW_DAYS
from equipoise.crm._streams import uniforms

__all__ = ["potential_outcomes"]

YEAR_DAYS = 365
PERSUASION_BASE = -3.25
PERSUASION_BY_PRICE_SENSITIVITY = 4.5
PERSUASION_BY_POST_AFFINITY = 3.0
PERSUASION_BY_FREQUENCY = 0.25
PERSUASION_BY_YEARS_SINCE_ORDER = -1.2
PERSUASION_BY_LOG_AMOUNT = 0.3
TYPICAL_AMOUNT_EUR = 70.0
PUT_OFF_IF_NO_AFFINITY = 0.15

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def potential_outcomes(baseline: pd.DataFrame, latents: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return, for each customer, both outcomes of the campaign and both exact probabilities.

    The outcome is "orders within the response window". Without contact it is what the
    purchase process does. A contact persuades some who would not have ordered (more often
    the price-sensitive, those who like printed mail, recent and frequent buyers) and puts off
    some who would have (those who dislike printed mail). So the effect of a contact is not the
    response to it: frequent buyers answer most and are moved least.

    Parameters
    ----------
    baseline : pandas.DataFrame
        Orders without any campaign, by customer and time.
    latents : pandas.DataFrame
        Latents and tastes; row number is the customer.
    seed : int
        The world's seed.

    Returns
    -------
    pandas.DataFrame
        `has_left` (before the campaign), `order_probability_if_not_contacted`,
        `order_probability_if_contacted`, `orders_if_not_contacted`, `orders_if_contacted`.
        The probabilities are exact given the latents and all orders before the campaign.
        Meaningful only for customers who joined before the campaign.
    """
    customers = len(latents)
    before = baseline[baseline["day"] < CAMPAIGN_DAY]
    left = _any_by_customer(before["customer"][before["is_last_ever"]], customers)
    expected = latents["orders_per_week"].to_numpy() * RESPONSE_WINDOW_DAYS / DAYS_PER_WEEK
    unprompted = np.where(left, 0.0, -np.expm1(-expected))
    persuaded = logistic(_persuasion_logit(before, latents))
    put_off = PUT_OFF_IF_NO_AFFINITY * (1 - latents["post_affinity"].to_numpy())
    orders = _any_by_customer(baseline["customer"][in_response_window(baseline)], customers)
    return pd.DataFrame(
        {
            "has_left": left,
            "order_probability_if_not_contacted": unprompted,
            "order_probability_if_contacted": unprompted * (1 - put_off)
            + (1 - unprompted) * persuaded,
            "orders_if_not_contacted": orders,
            "orders_if_contacted": np.where(
                orders,
                uniforms(seed, "campaign/put_off", customers) >= put_off,
                uniforms(seed, "campaign/persuaded", customers) < persuaded,
            ),
        }
    )


def _persuasion_logit(before: pd.DataFrame, latents: pd.DataFrame) -> Floats:
    days_since, orders_last_year = _history(before, len(latents))
    return np.asarray(
        PERSUASION_BASE
        + PERSUASION_BY_PRICE_SENSITIVITY * (latents["price_sensitivity"] - 0.5)
        + PERSUASION_BY_POST_AFFINITY * (latents["post_affinity"] - 0.5)
        + PERSUASION_BY_FREQUENCY * np.log1p(orders_last_year)
        + PERSUASION_BY_YEARS_SINCE_ORDER * days_since / YEAR_DAYS
        + PERSUASION_BY_LOG_AMOUNT * np.log(latents["mean_order_eur"] / TYPICAL_AMOUNT_EUR)
    )


def _history(before: pd.DataFrame, customers: int) -> tuple[Floats, Floats]:
    """Return days since the last order and orders in the last year, at the campaign's date."""
    last_day = np.zeros(customers)
    last_day[before["customer"].to_numpy()] = before["day"]
    recent = before["customer"][before["day"] >= CAMPAIGN_DAY - YEAR_DAYS]
    return CAMPAIGN_DAY - last_day, np.bincount(recent, minlength=customers).astype(float)


def _any_by_customer(customer: pd.Series[int], customers: int) -> Flags:
    return np.bincount(customer, minlength=customers) > 0
