"""Customers with an outcome, a decision and groups; and small tasks from a table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise.exceptions import BoundsFromDataWarning, ExampleValueWarning
from equipoise.task import Task, describe, read_task


@pytest.fixture
def rows() -> pd.DataFrame:
    """600 customers: groups `band` (a, b, c) and `region` (north, south), `y` and `d`."""
    random = np.random.default_rng(1)
    n = 600
    band = random.choice(["a", "b", "c"], n, p=[0.5, 0.4, 0.1])
    return pd.DataFrame(
        {
            "band": band,
            "region": random.choice(["north", "south"], n),
            "y": random.binomial(1, np.where(band == "a", 0.4, 0.25)),
            "d": random.binomial(1, np.where(band == "c", 0.1, 0.3)),
        }
    )


CELLS = ((0, 0), (0, 1), (1, 0), (1, 1))


@pytest.fixture(scope="session")
def cells_of() -> Callable[..., pd.DataFrame]:
    """Return a count table as a frame; each group of `band` has its counts of (y, d) = 00, 01, 10, 11."""

    def made(**groups: Iterable[float]) -> pd.DataFrame:
        cells = [
            (band, *cell, count)
            for band, counts in groups.items()
            for cell, count in zip(CELLS, counts, strict=True)
        ]
        return pd.DataFrame(cells, columns=["band", "y_true", "y_pred", "count"])

    return made


@pytest.fixture(scope="session")
def rows_of(cells_of: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """Return rows of columns `band`, `y` and `d`, as many of each cell as `cells_of` counts."""

    def made(**groups: Iterable[int]) -> pd.DataFrame:
        cells = cells_of(**groups)
        rows = cells.loc[cells.index.repeat(cells["count"].astype(int))].drop(columns="count")
        return rows.rename(columns={"y_true": "y", "y_pred": "d"}).reset_index(drop=True)

    return made


@pytest.fixture
def task_of(tmp_path: Path) -> Callable[..., Task]:
    """Write a table, describe it, change the draft where asked, and read the task."""

    def made(table: pd.DataFrame, *changes: tuple[str, str], **asked: Any) -> Task:
        table.to_csv(tmp_path / "table.csv", index=False)
        given = {"outcome": "bought", "positive": "1", "groups": ["band"], "unit": "id"}
        text = describe(tmp_path / "table.csv", **(given | asked))
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "task.yaml"
        path.write_text(text, encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BoundsFromDataWarning)
            warnings.simplefilter("ignore", ExampleValueWarning)
            return read_task(path)

    return made
