"""What each row earns if contacted, and what the highest-scored rows earn together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.intervals import Interval
from equipoise.models.value._ranking import Ranking
from equipoise.models.value._uncertain import CutSums, bounded_total, not_estimable
from equipoise.task import Task, Value

__all__ = ["Paid", "Part", "added", "parts_of"]

Floats = NDArray[np.float64]


class Part(NamedTuple):
    """An amount of each row, with the least and the most that a row can have of it."""

    values: Floats
    bounds: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Paid:
    """Euros of each row if contacted, with the ranking that says who comes first.

    Attributes
    ----------
    ranking : Ranking
    parts : tuple of Part
        Euros of each row if it is contacted, in parts that other rows carry; they add up.
    trust_lost_per_contact : float
        Euros.
    """

    ranking: Ranking
    parts: tuple[Part, ...]
    trust_lost_per_contact: float

    @classmethod
    def of(cls, task: Task, value: Value, ranking: Ranking) -> Self:
        """Return what the rows of a task earn."""
        return cls(ranking, parts_of(task, value), value.trust_lost_per_contact)

    @property
    def rows(self) -> int:
        """How many rows are scored."""
        return len(self.ranking)

    @cached_property
    def values(self) -> Floats:
        """Euros of each row if contacted, all parts together."""
        return np.asarray(sum(part.values for part in self.parts))

    def best(self) -> int:
        """Return how many contacts earn most, the fewest among equals.

        Within a step profit is a straight line, so the best cut is at an end of one.
        """
        return int(self.ranking.ends[np.argmax(self.ranking.down_to(self.values))])

    def total(self, counts: NDArray[np.int_], *, at_score: bool = False) -> Interval:
        """Return what so many of the highest earn, in euros, with intervals over customers."""
        at = counts.astype(float)
        return added([self._total(part, sums, at, at_score) for part, sums in self._sums])

    def _total(self, part: Part, sums: CutSums, at: Floats, at_score: bool) -> Interval:
        slopes = np.zeros(len(at)) if at_score else self.ranking.slopes(part.values, at)
        return bounded_total(
            self.ranking.totals(part.values, at),
            at,
            squares=sums.squares(at, slopes),
            carried=sums.carried(at),
            bounds=part.bounds,
        )

    def cuts(self, counts: NDArray[np.int_], *, at_score: bool = False) -> pd.DataFrame:
        """Return `share, contacts, profit_eur, low, high, trust_lost_eur, note` of each cut."""
        total = self.total(counts, at_score=at_score)
        return pd.DataFrame(
            {
                "share": counts / self.rows,
                "contacts": counts,
                "profit_eur": total.value,
                "low": total.low,
                "high": total.high,
                "trust_lost_eur": counts * self.trust_lost_per_contact,
                "note": np.where(counts > 0, not_estimable(self._carriers(counts)), ""),
            }
        ).astype({"note": "str"})

    def _carriers(self, counts: NDArray[np.int_]) -> Floats:
        """Return how many equal customers the contacts of each cut amount to (Kish)."""
        carried, none = self._sums[0][1].carried(counts), np.zeros(len(counts))
        return np.asarray(np.divide(counts**2.0, carried, out=none, where=carried > 0))

    @cached_property
    def _sums(self) -> list[tuple[Part, CutSums]]:
        return [(part, CutSums(self.ranking, part.values)) for part in self.parts]


def parts_of(task: Task, value: Value) -> tuple[Part, ...]:
    """Return what each row earns if it is contacted, in euros.

    What contacts add has two parts: what treated rows say is won, and what the others say is given
    up. A few outcomes carry each, and apart from one another each has an end that it cannot pass,
    so their intervals stay honest where few outcomes are seen.
    """
    earned = np.asarray(task.profit_eur(np.ones(len(task), dtype=bool)), dtype=float)
    cost = value.cost_per_contact
    if task.treatment is None or task.treatment_probability is None:
        return (Part(earned, _ends(-cost, value.net_per_positive - cost)),)
    treated = np.asarray(task.treatment, float) == 1
    chance = np.asarray(task.treatment_probability, float)
    won, anyway = np.where(treated, earned, -cost), np.where(treated, 0.0, earned + cost)
    most, least = value.net_per_positive / chance.min(), -value.won_per_positive
    return (
        Part(won, _ends(-cost, most - cost)),
        Part(anyway, _ends(least / (1 - chance.max()), 0.0)),
    )


def _ends(one: float, other: float) -> tuple[float, float]:
    return min(one, other), max(one, other)


def added(parts: Sequence[Interval]) -> Interval:
    """Return the sum of estimates that other rows carry, with bounds made from theirs.

    The source is that of `equipoise.intervals.difference`.
    """
    value, low, high = (np.array(side) for side in zip(*parts, strict=True))
    total = value.sum(axis=0)
    below, above = np.sqrt([((value - low) ** 2).sum(axis=0), ((high - value) ** 2).sum(axis=0)])
    return Interval(total, total - below, total + above)
