"""One assignment under rules, and the same with a rule left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from equipoise.exceptions import InputError
from equipoise.models.offers._popularity import popularity_of
from equipoise.models.offers._rows import Floats, OfferRows
from equipoise.models.offers._rules import Flags, Rules, value_of
from equipoise.models.offers._solve import Solution, solve

__all__ = ["MOST_CELLS", "Planning"]

MOST_CELLS = 20_000_000


@dataclass(frozen=True, eq=False)
class Planning:
    """What is needed to assign offers, also under other rules.

    Attributes
    ----------
    offers : OfferRows
    probability : array of float, shape (n,)
    rested : array of bool, shape (n,)
        Whether the contact rule permits the row's customer.
    rules : Rules
    seed : int
    """

    offers: OfferRows
    probability: Floats
    rested: Flags
    rules: Rules
    seed: int

    @property
    def margin_eur(self) -> Floats:
        """Expected euros of each row, shape (n,)."""
        value = value_of(self.offers)
        return np.asarray(self.probability * value.net_per_positive - value.cost_per_contact)

    @property
    def permitted(self) -> Flags:
        """Whether contact rule and least probability permit each row."""
        least = self.rules.min_probability
        likely = True if least is None else self.probability >= least
        return np.asarray(self.rested & likely)

    def solved(self) -> Solution:
        """Return the offers of greatest expected margin."""
        return self._solve(self.margin_eur, self.permitted, self.most)

    def by_popularity(self, most: int) -> Solution:
        """Return so many offers by the popularity of items alone, under the same rules otherwise.

        The least probability is no rule here, since everybody would pass it or nobody.
        """
        return self._solve(popularity_of(self.offers), self.rested, most)

    @property
    def most(self) -> float:
        """How many offers the budget pays for."""
        return self.rules.most_offers(value_of(self.offers))

    def chosen(self, solution: Solution) -> Flags:
        """Return the offers of a solution, row for row."""
        return solution.chosen[self.offers.customer, self.offers.item]

    def without(self, rule: str, item: str | None = None) -> Planning:
        """Return the same without a rule, or without the capacity of an item."""
        if rule == "contact":
            return replace(self, rested=np.ones_like(self.rested))
        if rule == "capacity":
            left = {name: most for name, most in self.rules.capacity.items() if name != item}
            return self._under(capacity=left)
        if rule == "per_customer":
            return self._under(per_customer=len(self.offers.items))
        return self._under(**{rule: None})

    def check_feasible(self) -> None:
        """Refuse rules that permit no offer at all, or a table that is too large."""
        cells = len(self.offers.customers) * len(self.offers.items)
        if cells > MOST_CELLS:
            rule = f"must have at most {MOST_CELLS:,} pairs of customers and items"
            raise InputError("task", rule, f"{cells:,}", "Assign fewer items at a time.")
        if self.permitted.any():
            return
        resting = not self.rested.any()
        found = "all customers still resting" if resting else "all offers below min_probability"
        move = "Lower rest_days." if resting else "Lower it, or pass probabilities of the outcome."
        raise InputError("rules", "must permit at least one offer", found, move)

    def _under(self, **changed: object) -> Planning:
        return replace(self, rules=replace(self.rules, **changed))  # type: ignore[arg-type]

    def _solve(self, worth: Floats, permitted: Flags, most: float) -> Solution:
        shape = len(self.offers.customers), len(self.offers.items)
        margins = np.full(shape, -np.inf)
        margins[self.offers.customer, self.offers.item] = np.where(permitted, worth, -np.inf)
        limits = self.rules.capacity
        capacity = np.array([limits.get(item, np.inf) for item in self.offers.items], dtype=float)
        return solve(
            margins,
            per_customer=self.rules.per_customer,
            capacity=capacity,
            most=most,
            seed=self.seed,
        )
