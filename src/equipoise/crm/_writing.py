"""A CRM as files: tables, truth, tasks and documents, all or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from equipoise._files import atomic_folder, file_digest
from equipoise.crm._croissant import croissant_text
from equipoise.crm._datasheet import datasheet_of
from equipoise.crm._described import Described, described
from equipoise.crm._dictionary import dictionary_markdown
from equipoise.crm._manifest import COMPRESSION, MANIFEST, write_manifest
from equipoise.crm._tasks import TASKS, pose_task
from equipoise.task import TaskFile

if TYPE_CHECKING:
    from equipoise.crm._records import CRM

__all__ = ["write_crm", "write_documents", "write_tables"]

TASK_HEADER = """\
# A task on fictional customers, written by `equipoise`. Bounds, categories, references and
# euros are declared by the retailer's rules; none was read off the customers.
"""


def write_crm(crm: CRM, folder: str | Path, *, overwrite: bool, parameter: str = "folder") -> None:
    """Write every file into `folder`; a run that is killed leaves nothing half-written."""
    with atomic_folder(folder, overwrite=overwrite, parameter=parameter, manifest=MANIFEST) as part:
        write_tables(crm, part)
        truth = crm.truth.frame()
        truth.to_parquet(part / "truth.parquet", index=False, compression=COMPRESSION)
        for name in TASKS:
            frame, file = pose_task(name, crm.tables)
            frame.to_parquet(part / file.source.file, index=False, compression=COMPRESSION)
            (part / f"{name}.yaml").write_text(task_text(file), encoding="utf-8")
        write_documents(described(crm), part)
        write_manifest(part, crm.draws, crm.settings)


def write_tables(crm: CRM, folder: Path) -> None:
    """Write one Parquet file per table."""
    for name, table in crm.tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False, compression=COMPRESSION)


def write_documents(about: Described, folder: Path, *, preface: str = "") -> None:
    """Write datasheet and data dictionary, and for machines what all files in the folder are.

    The datasheet begins with `preface`, what must be known before it.
    """
    (folder / "datasheet.md").write_text(preface + datasheet_of(about), encoding="utf-8")
    (folder / "dictionary.md").write_text(dictionary_markdown(), encoding="utf-8")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): file_digest(path) for path in paths}
    (folder / "croissant.json").write_text(croissant_text(about, files), encoding="utf-8")


def task_text(file: TaskFile) -> str:
    """Return the task file as commented YAML that reads back to the same values."""
    written = file.model_dump(by_alias=True, mode="json", exclude_none=True)
    return TASK_HEADER + yaml.safe_dump(written, sort_keys=False, allow_unicode=True)
