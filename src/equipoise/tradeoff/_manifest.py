"""What a sweep says of itself: its task, plan and promises, and what its figures are not."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from equipoise._files import versions
from equipoise.task import Task
from equipoise.tradeoff._cell import Cell
from equipoise.tradeoff._parts import Prepared, is_dated
from equipoise.tradeoff._plan import AS_GIVEN, Plan, Policy
from equipoise.tradeoff._record import json_text
from equipoise.tradeoff._result import INTERNAL
from equipoise.tradeoff._storage import FORMAT

__all__ = ["facts_of"]

_PER_WHOLE = "per 1,000 rows of the part, permitted or not"
UNITS = {
    "profit_eur": "euros per 1,000 decisions (rows)",
    "campaign_eur": f"euros {_PER_WHOLE}",
    "opt_outs": _PER_WHOLE,
    "complaints": _PER_WHOLE,
}


def facts_of(task: Task, prepared: Prepared, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return the manifest, but for its digest, as it will be read back from JSON.

    Rows, customers, groups and the split are those of the consent policy, or, where several are
    compared, of all rows; `consent` has the rows of each policy.
    """
    plan = prepared.plan
    judged = _judged(task, plan)
    facts: dict[str, Any] = {
        "format": FORMAT,
        "internal": INTERNAL,
        "task_digest": task.digest,
        "task": json.loads(task.file.model_dump_json(by_alias=True)),
        "rows": len(judged),
        "customers": int(judged.unit.nunique()),
        "base_rate": float(judged.y.mean()),
        "group_sizes": {
            name: judged.groups[name].value_counts().to_dict() for name in judged.groups
        },
        "notes": list(judged.notes),
        "dated": is_dated(task if task.whole is None else task.whole),
        "split": _split(judged, prepared),
        "consent": {policy: _rows(prepared, policy) for policy in prepared.fit},
        "consent_refused": dict(prepared.refused),
        "plan": asdict(plan),
        "seeds": list(range(plan.seeds)),
        "guarantees": _guarantees(cells),
        "units": UNITS,
        "versions": versions(),
    }
    read_back: dict[str, Any] = json.loads(json_text(facts))
    return read_back


def _judged(task: Task, plan: Plan) -> Task:
    """Return the rows that the figures are of: one consent policy's, or all."""
    if len(plan.consent_policies) > 1:
        return task if task.whole is None else task.whole
    (policy,) = plan.consent_policies
    return task if policy == AS_GIVEN else task.under(policy)


def _split(judged: Task, prepared: Prepared) -> dict[str, int]:
    if len(prepared.plan.consent_policies) == 1:
        return _rows(prepared, *prepared.fit)
    split = judged.split(seed=prepared.plan.split_seed)
    return {name: len(rows) for name, rows in asdict(split).items()}


def _rows(prepared: Prepared, policy: str) -> dict[str, int]:
    return {
        "fit": len(prepared.fit[policy]),
        "choose": len(prepared.choose[policy].task),
        "confirm": len(prepared.confirm[policy].task),
    }


def _guarantees(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Return each private policy with its promise, which no seed moves."""
    promises = {
        Policy.of(cell.row): cell.guarantee
        for cell in cells
        if cell.guarantee is not None and math.isfinite(cell.row["epsilon"])
    }
    return [policy._asdict() | {"guarantee": told} for policy, told in promises.items()]
