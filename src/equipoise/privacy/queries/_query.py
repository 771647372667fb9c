"""What every private statistic is given and promises: rows, budget, noise and guarantee."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_choice, check_epsilon, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning._rows import check_aligned
from equipoise.privacy.queries._promise import (
    SEEDED,
    checked_delta,
    promised,
)
from equipoise.privacy.queries._rows import KeptRows, kept_rows
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
    ) -> Query:
        """Check everything but the values, and choose the rows that count."""
        epsilon = check_epsilon(epsilon)
        delta = checked_delta(delta, epsilon)
        check_choice("adjacency", adjacency, get_args(Adjacency))
        if random_state is not None:
            move = "Use None for a release, whose noise nobody can repeat."
            check_whole("random_state", random_state, low=0, next_move=move)
        n = _length(values)
        if isinstance(values, pd.Series):
            check_aligned(values.to_frame(), unit=unit)
        rng = None if random_state is None else np.random.default_rng(random_state)
        key = secrets.randbits(63) if rng is None else int(rng.integers(2**63))
        rows = kept_rows(n, unit, rows_per_unit, key)
        warn_of_large_delta(delta, rows.units, unit=rows.unit, stacklevel=4)
        return cls(epsilon, delta, adjacency, rows, rng)

    def noise(
        self, low: float, high: float, *, cells: int = 1, whole: bool = False
    ) -> AdditiveMechanism:
        """Return the mechanism for a table to which each row adds a number in [low, high] in one cell.

        Pure promises get Laplace noise, or geometric noise where numbers are whole; others Gaussian.
        """
        by_sum, by_distance = moved(self.rows.rows_per_unit, self.adjacency, low, high, cells)
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

    def guarantee(self, told: str, mechanism: Guarantee, not_covered: Sequence[str]) -> Guarantee:
        """Return the promise of a statistic whose noise came from a mechanism with that guarantee."""
        most, unit = self.rows.rows_per_unit, self.rows.unit
        facts = "the presence and the values" if self.adjacency == "add-remove" else "the values"
        whose = f"each {unit}" if unit == "row" else f"each {unit}'s rows, however many there are"
        by_chance = (
            () if unit == "row" else (f"at most {most} rows of each {unit} count: {BY_CHANCE}",)
        )
        return promised(
            self.epsilon,
            self.delta,
            unit=unit,
            adjacency=self.adjacency,
            mechanism=mechanism.mechanism,
            covers=(told, f"{facts} of {whose}"),
            not_covered=(*not_covered, *by_chance, *((SEEDED,) if self.rng is not None else ())),
            mu=mechanism.mu,
        )


def moved(
    rows_per_unit: int, adjacency: Adjacency, low: float, high: float, cells: int
) -> tuple[float, float]:
    """Return how far one unit moves a table of sums: by the sum of the moves, and in distance.

    Each row adds a number in [low, high] to one of the cells, or divides it over several.
    """
    size = rows_per_unit * max(abs(low), abs(high))
    if adjacency == "add-remove":
        return size, size
    # Replaced rows may be fewer or more, so a unit adds anything from none to all of its rows.
    within = rows_per_unit * (max(high, 0.0) - min(low, 0.0))
    if cells == 1:
        return within, within
    return 2 * size, max(within, math.sqrt(2) * size)


def _length(values: ArrayLike) -> int:
    n = 0 if isinstance(values, str) or not np.ndim(values) else len(values)  # type: ignore[arg-type]
    if np.ndim(values) != 1 or not n:
        move = "Pass one value a row, at least one."
        raise InputError("values", "must be a column", f"shape {np.shape(values)}", move)
    if n > LARGEST_TABLE:
        rule = f"must be at most {LARGEST_TABLE:,} rows"
        raise InputError("values", rule, f"{n:,}", "Query disjoint parts of the customers.")
    return n
