"""A sweep on disk: four Parquet files that carry the same manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from equipoise._files import atomic_file, check_writable, text_digest
from equipoise.exceptions import InputError
from equipoise.tradeoff._record import json_text

__all__ = ["FORMAT", "Parts", "digest_of", "read_parts", "write_parts"]

FORMAT = 4

Parts = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]
"""Rows, groups, draws, draws of groups."""

_COMPANIONS = ("groups", "draws", "group_draws")
# What two runs of the same sweep need not share.
_OF_THE_RUN = ("digest", "cells")


def digest_of(facts: Mapping[str, Any], *parts: pd.DataFrame) -> str:
    """Return the SHA-256 of all that a sweep says, the same before writing and after reading.

    Left out are the digest itself and the reused cells among the facts, and the seconds, which no two
    runs share. Every other figure counts with all its bits; one NaN is like another.
    """
    told = {name: fact for name, fact in facts.items() if name not in _OF_THE_RUN}
    frames = (frame.drop(columns="seconds", errors="ignore") for frame in parts)
    return text_digest(json_text(told), *(part for frame in frames for part in _exact(frame)))


def write_parts(path: Path, parts: Parts, manifest: Mapping[str, Any]) -> None:
    """Write the parts, and only then give all of them their names, the one named `path` last."""
    check_writable(path, suffix=".parquet")
    manifest = {**manifest, "digest": digest_of(manifest, *parts)}
    with ExitStack() as named:  # from the last to the first
        for target, frame in zip(_places(path), parts, strict=True):
            _write(named.enter_context(atomic_file(target, parameter="out")), frame, manifest)


def read_parts(path: Path) -> tuple[Parts, dict[str, Any]]:
    """Return the parts with their manifest; refuse other runs' parts and changes."""
    (rows, manifest), *companions = map(_read, _places(path))
    digest = manifest.get("digest")
    if any(facts.get("digest") != digest for _, facts in companions):
        raise InputError(
            "sweep",
            "must lie beside the companions of the same run",
            path.name,
            "Run the sweep again.",
        )
    groups, draws, group_draws = (frame for frame, _ in companions)
    parts = (rows, groups, draws, group_draws)
    if digest != digest_of(manifest, *parts):
        raise InputError("sweep", "must be as it was written", path.name, "Run the sweep again.")
    return parts, manifest


def _exact(frame: pd.DataFrame) -> Iterator[str | bytes]:
    """Yield shape, names and cells of a frame, so that other frames yield something else."""
    yield json_text({"shape": frame.shape})
    for name, column in frame.items():
        yield str(name)
        kind = column.dtype.kind
        if kind == "f":
            numbers = column.to_numpy("<f8")
            yield np.where(np.isnan(numbers), np.nan, numbers).tobytes()
        elif kind in "iub":
            yield column.to_numpy("<i8").tobytes()
        else:
            codes, texts = pd.factorize(column)
            yield json_text({"texts": texts.tolist()})
            yield codes.astype("<i8").tobytes()


def _places(path: Path) -> list[Path]:
    """Return where the parts lie: `sweep.groups.parquet` beside `sweep.parquet`."""
    beside = (path.with_name(f"{path.stem}.{part}{path.suffix}") for part in _COMPANIONS)
    return [path, *beside]


def _write(path: Path, frame: pd.DataFrame, manifest: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), b"equipoise": json_text(manifest).encode()}
    with path.open("wb") as stream:  # whatever bytes the name has
        pq.write_table(table.replace_schema_metadata(metadata), stream, compression="zstd")


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
