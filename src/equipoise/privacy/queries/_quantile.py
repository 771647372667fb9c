"""A private quantile: a point of a declared grid, chosen by how many rows it is off."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy.queries._query import Query
from equipoise.privacy.queries._release import QuantileRelease
from equipoise.privacy.queries._values import checked_range, clipped, numbers
from equipoise.privacy.queries.mechanisms import ExponentialMechanism
from equipoise.privacy.queries.mechanisms._choice import FLOATS

__all__ = ["private_quantile"]

STEPS = 10_000
MOST_STEPS = 2**40
CONFIDENCE = 0.95


def private_quantile(
    values: ArrayLike,
    *,
    quantile: float,
    bounds: tuple[float, float],
    epsilon: float,
    delta: float,
    step: float | None = None,
    unit: ArrayLike | None = None,
    rows_per_unit: int | None = None,
    adjacency: Adjacency = "add-remove",
    random_state: int | None = None,
) -> QuantileRelease:
    """Choose a point near a quantile of values clipped to declared bounds.

    The points are a grid from the lower bound on. A point's score is how many rows lie between it and
    the quantile's place, and the exponential mechanism prefers small ones; points between two
    neighbouring values score alike, so that the chance of a gap grows with its length.

    Parameters
    ----------
    values : array_like of float, shape (n,)
    quantile : float
        In (0, 1); 0.5 is the median.
    bounds : (low, high)
        As in `private_sum`.
    epsilon, unit, rows_per_unit, adjacency, random_state
        As in `private_count`.
    delta : float
        Must be 0: the mechanism is pure.
    step : float, optional
        Between the points of the grid: 1 for whole numbers, .01 for euros and cents. None divides the
        bounds into 10,000 steps. Fewer points bring the choice nearer.

    Returns
    -------
    QuantileRelease
        Its `rows_off` says how many rows away the value may be.

    Raises
    ------
    InputError
        Where an argument or a value breaks a rule.

    Warns
    -----
    ClippedRowsWarning, DroppedRowsWarning
        As in `private_sum`.

    References
    ----------
    Smith (2011), Privacy-preserving statistical estimation with optimal convergence rates.

    Examples
    --------
    >>> spend = np.linspace(0, 80, 2001)
    >>> private_quantile(
    ...     spend, quantile=0.5, bounds=(0, 200), epsilon=1, delta=0, random_state=0
    ... ).frame().round(1)
       quantile  value  rows_off
    0       0.5   40.0      12.2
    """
    low, high = checked_range(bounds)
    quantile = _checked_quantile(quantile)
    grid = Grid.of(low, high, step)
    if isinstance(delta, float | int) and delta > 0:
        move = "Use delta=0: the exponential mechanism needs none."
        raise InputError("delta", "must be 0 for a quantile", delta, move)
    query = Query.of(
        values,
        epsilon=epsilon,
        delta=delta,
        unit=unit,
        rows_per_unit=rows_per_unit,
        adjacency=adjacency,
        random_state=random_state,
    )
    within = clipped(numbers(values), low, high)[query.rows.places]
    stretches = Stretches.of(grid.places(within), grid.points, quantile)
    # Moving past a point, a row changes the score by 1 - quantile or quantile; replaced, by both.
    per_row = max(quantile, 1 - quantile) if adjacency == "add-remove" else 1.0
    mechanism = ExponentialMechanism(
        candidates=range(len(stretches.sizes)),
        sensitivity=per_row * query.rows.rows_per_unit,
        epsilon=query.epsilon,
        weights=stretches.sizes.tolist(),
        unit=query.rows.unit,
        adjacency=adjacency,
    )
    chosen = stretches.point(mechanism.release(stretches.scores, query.rng), query.rng)
    # How many stretches there are follows from the rows, and is not told.
    how = f"over {grid.points:,} declared points, sensitivity {mechanism.sensitivity:g}"
    own = replace(mechanism.guarantee, mechanism=f"exponential mechanism {how}")
    promise = query.guarantee("the released quantile", own, (FLOATS,))
    off = 2 * mechanism.sensitivity / query.epsilon * math.log(grid.points / (1 - CONFIDENCE))
    return QuantileRelease(quantile, grid.value(chosen), off, promise)


@dataclass(frozen=True)
class Grid:
    """Points that a quantile can be, from the lower bound on; kept as the fractions that were written.

    Attributes
    ----------
    low, step : Fraction
    points : int
    """

    low: Fraction
    step: Fraction
    points: int

    @classmethod
    def of(cls, low: float, high: float, step: float | None) -> Grid:
        """Check the step, or take a ten-thousandth of the bounds."""
        start, width = _as_written(low), _as_written(high) - _as_written(low)
        if step is None:
            return cls(start, width / STEPS, STEPS + 1)
        move = "Use for example 1 for whole numbers."
        check_number("step", step, low=0.0, high=float(width), open_low=True, next_move=move)
        points = int(width / _as_written(step)) + 1
        if points > MOST_STEPS:
            rule = f"must leave at most {MOST_STEPS:,} points"
            raise InputError("step", rule, f"{points:,}", "Use a larger step.")
        return cls(start, _as_written(step), points)

    def places(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the number of the point next to each value."""
        steps = np.rint((values - float(self.low)) / float(self.step))
        return np.minimum(steps.astype(np.int64), self.points - 1)

    def value(self, point: int) -> float:
        """Return a point, without the digits that floating point would add to it."""
        return float(self.low + self.step * point)


def _as_written(number: float) -> Fraction:
    return Fraction(repr(float(number)))


@dataclass(frozen=True, eq=False)
class Stretches:
    """Points of a grid in stretches that score alike: each point with rows, and the gaps between.

    Attributes
    ----------
    starts, sizes : array of int
        First point and number of points of each stretch.
    scores : array of float
        0 at the quantile, else minus the rows (by their share) that lie between.
    """

    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, places: NDArray[np.int64], points: int, quantile: float) -> Stretches:
        """Return the stretches of a grid on which rows stand at `places`."""
        taken, rows = np.unique(places, return_counts=True)
        upto = np.cumsum(rows)
        total = len(places)
        starts = np.empty(2 * len(taken) + 1, dtype=np.int64)
        starts[0], starts[1::2], starts[2::2] = 0, taken, taken + 1
        sizes = np.diff(starts, append=points)
        below, until = np.empty((2, len(starts)))
        below[0::2] = until[0::2] = np.append(0, upto)
        below[1::2], until[1::2] = upto - rows, upto
        aim = quantile * total
        scores = -np.maximum(0.0, np.maximum(below - aim, aim - until))
        some = sizes > 0
        return cls(starts[some], sizes[some], scores[some])

    def point(self, stretch: int, rng: np.random.Generator | None) -> int:
        """Return a point of a stretch, each as probable as another."""
        size = int(self.sizes[stretch])
        within = secrets.randbelow(size) if rng is None else int(rng.integers(size))
        return int(self.starts[stretch]) + within


def _checked_quantile(quantile: object) -> float:
    move = "Use 0.5 for the median."
    number = check_number("quantile", quantile, low=0.0, high=1.0, next_move=move)
    if number in (0.0, 1.0):
        rule = "must lie strictly between 0 and 1"
        raise InputError(
            "quantile", rule, number, "A minimum or maximum is a single person's value."
        )
    return number
