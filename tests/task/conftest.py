"""A small table of customers, ways to write it to disk, and the way from there to a task."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import BoundsFromDataWarning, ExampleValueWarning
from equipoise.task import Task, describe, read_task

ASKED = {"outcome": "left", "positive": "Yes", "groups": ["gender"], "unit": "id"}


@pytest.fixture
def customers() -> pd.DataFrame:
    """200 customers; nothing in the table tells the outcome."""
    return make_customers(200)


@pytest.fixture
def make() -> Callable[[int], pd.DataFrame]:
    return make_customers


def make_customers(n: int) -> pd.DataFrame:
    random = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "id": [f"c{k:06d}" for k in range(n)],
            "gender": random.choice(["woman", "man", "other"], n, p=[0.5, 0.4, 0.1]),
            "age": random.integers(18, 90, n),
            "spend": random.gamma(2, 50, n).round(2),
            "plan": random.choice(["basic", "family", "pro"], n),
            "left": random.choice(["Yes", "No"], n, p=[0.3, 0.7]),
        }
    )


@pytest.fixture
def draft(tmp_path: Path) -> Callable[..., str]:
    """Write a frame as CSV (or take the path of a table) and describe it."""

    def drafted(given: pd.DataFrame | Path, /, **asked: Any) -> str:
        path = given if isinstance(given, Path) else tmp_path / "customers.csv"
        if not isinstance(given, Path):
            given.to_csv(path, index=False)
        return describe(path, **(ASKED | asked))

    return drafted


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Task]:
    """Read the text of a task file that lies beside the table."""

    def reading(text: str) -> Task:
        path = tmp_path / "task.yaml"
        path.write_text(text, encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BoundsFromDataWarning)
            warnings.simplefilter("ignore", ExampleValueWarning)
            return read_task(path)

    return reading


@pytest.fixture
def task_of(draft: Callable[..., str], read: Callable[[str], Task]) -> Callable[..., Task]:
    """Describe a table, read the draft unedited, and return the task."""

    def made(given: pd.DataFrame | Path, /, **asked: Any) -> Task:
        return read(draft(given, **asked))

    return made
