"""A sweep on disk: three Parquet files that carry the same manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from equipoise._files import atomic_file, check_writable, text_digest
from equipoise.exceptions import InputError
from equipoise.tradeoff._record import json_text

__all__ = ["FORMAT", "Parts", "digest_of", "read_parts", "write_parts"]

FORMAT = 3

Parts = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def digest_of(
    facts: Mapping[str, Any], rows: pd.DataFrame, groups: pd.DataFrame, confirm: pd.DataFrame
) -> str:
    """Return the SHA-256 of all that a sweep says, the same before writing and after reading.

    Left out are the digest itself among the facts, and the seconds, which no two runs share.
    """
    told = {name: fact for name, fact in facts.items() if name != "digest"}
    frames = (rows.drop(columns="seconds", errors="ignore"), groups, confirm)
    columns = [json_text({name: frame[name].tolist() for name in frame}) for frame in frames]
    return text_digest(json_text(told), *columns)


def write_parts(path: Path, parts: Parts, manifest: Mapping[str, Any]) -> None:
    """Write rows, groups and confirm, each file whole or not at all, the one named `path` last."""
    check_writable(path, suffix=".parquet")
    manifest = {**manifest, "digest": digest_of(manifest, *parts)}
    for target, frame in reversed(list(zip(_places(path), parts, strict=True))):
        _write(target, frame, manifest)


def read_parts(path: Path) -> tuple[Parts, dict[str, Any]]:
    """Return rows, groups and confirm with their manifest; refuse other runs' parts and changes."""
    (rows, manifest), (groups, of_groups), (confirm, of_confirm) = map(_read, _places(path))
    digest = manifest.get("digest")
    if not digest == of_groups.get("digest") == of_confirm.get("digest"):
        raise InputError(
            "sweep",
            "must lie beside the companions of the same run",
            path.name,
            "Run the sweep again.",
        )
    if digest != digest_of(manifest, rows, groups, confirm):
        raise InputError("sweep", "must be as it was written", path.name, "Run the sweep again.")
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
