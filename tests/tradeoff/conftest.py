"""A small task with declared bounds, and one sweep of it that most tests read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise.task import (
    DecisionRule,
    Feature,
    Group,
    Outcome,
    Source,
    Task,
    TaskFile,
    Value,
    build_task,
)
from equipoise.tradeoff import Plan, Sweep, sweep
from equipoise.tradeoff._measures import MEASURES, PROFIT_BOUNDS

EUROS = Value(won_per_positive=20.0, discount_per_positive=5.0, cost_per_contact=1.0)


def make_task(
    n: int = 1200, *, rows_per_customer: int = 1, bounds: bool = True, **changes: Any
) -> Task:
    """Customers of groups a, b and a tiny z; `changes` are those of the task file."""
    rng = np.random.default_rng(11)
    band = rng.choice(["a", "b"], n, p=[0.6, 0.4])
    band[:12] = "z"
    age, spend = rng.uniform(18, 90, n), rng.gamma(2, 50, n)
    chance = 1 / (1 + np.exp(2.2 - spend / 60 + 0.8 * (band == "b")))
    frame = pd.DataFrame(
        {
            "id": [f"c{k // rows_per_customer:05d}" for k in range(n)],
            "band": band,
            "sex": rng.choice(["woman", "man"], n),
            "age": age,
            "spend": np.minimum(spend, 400),
            "plan": rng.choice(["basic", "pro"], n),
            "weight": 1.0,
            "answered": np.where(rng.random(n) < chance, "yes", "no"),
            "agreed": np.arange(n) % 2 == 0,
            "not_refused": np.arange(n) % 5 > 0,
        }
    )
    limits: dict[str, Any] = {"age": (18, 90), "spend": (0, 400)} if bounds else {}
    file = {
        "name": "small",
        "question": "Who answers?",
        "source": Source(file="small.csv"),
        "unit": "id",
        "rows_per_unit": rows_per_customer,
        "outcome": Outcome(column="answered", positive=("yes",), negative=("no",)),
        "groups": {"band": Group(reference="a"), "sex": Group(reference="man")},
        "features": {
            "age": Feature(type="number", bounds=limits.get("age")),
            "spend": Feature(type="number", bounds=limits.get("spend")),
            "plan": Feature(type="category", categories=("basic", "pro")),
        },
        "decision": DecisionRule(top_share=0.25),
        "value": EUROS,
    }
    return build_task(frame, TaskFile(**(file | changes)))


@pytest.fixture(scope="session")
def task_with() -> Callable[..., Task]:
    return make_task


@pytest.fixture(scope="session")
def task() -> Task:
    return make_task()


@pytest.fixture(scope="session")
def plan() -> Plan:
    return Plan(epsilons=[1, float("inf")], delta=1e-6, seeds=2)


@pytest.fixture(scope="session")
def swept(task: Task, plan: Plan) -> Sweep:
    """Read only: every test shares it."""
    return sweep(task, plan, jobs=1)


@pytest.fixture
def sweep_of(swept: Sweep) -> Callable[..., Sweep]:
    """Make a sweep whose policies have the given means; measures left out are 0.5."""

    def made(policies: Sequence[dict[str, Any]], *, only_rows: bool = False) -> Sweep:
        rows = []
        confirm, groups = [], []
        for number, given in enumerate(policies):
            keys = {
                "model": f"m{number}",
                "mitigation": "none",
                "epsilon": np.inf,
                "delta": 0.0,
                "consent_policy": "as_given",
                "attribute": "band",
                "seed": 0,
                "status": "ok",
            }
            row = keys | dict.fromkeys((*MEASURES, *PROFIT_BOUNDS), 0.5) | given
            rows.append(row | {"n_train": 100.0, "seconds": 1.0, "note": ""})
            if only_rows:
                continue
            keys |= {name: row[name] for name in keys}
            spread = np.random.default_rng(number).normal(0, 0.01, 200)
            for replicate in range(201):
                shift = spread[replicate - 1] if replicate else 0.0
                confirm.append(
                    keys
                    | {"replicate": replicate}
                    | {name: row[name] + shift for name in ("auc", "profit_eur")}
                )
            first = swept.by_group[swept.by_group["seed"] == 0].iloc[:6]
            groups.append(first.assign(**keys))
        if only_rows:
            groups = [swept.by_group]
        return Sweep(
            pd.DataFrame(rows),
            pd.concat(groups, ignore_index=True),
            pd.DataFrame(confirm),
            {**swept.manifest, "seeds": [0]},
        )

    return made
