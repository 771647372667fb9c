"""Assignment: who gets which offer, what it is worth, and what each rule costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from equipoise.intervals import wilson
from equipoise.models.offers._earned import by_customer_eur, total_eur
from equipoise.models.offers._measures import not_estimable
from equipoise.models.offers._planning import Planning
from equipoise.models.offers._rows import Floats
from equipoise.models.offers._rules import Flags, value_of
from equipoise.models.offers._seen import counted, known
from equipoise.models.offers._solve import Solution

__all__ = ["Assignment"]

BETTER = "an assignment within the gap may be better"


@dataclass(frozen=True, eq=False)
class Assignment:
    """Who gets which offer.

    Attributes
    ----------
    planning : Planning
        Customers, items, probabilities and rules.
    solution : Solution
        The offers by number, and their bound.
    chosen : array of bool, shape (n,)
        Whether each row of the task is offered, in its order; `task.profit_eur(chosen)` and
        `equipoise.fairness.benefits.allocation_of(task, chosen)` read it.
    notes : tuple of str
        What a reader must know.
    """

    planning: Planning
    solution: Solution
    chosen: Flags
    notes: tuple[str, ...]

    @property
    def gap_eur(self) -> float:
        """How much more margin than this no assignment can have; 0 where it is the best."""
        return max(0.0, self.solution.bound_eur - self.solution.margin_eur)

    def frame(self) -> pd.DataFrame:
        """Return one row an offer, by customer: `unit, item, probability, expected_margin_eur`."""
        table = self.planning.offers.keys().assign(
            probability=self.planning.probability, expected_margin_eur=self.planning.margin_eur
        )
        return table[self.chosen].sort_values(["unit", "item"], ignore_index=True)

    def totals(self) -> pd.DataFrame:
        """Return what the offers come to, with those of popularity beside them.

        Columns `measure, value, low, high, baseline, difference, difference_low, difference_high,
        note`. Measures are `offers`, `customers` (with an offer), `cost_eur`, `expected_margin_eur`
        (by the scores), `recorded_margin_eur` (by the outcomes, with a 95 % interval over
        customers) and `trust_lost_eur` (declared by the task, never part of a margin). The baseline
        makes as many offers under the same rules, by popularity; its expected margin is none.

        The expected margin is the greatest of many, so it tends to be above the recorded one. Both
        credit the offer with every purchase, also those that would have come anyway, unless the
        task has a randomised treatment.
        """
        own, other = (self._counts(chosen) for chosen in (self.chosen, self._beside))
        table = pd.DataFrame({"measure": list(own), "value": own.values()})
        table["baseline"] = list(other.values())
        table.loc[table["measure"] == "expected_margin_eur", "baseline"] = np.nan
        table["difference"] = table["value"] - table["baseline"]
        earned, beside = (self._earned(chosen) for chosen in (self.chosen, self._beside))
        here = table["measure"] == "recorded_margin_eur"
        sides = ["low", "high", "difference_low", "difference_high"]
        bounds = [*total_eur(earned)[1:], *total_eur(earned - beside)[1:]]
        table = table.assign(**dict.fromkeys(sides, np.nan))
        table.loc[here, sides] = bounds
        order = ["measure", "value", "low", "high", "baseline", "difference", *sides[2:]]
        few = not_estimable(pd.Series(len(earned), index=table.index))
        return table[order].assign(note=few.where(here, ""))

    def rules(self) -> pd.DataFrame:
        """Return what each rule costs, by assigning again without it.

        Columns `rule, setting, offers, expected_margin_eur, margin_without_eur, cost_eur, note`. A
        cost of zero means that the rule changed nothing. Costs do not add up: two rules may forbid
        the same offer. Trust that a rule keeps is not weighed here.
        """
        names = ["rule", "setting", "offers", "expected_margin_eur", "margin_without_eur", "note"]
        table = pd.DataFrame([self._rule(*each) for each in self._in_force()], columns=names)
        cost = table["margin_without_eur"] - table["expected_margin_eur"]
        table.insert(5, "cost_eur", cost.clip(lower=0.0))
        return table

    def items(self) -> pd.DataFrame:
        """Return one row an item: `item, capacity, offers, expected_margin_eur`.

        A missing capacity is unlimited.
        """
        offers = self.planning.offers
        size, own = len(offers.items), offers.item[self.chosen]
        limits = self.planning.rules.capacity
        return pd.DataFrame(
            {
                "item": list(offers.items),
                "capacity": [float(limits.get(item, np.nan)) for item in offers.items],
                "offers": np.bincount(own, minlength=size),
                "expected_margin_eur": counted(own, size, self.planning.margin_eur[self.chosen]),
            }
        )

    def by_group(self) -> pd.DataFrame:
        """Return offers and margin by group and item.

        Columns `attribute, group, item, n, offers, share, low, high, expected_margin_eur, note`.
        `n` counts the group's customers, `share` is the part of them who get the item, with a 95 %
        interval; NaN under ten. Offers and euros are counted, for small groups, too.
        """
        tables = [self._by_group(name) for name in self.planning.offers.attributes]
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def _beside(self) -> Flags:
        most = int(self.chosen.sum())
        return self.planning.chosen(self.planning.by_popularity(most))

    def _counts(self, chosen: Flags) -> dict[str, float]:
        value, offers = value_of(self.planning.offers), float(chosen.sum())
        return {
            "offers": offers,
            "customers": float(len(np.unique(self.planning.offers.customer[chosen]))),
            "cost_eur": offers * value.cost_per_contact,
            "expected_margin_eur": float(self.planning.margin_eur[chosen].sum()),
            "recorded_margin_eur": float(self._earned(chosen).sum()),
            "trust_lost_eur": offers * value.trust_lost_per_contact,
        }

    def _earned(self, chosen: Flags) -> Floats:
        rows = self.planning.offers
        profit = rows.task.profit_eur(chosen)
        return by_customer_eur(rows, np.zeros(len(rows)) if profit is None else profit)

    def _in_force(self) -> list[tuple[str, str | None, str, bool]]:
        """Return each rule with its item, its setting, and whether it is at its limit."""
        rules, offers = self.planning.rules, self.planning.offers
        used = np.bincount(offers.item[self.chosen], minlength=len(offers.items))
        all_offers = int(self.chosen.sum())
        found: list[tuple[str, str | None, str, bool]] = []
        if rules.per_customer < len(offers.items):
            found.append(("per_customer", None, f"at most {rules.per_customer}", True))
        for item, most in rules.capacity.items():
            full = bool(used[offers.items.index(item)] >= most)
            found.append(("capacity", item, f"{item}: at most {most:,}", full))
        if rules.budget_eur is not None:
            spent = all_offers >= self.planning.most
            found.append(("budget_eur", None, f"at most {rules.budget_eur:,.2f} EUR", spent))
        if rules.min_probability is not None:
            least = f"at least {rules.min_probability:g}"
            found.append(("min_probability", None, least, not self._all_likely))
        if rules.rest_days is not None:
            days = f"{rules.rest_days:g} days between contacts"
            found.append(("contact", None, days, not self.planning.rested.all()))
        return found

    @property
    def _all_likely(self) -> bool:
        least = self.planning.rules.min_probability
        return least is None or bool((self.planning.probability >= least).all())

    def _rule(self, rule: str, item: str | None, setting: str, binds: bool) -> tuple[object, ...]:
        offers, margin = int(self.chosen.sum()), self.solution.margin_eur
        if not binds:
            return rule, setting, offers, margin, margin, "not at its limit"
        without = self.planning.without(rule, item).solved()
        exact = without.is_exact and self.solution.is_exact
        return rule, setting, offers, margin, without.margin_eur, "" if exact else BETTER

    def _by_group(self, attribute: str) -> pd.DataFrame:
        rows = self.planning.offers
        codes, levels = rows.attributes[attribute]
        items = len(rows.items)
        cell, size = codes * items + rows.item, len(levels) * items
        own = cell[self.chosen]
        n, offers = counted(cell, size), counted(own, size)
        share = known(wilson(offers, n), n)
        table = pd.DataFrame(
            {
                "attribute": attribute,
                "group": np.repeat(np.array(levels, dtype=object), items),
                "item": np.tile(np.array(rows.items, dtype=object), len(levels)),
                "n": n.astype(int),
                "offers": offers.astype(int),
                "share": share.value,
                "low": share.low,
                "high": share.high,
                "expected_margin_eur": counted(own, size, self.planning.margin_eur[self.chosen]),
            }
        )
        return table.assign(note=not_estimable(table["n"]))[table["n"] > 0]
