"""When customers buy and for how much: BG/NBD and Gamma-Gamma, vectorised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise._checks import check_number
from equipoise.crm._streams import Draws, Flags, Floats, Whole

__all__ = [
    "CDNOW",
    "DAYS_PER_WEEK",
    "RETAIL",
    "Behaviour",
    "draw_latents",
    "draw_orders",
]

DAYS_PER_WEEK = 7.0
SMALLEST_PROBABILITY = 1e-9
LARGEST_PARAMETER = 1e6


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

    Raises
    ------
    InputError
        If a parameter is not a positive number of at most a million.

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

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            check_number(
                name,
                value,
                low=0.0,
                high=LARGEST_PARAMETER,
                open_low=True,
                next_move="Look at crm.RETAIL for usual values.",
            )


RETAIL = Behaviour(r=0.85, alpha_weeks=11.0, a=0.50, b=3.2, p=6.25, q=3.74, v_eur=31.6)
"""Home goods with a loyalty plan: rates chosen for plausible retail, not fitted to a firm."""

CDNOW = Behaviour(r=0.2426, alpha_weeks=4.4135, a=0.7929, b=2.4258, p=6.25, q=3.74, v_eur=15.44)
"""The published fit to the CDNOW cohort of 1997 (weeks; its amounts are dollars)."""


def draw_latents(behaviour: Behaviour, draws: Draws) -> pd.DataFrame:
    """Return what nobody can observe about each customer.

    Parameters
    ----------
    behaviour : Behaviour
        The population these customers come from.
    draws : Draws
        Whom to draw.

    Returns
    -------
    pandas.DataFrame
        `orders_per_week` while the customer stays, `dropout_probability` after each repeat
        order, and the customer's `mean_order_eur`.

    Examples
    --------
    >>> latents = draw_latents(CDNOW, Draws(7, 1, 1000))
    >>> bool(latents["dropout_probability"].between(0, 1).all())
    True
    """
    rate = draws.gamma("latents/orders_per_week", behaviour.r) / behaviour.alpha_weeks
    dropout = draws.beta("latents/dropout_probability", behaviour.a, behaviour.b)
    scale = draws.gamma("latents/mean_order_eur", behaviour.q) / behaviour.v_eur
    return pd.DataFrame(
        {
            "orders_per_week": rate,
            "dropout_probability": np.clip(dropout, SMALLEST_PROBABILITY, 1.0),
            "mean_order_eur": behaviour.p / scale,
        }
    )


def draw_orders(
    behaviour: Behaviour, latents: pd.DataFrame, days_observed: Floats, draws: Draws
) -> pd.DataFrame:
    """Return every repeat order of every customer within the days each is observed.

    The time to the next order is exponential, and after each order the customer may leave. A
    customer's third order has the same draws in every world, whenever it falls.

    Parameters
    ----------
    behaviour : Behaviour
        Only its `p` is used: how much one customer's amounts vary.
    latents : pandas.DataFrame
        As `draw_latents` returns it; row number is the customer.
    days_observed : numpy.ndarray of shape (customers,)
        Days between joining and the end of observation.
    draws : Draws
        The same customers, row for row.

    Returns
    -------
    pandas.DataFrame
        One row per repeat order, by customer and time: `row` (the customer's position), `number`
        of the order from 1, `days_since_joining`, `amount_eur`, and `is_last_ever`, true for the
        order after which the customer left.

    Examples
    --------
    >>> draws = Draws(7, 1, 1000)
    >>> orders = draw_orders(CDNOW, draw_latents(CDNOW, draws), np.full(1000, 273.0), draws)
    >>> bool(orders["days_since_joining"].between(0, 273).all())
    True
    """
    row, number, days, last = _repeats(latents, days_observed, draws)
    mean = latents["mean_order_eur"].to_numpy()[row]
    amount = draws.gamma_at("orders/amount", behaviour.p, row, number) * mean / behaviour.p
    return pd.DataFrame(
        {
            "row": row,
            "number": number,
            "days_since_joining": days,
            "amount_eur": amount,
            "is_last_ever": last,
        }
    )


def _repeats(
    latents: pd.DataFrame, days_observed: Floats, draws: Draws
) -> tuple[Whole, Whole, Floats, Flags]:
    """Let every customer order once more, again and again, until none has time left."""
    per_day = latents["orders_per_week"].to_numpy() / DAYS_PER_WEEK
    leaves = latents["dropout_probability"].to_numpy()
    row = np.arange(len(latents))
    days = np.zeros(len(latents))
    rounds: list[tuple[Whole, Whole, Floats, Flags]] = []
    while len(row):
        number = np.full(len(row), len(rounds) + 1)
        wait = -np.log(draws.uniform_at("orders/wait", row, number))
        with np.errstate(divide="ignore"):
            days = days + wait / per_day[row]
        on_time = days < days_observed[row]
        row, number, days = row[on_time], number[on_time], days[on_time]
        last = draws.uniform_at("orders/dropout", row, number) < leaves[row]
        rounds.append((row, number, days, last))
        row, days = row[~last], days[~last]
    rows, numbers, times, lasts = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
    order = np.lexsort((numbers, rows))
    return rows[order], numbers[order], times[order], lasts[order]
