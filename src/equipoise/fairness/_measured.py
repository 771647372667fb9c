"""Every metric of the groups of an attribute, or of an intersection, and of their complements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from equipoise.fairness._counts import CountTable
from equipoise.fairness._estimates import Estimates, Part, estimates_of
from equipoise.fairness._kept import KeptRows
from equipoise.fairness._suppression import hidden_groups
from equipoise.fairness._tally import Tally
from equipoise.fairness.rates import RATES
from equipoise.intervals.area import area_of_counts

__all__ = ["Measured", "measured"]


@dataclass(frozen=True, eq=False)
class Measured:
    """Groups with their sums and metrics.

    Attributes
    ----------
    tally : Tally
    metrics : dict of str to Estimates
    n : array of float, shape (g,)
        Rows of each group (noised, where counts were); NaN where it must not be shown, or where noise
        leaves nobody.
    hidden : array of bool, shape (g,)
        Which groups must not be shown.
    """

    tally: Tally
    metrics: dict[str, Estimates]
    n: NDArray[np.float64]
    hidden: NDArray[np.bool_]
    counts: CountTable
    rows: KeptRows | None
    attributes: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups."""
        return self.tally.groups

    def take(self, places: Sequence[int]) -> Self:
        """Return the same of some groups, in the order given."""
        where = np.asarray(places, dtype=np.intp)
        metrics = {name: found.take(where) for name, found in self.metrics.items()}
        n, hidden = self.n[where], self.hidden[where]
        return replace(self, tally=self.tally.take(where), metrics=metrics, n=n, hidden=hidden)

    @cached_property
    def rest(self) -> Self:
        """Return the same of everybody else, group by group, hidden where the group is."""
        tally = self.tally.rest()
        areas = _areas(self.counts, self.rows, self.attributes, rest=True)
        return replace(
            self,
            tally=tally,
            metrics=_metrics(tally, self.hidden, areas, _overlaps(self.rows, self.attributes)),
        )


def measured(
    counts: CountTable, rows: KeptRows | None, attributes: tuple[str, ...], *, below: int
) -> Measured:
    """Return what is measured of an attribute's groups, or of an intersection of several."""
    tally = counts.tally(attributes)
    products = None if rows is None else rows.products(attributes)
    if products is not None:
        tally = replace(tally, products=products)
    size = tally.counts if counts.is_noised else tally.rows
    people = None if rows is None else rows.people(attributes)
    hidden = hidden_groups(size if people is None else people, below=below)
    areas = _areas(counts, rows, attributes, rest=False)
    metrics = _metrics(tally, hidden, areas, _overlaps(rows, attributes))
    n = size.sum(axis=1).astype(float)
    nobody = (n <= 0) & (tally.noise[0].sum(axis=1) > 0)
    n[hidden | nobody] = np.nan
    return Measured(tally, metrics, n, hidden, counts, rows, attributes)


def _metrics(
    tally: Tally, hidden: NDArray[np.bool_], areas: Part | None, overlaps: bool
) -> dict[str, Estimates]:
    found = {
        name: estimates_of(tally, rate, hidden, overlaps=overlaps) for name, rate in RATES.items()
    }
    if areas is not None:
        found["auc"] = Estimates(tally.groups, (areas,), hidden, overlaps)
    return found


def _overlaps(rows: KeptRows | None, attributes: tuple[str, ...]) -> bool:
    return rows is not None and rows.overlaps(attributes)


def _areas(
    counts: CountTable, rows: KeptRows | None, attributes: tuple[str, ...], *, rest: bool
) -> Part | None:
    """Return areas under the curve from rows with scores, or else from score bins, if there are."""
    if rows is not None and rows.scores is not None:
        return rows.areas(attributes, rest=rest)
    if not counts.bins or counts.is_weighted or counts.is_noised:
        return None
    levels = np.asarray(counts.by_score(attributes)["count"], float).reshape(-1, 2, counts.bins)
    sides = levels.sum(axis=0) - levels if rest else levels
    hits, trials, support = np.array([area_of_counts(*side) for side in sides]).T
    return Part(hits, trials, support, np.zeros((2, len(sides))))
