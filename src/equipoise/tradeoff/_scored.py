"""Many models' scores of the same rows: who is contacted, in which order, and the rates of groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise.fairness._decisions import GroupRates, rates_of_decisions
from equipoise.intervals.repeated import carriers_of
from equipoise.models.value._decision import DecisionProfit
from equipoise.models.value._ranking import Ranking
from equipoise.tradeoff._after_contacts import caused_by_contacts
from equipoise.tradeoff._measures import RATES_SHOWN
from equipoise.tradeoff._parts import Part
from equipoise.tradeoff._ranked import Ranked

__all__ = ["Scored"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of m models on the permitted rows of a part, and what follows from them.

    Attributes
    ----------
    part : Part
    scores : array of float, shape (m, n)
    seeds : tuple of int, length m
        Each breaks the ties of its model's decision.
    """

    part: Part
    scores: Floats
    seeds: tuple[int, ...]

    @cached_property
    def contacted(self) -> NDArray[np.bool_]:
        """Who is contacted, shape (m, n)."""
        pairs = zip(self.scores, self.seeds, strict=True)
        return np.array([self.part.task.decide(own, seed=seed) for own, seed in pairs])

    @cached_property
    def contacts(self) -> NDArray[np.int_]:
        """How many rows are contacted, shape (m,)."""
        return np.asarray(self.contacted.sum(axis=1))

    @cached_property
    def ranked(self) -> list[Ranked]:
        """Each model's ranking, with the outcomes."""
        _, customer = np.unique(self.part.customers, return_inverse=True)
        outcome = self.part.task.y.astype(float)
        return [Ranked(Ranking.of(own, customer), outcome) for own in self.scores]

    @cached_property
    def taken(self) -> Floats:
        """How much of each row is contacted, over all ways to break the tie at the cut: (m, n)."""
        pairs = zip(self.ranked, self.contacts, strict=True)
        return np.array([each.ranking.taken(count) for each, count in pairs])

    @cached_property
    def placements(self) -> Floats:
        """What each row pulls the area under the curve to, shape (m, n)."""
        return np.array([each.placements for each in self.ranked])

    @cached_property
    def profit(self) -> DecisionProfit | None:
        """What decisions earn, or None where the task has no euros."""
        return None if self.part.task.value is None else DecisionProfit.of(self.part.task)

    @cached_property
    def caused(self) -> tuple[dict[str, Floats], dict[str, str]]:
        """What contacts cause beside profit, and why what is not there is unknown."""
        return caused_by_contacts(self.part.task)

    @cached_property
    def amounts(self) -> dict[str, Floats]:
        """What each row adds if it is contacted, shape (n,), by measure."""
        euros = {} if self.profit is None else {"profit_eur": self.profit.values}
        return euros | self.caused[0]

    @cached_property
    def rates(self) -> dict[str, GroupRates]:
        """Rates by group of the permitted rows."""
        part = self.part
        return rates_of_decisions(
            part.codes,
            part.task.y,
            self.contacted,
            groups=len(part.levels),
            rates=RATES_SHOWN,
            customers=part.customers,
        )

    @cached_property
    def reach(self) -> GroupRates:
        """Share contacted by group, of all its rows, permitted or not."""
        part, name = self.part, "selection_rate"
        if part.whole_rows == len(part.task):
            return self.rates[name]
        contacted = np.zeros((len(self.scores), part.whole_rows), dtype=bool)
        contacted[:, part.permitted] = self.contacted
        found = rates_of_decisions(
            part.whole_codes,
            np.zeros(part.whole_rows, dtype=int),
            contacted,
            groups=len(part.levels),
            rates=[name],
            customers=part.whole_customers,
        )
        return found[name]

    @cached_property
    def fewest(self) -> float:
        """Customers of the rarer outcome, as many as ones with equal numbers of rows would be."""
        rows = np.bincount(self.part.customers).astype(float)
        hits = np.bincount(self.part.customers, self.part.task.y)
        squares = {"of_hits": (hits**2).sum(), "of_misses": ((rows - hits) ** 2).sum()}
        return float(carriers_of(hits.sum(), rows.sum(), **squares))
