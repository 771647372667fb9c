"""A CRM as files: tables, truth, task and datasheet, all or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import yaml

from equipoise._files import atomic_folder
from equipoise.crm._datasheet import datasheet_text
from equipoise.crm._tasks import TASKS, pose_task
from equipoise.crm._truth import Truth
from equipoise.crm.distortions import Distortion
from equipoise.task import TaskFile

__all__ = ["write_crm"]

TASK_HEADER = """\
# A task on fictional customers, written by `equipoise`. Bounds, categories, references and
# euros are declared by the retailer's rules; none was read off the customers.
"""


def write_crm(
    folder: str | Path,
    *,
    tables: Mapping[str, pd.DataFrame],
    truth: Truth,
    seed: int,
    distortions: Sequence[Distortion],
    overwrite: bool,
) -> None:
    """Write every file into `folder`; a run that is killed leaves nothing half-written."""
    with atomic_folder(folder, overwrite=overwrite) as part:
        for name, table in tables.items():
            table.to_parquet(part / f"{name}.parquet", index=False)
        truth.frame().to_parquet(part / "truth.parquet", index=False)
        for name in TASKS:
            frame, file = pose_task(name, tables)
            frame.to_parquet(part / file.source.file, index=False)
            (part / f"{name}.yaml").write_text(task_text(file), encoding="utf-8")
        text = datasheet_text(tables, seed=seed, distortions=distortions)
        (part / "datasheet.md").write_text(text, encoding="utf-8")


def task_text(file: TaskFile) -> str:
    """Return the task file as commented YAML that reads back to the same values."""
    written = file.model_dump(by_alias=True, mode="json", exclude_none=True)
    return TASK_HEADER + yaml.safe_dump(written, sort_keys=False, allow_unicode=True)
