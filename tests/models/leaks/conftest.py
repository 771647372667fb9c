"""Tasks with a column planted that knows the outcome, and tasks without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import CRM, make_crm
from equipoise.task import Feature, Task


@pytest.fixture(scope="session")
def world() -> CRM:
    return make_crm(customers=2500, seed=3)


@pytest.fixture(scope="session")
def offer(world: CRM) -> Task:
    return world.task("offer_response")


@pytest.fixture
def planted() -> Callable[..., Task]:
    """Add columns of numbers to the features of a task."""

    def made(task: Task, **columns: Any) -> Task:
        features = {name: Feature(type="number", bounds=(-1e4, 1e4)) for name in columns}
        file = task.file.model_copy(update={"features": task.file.features | features})
        return replace(task, X=task.X.assign(**columns), file=file)

    return made


@pytest.fixture
def duration(offer: Task) -> np.ndarray:
    """How long each call took: whoever buys talks longer."""
    rng = np.random.default_rng(0)
    return np.where(offer.y == 1, rng.gamma(9, 60, len(offer)), rng.gamma(2, 60, len(offer)))


@pytest.fixture
def small() -> Callable[..., Task]:
    """A task of some rows with one number, perhaps with several rows a customer."""

    def made(values: Any, y: Any, unit: Any = None, **more: Any) -> Task:
        from equipoise.task import TaskFile

        n = len(y)
        file = TaskFile(
            name="small",
            source={"file": "none"},
            unit="id",
            rows_per_unit=n,
            outcome={"column": "y", "positive": "1", "negative": "0"},
            groups={"band": {"reference": "a"}},
            features={"x": {"type": "number"}},
        )
        return Task(
            X=pd.DataFrame({"x": np.asarray(values, float)}),
            y=np.asarray(y),
            groups=pd.DataFrame({"band": np.resize(["a", "b"], n)}),
            unit=pd.Series(np.arange(n) if unit is None else unit).astype(str),
            file=file,
            **more,
        )

    return made
