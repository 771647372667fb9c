"""A small sweep that really ran, and ways to bend its figures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest

from equipoise.crm import make_crm, parse_distortion
from equipoise.task import read_task
from equipoise.tradeoff import Plan, Sweep, sweep

PLAN = Plan(
    epsilons=(0.3, 1.0, 3.0, math.inf),
    delta=1e-6,
    models=("logistic", "private_logistic"),
    seeds=2,
    attribute="community",
    split_seed=7,
)


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("customers")
    make_crm(
        customers=6000,
        seed=7,
        distortions=[parse_distortion("historical_targeting=0.6:community=B")],
    ).write(folder, overwrite=True)
    return sweep(read_task(folder / "offer_response.yaml"), PLAN, jobs=1)


@pytest.fixture
def bent(swept: Sweep) -> Callable[..., Sweep]:
    """Give the sweep with other figures in its rows: a column, or a function of the row."""

    def bending(**columns: Any) -> Sweep:
        rows = swept.rows.copy()
        for name, value in columns.items():
            rows[name] = rows.apply(value, axis=1) if callable(value) else value
        return dataclasses.replace(swept, rows=rows)

    return bending


@pytest.fixture
def without_euros(swept: Sweep) -> Sweep:
    task = {**swept.manifest["task"], "value": None}
    lost = {"profit_eur": math.nan, "campaign_eur": math.nan}
    return dataclasses.replace(
        swept,
        rows=swept.rows.assign(**lost),
        draws=swept.draws.assign(**lost),
        manifest={**swept.manifest, "task": task},
    )
