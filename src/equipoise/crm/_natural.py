"""Where groups differ by themselves: small, stated, and never between communities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.crm._streams import stream

__all__ = ["PHYSICAL_SOURCES", "add_natural_differences", "draw_tastes", "logistic"]

Floats = npt.NDArray[np.float64]

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


def draw_tastes(seed: int, individuals: pd.DataFrame, lead_source: pd.Series[str]) -> pd.DataFrame:
    """Return each customer's `post_affinity` and `price_sensitivity`, both in 0..1.

    Examples
    --------
    >>> people = pd.DataFrame({"gender": ["man"], "age_band": ["60+"], "income_band": ["low"]})
    >>> draw_tastes(7, people, pd.Series(["store"])).columns.tolist()
    ['post_affinity', 'price_sensitivity']
    """
    post = _normal(seed, "post_affinity", len(individuals))
    post += _total(individuals, POST_AFFINITY_SHIFTS)
    post += PHYSICAL_POST_SHIFT * lead_source.isin(PHYSICAL_SOURCES).to_numpy()
    price = _normal(seed, "price_sensitivity", len(individuals))
    price += _total(individuals, PRICE_SENSITIVITY_SHIFTS)
    return pd.DataFrame({"post_affinity": logistic(post), "price_sensitivity": logistic(price)})


def logistic(logit: Floats) -> Floats:
    """Return the probability that belongs to a log-odds."""
    return 1 / (1 + np.exp(-logit))


def _normal(seed: int, name: str, count: int) -> Floats:
    return stream(seed, f"tastes/{name}").normal(size=count)


def _product(individuals: pd.DataFrame, factors: dict[str, dict[str, float]]) -> Floats:
    columns = [_mapped(individuals, column, by) for column, by in factors.items()]
    return np.asarray(np.prod(columns, axis=0))


def _total(individuals: pd.DataFrame, shifts: dict[str, dict[str, float]]) -> Floats:
    columns = [_mapped(individuals, column, by) for column, by in shifts.items()]
    return np.asarray(np.sum(columns, axis=0))


def _mapped(individuals: pd.DataFrame, column: str, by: dict[str, float]) -> Floats:
    return np.asarray(individuals[column].map(by), dtype=float)
