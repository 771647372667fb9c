"""The way to generalise that loses least, without trying them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.privacy.anonymity._candidates import LOSSES, Candidate, Demand, Levels
from equipoise.privacy.anonymity._generalising import Generalised

__all__ = ["Search", "Tried"]

MOST_CANDIDATES = 50_000

LossOf = Callable[[Candidate], float]


class Tried(NamedTuple):
    """What one candidate was found to be."""

    levels: Levels
    small: int
    suppressed: int
    losses: Mapping[str, float]


class Search:
    """Levels of every quasi-identifier, ordered from the least to the most general.

    A candidate fails where more rows than allowed lie in classes that are too small or too alike.
    Coarser levels join classes, which makes none of them smaller or more alike. So a failure
    settles all finer candidates, and a success all coarser ones; paths through the levels are cut
    in halves until every candidate that matters is known (as Flash does).

    Parameters
    ----------
    columns : mapping of str to Generalised
    demand : Demand
    allowed : int
        Rows that may be left out.
    """

    def __init__(self, columns: Mapping[str, Generalised], demand: Demand, allowed: int) -> None:
        self.columns, self.demand, self.allowed = columns, demand, allowed
        shape = [column.levels for column in columns.values()]
        count = int(np.prod(shape, dtype=float))
        if count > MOST_CANDIDATES:
            raise InputError(
                "quasi_identifiers",
                f"must not have more than {MOST_CANDIDATES:,} combinations of levels",
                f"{count:,}",
                "Leave out some steps of the hierarchies.",
            )
        self.shape = tuple(shape)
        self.levels = np.indices(self.shape).reshape(len(shape), -1).T
        self.bound = self._cost_without_suppression()
        self.order = np.lexsort((np.arange(count), self.levels.sum(axis=1), self.bound))
        self.fits = np.zeros(count, dtype=np.int8)  # 1 fits, -1 does not, 0 is not known
        self.tried: dict[int, Tried] = {}

    def least(self, loss: str) -> Tried | None:
        """Return the candidate with the least named loss; the least general of those alike."""
        best: Tried | None = None
        for place in self.order:
            # What is suppressed counts as lost in full, so no loss is below that of all rows.
            if loss == "ncp" and best is not None and self.bound[place] >= best.losses[loss]:
                break
            if self._is_large_enough(place):
                found = self._try(place)
                is_better = best is None or found.losses[loss] < best.losses[loss] - 1e-12
                if found.suppressed <= self.allowed and is_better:
                    best = found
        return best

    def least_general(self) -> list[Tried]:
        """Return the candidates that fit while no less general one does."""
        found: list[Tried] = []
        ascending = self.order[np.argsort(self.levels[self.order].sum(axis=1), kind="stable")]
        for place in ascending:
            levels = self.levels[place]
            if any((levels >= less.levels).all() for less in found):
                continue
            if self._is_large_enough(place):
                tried = self._try(place)
                if tried.suppressed <= self.allowed:
                    found.append(tried)
        return found

    def most_general(self) -> Tried:
        """Return the candidate with every column at its last level."""
        return self._try(len(self.levels) - 1)

    def candidate(self, levels: Levels) -> Candidate:
        """Return the candidate with its rows."""
        return Candidate.of(self.columns, self.demand, levels)

    def _is_large_enough(self, place: int) -> bool:
        if self.fits[place] == 0:
            path = list(self._path(place))
            low, high = 0, len(path)
            while low < high:
                middle = (low + high) // 2
                if self._settle(path[middle]):
                    high = middle
                else:
                    low = middle + 1
        return bool(self.fits[place] > 0)

    def _settle(self, place: int) -> bool:
        if self.fits[place] == 0:
            is_large = self._try(place).small <= self.allowed
            levels = self.levels[place]
            beyond = self.levels >= levels if is_large else self.levels <= levels
            self.fits[beyond.all(axis=1)] = 1 if is_large else -1
        return bool(self.fits[place] > 0)

    def _path(self, place: int) -> Iterator[int]:
        """Go from a candidate upwards, each time by the step that costs least, while unknown."""
        levels = self.levels[place].copy()
        while self.fits[place] == 0:
            yield place
            steps = [k for k, most in enumerate(self.shape) if levels[k] + 1 < most]
            if not steps:
                return
            above = levels + np.eye(len(levels), dtype=int)[steps]
            places = np.ravel_multi_index(tuple(above.T), self.shape)
            nearest = int(np.argmin(self.bound[places]))
            place, levels = int(places[nearest]), above[nearest]

    def _try(self, place: int) -> Tried:
        if place not in self.tried:
            levels = tuple(int(level) for level in self.levels[place])
            candidate = self.candidate(levels)
            self.tried[place] = Tried(
                levels=levels,
                small=candidate.small,
                suppressed=candidate.suppressed,
                losses={name: loss(candidate) for name, loss in LOSSES.items()},
            )
        return self.tried[place]

    def _cost_without_suppression(self) -> NDArray[np.float64]:
        means = [
            np.array([column.cost_at(level).mean() for level in range(column.levels)])
            for column in self.columns.values()
        ]
        picked = [mean[self.levels[:, k]] for k, mean in enumerate(means)]
        found: NDArray[np.float64] = np.mean(picked, axis=0)
        return found
