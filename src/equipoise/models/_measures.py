"""What scores are worth on some rows, and how far each customer moves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from equipoise.models._lift import lift_at, top_rows

__all__ = ["MEASURES", "Measured", "mean_measured", "measured"]

Floats = NDArray[np.float64]

MEASURES = ("auc", "lift_at_10", "profit_eur_per_1000")
SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Measured:
    """The values of `MEASURES`, and what each customer adds to their error.

    Attributes
    ----------
    values : array, shape (3,)
    pulls : array, shape (3, customers)
        By how much a measure lies off because the customer is as they are; 0 for one without rows.
        Its squares sum to the variance of the measure, linearised.
    holders : array of bool, shape (2, customers)
        Which customers have a row of either outcome.
    """

    values: Floats
    pulls: Floats
    holders: NDArray[np.bool_]

    @property
    def carriers(self) -> int:
        """The number of customers of the rarer outcome."""
        return int(self.holders.sum(axis=1).min())


def measured(
    y: NDArray[np.int_],
    scores: Floats,
    profit_eur: Floats | None,
    *,
    customer: NDArray[np.intp],
    customers: int,
) -> Measured:
    """Return the measures of scores on rows that hold both outcomes; profit is missing without euros."""
    euros = np.full(len(y), np.nan) if profit_eur is None else 1000 * profit_eur
    found = [_area(y, scores), _lift(y, scores), (euros.mean(), (euros - euros.mean()) / len(y))]
    holders = np.zeros((2, customers), dtype=bool)
    holders[y, customer] = True
    scored = len(np.unique(customer))
    few = np.sqrt(scored / max(1, scored - 1))
    return Measured(
        values=np.array([value for value, _ in found]),
        pulls=np.stack(
            [few * np.bincount(customer, weights=pull, minlength=customers) for _, pull in found]
        ),
        holders=holders,
    )


def mean_measured(parts: Sequence[Measured]) -> Measured:
    """Return the mean of measures of several parts, which may share customers."""
    return Measured(
        values=np.mean([part.values for part in parts], axis=0),
        pulls=np.mean([part.pulls for part in parts], axis=0),
        holders=np.any([part.holders for part in parts], axis=0),
    )


def _area(y: NDArray[np.int_], scores: Floats) -> tuple[float, Floats]:
    """Return the area under the curve and the pull of each row (DeLong)."""
    beaten, ranks = np.empty(len(y)), rankdata(scores)
    for side in (0, 1):
        own = y == side
        below = (ranks[own] - rankdata(scores[own])) / (~own).sum()
        beaten[own] = below if side else 1 - below
    value = float(beaten[y == 1].mean())
    return value, (beaten - value) / np.bincount(y, minlength=2)[y]


def _lift(y: NDArray[np.int_], scores: Floats) -> tuple[float, Floats]:
    """Return the lift and the pull of each row, which also moves the edge of the share."""
    value, base = lift_at(y, scores, SHARE), y.mean()
    size, above, tied = top_rows(scores, SHARE)
    weight = np.where(above, 1.0, np.where(tied, (size - above.sum()) / tied.sum(), 0.0))
    _, above_wide, tied_wide = top_rows(scores, 1.5 * SHARE)
    near = (above_wide | tied_wide) & ~top_rows(scores, SHARE / 2)[1]
    at_edge, share = y[near].mean(), size / len(y)
    pull = (weight * (y - at_edge) - share * (value * base - at_edge)) / share
    return value, (pull - value * (y - base)) / base / len(y)
