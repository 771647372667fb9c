"""Where groups differ by themselves: small, stated, and never between communities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.crm._streams import Draws, Floats

__all__ = ["PHYSICAL_SOURCES", "add_natural_differences", "draw_tastes", "logistic"]

RATE_FACTORS = {
    "gender": {"woman": 1.06, "man": 0.94, "unknown": 1.0},
    "age_band": {"18-29": 0.85, "30-44": 1.08, "45-59": 1.06, "60+": 0.92},
    "income_band": {"low": 0.92, "middle": 1.0, "high": 1.10},
}
"""How often a group orders, relative to the population before differences."""

AMOUNT_FACTORS = {
    "income_band": {"low": 0.88, "middle": 1.0, "high": 1.18},
}
"""How much a group spends per order, relative to the population before differences."""

POST_AFFINITY_SHIFTS = {
    "age_band": {"18-29": -0.6, "30-44": -0.2, "45-59": 0.1, "60+": 0.5},
    "gender": {"woman": 0.1, "man": -0.1, "unknown": 0.0},
}
"""How readily a group reacts to printed mail, in standard deviations."""

PRICE_SENSITIVITY_SHIFTS = {
    "income_band": {"low": 0.4, "middle": 0.0, "high": -0.4},
}
"""How much a group waits for discounts, in standard deviations."""

EMAIL_AFFINITY_SHIFTS = {
    "age_band": {"18-29": 0.2, "30-44": 0.3, "45-59": 0.0, "60+": -0.4},
}
"""How readily a group reads e-mail, in standard deviations."""

PRIVACY_CONCERN_SHIFTS = {
    "age_band": {"18-29": -0.35, "30-44": -0.15, "45-59": 0.10, "60+": 0.35},
    "income_band": {"low": -0.15, "middle": 0.0, "high": 0.20},
}
"""How much a group minds the use of its data, in standard deviations."""

PHYSICAL_SOURCES = ("store", "referral")
PHYSICAL_POST_SHIFT = 0.3


def add_natural_differences(latents: pd.DataFrame, individuals: pd.DataFrame) -> pd.DataFrame:
    """Return the latents with rates and amounts scaled by gender, age band and income band.

    Examples
    --------
    >>> people = pd.DataFrame({"gender": ["man"], "age_band": ["60+"], "income_band": ["low"]})
    >>> before = pd.DataFrame({"orders_per_week": [1.0], "mean_order_eur": [100.0]})
    >>> add_natural_differences(before, people).round(3)
       orders_per_week  mean_order_eur
    0            0.796            88.0
    """
    return latents.assign(
        orders_per_week=latents["orders_per_week"] * _product(individuals, RATE_FACTORS),
        mean_order_eur=latents["mean_order_eur"] * _product(individuals, AMOUNT_FACTORS),
    )


def draw_tastes(
    draws: Draws, individuals: pd.DataFrame, lead_source: pd.Series[str]
) -> pd.DataFrame:
    """Return each customer's tastes, all in 0..1.

    Returns
    -------
    pandas.DataFrame
        `post_affinity`, `email_affinity`, `price_sensitivity` and `privacy_concern`.

    Examples
    --------
    >>> people = pd.DataFrame({"gender": ["man"], "age_band": ["60+"], "income_band": ["low"]})
    >>> draw_tastes(Draws(7, 1, 1), people, pd.Series(["store"])).columns.tolist()
    ['post_affinity', 'email_affinity', 'price_sensitivity', 'privacy_concern']
    """
    physical = lead_source.isin(PHYSICAL_SOURCES).to_numpy()
    standard = {
        "post_affinity": _total(individuals, POST_AFFINITY_SHIFTS) + PHYSICAL_POST_SHIFT * physical,
        "email_affinity": _total(individuals, EMAIL_AFFINITY_SHIFTS),
        "price_sensitivity": _total(individuals, PRICE_SENSITIVITY_SHIFTS),
        "privacy_concern": _total(individuals, PRIVACY_CONCERN_SHIFTS),
    }
    return pd.DataFrame(
        {name: logistic(draws.normal(f"tastes/{name}") + by) for name, by in standard.items()}
    )


def logistic(logit: Floats) -> Floats:
    """Return the probability that belongs to a log-odds."""
    return 1 / (1 + np.exp(-logit))


def _product(individuals: pd.DataFrame, factors: dict[str, dict[str, float]]) -> Floats:
    columns = [_mapped(individuals, column, by) for column, by in factors.items()]
    return np.asarray(np.prod(columns, axis=0))


def _total(individuals: pd.DataFrame, shifts: dict[str, dict[str, float]]) -> Floats:
    columns = [_mapped(individuals, column, by) for column, by in shifts.items()]
    return np.asarray(np.sum(columns, axis=0))


def _mapped(individuals: pd.DataFrame, column: str, by: dict[str, float]) -> Floats:
    return np.asarray(individuals[column].map(by), dtype=float)
