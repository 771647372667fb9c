"""Many descents on the same customers: one pass over the rows serves a step of every model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.privacy.learning._descent import Descent, symmetric_noise

__all__ = ["Cells", "run_many", "sums_of_gradients"]

# What is in memory at once does not grow with the rows, and little with the models.
ROWS_AT_ONCE = 2048
SQUARES_AT_ONCE = 2**22
# Products are always of so many models: a model is the same to the last bit whatever is beside it.
MODELS_AT_ONCE = 8

Numbers = NDArray[np.float64]


class Cells(NamedTuple):
    """How often rows count: by cell, and differently in each model."""

    codes: NDArray[np.intp]  # (n,) the cell of each row
    weights: Numbers  # (models, cells)


def run_many(
    plans: Sequence[Descent],
    rows: Numbers,
    outcomes: NDArray[np.int_],
    generators: Sequence[np.random.Generator],
    *,
    cells: Cells | None = None,
    pulls: Numbers | None = None,
) -> Numbers:
    """Return the weights of one run for each plan and generator, shape (len(plans), p).

    Each model draws what `Descent.run` draws, in the same order. `cells` weighs rows, and `pulls`,
    shape (len(plans), p, p), holds the pull of each model's `Path`.
    """
    sums = _Sums(rows, outcomes.astype(float), cells)
    at_once = max(1, SQUARES_AT_ONCE // rows.shape[1] ** 2)
    found = np.empty((len(plans), rows.shape[1]))
    for first in range(0, len(plans), at_once):
        places = range(first, min(first + at_once, len(plans)))
        for walk in _walked(places, plans, sums, generators, pulls):
            found[walk.places] = walk.path.mean()
    return found


def _walked(
    places: Sequence[int],
    plans: Sequence[Descent],
    sums: _Sums,
    generators: Sequence[np.random.Generator],
    pulls: Numbers | None,
) -> list[_Walk]:
    """Return the walks of the models at these places, with all their steps taken."""
    alike: dict[Descent, list[int]] = {}
    for place in places:
        alike.setdefault(plans[place], []).append(place)
    walks = []
    for plan, shared in alike.items():
        different = shared if plan.noise_sd else shared[:1]  # without noise all are the same model
        pull = None if pulls is None else pulls[different]
        own = [generators[place] for place in different]
        walks.append(_Walk(plan, shared, different, sums.squares(different), own, pull))
    for step in range(max(plan.steps for plan in alike)):
        walking = [walk for walk in walks if step < walk.plan.steps]
        ahead = np.vstack([walk.path.ahead for walk in walking])
        exact = sums.gradients([place for walk in walking for place in walk.different], ahead)
        ends = np.cumsum([len(walk.different) for walk in walking])
        for walk, part in zip(walking, np.split(exact, ends[:-1]), strict=True):
            walk.step(part)
    return walks


class _Walk:
    """Models of the same plan, each with noise of its own."""

    def __init__(
        self,
        plan: Descent,
        places: list[int],
        different: list[int],
        squares: Numbers,
        generators: Sequence[np.random.Generator],
        pull: Numbers | None,
    ) -> None:
        self.plan, self.places, self.different = plan, places, different
        self.generators = generators
        noise = np.array([symmetric_noise(squares.shape[-1], rng) for rng in generators])
        self.path = plan.path(squares + plan.squares_sd * noise, pull)

    def step(self, exact: Numbers) -> None:
        """Add noise to the exact sums, shape (models, p), and take a step."""
        noise = np.array([rng.standard_normal(exact.shape[1]) for rng in self.generators])
        self.path.step(exact + self.plan.noise_sd * noise)


class _Sums:
    """The exact sums over customers that models ask for, each with its own weights of rows."""

    def __init__(self, rows: Numbers, answers: Numbers, cells: Cells | None) -> None:
        self._rows, self._answers, self._cells = rows, answers, cells
        self._squares = _squares(rows) if cells is None else _squares_by_cell(rows, cells)

    def squares(self, models: Sequence[int]) -> Numbers:
        """Return the sum of row times row, shape (p, p), or of each model, shape (models, p, p)."""
        if self._cells is None:
            return self._squares
        weighed = [np.tensordot(self._cells.weights[each], self._squares, 1) for each in models]
        return np.array(weighed)

    def gradients(self, models: Sequence[int], weights: Numbers) -> Numbers:
        """Return the sum of residual times row of each model, shape (models, p)."""
        if self._cells is None:
            return sums_of_gradients(self._rows, self._answers, weights)
        cells = Cells(self._cells.codes, self._cells.weights[models])
        return sums_of_gradients(self._rows, self._answers, weights, cells)


def _squares(rows: Numbers) -> Numbers:
    squares: Numbers = rows.T @ rows
    return squares


def _squares_by_cell(rows: Numbers, cells: Cells) -> Numbers:
    return np.array([_squares(rows[cells.codes == each]) for each in range(cells.weights.shape[1])])


def sums_of_gradients(
    rows: Numbers, answers: Numbers, weights: Numbers, cells: Cells | None = None
) -> Numbers:
    """Return the sum over all rows of residual times row for each model, shape (models, p).

    In double precision, as in a single fit: with a million rows rounding moves a sum by less than a
    millionth of what one row can at worst; in single precision it could by more than a whole row.
    """
    total = np.zeros((len(weights), rows.shape[1]))
    slabs = list(_slabs(weights, cells))
    for first in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        for place, against, counted in slabs:
            residuals = _residuals(rows[part], answers[part], against)
            if cells is not None and counted is not None:
                residuals *= counted[cells.codes[part]]
            held = total[place : place + MODELS_AT_ONCE]
            held += (residuals.T @ rows[part])[: len(held)]
    return total


def _slabs(weights: Numbers, cells: Cells | None) -> Iterator[tuple[int, Numbers, Numbers | None]]:
    """Yield weights of opposite sign, shape (p, 8), and weights of rows by cell, shape (cells, 8)."""
    for first in range(0, len(weights), MODELS_AT_ONCE):
        part = slice(first, first + MODELS_AT_ONCE)
        counted = None if cells is None else _filled(cells.weights[part])
        yield first, -_filled(weights[part]), counted


def _filled(values: Numbers) -> Numbers:
    filled = np.zeros((values.shape[1], MODELS_AT_ONCE))
    filled[:, : len(values)] = values.T
    return filled


def _residuals(rows: Numbers, answers: Numbers, against: Numbers) -> Numbers:
    """Return chance less answer for each row and model."""
    chances: Numbers = rows @ against
    with np.errstate(over="ignore"):  # infinite odds against: the chance is exactly 0
        np.exp(chances, out=chances)
    chances += 1
    np.reciprocal(chances, out=chances)
    chances -= answers[:, None]
    return chances
