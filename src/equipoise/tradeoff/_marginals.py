"""Counts of group × outcome × level of each feature, as one vector, and rows drawn from noisy ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.privacy._bounds import Limits, is_category
from equipoise.privacy._encoding import declared_codes
from equipoise.task import Task

__all__ = ["Marginals", "Scale", "on_simplex", "sampled"]

Counts = NDArray[np.float64]
LEAST_ROWS = 10


@dataclass(frozen=True)
class Scale:
    """The levels of one feature: declared categories, or bins of equal width.

    Attributes
    ----------
    levels : tuple
        Categories as text, the numbers themselves (0 and 1 of a mark), or (low, high) of each bin.
    """

    levels: tuple[str | float | tuple[float, float], ...]

    @classmethod
    def of(cls, limits: Limits, bins: int) -> Self:
        """Return the levels that follow from what was declared."""
        if is_category(limits):
            return cls(tuple(limits))
        low, high = (float(limit) for limit in limits)
        return cls(tuple(pairwise(np.linspace(low, high, bins + 1).tolist())))

    def codes(self, column: pd.Series) -> NDArray[np.intp]:
        """Return the level of each value; numbers outside the bounds count as the nearest."""
        first = self.levels[0]
        if isinstance(first, str):
            known = [str(level) for level in self.levels]
            return declared_codes(f"feature {column.name!r}", column, known)
        values = column.to_numpy(float)
        if isinstance(first, float):
            return np.asarray(values > 0.5, dtype=np.intp)
        edges = [level[0] for level in self.levels if isinstance(level, tuple)]
        place = np.searchsorted(edges, values, side="right") - 1
        return np.asarray(np.clip(place, 0, len(edges) - 1), dtype=np.intp)

    def values(self, codes: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.generic]:
        """Return a value of each level, evenly drawn between the edges of its bin."""
        if not isinstance(self.levels[0], tuple):
            return np.array(self.levels)[codes]
        low, high = np.array(self.levels)[codes].T
        drawn: NDArray[np.float64] = low + (high - low) * rng.random(len(codes))
        return np.clip(drawn, low, high)


@dataclass(frozen=True, eq=False)
class Marginals:
    """Tables of counts, exact or noised.

    Attributes
    ----------
    groups : tuple of str
    scales : mapping of feature to Scale
    tables : list of array, shapes (groups, 2) and, for each feature, (groups, 2, levels)
    """

    groups: tuple[str, ...]
    scales: dict[str, Scale]
    tables: list[Counts]

    @classmethod
    def of(cls, task: Task, codes: NDArray[np.intp], groups: Sequence[str], bins: int) -> Self:
        """Count a task's rows: one in each table."""
        declared = task.file.features
        marks = Scale((0.0, 1.0))
        scales = {
            name: Scale.of(task.bounds[name], bins) if name in declared else marks
            for name in task.X
        }
        cells = 2 * codes + task.y
        size = 2 * len(groups)
        counted = np.bincount(cells, minlength=size)
        tables: list[Counts] = [counted.reshape(-1, 2).astype(float)]
        for name, scale in scales.items():
            levels = len(scale.levels)
            place = cells * levels + scale.codes(task.X[name])
            counted = np.bincount(place, minlength=size * levels)
            tables.append(counted.reshape(-1, 2, levels).astype(float))
        return cls(tuple(groups), scales, tables)

    @property
    def vector(self) -> Counts:
        """All counts, one after another."""
        return np.concatenate([table.ravel() for table in self.tables])

    def replaced(self, vector: Counts) -> Self:
        """Return the same tables with other counts."""
        ends = np.cumsum([table.size for table in self.tables])[:-1]
        parts = np.split(vector, ends)
        shaped = [part.reshape(t.shape) for part, t in zip(parts, self.tables, strict=True)]
        return type(self)(self.groups, self.scales, shaped)

    @property
    def cells(self) -> Counts:
        """Group × outcome, shape (groups, 2): the mean of what all tables say, by their noise.

        The sum over the levels of a feature has its number of levels times the variance. Noisy counts
        may be negative.
        """
        said = [self.tables[0], *(table.sum(axis=2) for table in self.tables[1:])]
        trust = [1.0, *(1 / table.shape[2] for table in self.tables[1:])]
        return np.asarray(np.average(said, axis=0, weights=trust))

    def frame(self) -> pd.DataFrame:
        """Return one row a count: `feature, group, outcome, level, count`."""
        parts = []
        levels = [("",), *(scale.levels for scale in self.scales.values())]
        names = ("", *self.scales)
        for name, known, table in zip(names, levels, self.tables, strict=True):
            keys = [self.groups, (0, 1), tuple(map(str, known))]
            index = pd.MultiIndex.from_product(keys, names=["group", "outcome", "level"])
            counts = pd.Series(table.ravel(), index=index, name="count").reset_index()
            counts.insert(0, "feature", name)
            parts.append(counts)
        return pd.concat(parts, ignore_index=True)


def sampled(
    noisy: Marginals, noise_sd: float, rows: int | None, rng: np.random.Generator
) -> tuple[pd.DataFrame, NDArray[np.int_], NDArray[np.intp]]:
    """Return features, outcome and group of rows drawn from noisy counts."""
    total = float(noisy.cells.sum())
    within_noise = 2 * noise_sd * math.sqrt(noisy.cells.size)
    cells = on_simplex(noisy.cells.ravel(), max(total, 0.0)).reshape(-1, 2)
    if total < max(LEAST_ROWS, within_noise) or (cells.sum(axis=0) <= 0).any():
        raise InputError(
            "epsilon",
            "must leave rows of both outcomes above the noise",
            f"noise of {within_noise:.0f} rows",
            "Use a larger epsilon, more customers or fewer features. Each try reads the customers and "
            "costs the same: charge this one, too.",
        )
    rows = round(total) if rows is None else rows
    chance = cells.ravel() / cells.sum()
    drawn = rng.choice(len(chance), size=rows, p=chance)
    columns = {
        name: scale.values(_levels(_chances(table, cells, noise_sd), drawn, rng), rng)
        for (name, scale), table in zip(noisy.scales.items(), noisy.tables[1:], strict=True)
    }
    return pd.DataFrame(columns), drawn % 2, drawn // 2


def _chances(table: Counts, cells: Counts, noise_sd: float) -> Counts:
    """Return the chance of each level in each cell, from the cell where it says more than noise."""
    levels = table.shape[2]
    within = _nearest(table.reshape(-1, levels), cells.ravel()).reshape(table.shape)
    over_groups = _nearest(table.sum(axis=0), cells.sum(axis=0))
    told = (cells > 0) & (cells >= noise_sd * levels)
    counts = np.where(told[:, :, None], within, over_groups[None])
    chances: Counts = (counts / counts.sum(axis=2, keepdims=True)).reshape(-1, levels)
    return chances


def _nearest(histograms: Counts, totals: Counts) -> Counts:
    return np.array([on_simplex(h, n) for h, n in zip(histograms, totals, strict=True)])


def _levels(chances: Counts, cells: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return a level for each row, by the chances of its cell."""
    above = np.cumsum(chances, axis=1)[cells]
    codes: NDArray[np.intp] = (rng.random((len(cells), 1)) >= above).sum(axis=1)
    return np.asarray(np.minimum(codes, chances.shape[1] - 1))


def on_simplex(histogram: Counts, total: float) -> Counts:
    """Return the nearest histogram without negative counts that sums to `total`.

    Examples
    --------
    >>> on_simplex(np.array([6.0, -1.0, 3.0]), 8.0)
    array([5.5, 0. , 2.5])
    """
    falling = np.sort(histogram)[::-1]
    excess = (np.cumsum(falling) - total) / np.arange(1, len(histogram) + 1)
    level = excess[np.flatnonzero(falling > excess)[-1]] if total > 0 else falling[0]
    return np.asarray(np.maximum(histogram - level, 0.0))
