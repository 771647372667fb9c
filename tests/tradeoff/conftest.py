"""A small task with declared bounds, and one sweep of it that most tests read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise.intervals import wilson
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
from equipoise.tradeoff._measures import DRAWN, MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._result import INTERNAL

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


def make_plan() -> Plan:
    """Policies of each kind, fitted in moments."""
    models = ["logistic", "private_logistic", "diffprivlib_logistic"]
    return Plan(epsilons=[1, float("inf")], delta=1e-6, models=models, seeds=2)


@pytest.fixture(scope="session")
def task_with() -> Callable[..., Task]:
    return make_task


@pytest.fixture(scope="session")
def task() -> Task:
    return make_task()


@pytest.fixture(scope="session")
def plan() -> Plan:
    return make_plan()


@pytest.fixture(scope="session")
def swept(task: Task, plan: Plan) -> Sweep:
    """Read only: every test shares it."""
    return sweep(task, plan, jobs=1)


def made_sweep(
    task: Task,
    policies: Sequence[dict[str, Any]],
    *,
    seeds: int = 1,
    replicates: int = 200,
    spread: float = 0.01,
    noise: float = 0.0,
    confirm: Sequence[dict[str, Any]] | None = None,
) -> Sweep:
    """A sweep whose policies have the given means; keys and measures left out are defaults.

    `spread` is the standard deviation of draws of customers (the same draw moves every policy by its own
    amount), `noise` that between seeds. `confirm` has other means for the confirm-customers.
    """
    rows, groups, draws, group_draws = [], [], [], []
    for number, given in enumerate(policies):
        rng = np.random.default_rng(number)
        for seed in range(seeds):
            keys = KEYS | {"model": f"m{number}", "seed": seed}
            figures = dict.fromkeys((*MEASURES, *PROFIT_BOUNDS), 0.5) | given
            keys |= {name: figures.pop(name) for name in keys if name in figures}
            shift = noise * rng.standard_normal() if noise else 0.0
            figures |= {name: figures[name] + shift for name in DRAWN}
            rows.append(keys | figures | {"n_train": 100.0, "seconds": 1.0, "note": ""})
            cell = len(rows) - 1
            for part in ("choose", "confirm"):
                means = figures | (confirm[number] if confirm and part == "confirm" else {})
                moved = spread * rng.standard_normal((replicates + 1, len(DRAWN)))
                moved[0] = 0.0
                drawn = pd.DataFrame(
                    np.array([means[n] for n in DRAWN], float) + moved, columns=list(DRAWN)
                )
                draws.append(drawn.assign(cell=cell, part=part, replicate=range(replicates + 1)))
                for group, n in GROUP_SIZES.items():
                    rates = {"selection_rate": 0.25, "true_positive_rate": 0.5, "base_rate": 0.3,
                             "false_positive_rate": 0.1}  # fmt: skip
                    told = keys | {"part": part, "group": group, "n": n, "n_whole": n}
                    for metric, rate in rates.items():
                        trials = n if metric in ("selection_rate", "base_rate") else n // 2
                        few = trials < 10
                        value, low, high = (np.nan,) * 3 if few else wilson(rate * trials, trials)
                        told |= {metric: value, f"{metric}_low": low, f"{metric}_high": high,
                                 f"{metric}_trials": trials}  # fmt: skip
                    groups.append(
                        told
                        | {"reach": 0.25, "reach_low": 0.2, "reach_high": 0.3, "reach_trials": n}
                    )
            for group in GROUP_SIZES:
                rates = 0.25 + spread * rng.standard_normal((replicates + 1, 2))
                rates[0] = 0.25
                frame = pd.DataFrame(rates, columns=["selection_rate", "true_positive_rate"])
                group_draws.append(
                    frame.assign(cell=cell, group=group, replicate=range(replicates + 1))
                )
    consent = list(dict.fromkeys(row["consent_policy"] for row in rows))
    manifest = {
        "internal": INTERNAL,
        "digest": "d" * 64,
        "task_digest": task.digest,
        "task": json.loads(task.file.model_dump_json(by_alias=True)),
        "rows": len(task),
        "customers": len(task),
        "base_rate": 0.3,
        "group_sizes": {"band": GROUP_SIZES},
        "notes": [],
        "dated": False,
        "split": {"fit": 720, "choose": 240, "confirm": 240},
        "plan": {"attribute": "band", "split_seed": 0, "consent_policies": consent, "delta": 1e-6},
        "seeds": list(range(seeds)),
        "guarantees": [],
        "versions": {"equipoise": "0"},
    }
    return Sweep(
        pd.DataFrame(rows),
        pd.DataFrame(groups),
        pd.concat(draws, ignore_index=True)[["cell", "part", "replicate", *DRAWN]],
        pd.concat(group_draws, ignore_index=True),
        manifest,
    )


KEYS: dict[str, Any] = {
    "model": "m0",
    "mitigation": "none",
    "epsilon": np.inf,
    "delta": 0.0,
    "consent_policy": "as_given",
    "attribute": "band",
    "seed": 0,
    "status": "ok",
}
GROUP_SIZES = {"a": 140, "b": 92, "z": 8}


@pytest.fixture(scope="session")
def sweep_of(task: Task) -> Callable[..., Sweep]:
    """Make a sweep whose policies have the given means, without running any."""
    return partial(made_sweep, task)
