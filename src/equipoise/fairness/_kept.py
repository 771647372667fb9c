"""Rows kept behind an audit for what counts do not tell: repeated customers, and exact areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.fairness._estimates import Part
from equipoise.fairness._rows import group_codes
from equipoise.fairness._tally import CELLS
from equipoise.intervals.area import area_as_rate

__all__ = ["KeptRows"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KeptRows:
    """Rows of an audit, coded.

    Attributes
    ----------
    codes : mapping of str to array of int, shape (n,)
        For each attribute the group of each row, numbered in the order of their names.
    outcome, decision : array of 0 and 1, shape (n,)
    customers : array of int, shape (n,), or None
        Customer of each row, if some have several.
    weights, scores : array of float, shape (n,), or None
    """

    codes: dict[str, NDArray[np.intp]]
    outcome: NDArray[np.int_]
    decision: NDArray[np.int_]
    customers: NDArray[np.intp] | None
    weights: Floats | None
    scores: Floats | None

    @classmethod
    def of(
        cls,
        groups: pd.DataFrame,
        outcome: NDArray[np.int_],
        decision: NDArray[np.int_],
        *,
        customers: NDArray[np.intp] | None,
        weights: Floats | None,
        scores: Floats | None,
    ) -> Self | None:
        """Return the rows, or None where the counts tell all."""
        repeated = customers is not None and len(np.unique(customers)) < len(customers)
        if not repeated and scores is None:
            return None
        codes = {str(name): group_codes(groups[name])[0] for name in groups}
        # Copies, so that what the caller does to the rows later does not reach the audit.
        own_weights, own_scores = (
            None if part is None else part.copy() for part in (weights, scores)
        )
        owners = customers if repeated else None
        return cls(codes, outcome.copy(), decision.copy(), owners, own_weights, own_scores)

    def products(self, attributes: Sequence[str]) -> Floats | None:
        """Return sums over customers of products of their own cells, shape (g, 4, 4).

        None where no customer has several rows.
        """
        if self.customers is None:
            return None
        own, group, groups = self._owned(attributes)
        sums = [
            [np.bincount(group, weights=one * other, minlength=groups) for other in own.T]
            for one in own.T
        ]
        return np.moveaxis(np.array(sums), 2, 0)

    def people(self, attributes: Sequence[str]) -> NDArray[np.int64] | None:
        """Return how many customers have rows in each cell, shape (g, 4), or None as above."""
        if self.customers is None:
            return None
        own, group, groups = self._owned(attributes)
        counts = [np.bincount(group, weights=cell > 0, minlength=groups) for cell in own.T]
        return np.array(counts).T.astype(np.int64)

    def overlaps(self, attributes: Sequence[str]) -> bool:
        """Return whether some customer has rows in several groups."""
        if self.customers is None:
            return False
        owned = self._owned(attributes)[0]
        return len(owned) > len(np.unique(self.customers))

    def areas(self, attributes: Sequence[str], *, rest: bool = False) -> Part:
        """Return the area under the curve of each group, or of all rows outside of it."""
        codes, groups = self._joined(attributes)
        found = [self._area((codes == group) ^ rest) for group in range(groups)]
        hits, trials, support = np.array(found).T
        return Part(hits, trials, support, np.zeros((2, groups)))

    def _owned(self, attributes: Sequence[str]) -> tuple[Floats, NDArray[np.intp], int]:
        """Return what each customer has in each cell, a row for each of their groups, and those."""
        assert self.customers is not None
        codes, groups = self._joined(attributes)
        many = int(self.customers.max()) + 1
        owners, place = np.unique(codes * many + self.customers, return_inverse=True)
        own = np.zeros((len(owners), 4))
        for cell, (outcome, decision) in enumerate(CELLS):
            inside = (self.outcome == outcome) & (self.decision == decision)
            own[:, cell] = np.bincount(place, weights=self._weighted(inside), minlength=len(owners))
        return own, owners // many, groups

    def _area(self, inside: NDArray[np.bool_]) -> tuple[float, float, float]:
        assert self.scores is not None
        return area_as_rate(
            self.outcome[inside],
            self.scores[inside],
            clusters=None if self.customers is None else self.customers[inside],
            weights=None if self.weights is None else self.weights[inside],
        )

    def _joined(self, attributes: Sequence[str]) -> tuple[NDArray[np.intp], int]:
        """Return each row's group, numbered in the order of a count table, and how many there are."""
        joined = np.zeros(len(self.outcome), dtype=np.intp)
        for name in attributes:
            own = self.codes[name]
            joined = joined * (int(own.max()) + 1) + own
            joined = np.unique(joined, return_inverse=True)[1].astype(np.intp)
        return joined, int(joined.max()) + 1

    def _weighted(self, inside: NDArray[np.bool_]) -> Floats:
        return inside.astype(float) if self.weights is None else inside * self.weights
