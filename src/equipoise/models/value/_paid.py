"""What each row earns if contacted, and what the highest-scored rows earn together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.intervals import Interval
from equipoise.models.uplift._campaign import check_stated
from equipoise.models.value._ranking import Ranking
from equipoise.models.value._uncertain import CutSums, bounded_total, not_estimable
from equipoise.task import Task, Value, profit_eur

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
        """Return what the rows of a task earn, or refuse probabilities that contacts contradict."""
        check_stated(task)
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
        squares = [self._squares(sums, at, at_score) for sums in self._sums]
        told = [
            bounded_total(
                self.ranking.totals(part.values, at),
                at,
                squares=own,
                carried=self._sums[0].carried(at),
                bounds=part.bounds,
            )
            for part, own in zip(self.parts, squares, strict=True)
        ]
        return added(told, squares, self._squares(self._whole, at, at_score))

    def _squares(self, sums: CutSums, at: Floats, at_score: bool) -> Floats:
        slopes = np.zeros(len(at)) if at_score else self.ranking.slopes(sums.values, at)
        return sums.squares(at, slopes)

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
        carried, none = self._sums[0].carried(counts), np.zeros(len(counts))
        return np.asarray(np.divide(counts**2.0, carried, out=none, where=carried > 0))

    @cached_property
    def _sums(self) -> list[CutSums]:
        return [CutSums(self.ranking, part.values) for part in self.parts]

    @cached_property
    def _whole(self) -> CutSums:
        alone = len(self.parts) == 1
        return self._sums[0] if alone else CutSums(self.ranking, self.values)


def parts_of(task: Task, value: Value) -> tuple[Part, ...]:
    """Return what each row earns if it is contacted, in euros.

    What contacts add has two parts: what treated rows say is won, and what the others say is given
    up. A few outcomes carry each, and apart from one another each has an end that it cannot pass,
    so their intervals stay honest where few outcomes are seen.
    """
    everyone = np.ones(len(task), dtype=bool)
    told = {"treatment": task.treatment, "treatment_probability": task.treatment_probability}
    earned, cost = profit_eur(task.y, everyone, value, **told), value.cost_per_contact
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


def added(parts: Sequence[Interval], squares: Sequence[ArrayLike], whole: ArrayLike) -> Interval:
    """Return the sum of one or two estimates with bounds made from theirs.

    Two parts that other rows carry still depend on each other: where more rows are treated, fewer
    are left alone, and one customer may have rows of both kinds.

    Parameters
    ----------
    parts : sequence of Interval
    squares : sequence of array_like
        Of each part, the sum over customers of the squares of how far they move it.
    whole : array_like
        The same of the sum of the parts.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27.
    """
    value, low, high = (np.array(side) for side in zip(*parts, strict=True))
    own, total = np.array(squares, float), value.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = (np.asarray(whole, float) - own.sum(axis=0)) / 2 / np.sqrt(own.prod(axis=0))
    alike = np.clip(np.nan_to_num(alike, posinf=0.0, neginf=0.0), -1, 1) if len(own) > 1 else 0.0
    below, above = (
        np.sqrt((side**2).sum(axis=0) + 2 * alike * side.prod(axis=0))
        for side in (value - low, high - value)
    )
    return Interval(total, total - below, total + above)
