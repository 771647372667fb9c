"""How the values of a sensitive attribute spread within each class, from counts that are not zero."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.privacy.anonymity._columns import Codes, coded, combined

__all__ = ["Attribute", "Spread"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Attribute:
    """A sensitive column as codes.

    Attributes
    ----------
    codes : array of int, shape (n,)
    levels : int
        Different values, a missing one among them.
    is_ordered : bool
        Whether its values have an order and all of them a place in it: numbers, dates and ordered
        categories without a missing value, unless somebody says that they are only names. The
        distance of others is the variational one, which is never smaller.
    """

    codes: Codes
    levels: int
    is_ordered: bool

    def at(self, rows: NDArray[np.bool_]) -> Attribute:
        """Return the attribute of some rows, with the levels that these have."""
        codes = combined([self.codes[rows]])
        return replace(self, codes=codes, levels=int(codes.max()) + 1)

    @classmethod
    def of(cls, column: pd.Series, *, is_nominal: bool = False) -> Attribute:
        codes, _ = coded(column)
        is_ordered = not is_nominal and _has_order(column) and not column.isna().any()
        return cls(codes=codes, levels=int(codes.max()) + 1, is_ordered=is_ordered)


def _has_order(column: pd.Series) -> bool:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return bool(kind.ordered)
    is_number = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
    is_time = pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind)
    return bool(is_number or is_time)


@dataclass(frozen=True, eq=False)
class Spread:
    """Counts of the values within classes, one entry for each value that a class has.

    Entries are in the order of class and value, so every sum takes as long as there are entries,
    however many values the attribute has.
    """

    classes: Codes
    values: Codes
    counts: Floats
    sizes: Floats
    attribute: Attribute

    @classmethod
    def of(cls, classes: Codes, attribute: Attribute) -> Spread:
        """Count the values of an attribute in classes numbered from 0 without gaps."""
        # In 64 bits: the product may exceed what an index of 32 bits holds.
        pairs = classes.astype(np.int64) * attribute.levels + attribute.codes
        found, counts = np.unique(pairs, return_counts=True)
        return cls(
            classes=found // attribute.levels,
            values=found % attribute.levels,
            counts=counts.astype(float),
            sizes=np.bincount(classes).astype(float),
            attribute=attribute,
        )

    @property
    def shares(self) -> Floats:
        """Share of each entry in its class."""
        found: Floats = self.counts / self.sizes[self.classes]
        return found

    def distinct(self) -> Codes:
        """Return the number of different values in each class."""
        found: Codes = np.bincount(self.classes)
        return found

    def entropy_l(self) -> Floats:
        """Return e to the entropy of each class: the number of equally frequent values it is worth."""
        # Clipped at 0, where rounding would give a single value a little less than one.
        bits = np.bincount(self.classes, -self.shares * np.log(self.shares))
        found: Floats = np.exp(np.maximum(bits, 0.0))
        return found

    def commonest(self) -> Floats:
        """Return the share of the most frequent value in each class."""
        found: Floats = np.maximum.reduceat(self.shares, self._starts())
        return found

    def distance(self) -> Floats:
        """Return the distance of each class from all rows together, in [0, 1]."""
        overall = np.bincount(self.attribute.codes, minlength=self.attribute.levels)
        whole = overall / overall.sum()
        return self._ordered(whole) if self.attribute.is_ordered else self._variational(whole)

    def _starts(self) -> Codes:
        found: Codes = np.searchsorted(self.classes, np.arange(len(self.sizes)))
        return found

    def _variational(self, whole: Floats) -> Floats:
        # Both distributions sum to one: half of the absolute differences are the positive ones.
        more = np.maximum(self.shares - whole[self.values], 0.0)
        found: Floats = np.add.reduceat(more, self._starts())
        return found

    def _ordered(self, whole: Floats) -> Floats:
        """Return the sum of |F_class - F_all| over the values, by stretches where F_class is flat.

        F_all grows, so that on each stretch it lies below the class up to one place, and above it
        from there; sums over both parts are differences of running sums.
        """
        steps = self.attribute.levels - 1
        if steps == 0:
            return np.zeros(len(self.sizes))
        reached = np.cumsum(whole)
        running = np.append(0.0, np.cumsum(reached))
        starts = self._starts()
        counted = np.cumsum(self.counts)
        level: Floats = (counted - np.append(0.0, counted)[starts][self.classes]) / self.sizes[
            self.classes
        ]
        first, last = self.values, np.append(self.values[1:], 0)
        last[np.append(starts[1:], len(level)) - 1] = steps
        cut = np.clip(np.searchsorted(reached, level), first, np.maximum(first, last))
        below = level * (cut - first) - (running[cut] - running[first])
        above = (running[last] - running[cut]) - level * (last - cut)
        before = running[self.values[starts]]
        found: Floats = (np.bincount(self.classes, below + above) + before) / steps
        return np.clip(found, 0.0, 1.0)
