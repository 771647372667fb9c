"""Files are written whole or not at all, and are named by their content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from equipoise.exceptions import InputError

__all__ = [
    "atomic_file",
    "atomic_folder",
    "check_folder",
    "check_writable",
    "file_digest",
    "text_digest",
    "versions",
]

_SHOWN = ("equipoise", "numpy", "pandas", "scipy", "scikit-learn", "aif360", "diffprivlib")


@contextlib.contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes that name only if the block succeeds.

    A killed run leaves either the old file or none, never a half-written one.
    """
    target = Path(path)
    if target.is_dir() or not target.parent.is_dir():
        raise InputError(
            "out", "must be a file in an existing folder", target, "Create the folder first."
        )
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        _as_ordinary_file(part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary folder beside `path`; its files move there only if the block succeeds.

    An existing folder that is not empty is refused unless `overwrite`; even then only files of
    the same names are replaced, and nothing else in it is touched.
    """
    target = Path(path)
    check_folder(target, overwrite=overwrite)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        yield part
        target.mkdir(exist_ok=True)
        for item in sorted(part.rglob("*")):
            if item.is_file():
                _as_ordinary_file(item)
                final = target / item.relative_to(part)
                final.parent.mkdir(parents=True, exist_ok=True)
                os.replace(item, final)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_folder(path: Path, *, overwrite: bool) -> None:
    """Refuse a folder that `atomic_folder` would refuse, before anything long is computed."""
    if path.exists() and not path.is_dir():
        raise InputError("out", "must be a folder", path, "Choose another name.")
    if path.is_dir() and any(path.iterdir()) and not overwrite:
        raise InputError(
            "out", "must be empty or new", path, "Choose another folder or pass --overwrite."
        )


def check_writable(path: Path, *, suffix: str = "") -> None:
    """Refuse a file name that could not be written, before anything long is computed."""
    if suffix and path.suffix.lower() != suffix:
        raise InputError("out", f"must end in {suffix}", path.name, "Rename it.")
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError(
            "out", "must be a file in an existing folder", path, "Create the folder first."
        )


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal text."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def text_digest(*parts: str | bytes) -> str:
    """Return the SHA-256 of the parts, each preceded by its length, as hexadecimal text."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of the libraries that can move a number."""
    return {name: metadata.version(name) for name in _SHOWN}


def _as_ordinary_file(path: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
