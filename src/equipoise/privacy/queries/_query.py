"""What every private statistic is given and promises: rows, budget, noise and guarantee."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice, check_epsilon, check_seed
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy._kept_rows import KeptRows, kept_rows
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy._promises import promised, whose
from equipoise.privacy._units import check_same_order
from equipoise.privacy.queries._promise import checked_delta
from equipoise.privacy.queries.mechanisms import (
    GaussianMechanism,
    GeometricMechanism,
    LaplaceMechanism,
)
from equipoise.privacy.queries.mechanisms._additive import AdditiveMechanism

__all__ = ["LARGEST_TABLE", "Query", "moved"]

LARGEST_TABLE = 2**26  # so many values of 27 binary digits add up exactly in floating point
BY_CHANCE = (
    "which rows of a customer were kept was settled by a hash, without a look at their values"
)


@dataclass(frozen=True, eq=False)
class Query:
    """One statistic's budget, adjacency, rows and source of noise, all checked."""

    epsilon: float
    delta: float
    adjacency: Adjacency
    rows: KeptRows
    rng: np.random.Generator | None

    @classmethod
    def of(
        cls,
        values: ArrayLike,
        *,
        epsilon: float,
        delta: float,
        unit: ArrayLike | None,
        rows_per_unit: int | None,
        adjacency: Adjacency,
        random_state: int | None,
        groups: NDArray[np.intp] | None = None,
        rows_per_group: int | None = None,
    ) -> Query:
        """Check everything but the values, and choose the rows that count."""
        epsilon = check_epsilon(epsilon)
        delta = checked_delta(delta, epsilon)
        check_choice("adjacency", adjacency, get_args(Adjacency))
        check_seed(random_state)
        n = _length(values)
        check_same_order(values=values, unit=unit)
        rng = None if random_state is None else np.random.default_rng(random_state)
        key = secrets.randbits(63) if rng is None else int(rng.integers(2**63))
        rows = kept_rows(n, unit, rows_per_unit, key, groups=groups, rows_per_group=rows_per_group)
        warn_of_large_delta(delta, rows.units, unit=rows.unit, stacklevel=4)
        return cls(epsilon, delta, adjacency, rows, rng)

    def noise(
        self, low: float, high: float, *, cells: int = 1, whole: bool = False
    ) -> AdditiveMechanism:
        """Return the mechanism for a table to which each row adds a number in [low, high] in one cell.

        Pure promises get Laplace noise, or geometric noise where numbers are whole; others Gaussian.
        """
        caps = self.rows.rows_per_unit, self.rows.rows_per_group
        by_sum, by_distance = moved(*caps, self.adjacency, low, high, cells)
        shared: dict[str, Any] = {
            "epsilon": self.epsilon,
            "unit": self.rows.unit,
            "adjacency": self.adjacency,
        }
        if self.delta:
            return GaussianMechanism(sensitivity=by_distance, delta=self.delta, **shared)
        if whole:
            return GeometricMechanism(sensitivity=round(by_sum), **shared)
        return LaplaceMechanism(sensitivity=by_sum, **shared)

    def guarantee(
        self, told: str, mechanism: Guarantee, not_covered: Sequence[str] = ()
    ) -> Guarantee:
        """Return the promise of a statistic whose noise came from a mechanism with that guarantee."""
        return promised(
            self.epsilon,
            self.delta,
            unit=self.rows.unit,
            adjacency=self.adjacency,
            mechanism=mechanism.mechanism,
            covers=(told, whose(self.rows.unit, self.adjacency, "rows, however many there are")),
            not_covered=(*not_covered, *_left_out(self.rows)),
            mu=mechanism.mu,
            seeded=self.rng is not None,
        )


def moved(
    rows_per_unit: int,
    rows_per_group: int,
    adjacency: Adjacency,
    low: float,
    high: float,
    cells: int,
) -> tuple[float, float]:
    """Return how far one unit moves a table of sums: by the sum of the moves, and in distance.

    Each row adds a number in [low, high] to one of the cells, or divides it over several that only
    its group has. With at most K rows in all and m of them in a group, the distance is that of K / m
    groups full of rows: the squares of what a unit has in the groups add up to at most K m.
    """
    size = rows_per_unit * max(abs(low), abs(high))
    spread = math.sqrt(rows_per_group / rows_per_unit)
    if adjacency == "add-remove":
        return size, spread * size
    # Replaced rows may be fewer or more, so a unit adds anything from none to all of its rows.
    within = rows_per_unit * (max(high, 0.0) - min(low, 0.0))
    if cells == 1:
        return within, spread * within
    return 2 * size, spread * max(within, math.sqrt(2) * size)


def _left_out(rows: KeptRows) -> tuple[str, ...]:
    if rows.unit == "row":
        return ()
    most, within = rows.rows_per_unit, rows.rows_per_group
    in_one = f", and at most {within} of them in one group" if within < most else ""
    return (f"at most {most} rows of each {rows.unit} count{in_one}: {BY_CHANCE}",)


def _length(values: ArrayLike) -> int:
    if isinstance(values, str) or np.ndim(values) != 1:
        shape = f"shape {np.shape(values)}"
        raise InputError("values", "must be a column", shape, "Pass one value a row.")
    n = len(values)  # type: ignore[arg-type]
    if n > LARGEST_TABLE:
        rule = f"must be at most {LARGEST_TABLE:,} rows"
        raise InputError("values", rule, f"{n:,}", "Query disjoint parts of the customers.")
    return n
