"""One policy of a sweep: fitted once a seed, measured on customers it has not seen."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from equipoise.exceptions import EquipoiseError
from equipoise.fairness import Audit, audit
from equipoise.fairness.mitigation import reweighing
from equipoise.privacy import Guarantee
from equipoise.task import Split, Task
from equipoise.tradeoff._learners import LEARNERS, Fitted
from equipoise.tradeoff._measures import MEASURES, gap_measures, resampled, score_measures
from equipoise.tradeoff._plan import Plan, Policy

__all__ = ["KEYS", "RATES_SHOWN", "Cell", "run_policy"]

KEYS = (
    "model",
    "mitigation",
    "epsilon",
    "delta",
    "consent_policy",
    "attribute",
    "seed",
    "status",
)
RATES_SHOWN = ("base_rate", "selection_rate", "true_positive_rate", "false_positive_rate")
REPLICATES = 200

_NOT_PRIVATE = (
    "reweighing reads outcomes and groups without noise, "
    "so it has no place before a private learner"
)
_NOT_WEIGHTED = "reweighing gives weights, and this learner takes none"


@dataclass(frozen=True)
class Cell:
    """What one policy gave with one seed: a row, its groups, its confirm-customers, its promise."""

    row: dict[str, Any]
    groups: pd.DataFrame
    confirm: pd.DataFrame
    guarantee: Guarantee | None


def run_policy(task: Task, split: Split, plan: Plan, policy: Policy) -> list[Cell]:
    """Run one policy for every seed, on one core; a failure is a row with its reason."""
    with threadpool_limits(1):
        return [_run(task, split, plan, policy, seed) for seed in range(plan.seeds)]


def _run(task: Task, split: Split, plan: Plan, policy: Policy, seed: int) -> Cell:
    if policy.mitigation == "reweighing" and math.isfinite(policy.epsilon):
        return _empty(plan, policy, seed, "refused", _NOT_PRIVATE)
    if policy.mitigation == "reweighing" and not LEARNERS[policy.model].weighted:
        return _empty(plan, policy, seed, "refused", _NOT_WEIGHTED)
    started = time.perf_counter()
    try:
        return _measured(task, split, plan, policy, seed, started)
    except EquipoiseError as problem:
        return _empty(plan, policy, seed, "refused", str(problem))
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as problem:
        return _empty(plan, policy, seed, "failed", f"{type(problem).__name__}: {problem}")


def _measured(
    task: Task, split: Split, plan: Plan, policy: Policy, seed: int, started: float
) -> Cell:
    attribute = str(plan.attribute)
    fit = task.take(split.fit)
    weights = (
        reweighing(fit.y, fit.groups[attribute]) if policy.mitigation == "reweighing" else None
    )
    model = LEARNERS[policy.model].fit(fit, policy.epsilon, plan.delta, seed, weights)
    guarantee: Guarantee | None = getattr(model, "guarantee_", None)
    keys = _keys(plan, policy, seed, "ok")
    scored = [
        _Scored.of(task.take(rows), model, seed, attribute)
        for rows in (split.choose, split.confirm)
    ]
    choose, confirm = scored
    gaps, notes = gap_measures(choose.audited, attribute)
    if task.value is None:
        notes.append("profit_eur: the task has no euros")
    row: dict[str, Any] = score_measures(choose.task, choose.scores, choose.contacted) | gaps
    row |= {"n_train": len(fit), "seconds": time.perf_counter() - started, "note": "; ".join(notes)}
    groups = pd.concat(
        [
            _group_rows(part.audited, attribute).assign(part=name)
            for name, part in zip(("choose", "confirm"), scored, strict=True)
        ]
    )
    draws = resampled(
        confirm.task, confirm.scores, confirm.contacted, times=REPLICATES, seed=plan.split_seed
    )
    return Cell(keys | row, _keyed(keys, groups), _keyed(keys, draws), guarantee)


@dataclass(frozen=True)
class _Scored:
    """Customers that a model has not seen, with its scores, decisions and audit."""

    task: Task
    scores: NDArray[np.float64]
    contacted: NDArray[np.bool_]
    audited: Audit

    @classmethod
    def of(cls, task: Task, model: Fitted, seed: int, attribute: str) -> _Scored:
        scores = model.predict_proba(task.X)[:, 1]
        contacted = task.decide(scores, seed=seed)
        audited = audit(
            task.y,
            contacted.astype(int),
            groups=task.groups[[attribute]],
            reference={attribute: task.reference[attribute]},
            unit=task.unit,
        )
        return cls(task, scores, contacted, audited)


def _group_rows(audited: Audit, attribute: str) -> pd.DataFrame:
    long = audited.frame().merge(audited.trials(), on=["attribute", "group", "metric"])
    long = long[(long["attribute"] == attribute) & long["metric"].isin(RATES_SHOWN)]
    wide = long.pivot(
        index=["group", "n"], columns="metric", values=["value", "low", "high", "trials"]
    )
    names = {"value": "{}", "low": "{}_low", "high": "{}_high", "trials": "{}_trials"}
    wide.columns = [names[kind].format(metric) for kind, metric in wide.columns]
    return wide.reset_index()


def _keys(plan: Plan, policy: Policy, seed: int, status: str) -> dict[str, Any]:
    pure = math.isinf(policy.epsilon) or LEARNERS[policy.model].pure
    return {
        "model": policy.model,
        "mitigation": policy.mitigation,
        "epsilon": policy.epsilon,
        "delta": 0.0 if pure else plan.delta,
        "consent_policy": "as_given",
        "attribute": plan.attribute,
        "seed": seed,
        "status": status,
    }


def _keyed(keys: dict[str, Any], frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame([keys] * len(frame)).join(frame.reset_index(drop=True))


def _empty(plan: Plan, policy: Policy, seed: int, status: str, reason: str) -> Cell:
    keys = _keys(plan, policy, seed, status)
    row = keys | dict.fromkeys((*MEASURES, "n_train", "seconds"), np.nan) | {"note": reason}
    return Cell(row, pd.DataFrame(), pd.DataFrame(), None)
