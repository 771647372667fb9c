"""One policy of a sweep: fitted once a seed, measured on customers it has not seen."""

from __future__ import annotations

import math
import time
import traceback
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from equipoise.exceptions import EquipoiseError, PolicyFailedWarning
from equipoise.fairness import Audit, audit
from equipoise.fairness.mitigation import reweighing
from equipoise.privacy import Guarantee
from equipoise.task import Split, Task
from equipoise.tradeoff._learners import LEARNERS, Fitted
from equipoise.tradeoff._measures import (
    MEASURES,
    PROFIT_BOUNDS,
    gap_measures,
    profit_measures,
    resampled,
    score_measures,
)
from equipoise.tradeoff._plan import Plan, Policy
from equipoise.tradeoff._workers import end_with

__all__ = ["RATES_SHOWN", "Cell", "run_policy"]

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
    warned: tuple[tuple[type[Warning], str], ...] = ()


def run_policy(task: Task, split: Split, plan: Plan, policy: Policy, starter: int) -> list[Cell]:
    """Run one policy for every seed, on one core; what goes wrong is a row with its reason.

    Warnings are kept with the cell, for the process `starter` to give: a worker's own would be
    lost, or printed once a worker.
    """
    end_with(starter)
    with threadpool_limits(1):
        return [_run(task, split, plan, policy, seed) for seed in range(plan.seeds)]


def _run(task: Task, split: Split, plan: Plan, policy: Policy, seed: int) -> Cell:
    if policy.mitigation == "reweighing" and math.isfinite(policy.epsilon):
        return _empty(task, plan, policy, seed, "refused", _NOT_PRIVATE)
    if policy.mitigation == "reweighing" and not LEARNERS[policy.model].weighted:
        return _empty(task, plan, policy, seed, "refused", _NOT_WEIGHTED)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UserWarning)
        try:
            cell = _measured(task, split, plan, policy, seed)
        except EquipoiseError as problem:
            cell = _empty(task, plan, policy, seed, "refused", str(problem))
        except Exception as problem:
            told = f"{type(problem).__name__}: {problem}"
            cell = _empty(task, plan, policy, seed, "failed", told)
            where = traceback.format_exc().rstrip()
            warnings.warn(
                f"{policy} failed with seed {seed}: {told}\n{where}",
                PolicyFailedWarning,
                stacklevel=1,
            )
    warned = {(warning.category, str(warning.message)): None for warning in heard}
    return replace(cell, warned=tuple(warned))


def _measured(task: Task, split: Split, plan: Plan, policy: Policy, seed: int) -> Cell:
    started = time.perf_counter()
    attribute = str(plan.attribute)
    fit = task.take(split.fit)
    reweighed = policy.mitigation == "reweighing"
    weights = reweighing(fit.y, fit.groups[attribute]) if reweighed else None
    model = LEARNERS[policy.model].fit(fit, policy.epsilon, plan.delta, seed, weights)
    choose, confirm = (
        _Scored.of(task.take(rows), model, seed, attribute)
        for rows in (split.choose, split.confirm)
    )
    row, notes = choose.measures(attribute)
    row |= {"n_train": len(fit), "seconds": time.perf_counter() - started, "note": "; ".join(notes)}
    keys = _keys(task, plan, policy, seed, "ok")
    groups = pd.concat(
        [
            _group_rows(part.audited, attribute).assign(part=name)
            for name, part in (("choose", choose), ("confirm", confirm))
        ]
    )
    draws = resampled(
        confirm.task, confirm.scores, confirm.contacted, times=REPLICATES, seed=plan.split_seed
    )
    guarantee: Guarantee | None = getattr(model, "guarantee_", None)
    return Cell(keys | row, _keyed(keys, groups), _keyed(keys, draws), guarantee)


@dataclass(frozen=True)
class _Scored:
    """Customers that a model has not seen, with its scores, decisions and audit."""

    task: Task
    scores: NDArray[np.float64]
    contacted: NDArray[np.bool_]
    audited: Audit
    seed: int

    @classmethod
    def of(cls, task: Task, model: Fitted, seed: int, attribute: str) -> _Scored:
        scores = model.predict_proba(task.X)[:, 1]
        contacted = task.decide(scores, seed=seed)
        # The reference may be absent from this part; rates and the worst gap do not need it.
        audited = audit(
            task.y,
            contacted.astype(int),
            groups=task.groups[[attribute]],
            reference={attribute: task.groups[attribute].iloc[0]},
            unit=task.unit,
        )
        return cls(task, scores, contacted, audited, seed)

    def measures(self, attribute: str) -> tuple[dict[str, Any], list[str]]:
        """Return every measure, and in words which of them could not be told."""
        gaps, notes = gap_measures(self.audited, attribute)
        if self.task.value is None:
            notes.append("profit_eur: the task has no euros")
        earned = profit_measures(self.task, self.scores, seed=self.seed)
        found = score_measures(self.task, self.scores) | earned | gaps
        return {name: found[name] for name in (*MEASURES, *PROFIT_BOUNDS)}, notes


def _group_rows(audited: Audit, attribute: str) -> pd.DataFrame:
    long = audited.frame().merge(audited.trials(), on=["attribute", "group", "metric"])
    long = long[(long["attribute"] == attribute) & long["metric"].isin(RATES_SHOWN)]
    wide = long.pivot(
        index=["group", "n"], columns="metric", values=["value", "low", "high", "trials"]
    )
    names = {"value": "{}", "low": "{}_low", "high": "{}_high", "trials": "{}_trials"}
    wide.columns = [names[kind].format(metric) for kind, metric in wide.columns]
    return wide.reset_index()


def _keys(task: Task, plan: Plan, policy: Policy, seed: int, status: str) -> dict[str, Any]:
    pure = math.isinf(policy.epsilon) or LEARNERS[policy.model].pure
    return {
        "model": policy.model,
        "mitigation": policy.mitigation,
        "epsilon": policy.epsilon,
        "delta": 0.0 if pure else plan.delta,
        "consent_policy": "as_given" if task.policy is None else task.policy,
        "attribute": plan.attribute,
        "seed": seed,
        "status": status,
    }


def _keyed(keys: dict[str, Any], frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame([keys] * len(frame)).join(frame.reset_index(drop=True))


def _empty(task: Task, plan: Plan, policy: Policy, seed: int, status: str, reason: str) -> Cell:
    keys = _keys(task, plan, policy, seed, status)
    row = (
        keys
        | dict.fromkeys((*MEASURES, *PROFIT_BOUNDS, "n_train", "seconds"), np.nan)
        | {"note": reason}
    )
    return Cell(row, pd.DataFrame(), pd.DataFrame(), None)
