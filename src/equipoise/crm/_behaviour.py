"""When customers buy and for how much: BG/NBD and Gamma-Gamma, vectorised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.crm._streams import stream, uniforms

__all__ = [
    "CDNOW",
    "DAYS_PER_WEEK",
    "RETAIL",
    "Behaviour",
    "draw_latents",
    "draw_orders",
    "order_amounts",
]

DAYS_PER_WEEK = 7.0
SMALLEST_PROBABILITY = 1e-9

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Behaviour:
    """Parameters of the purchase process (BG/NBD) and of spending (Gamma-Gamma).

    Parameters
    ----------
    r, alpha_weeks
        Repeat orders per week of a living customer are Gamma(r, rate alpha); mean r / alpha.
    a, b
        After each repeat order a customer leaves for good with probability Beta(a, b).
    p, q, v_eur
        An order's amount is Gamma(p, rate nu), where nu is Gamma(q, rate v) over customers;
        the mean amount is p * v / (q - 1).

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers" the easy way. Fader and Hardie
    (2013), The Gamma-Gamma model of monetary value.

    Examples
    --------
    >>> round(CDNOW.p * CDNOW.v_eur / (CDNOW.q - 1), 1)
    35.2
    """

    r: float
    alpha_weeks: float
    a: float
    b: float
    p: float
    q: float
    v_eur: float


RETAIL = Behaviour(r=0.75, alpha_weeks=10.5, a=0.65, b=3.0, p=6.25, q=3.74, v_eur=31.6)
"""Home goods with a loyalty plan: rates chosen for plausible retail, not fitted to a firm."""

CDNOW = Behaviour(r=0.2426, alpha_weeks=4.4135, a=0.7929, b=2.4258, p=6.25, q=3.74, v_eur=15.44)
"""The published fit to the CDNOW cohort of 1997 (weeks; its amounts are dollars)."""


def draw_latents(behaviour: Behaviour, customers: int, seed: int) -> pd.DataFrame:
    """Return what nobody can observe about each customer.

    Parameters
    ----------
    behaviour : Behaviour
        The population these customers come from.
    customers : int
        Number of rows.
    seed : int
        The world's seed.

    Returns
    -------
    pandas.DataFrame
        `orders_per_week` while the customer stays, `dropout_probability` after each repeat
        order, and the customer's `mean_order_eur`.

    Examples
    --------
    >>> latents = draw_latents(CDNOW, 1000, seed=7)
    >>> bool(latents["dropout_probability"].between(0, 1).all())
    True
    """
    rate = stream(seed, "latents/orders_per_week").gamma(
        behaviour.r, 1 / behaviour.alpha_weeks, customers
    )
    dropout = stream(seed, "latents/dropout_probability").beta(behaviour.a, behaviour.b, customers)
    scale = stream(seed, "latents/mean_order_eur").gamma(
        behaviour.q, 1 / behaviour.v_eur, customers
    )
    return pd.DataFrame(
        {
            "orders_per_week": rate,
            "dropout_probability": np.clip(dropout, SMALLEST_PROBABILITY, 1.0),
            "mean_order_eur": behaviour.p / scale,
        }
    )


def draw_orders(
    behaviour: Behaviour, latents: pd.DataFrame, days_observed: Floats, seed: int
) -> pd.DataFrame:
    """Return every repeat order of every customer within the days each is observed.

    Repeat orders are a Poisson process that stops with the customer's last order: dropout
    after each order makes the lifetime number of repeat orders geometric.

    Parameters
    ----------
    behaviour : Behaviour
        Only its `p` is used: how much one customer's amounts vary.
    latents : pandas.DataFrame
        As `draw_latents` returns it; row number is the customer.
    days_observed : numpy.ndarray of shape (customers,)
        Days between joining and the end of observation.
    seed : int
        The world's seed.

    Returns
    -------
    pandas.DataFrame
        One row per repeat order, by customer and time: `customer` (row number),
        `days_since_joining`, `amount_eur` and `is_last_ever`, true for the order after which
        the customer left.

    Examples
    --------
    >>> latents = draw_latents(CDNOW, 1000, seed=7)
    >>> orders = draw_orders(CDNOW, latents, np.full(1000, 273.0), seed=7)
    >>> bool(orders["days_since_joining"].between(0, 273).all())
    True
    """
    lifetime = _lifetime_orders(latents["dropout_probability"].to_numpy(), seed)
    rate_per_day = latents["orders_per_week"].to_numpy() / DAYS_PER_WEEK
    counts = stream(seed, "orders/count").poisson(rate_per_day * days_observed)
    customer = np.repeat(np.arange(len(latents)), counts)
    share_of_time = _sorted_within(customer, uniforms(seed, "orders/time", len(customer)))
    ordinal = 1 + np.arange(len(customer)) - np.repeat(np.cumsum(counts) - counts, counts)
    amount = order_amounts(behaviour, latents, customer, stream(seed, "orders/amount"))
    orders = pd.DataFrame(
        {
            "customer": customer,
            "days_since_joining": share_of_time * days_observed[customer],
            "amount_eur": amount,
            "is_last_ever": ordinal == lifetime[customer],
        }
    )
    return orders[ordinal <= lifetime[customer]].reset_index(drop=True)


def order_amounts(
    behaviour: Behaviour, latents: pd.DataFrame, customer: Whole, generator: np.random.Generator
) -> Floats:
    """Return one Gamma-Gamma amount in euros for each entry of `customer` (row numbers)."""
    mean: Floats = latents["mean_order_eur"].to_numpy()[customer]
    return generator.gamma(behaviour.p, size=len(customer)) * mean / behaviour.p


def _lifetime_orders(dropout_probability: Floats, seed: int) -> Floats:
    uniform = uniforms(seed, "orders/lifetime", len(dropout_probability))
    stay = np.clip(1 - dropout_probability, SMALLEST_PROBABILITY, None)
    return np.asarray(np.maximum(np.ceil(np.log1p(-uniform) / np.log(stay)), 1.0))


def _sorted_within(customer: Whole, uniform: Floats) -> Floats:
    """Sort the draws within each customer at once: the customer's number is the whole part."""
    ordered: Floats = np.sort(customer + uniform)
    return ordered - customer
