"""What one model's scores rank right, all from one sorting of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise.models.value._ranking import Ranking

__all__ = ["Ranked"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows by score, with their outcomes; rows of one score count as tied.

    Attributes
    ----------
    ranking : Ranking
    outcome : array of float, 0 and 1, shape (n,)
        Both occur.
    """

    ranking: Ranking
    outcome: Floats

    @cached_property
    def _sides(self) -> tuple[Floats, Floats]:
        """Rows with and without the outcome in each step, the highest scores first."""
        positives = self.ranking.by_step(self.outcome)
        return positives, np.diff(self.ranking.ends) - positives

    @cached_property
    def _beaten(self) -> tuple[Floats, Floats]:
        """By step, the share of the other outcome that a row is rightly ordered to."""
        positives, negatives = self._sides
        below = negatives.sum() - negatives.cumsum() + negatives / 2
        above = positives.cumsum() - positives / 2
        return below / negatives.sum(), above / positives.sum()

    @property
    def area(self) -> float:
        """The area under the ROC curve: how often a positive row outranks a negative one."""
        positives, _ = self._sides
        return float((positives * self._beaten[0]).sum() / positives.sum())

    @property
    def placements(self) -> Floats:
        """Of each row the share of the other outcome that it is rightly ordered to, shape (n,).

        Their mean over the rows of either outcome is the area; how far each lies from it is the pull
        that the row has on the area.
        """
        below, above = self._beaten
        step = self.ranking.step
        return np.where(self.outcome == 1, below[step], above[step])

    @property
    def average_precision(self) -> float:
        """The precision down to each positive row, averaged over them."""
        positives, _ = self._sides
        precision = positives.cumsum() / self.ranking.ends[1:]
        return float((positives * precision).sum() / positives.sum())

    def lift(self, share: float) -> float:
        """Return the base rate in the highest-scored share over that of all, as `lift_at` does."""
        size = max(1, round(share * len(self.ranking)))
        hits = self.ranking.totals(self.outcome, size)
        return float(hits / size / self.outcome.mean())
