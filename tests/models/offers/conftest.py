"""Small tables of customers × items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise.task import Task, TaskFile, Value

EUROS = Value(won_per_positive=10.0, cost_per_contact=1.0)


def made(
    y: Any,
    *,
    items: tuple[str, ...] | None = None,
    band: Any = "a",
    counts: Any = 0.0,
    value: Value | None = EUROS,
    rows: Any = None,
) -> Task:
    """Return the task of a matrix of outcomes, customers × items, or of some of its rows."""
    outcome = np.atleast_2d(np.asarray(y))
    customers, many = outcome.shape
    names = items or tuple("abcdefgh"[:many])
    file = TaskFile(
        name="offers",
        source={"file": "none"},
        unit="id",
        rows_per_unit=many,
        outcome={"column": "y", "positive": "1", "negative": "0"},
        groups={"band": {"reference": "a"}},
        features={
            "item": {"type": "category", "categories": names},
            "bought_before": {"type": "number", "bounds": (0, 20)},
        },
        value=value,
    )
    bands = np.broadcast_to(np.asarray(band, dtype=object), customers)
    whole = Task(
        X=pd.DataFrame(
            {
                "item": np.tile(np.array(names, dtype=object), customers),
                "bought_before": np.broadcast_to(counts, outcome.shape).ravel().astype(float),
            }
        ),
        y=outcome.ravel().astype(int),
        groups=pd.DataFrame({"band": np.repeat(bands, many)}),
        unit=pd.Series(np.repeat([f"c{k:04d}" for k in range(customers)], many), name="id"),
        file=file,
    )
    return whole if rows is None else whole.take(np.asarray(rows))


@pytest.fixture(scope="session")
def posed() -> Callable[..., Task]:
    return made


@pytest.fixture(scope="session")
def drawn() -> Task:
    """Draw 60 customers × 4 items at random, with a history, in two groups."""
    random = np.random.default_rng(5)
    taste = random.dirichlet(np.ones(4), 60)
    return made(
        random.random((60, 4)) < taste,
        counts=random.poisson(4 * taste) + (taste == taste.max(axis=1, keepdims=True)),
        band=np.resize(["a", "b"], 60),
    )
