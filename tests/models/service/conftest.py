"""Tables of requests, and tasks of dated cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise.crm import make_crm
from equipoise.models.service import requests_of
from equipoise.task import Task, TaskFile


@pytest.fixture(scope="session")
def desk() -> pd.DataFrame:
    """The requests of a clean world."""
    return requests_of(make_crm(customers=4000, seed=7).tables)


@pytest.fixture
def table() -> Callable[..., pd.DataFrame]:
    """A table of requests of groups of some sizes, each of another customer."""

    def made(*sizes: int, **columns: Any) -> pd.DataFrame:
        n = sum(sizes)
        usual = {
            "who": np.arange(n),
            "band": np.repeat([*"abcdef"[: len(sizes)]], sizes),
            "hours": np.linspace(0, 10, n),
            "settled": np.resize([True, False], n),
        }
        return pd.DataFrame(usual | columns)

    return made


@pytest.fixture
def cases() -> Callable[..., Task]:
    """A task of cases opened on given days."""

    def made(days: Any, y: Any = None, unit: Any = None, **more: Any) -> Task:
        n = len(days)
        file = TaskFile(
            name="cases",
            source={"file": "none"},
            unit="id",
            rows_per_unit=n,
            outcome={"column": "y", "positive": "1", "negative": "0"},
            groups={"band": {"reference": "a"}},
            features={"x": {"type": "number"}},
        )
        usual = {"groups": pd.DataFrame({"band": np.resize(["a", "b"], n)})}
        return Task(
            X=pd.DataFrame({"x": np.arange(float(n))}),
            y=np.resize([0, 1], n) if y is None else np.asarray(y),
            unit=pd.Series(np.arange(n) if unit is None else unit).astype(str),
            file=file,
            time=pd.Series(days),
            **(usual | more),
        )

    return made
