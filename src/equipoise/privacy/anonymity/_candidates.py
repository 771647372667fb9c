"""One way to generalise: which rows must go, and what the rest has lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import starmap

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.privacy.anonymity._columns import Codes, combined
from equipoise.privacy.anonymity._diversity import Attribute, Spread
from equipoise.privacy.anonymity._generalising import Generalised
from equipoise.privacy.anonymity._traces import without_traces

__all__ = ["LOSSES", "Candidate", "Demand", "Levels"]

Levels = tuple[int, ...]
Kept = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Demand:
    """What every class of a released table must satisfy.

    Attributes
    ----------
    k : int
        Customers a class has at least.
    l : int
        Different values of each sensitive attribute that a class has at least.
    t : float
        The greatest distance of a class from the released table, over all sensitive attributes.
    secrets : tuple of Attribute
        Of all rows.
    """

    k: int
    l: int  # noqa: E741 - the name that the literature gives it
    t: float
    secrets: tuple[Attribute, ...]

    def kept_for_size(self, classes: Codes) -> Kept:
        """Return the rows of classes that are large and diverse enough.

        Coarser classes keep what finer ones kept, so that one coarse failure settles all finer.
        """
        good = np.bincount(classes) >= self.k
        if self.l > 1:
            for secret in self.secrets:
                good &= Spread.of(classes, secret).distinct() >= self.l
        return np.asarray(good[classes])

    def kept_for_closeness(self, classes: Codes, kept: Kept) -> Kept:
        """Return those of the kept rows that may be released.

        Closeness is to the released rows, which change as rows go: classes go until all that are
        left are close to what is left.
        """
        kept = kept.copy()
        while self.t < 1 and kept.any():
            part = combined([classes[kept]])
            far = np.zeros(int(part.max()) + 1, dtype=bool)
            for secret in self.secrets:
                far |= Spread.of(part, secret.at(kept)).distance() > self.t + 1e-12
            if not far.any():
                break
            kept[np.flatnonzero(kept)[far[part]]] = False
        return kept


@dataclass(frozen=True, eq=False)
class Candidate:
    """A level for each quasi-identifier, with the rows that may then be released.

    Attributes
    ----------
    levels : tuple of int
        One for each column.
    small : int
        Rows of classes that are too small or not diverse enough.
    kept : array of bool, shape (n,)
    """

    columns: Mapping[str, Generalised]
    demand: Demand
    levels: Levels
    classes: Codes
    small: int
    kept: Kept

    @classmethod
    def of(cls, columns: Mapping[str, Generalised], demand: Demand, levels: Levels) -> Candidate:
        classes = classes_at(columns, levels)
        large = demand.kept_for_size(classes)
        kept = demand.kept_for_closeness(classes, large)
        return cls(columns, demand, levels, classes, int((~large).sum()), kept)

    @property
    def suppressed(self) -> int:
        """Rows that are left out."""
        return int((~self.kept).sum())

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Sizes of the classes that are released."""
        found: NDArray[np.int64] = np.bincount(self.classes[self.kept])
        return found[found > 0]

    def released(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the table with generalised columns and without the rows that must go."""
        found = table.copy(deep=False)
        for (name, part), level in zip(self.columns.items(), self.levels, strict=True):
            found[name] = part.released(level)
        return without_traces(found[self.kept])


def classes_at(columns: Mapping[str, Generalised], levels: Levels) -> Codes:
    """Return the class of each row at the levels."""
    return combined(starmap(Generalised.at, zip(columns.values(), levels, strict=True)))


def _ncp(candidate: Candidate) -> float:
    pairs = zip(candidate.columns.values(), candidate.levels, strict=True)
    cost = np.sum(list(starmap(Generalised.cost_at, pairs)), axis=0) / len(candidate.levels)
    return float(np.where(candidate.kept, cost, 1.0).mean())


def _discernibility(candidate: Candidate) -> float:
    rows = len(candidate.kept)
    alike = float((candidate.sizes.astype(float) ** 2).sum())
    return (alike + candidate.suppressed * rows) / rows**2


def _class_size(candidate: Candidate) -> float:
    if not len(candidate.sizes):
        return float("inf")
    return float(candidate.sizes.mean()) / candidate.demand.k


LOSSES: dict[str, Callable[[Candidate], float]] = {
    "ncp": _ncp,
    "discernibility": _discernibility,
    "class_size": _class_size,
}
