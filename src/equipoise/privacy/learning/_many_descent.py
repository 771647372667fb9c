"""Many descents on the same customers: one pass over the rows serves a step of every model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from equipoise.privacy.learning._descent import Descent, symmetric_noise

__all__ = ["run_many", "sums_of_gradients"]

# What is in memory at once does not grow with the rows, and little with the models.
CHANCES_AT_ONCE = 2**17
SQUARES_AT_ONCE = 2**22

Numbers = NDArray[np.float64]


def run_many(
    plans: Sequence[Descent],
    rows: Numbers,
    outcomes: NDArray[np.int_],
    generators: Sequence[np.random.Generator],
) -> Numbers:
    """Return the weights of one run for each plan and generator, shape (len(plans), p).

    Each model draws what `Descent.run` draws, in the same order.
    """
    squares, answers = rows.T @ rows, outcomes.astype(float)
    at_once = max(1, SQUARES_AT_ONCE // squares.size)
    parts = [slice(first, first + at_once) for first in range(0, len(plans), at_once)]
    found = [_run(plans[part], rows, answers, squares, generators[part]) for part in parts]
    return np.vstack(found)


def _run(
    plans: Sequence[Descent],
    rows: Numbers,
    answers: Numbers,
    squares: Numbers,
    generators: Sequence[np.random.Generator],
) -> Numbers:
    alike: dict[Descent, list[int]] = {}
    for place, plan in enumerate(plans):
        alike.setdefault(plan, []).append(place)
    walks = [
        # Without noise all are the same model.
        _Walk(plan, squares, [generators[i] for i in (places if plan.noise_sd else places[:1])])
        for plan, places in alike.items()
    ]
    for step in range(max(plan.steps for plan in alike)):
        walking = [walk for walk in walks if step < walk.plan.steps]
        ahead = np.vstack([walk.path.ahead for walk in walking])
        sums = sums_of_gradients(rows, answers, ahead)
        ends = np.cumsum([len(walk.generators) for walk in walking])
        for walk, exact in zip(walking, np.split(sums, ends[:-1]), strict=True):
            walk.step(exact)
    weights = np.empty((len(plans), rows.shape[1]))
    for walk, places in zip(walks, alike.values(), strict=True):
        weights[places] = walk.path.mean()
    return weights


class _Walk:
    """Models of the same plan, each with noise of its own."""

    def __init__(
        self, plan: Descent, squares: Numbers, generators: Sequence[np.random.Generator]
    ) -> None:
        self.plan, self.generators = plan, generators
        noise = np.array([symmetric_noise(len(squares), rng) for rng in generators])
        self.path = plan.path(squares + plan.squares_sd * noise)

    def step(self, exact: Numbers) -> None:
        """Add noise to the exact sums, shape (models, p), and take a step."""
        noise = np.array([rng.standard_normal(exact.shape[1]) for rng in self.generators])
        self.path.step(exact + self.plan.noise_sd * noise)


def sums_of_gradients(rows: Numbers, answers: Numbers, weights: Numbers) -> Numbers:
    """Return the sum over all rows of residual times row for each model, shape (models, p).

    In double precision, as in a single fit: with a million rows rounding moves a sum by less than a
    millionth of what one row can at worst; in single precision it could by more than a whole row.
    """
    total = np.repeat(-(answers @ rows)[None], len(weights), axis=0)
    against = np.ascontiguousarray(-weights.T)
    at_once = min(2048, max(64, CHANCES_AT_ONCE // len(weights)))
    for first in range(0, len(rows), at_once):
        part = rows[first : first + at_once]
        chances = part @ against
        with np.errstate(over="ignore"):  # infinite odds against: the chance is exactly 0
            np.exp(chances, out=chances)
        chances += 1
        np.reciprocal(chances, out=chances)
        total += chances.T @ part
    return total
