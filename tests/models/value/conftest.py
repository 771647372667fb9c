"""Tasks with euros, made without a file or a simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise.task import Task, TaskFile

EUROS = {"won_per_positive": 35, "discount_per_positive": 14, "cost_per_contact": 0.9}


@pytest.fixture(scope="session")
def posed() -> Callable[..., Task]:
    """Return what makes a task of outcomes, with or without euros, dates or a treatment."""

    def made(
        y: Any,
        *,
        unit: Any = None,
        value: dict[str, Any] | None = EUROS,
        decision: dict[str, Any] | None = None,
        treatment: Any = None,
        probability: Any = None,
    ) -> Task:
        n = len(y)
        treated = {} if treatment is None else {"treatment": "t", "treatment_probability": "p"}
        file = TaskFile(
            name="offer",
            source={"file": "none"},
            unit="id",
            outcome={"column": "y", "positive": "1", "negative": "0"},
            groups={"band": {"reference": "a"}},
            features={"x": {"type": "number", "bounds": (-9, 9)}},
            decision=decision or {"top_share": 0.2},
            value=value,
            **treated,
        )
        return Task(
            X=pd.DataFrame({"x": np.zeros(n)}),
            y=np.asarray(y, dtype=int),
            groups=pd.DataFrame({"band": np.resize(["a", "b"], n)}),
            unit=pd.Series(np.arange(n) if unit is None else unit, name="id").astype(str),
            file=file,
            treatment=None if treatment is None else pd.Series(treatment),
            treatment_probability=None if treatment is None else pd.Series(np.full(n, probability)),
        )

    return made


@pytest.fixture(scope="session")
def drawn() -> Callable[..., tuple[Any, Any]]:
    """Return what draws scores, and outcomes of which high scores have more."""

    def draw(n: int, *, seed: int, decimals: int = 9) -> tuple[Any, Any]:
        random = np.random.default_rng(seed)
        x = random.normal(size=n).round(decimals)
        return x, (random.random(n) < 1 / (1 + np.exp(2 - 1.2 * x))).astype(int)

    return draw
