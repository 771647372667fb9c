"""One quasi-identifier at every level: groups of its values, their labels, and what is lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.privacy.anonymity._columns import Codes, coded
from equipoise.privacy.anonymity._hierarchies import TOP, Hierarchy, is_number, labels_of, step_text

__all__ = ["Generalised"]


@dataclass(frozen=True, eq=False)
class Generalised:
    """A column at each of its levels; level 0 is the column as it is.

    Attributes
    ----------
    column : Series, shape (n,)
    leaves : array of int, shape (n,)
        Code of each row's value; a missing value has the last code, and stays missing at all
        levels but the top.
    groups : list of array of int, shape (m,)
        For each level the group of each leaf.
    labels : list of array of str, shape (m,)
        For each level but 0 the text of each leaf; None where it is missing.
    cost : list of array of float, shape (m,)
        For each level the share of the column's span that a released value leaves open, in [0, 1].
    steps : list of str
        Each level in words.
    """

    column: pd.Series
    leaves: Codes
    groups: list[Codes]
    labels: list[NDArray[np.object_]]
    cost: list[NDArray[np.float64]]
    steps: list[str]

    @classmethod
    def of(cls, name: str, column: pd.Series, hierarchy: Hierarchy) -> Generalised:
        leaves, found = coded(column)
        values = _plain(found)
        has_missing = int(leaves.max()) == len(values)
        labels = [
            np.array([*text, *([TOP if step == TOP else None] * has_missing)], dtype=object)
            for step, text in zip(hierarchy, labels_of(name, values, hierarchy), strict=True)
        ]
        exact = np.arange(len(values) + has_missing)
        groups = [exact, *(pd.factorize(text, use_na_sentinel=False)[0] for text in labels)]
        return cls(
            column=column,
            leaves=leaves,
            groups=groups,
            labels=labels,
            cost=[_cost(group, values) for group in groups],
            steps=["exact", *(step_text(step, values) for step in hierarchy)],
        )

    @property
    def levels(self) -> int:
        """Number of levels, level 0 among them."""
        return len(self.groups)

    def at(self, level: int) -> Codes:
        """Return the group of each row."""
        found: Codes = self.groups[level][self.leaves]
        return found

    def cost_at(self, level: int) -> NDArray[np.float64]:
        """Return the loss of each row."""
        found: NDArray[np.float64] = self.cost[level][self.leaves]
        return found

    def released(self, level: int) -> pd.Series:
        """Return the column as text of that level, or as it is at level 0."""
        if level == 0:
            return self.column
        text = self.labels[level - 1][self.leaves]
        return pd.Series(text, index=self.column.index, name=self.column.name, dtype="str")


def _plain(values: pd.Index) -> pd.Index:
    """Return the values with the dtype that they would have on their own."""
    is_wrapped = values.dtype == object or isinstance(values.dtype, pd.CategoricalDtype)
    return pd.Index(values.tolist()) if is_wrapped and len(values) else values


def _cost(group: Codes, values: pd.Index) -> NDArray[np.float64]:
    """Return for each leaf how much of the column its group spans: 0 for one value, 1 for all.

    Numbers and dates span from the least to the greatest value seen, others by their number. A
    group that joins values with what is missing is the top.
    """
    place = _places(values)
    if len(group) == 1:
        return np.zeros(1)
    if place is None:
        sizes = np.bincount(group)
        return np.asarray((sizes[group] - 1) / (len(group) - 1))
    known = group[: len(values)]
    low, high = np.full(group.max() + 1, np.inf), np.full(group.max() + 1, -np.inf)
    np.minimum.at(low, known, place)
    np.maximum.at(high, known, place)
    wide = np.maximum(high - low, 0.0) / (np.ptp(place) or 1.0)
    if len(values) < len(group) and group[-1] in known:
        wide[group[-1]] = 1.0
    return np.asarray(wide[group])


def _places(values: pd.Index) -> NDArray[np.float64] | None:
    kind = values.dtype
    if not len(values):
        return None
    if pd.api.types.is_datetime64_any_dtype(kind):
        return np.asarray(values.to_numpy(dtype="datetime64[us]").astype(float))
    if is_number(values):
        # Halves, since the difference of the largest floats is none.
        return np.asarray(values.to_numpy(dtype=float) / 2)
    return None
