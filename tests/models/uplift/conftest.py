"""Campaigns small enough to draw anew in every test."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from equipoise.task import Task


class Drawn(NamedTuple):
    y: NDArray[np.int_]
    scores: NDArray[np.float64]
    treatment: NDArray[np.int_]
    probability: NDArray[np.float64]
    unit: NDArray[np.int_]


def draw(
    rows: int, seed: int, *, by_row: bool = False, repeats: int = 1, levels: int | None = None
) -> Drawn:
    """Draw a campaign whose effect rises with the score, from -0.06 to 0.24."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(-(-rows // repeats)), repeats)[:rows]
    scores = rng.random(unit.max() + 1)[unit]
    if levels is not None:
        scores = np.floor(scores * levels) / levels
    probability = 0.3 + 0.5 * scores if by_row else np.full(rows, 0.7)
    treatment = (rng.random(unit.max() + 1)[unit] < probability).astype(int)
    own = rng.beta(1, 4, unit.max() + 1)[unit] if repeats > 1 else 0.2
    y = (rng.random(rows) < np.clip(own + 0.3 * (scores - 0.2) * treatment, 0, 1)).astype(int)
    return Drawn(y, scores, treatment, probability, unit)


@pytest.fixture
def campaign() -> Callable[..., Drawn]:
    return draw


@pytest.fixture
def campaign_task(task_of: Callable[..., Task]) -> Callable[..., Task]:
    """Pose a campaign as a task with one feature that the effect rises with."""

    def made(rows: int = 600, seed: int = 0, *, chance: bool = True, **given: int) -> Task:
        drawn = draw(rows, seed, **given)
        table = pd.DataFrame(
            {
                "id": drawn.unit,
                "band": np.resize(["a", "b"], rows),
                "bought": drawn.y,
                "visits": drawn.scores.round(3),
                "plan": np.resize(["basic", "pro", "none"], rows),
                "asked": drawn.treatment,
            }
        )
        task = task_of(table, treatment="asked")
        return with_chance(task, drawn.probability) if chance else task

    return made


def with_chance(task: Task, probability: NDArray[np.float64]) -> Task:
    from dataclasses import replace

    return replace(task, treatment_probability=pd.Series(probability, name="chance"))
