"""What was written into a folder, and what it was drawn from: no dates, so the same again."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from equipoise._files import file_digest, versions
from equipoise.crm._life import Settings
from equipoise.crm._streams import Draws

__all__ = ["COMPRESSION", "LIBRARIES", "MANIFEST", "read_listed", "write_manifest"]

MANIFEST = "manifest.json"
COMPRESSION = "zstd"
"""Two fifths smaller than snappy on these tables, for a fifth more time to write."""

LIBRARIES = ("equipoise", "numpy", "pandas", "scipy", "scikit-learn", "pyarrow")
"""Whose versions can move a number or a byte of a world."""


def write_manifest(
    folder: Path, draws: Draws, settings: Settings, *, partitions: int | None = None
) -> None:
    """List every file of a folder with its SHA-256 and rows, and what the world was drawn from."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = {
        "customers": draws.customers,
        "seed": draws.seed,
        "distortions": [str(each) for each in settings.distortions],
        "behaviour": asdict(settings.behaviour),
        "better_off": settings.better_off,
        "partitions": partitions,
        "versions": versions(LIBRARIES),
        "files": {path.relative_to(folder).as_posix(): _entry(path) for path in files},
    }
    (folder / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def read_listed(folder: Path) -> dict[str, pd.DataFrame] | None:
    """Return the tables that a folder's manifest lists, by name; None if any is not as listed."""
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        tables = {}
        for name, entry in listed.items():
            raw = (folder / name).read_bytes()
            if hashlib.sha256(raw).hexdigest() != entry["sha256"]:
                return None
            tables[name.removesuffix(".parquet")] = pd.read_parquet(io.BytesIO(raw))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return tables


def _entry(path: Path) -> dict[str, Any]:
    rows = {"rows": pq.read_metadata(path).num_rows} if path.suffix == ".parquet" else {}
    return {"sha256": file_digest(path), **rows}
