"""Sweep: every policy of a plan on the same customers, as tidy frames with a manifest."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from equipoise._checks import check_columns
from equipoise._files import atomic_file, text_digest, versions
from equipoise.exceptions import InputError
from equipoise.task import Task
from equipoise.tradeoff._cell import Cell, run_policy
from equipoise.tradeoff._measures import LARGER_IS_BETTER, MEASURES
from equipoise.tradeoff._plan import Plan

__all__ = ["POLICY_KEYS", "Sweep", "read_sweep", "sweep"]

POLICY_KEYS = ["model", "mitigation", "epsilon", "delta", "consent_policy", "attribute"]
FORMAT = 1
INTERNAL = (
    "Internal study: these figures are computed from the customers without noise. Do not publish. "
    "The epsilon of a row is what one model, released with settings fixed beforehand, would promise."
)


@dataclass(frozen=True)
class Sweep:
    """What a plan gave on a task.

    Attributes
    ----------
    rows : DataFrame
        One row a policy and seed: keys, measures on the choose-customers, seconds, note.
    by_group : DataFrame
        The same keys by group and part (`choose`, `confirm`): rates with intervals and trials.
    confirm : DataFrame
        The same keys by bootstrap replicate of the confirm-customers: `auc`, `profit_eur`.
    manifest : mapping
        Task, plan, guarantees, versions, seeds, and what the figures are not.
    """

    rows: pd.DataFrame
    by_group: pd.DataFrame
    confirm: pd.DataFrame
    manifest: Mapping[str, Any]

    def frame(self) -> pd.DataFrame:
        """Return one row a policy and seed."""
        return self.rows.copy()

    def groups(self) -> pd.DataFrame:
        """Return one row a policy, seed, part and group."""
        return self.by_group.copy()

    def policies(self) -> pd.DataFrame:
        """Return the mean of each measure over seeds, one row a policy that ran with every seed.

        `<measure>_low` and `<measure>_high` are the smallest and the largest value over seeds: a band
        of noise and training, not of customers.
        """
        ran = self.rows[self.rows["status"] == "ok"]
        grouped = ran.groupby(POLICY_KEYS, sort=False, dropna=False)[list(MEASURES)]
        mean, low, high = grouped.mean(), grouped.min(), grouped.max()
        bands = low.add_suffix("_low").join(high.add_suffix("_high"))
        complete = grouped.size() == self.rows["seed"].nunique()
        return mean.join(bands)[complete].reset_index()

    def frontier(
        self, larger: Sequence[str] = ("profit_eur",), smaller: Sequence[str] = ("epsilon",)
    ) -> pd.DataFrame:
        """Return the policies that no other policy beats on all the named measures at once.

        Parameters
        ----------
        larger, smaller : sequence of str
            Measures of which more, or less, is better; compared by their mean over seeds.
        """
        table = self.policies()
        check_columns("larger, smaller", [*larger, *smaller], table.columns)
        gains = np.column_stack(
            [table[name] for name in larger] + [-table[name] for name in smaller]
        )
        known = ~np.isnan(gains).any(axis=1)
        beaten = np.array(
            [((gains >= own) & known[:, None]).all(1)[(gains > own).any(1)].any() for own in gains]
        )
        return table[known & ~beaten].reset_index(drop=True)

    def save(self, path: str | Path) -> None:
        """Write the frame as Parquet with its manifest, and its two companions beside it."""
        path = Path(path)
        if path.suffix != ".parquet":
            raise InputError("out", "must end in .parquet", path.name, "Rename it.")
        for target, frame in (
            (companion(path, "groups"), self.by_group),
            (companion(path, "confirm"), self.confirm),
            (path, self.rows),
        ):
            _write(target, frame, self.manifest)


def companion(path: Path, part: str) -> Path:
    """Return where a part of a sweep lies: `sweep.groups.parquet` beside `sweep.parquet`."""
    return path.with_name(f"{path.stem}.{part}.parquet")


def sweep(task: Task, plan: Plan, *, jobs: int = -1, progress: bool = False) -> Sweep:
    """Run every policy of the plan on the task.

    Parameters
    ----------
    task : Task
    plan : Plan
        Checked against the task before anything runs.
    jobs : int
        Processes; -1 uses every core. Results do not depend on it.
    progress : bool
        Show a bar on standard error.

    Returns
    -------
    Sweep
        An internal study: see `Sweep.manifest["internal"]`.
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    plan = plan.for_task(task)
    split = task.split(seed=plan.split_seed)
    for name, rows in (("fit", split.fit), ("choose", split.choose), ("confirm", split.confirm)):
        _check_part(task, name, rows)
    policies = plan.policies()
    parts = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(run_policy)(task, split, plan, policy) for policy in policies
    )
    bar = tqdm(parts, total=len(policies), desc="policies", file=sys.stderr, disable=not progress)
    cells = [cell for cells in bar for cell in cells]
    return Sweep(
        rows=pd.DataFrame([cell.row for cell in cells]),
        by_group=pd.concat([cell.groups for cell in cells], ignore_index=True),
        confirm=pd.concat([cell.confirm for cell in cells], ignore_index=True),
        manifest=_manifest(
            task,
            plan,
            split_sizes=[len(split.fit), len(split.choose), len(split.confirm)],
            cells=cells,
        ),
    )


def read_sweep(path: str | Path) -> Sweep:
    """Read a saved sweep; refuse parts that do not belong together."""
    path = Path(path)
    frames, manifests = zip(
        *(_read(part) for part in (path, companion(path, "groups"), companion(path, "confirm"))),
        strict=True,
    )
    if any(manifest["digest"] != manifests[0]["digest"] for manifest in manifests):
        raise InputError(
            "sweep",
            "must lie beside the companions of the same run",
            path.name,
            "Run the sweep again.",
        )
    rows, by_group, confirm = frames
    return Sweep(rows, by_group, confirm, manifests[0])


def _check_part(task: Task, name: str, rows: np.ndarray[Any, Any]) -> None:
    outcomes = task.y[rows]
    if len(rows) == 0 or outcomes.min() == outcomes.max():
        raise InputError(
            "task",
            f"must have customers of both outcomes among those to {name} with",
            f"{int(outcomes.sum())} positive of {len(rows)}",
            "A sweep splits customers three ways; use more of them.",
        )


def _manifest(
    task: Task, plan: Plan, *, split_sizes: list[int], cells: list[Cell]
) -> dict[str, Any]:
    guarantees = {
        f"{cell.row['model']}, epsilon {cell.row['epsilon']:g}": cell.guarantee.as_dict()
        for cell in cells
        if cell.guarantee is not None and math.isfinite(cell.guarantee.epsilon)
    }
    facts: dict[str, Any] = {
        "format": FORMAT,
        "internal": INTERNAL,
        "task_digest": task.digest,
        "task": json.loads(task.file.model_dump_json(by_alias=True)),
        "rows": len(task),
        "customers": int(task.unit.nunique()),
        "base_rate": float(task.y.mean()),
        "group_sizes": {n: task.groups[n].value_counts().to_dict() for n in task.groups},
        "notes": list(task.notes),
        "split": dict(zip(("fit", "choose", "confirm"), split_sizes, strict=True)),
        "plan": asdict(plan),
        "seeds": list(range(plan.seeds)),
        "guarantees": guarantees,
        "better_when_larger": sorted(LARGER_IS_BETTER),
        "units": {"profit_eur": "euros per 1,000 rows decided on"},
        "versions": versions(),
    }
    rows = pd.DataFrame([cell.row for cell in cells]).drop(columns="seconds")
    return facts | {"digest": text_digest(json.dumps(facts, sort_keys=True), rows.to_json())}


def _write(path: Path, frame: pd.DataFrame, manifest: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), b"equipoise": json.dumps(dict(manifest)).encode()}
    with atomic_file(path) as part:
        pq.write_table(table.replace_schema_metadata(metadata), part)


def _read(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as problem:
        raise InputError(
            "sweep", "must be a readable Parquet file", path, "Make it with `equipoise sweep`."
        ) from problem
    raw = (table.schema.metadata or {}).get(b"equipoise")
    manifest = json.loads(raw) if raw else {}
    if manifest.get("format") != FORMAT:
        raise InputError(
            "sweep",
            "must carry the manifest of `equipoise sweep`",
            path.name,
            "Run the sweep again.",
        )
    return table.to_pandas(), manifest
