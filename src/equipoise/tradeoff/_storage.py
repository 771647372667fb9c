"""A sweep on disk: three Parquet files that carry the same manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from equipoise._files import atomic_file, check_writable
from equipoise.exceptions import InputError
from equipoise.tradeoff._record import json_text

__all__ = ["FORMAT", "read_parts", "write_parts"]

FORMAT = 1

Parts = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def write_parts(path: Path, parts: Parts, manifest: Mapping[str, Any]) -> None:
    """Write rows, groups and confirm, each file whole or not at all, the one named `path` last."""
    check_writable(path, suffix=".parquet")
    for target, frame in reversed(list(zip(_places(path), parts, strict=True))):
        _write(target, frame, manifest)


def read_parts(path: Path) -> tuple[Parts, dict[str, Any]]:
    """Return rows, groups and confirm with their manifest; refuse parts of different runs."""
    (rows, manifest), (groups, of_groups), (confirm, of_confirm) = map(_read, _places(path))
    if not manifest["digest"] == of_groups["digest"] == of_confirm["digest"]:
        raise InputError(
            "sweep",
            "must lie beside the companions of the same run",
            path.name,
            "Run the sweep again.",
        )
    return (rows, groups, confirm), manifest


def _places(path: Path) -> tuple[Path, Path, Path]:
    """Return where the parts lie: `sweep.groups.parquet` beside `sweep.parquet`."""
    groups, confirm = (
        path.with_name(f"{path.stem}.{part}{path.suffix}") for part in ("groups", "confirm")
    )
    return path, groups, confirm


def _write(path: Path, frame: pd.DataFrame, manifest: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), b"equipoise": json_text(manifest).encode()}
    with atomic_file(path) as part:
        pq.write_table(table.replace_schema_metadata(metadata), part)


def _read(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(path.read_bytes()))
    except (OSError, pa.ArrowException) as problem:
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
