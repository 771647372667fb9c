"""Contact rules, capacities and budget: read, or refused before anything is assigned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice, check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.models.offers._rows import Floats, OfferRows, one_a_row
from equipoise.task import Value

__all__ = ["Rules", "contact_rule", "read_rules", "value_of"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """What limits who gets which offer; None where nothing does.

    Attributes
    ----------
    per_customer : int
    capacity : mapping of str to int
        Items without an entry are unlimited.
    budget_eur, min_probability, rest_days : float or None
    """

    per_customer: int
    capacity: Mapping[str, int]
    budget_eur: float | None
    min_probability: float | None
    rest_days: float | None

    def most_offers(self, value: Value) -> float:
        """Return how many offers the budget pays for; infinite where it limits nothing."""
        if self.budget_eur is None or not value.cost_per_contact:
            return math.inf
        return math.floor(self.budget_eur / value.cost_per_contact * (1 + 1e-12))


def value_of(rows: OfferRows) -> Value:
    """Return the euros of the task, or refuse."""
    if rows.task.value is None:
        move = "Add won_per_positive and cost_per_contact to the task file."
        raise InputError("value", "must be given to weigh offers", "none", move)
    return rows.task.value


def read_rules(
    rows: OfferRows,
    *,
    per_customer: int,
    capacity: Mapping[str, int] | None,
    budget_eur: float | None,
    min_probability: float | None,
    rest_days: float | None,
) -> Rules:
    """Return the rules, or refuse a number that breaks its own rule."""
    most = check_whole("per_customer", per_customer, low=1, next_move="Use 1 or 2.")
    if min_probability is not None:
        check_number("min_probability", min_probability, low=0.0, high=1.0)
    if rest_days is not None:
        move = "Use for example 30."
        check_number("rest_days", rest_days, low=0.0, open_low=True, next_move=move)
    budget = _budget(budget_eur, value_of(rows))
    return Rules(most, _capacity(rows, capacity or {}), budget, min_probability, rest_days)


def contact_rule(rows: OfferRows, rules: Rules, days: ArrayLike | None) -> Flags:
    """Return which rows are of customers at rest long enough, or refuse the days."""
    if (days is None) != (rules.rest_days is None):
        given = ("days_since_contact", "rest_days")
        lacks, there = given if days is None else given[::-1]
        raise InputError(lacks, f"must be given with {there}", "nothing", "Pass both, or neither.")
    if days is None or rules.rest_days is None:
        return np.ones(len(rows), dtype=bool)
    since = _days(rows, days)
    return np.asarray(np.isnan(since) | (since >= rules.rest_days))


def _capacity(rows: OfferRows, capacity: Mapping[str, int]) -> dict[str, int]:
    if not isinstance(capacity, Mapping):
        found, move = type(capacity).__name__, "Write {'garden': 500}."
        raise InputError("capacity", "must map items to numbers", found, move)
    limits = {}
    for item, limit in capacity.items():
        name = check_choice("capacity", str(item), rows.items)
        move = "Use 0 to offer it to nobody; leave it out for no limit."
        limits[name] = check_whole(f"capacity[{name!r}]", limit, low=0, next_move=move)
    if len(limits) == len(rows.items) and not any(limits.values()):
        found, move = "0 for every item", "Raise one, or leave it out for no limit."
        raise InputError("capacity", "must leave at least one offer", found, move)
    return limits


def _budget(given: float | None, value: Value) -> float | None:
    if given is None:
        return value.budget_eur
    move = "Leave it out for the budget of the task."
    budget = check_number("budget_eur", given, low=0.0, next_move=move)
    if budget < value.cost_per_contact:
        raise InputError(
            "budget_eur",
            "must pay for one contact at least",
            f"{budget:g} at {value.cost_per_contact:g} a contact",
            "Raise the budget, or leave it out.",
        )
    return None if math.isinf(budget) else budget


def _days(rows: OfferRows, days: ArrayLike) -> Floats:
    column = one_a_row(days, "days_since_contact", rows.task)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        found, move = str(column.dtype), "Count the days first."
        raise InputError("days_since_contact", "must be numbers", found, move)
    since = column.to_numpy(dtype=float, na_value=np.nan)
    future = int((since < 0).sum())
    if future:
        found = f"negative ones in {future:,} of {len(since):,} rows"
        move = "Count from the last contact before the offer; leave blank who had none."
        raise InputError("days_since_contact", "must not be negative", found, move)
    known = np.where(np.isnan(since), np.inf, since)
    first = np.full(len(rows.customers), np.inf)
    np.minimum.at(first, rows.customer, known)
    if not np.array_equal(first[rows.customer], known):
        found, move = "several days for one customer", "Keep the last contact of each customer."
        raise InputError("days_since_contact", "must be one number a customer", found, move)
    return np.asarray(since)
