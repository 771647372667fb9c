"""Budget, and the two filters that a ledger's entries must pass: see `Ledger` for the proof."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Literal

from equipoise._checks import check_epsilon, check_number
from equipoise.exceptions import InputError
from equipoise.privacy.accounting._conversions import zcdp_rho
from equipoise.privacy.accounting._decimals import EXACT, exact
from equipoise.privacy.accounting._gaussian import gaussian_mu

__all__ = [
    "Budget",
    "Composition",
    "Used",
    "check_spend_delta",
    "delta_left",
    "holds",
    "share_used",
]

Composition = Literal["basic", "zcdp", "gaussian"]


@dataclass(frozen=True)
class Budget:
    """The most epsilon and delta that all releases about the same customers may use together.

    Attributes
    ----------
    epsilon : float
        Positive and finite: an infinite budget would refuse nothing.
    delta : float
        In [0, 1); 0 allows pure mechanisms only. Far below 1 / number of customers.

    Examples
    --------
    >>> print(Budget(1.0, 1e-6))
    (epsilon 1, delta 1e-06)
    """

    epsilon: float
    delta: float

    def __post_init__(self) -> None:
        epsilon, delta = check_epsilon(self.epsilon), check_spend_delta(self.delta)
        if math.isinf(epsilon):
            rule = "must be finite in a budget"
            raise InputError("epsilon", rule, "inf", "An infinite budget would refuse nothing.")
        object.__setattr__(self, "epsilon", epsilon)
        object.__setattr__(self, "delta", delta)

    def __str__(self) -> str:
        return f"(epsilon {self.epsilon:g}, delta {self.delta:g})"


def check_spend_delta(delta: object) -> float:
    """Return delta as a float in [0, 1); it is never defaulted."""
    if delta is None:
        move = "Use 0 for pure mechanisms, or a value far below 1 / number of customers."
        raise InputError("delta", "is required with an epsilon", "None", move)
    number = check_number(
        "delta", delta, low=0.0, high=1.0, next_move="Use 0 or a value such as 1e-6."
    )
    if number == 1:
        raise InputError("delta", "must lie below 1", repr(delta), "Use 0 or a value such as 1e-6.")
    return number


@dataclass(frozen=True)
class Used:
    """Exact sums over entries: epsilon, delta, and the cost that adds in squares."""

    epsilon: Decimal = Decimal(0)
    delta: Decimal = Decimal(0)
    square: Decimal = Decimal(0)

    def plus(self, epsilon: float, delta: float, square: float) -> Used:
        """Return the sums with one entry more."""
        with localcontext(EXACT):
            return Used(
                self.epsilon + exact(epsilon),
                self.delta + exact(delta),
                self.square + exact(square),
            )


def basic_delta(budget: Budget, composition: Composition) -> Decimal:
    """Return the share of delta of the basic filter: all of it, or one half."""
    share = exact(budget.delta)
    with localcontext(EXACT):
        return share if composition == "basic" else share * Decimal("0.5")


def delta_left(budget: Budget, composition: Composition, used: Used) -> float:
    """Return the largest float that does not exceed what is left of the basic filter's delta."""
    with localcontext(EXACT):
        rest = max(Decimal(0), basic_delta(budget, composition) - used.delta)
    nearest = float(rest)
    return nearest if exact(nearest) <= rest else math.nextafter(nearest, 0.0)


@lru_cache(maxsize=256)
def square_limit(budget: Budget, composition: Composition) -> float:
    """Return the most that mu squared / 2 (or rho) may add up to at one half of delta."""
    share = budget.delta / 2  # underflows to 0 for the smallest float
    if composition == "basic" or share == 0:
        return 0.0
    if composition == "gaussian":
        return gaussian_mu(budget.epsilon, share) ** 2 / 2
    return zcdp_rho(budget.epsilon, share)


def holds(budget: Budget, composition: Composition, used: Used) -> bool:
    """Say whether at least one of the two filters still holds."""
    adds_up = used.epsilon <= exact(budget.epsilon)
    adds_up = adds_up and used.delta <= basic_delta(budget, composition)
    return adds_up or used.square <= exact(square_limit(budget, composition))


def share_used(budget: Budget, composition: Composition, used: Used) -> tuple[float, float]:
    """Return how much of each filter is used, 1 being all: (basic, squares)."""
    parts = [_share(used.epsilon, exact(budget.epsilon))]
    parts.append(_share(used.delta, basic_delta(budget, composition)))
    return max(parts), _share(used.square, exact(square_limit(budget, composition)))


def _share(used: Decimal, limit: Decimal) -> float:
    if used == 0:
        return 0.0
    return float(used) / float(limit) if limit else math.inf
