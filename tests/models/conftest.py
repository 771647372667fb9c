"""The way from a table to a task."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from equipoise.exceptions import BoundsFromDataWarning, ExampleValueWarning
from equipoise.task import Task, describe, read_task


@pytest.fixture
def task_of(tmp_path: Path) -> Callable[..., Task]:
    """Describe a table (a frame or its path), read the draft unedited, and return the task."""

    def made(table: pd.DataFrame | Path, **asked: Any) -> Task:
        place = table if isinstance(table, Path) else tmp_path / "table.csv"
        if isinstance(table, pd.DataFrame):
            table.to_csv(place, index=False)
        given = {"outcome": "bought", "positive": "1", "groups": ["band"], "unit": "id"}
        path = tmp_path / "task.yaml"
        path.write_text(describe(place, **(given | asked), folder=tmp_path), encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BoundsFromDataWarning)
            warnings.simplefilter("ignore", ExampleValueWarning)
            return read_task(path)

    return made
