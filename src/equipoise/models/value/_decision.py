"""What a task's decision earns on scored rows, for many scores of the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from equipoise.intervals import Interval
from equipoise.models.value._given import euros
from equipoise.models.value._paid import Part, added, parts_of
from equipoise.models.value._ranking import Ranking
from equipoise.models.value._uncertain import bounded_total
from equipoise.task import Task

__all__ = ["DecisionProfit"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DecisionProfit:
    """What decisions about the rows of one task earn, made ready for many rankings of them.

    Attributes
    ----------
    parts : tuple of Part
        Euros of each row if it is contacted; they add up.
    at_score : bool
        Whether a score is the cut, so that who comes in pushes nobody out.
    """

    parts: tuple[Part, ...]
    at_score: bool

    @classmethod
    def of(cls, task: Task) -> Self:
        """Return it for a task, or refuse one without euros.

        Whether contacts agree with their stated probabilities, `check_stated` says once.
        """
        return cls(parts_of(task, euros(task)), task.decision.top_share is None)

    @cached_property
    def values(self) -> Floats:
        """Euros of each row if it is contacted, all parts together."""
        return np.asarray(sum(part.values for part in self.parts))

    def earned(self, ranking: Ranking, contacts: int) -> Interval:
        """Return the euros per 1,000 rows of contacting so many of the highest, with an interval.

        It is 95 %, over customers, and the same as that cut of `profit_curve`, without the sums that
        other cuts would take. Among tied scores at the cut it takes the mean over all ways to break
        the tie. Bounds are NaN under ten customers contacted.
        """
        at, taken = np.array([float(contacts)]), ranking.taken(contacts)
        own = _by_customer(ranking, taken)
        squares = [self._squares(ranking, part.values, taken, own, at) for part in self.parts]
        told = [
            bounded_total(
                ranking.totals(part.values, at),
                at,
                squares=moved,
                carried=np.array([(own**2).sum()]),
                bounds=part.bounds,
            )
            for part, moved in zip(self.parts, squares, strict=True)
        ]
        alone = len(self.parts) == 1
        whole = squares[0] if alone else self._squares(ranking, self.values, taken, own, at)
        cut = added(told, squares, whole)
        return Interval(*(1000 * float(side[0]) / len(ranking) for side in cut))

    def _squares(
        self, ranking: Ranking, values: Floats, taken: Floats, own: Floats, at: Floats
    ) -> Floats:
        """Return the sum over customers of the squares of how far they move a total.

        As `CutSums.squares` has it: what their rows above the cut hold, each less what a row at the
        cut holds, less the mean of that.
        """
        m = 0.0 if self.at_score else float(ranking.slopes(values, at)[0])
        held, rows = _by_customer(ranking, taken * values), ranking.own_rows
        moved = held - m * own - (held.sum() - m * at[0]) / len(ranking) * rows
        people = len(rows)
        return np.array([(moved**2).sum() * people / max(people - 1, 1)])


def _by_customer(ranking: Ranking, values: Floats) -> Floats:
    return np.bincount(ranking.customer, values).astype(float)
