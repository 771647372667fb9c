"""Files are written whole or not at all, and are named by their content."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path, PurePosixPath

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

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LONGEST = 200  # so that there is room for what is put before and after a name
_SHOWN = ("equipoise", "numpy", "pandas", "scipy", "scikit-learn", "aif360", "diffprivlib")


@contextlib.contextmanager
def atomic_file(path: str | Path, *, parameter: str = "path") -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes that name only if the block succeeds.

    A killed run leaves either the old file or none, never a half-written one. A file that is
    replaced keeps its permissions. A refusal, also of a disk that is full, calls the path by the
    name `parameter`.
    """
    target = Path(path)
    check_writable(target, parameter=parameter)
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    mode = 0o200 | _mode(target) if target.exists() else 0o666  # the system takes the umask off
    part.touch(mode=mode, exist_ok=False)
    try:
        yield part
        _keep_mode(part, target)
        os.replace(part, target)
    except OSError as problem:
        if problem.errno not in _NO_ROOM:
            raise
        found = f"{path} ({os.strerror(problem.errno)})"
        cure = "Make room, or choose another folder."
        raise InputError(parameter, "must be where there is room for it", found, cure) from problem
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(
    path: str | Path,
    *,
    overwrite: bool = False,
    parameter: str = "out",
    manifest: str | None = None,
) -> Iterator[Path]:
    """Give a temporary folder beside `path`; its files move there only if the block succeeds.

    An existing folder that is not empty is refused unless `overwrite`; even then only files of
    the same names are replaced, with their permissions kept, and nothing else in it is touched.

    A `manifest` names the JSON file among them whose `files` maps each name to its `sha256`. What
    an earlier manifest of the folder lists, what still has that content and is not written
    again, is a leftover of that earlier run and goes too. The new manifest moves last; a copy of it
    stands there while files move, so that a run killed in between leaves nothing unlisted.
    """
    target = Path(path)
    check_folder(target, overwrite=overwrite, parameter=parameter)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        yield part
        target.mkdir(exist_ok=True)
        found = sorted(item for item in part.rglob("*") if item.is_file())
        names = [item.relative_to(part).as_posix() for item in found]
        leftovers = _leftovers(target, manifest, names) if manifest else []
        _check_free(target, names, leftovers, parameter)
        for leftover in leftovers:
            leftover.unlink()
            _remove_emptied(leftover.parent, target)
        if manifest:
            shutil.copyfile(part / manifest, part / _moving(manifest))
            os.replace(part / _moving(manifest), target / _moving(manifest))
        for name in sorted(names, key=lambda name: name == manifest):
            final = target / name
            _keep_mode(part / name, final)
            final.parent.mkdir(parents=True, exist_ok=True)
            os.replace(part / name, final)
        if manifest:
            (target / _moving(manifest)).unlink()
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_folder(path: Path, *, overwrite: bool, parameter: str = "out") -> None:
    """Refuse a folder that `atomic_folder` would refuse, before anything long is computed."""
    there = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not there.is_dir():
        raise InputError(parameter, "must be a folder", path, "Choose another name.")
    if not overwrite and path.is_dir() and any(path.iterdir()):
        told = "--overwrite" if parameter == "out" else "overwrite=True"
        raise InputError(
            parameter, "must be empty or new", path, f"Choose another folder or pass {told}."
        )
    _check_access(there, path, parameter, "must be a folder that can be written")


def check_writable(path: Path, *, suffix: str = "", parameter: str = "out") -> None:
    """Refuse a file name that could not be written, before anything long is computed."""
    if len(os.fsencode(path.name)) > _LONGEST:
        rule = f"must have a name of at most {_LONGEST} bytes"
        raise InputError(parameter, rule, f"{path.name[:20]}…", "Shorten it.")
    if suffix and path.suffix.lower() != suffix:
        raise InputError(parameter, f"must end in {suffix}", path.name, "Rename it.")
    if path.is_dir():
        raise InputError(parameter, "must be a file", f"the folder {path}", "Add a file name.")
    if not path.parent.is_dir():
        raise InputError(
            parameter, "must be a file in an existing folder", path, "Create the folder first."
        )
    _check_access(path.parent, path, parameter, "must be in a folder that can be written")


def _check_access(folder: Path, path: Path, parameter: str, rule: str) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(parameter, rule, path, "Choose a folder that you can write to.")


def text_digest(*parts: str | bytes) -> str:
    """Return the SHA-256 of the parts, each preceded by its length, as hexadecimal text."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def versions(names: Sequence[str] = _SHOWN) -> dict[str, str]:
    """Return the versions of the libraries that can move a number."""
    return {name: metadata.version(name) for name in names}


def _leftovers(target: Path, manifest: str, names: Iterable[str]) -> list[Path]:
    """Return the files that earlier runs wrote here, that nobody changed and no new one replaces."""
    known = {*_listed(target / manifest), *_listed(target / _moving(manifest))}
    older = sorted({name for name, _ in known} - {*names})
    inside = [name for name in older if _stays_inside(target, name)]
    return [target / name for name in inside if (name, file_digest(target / name)) in known]


def _listed(manifest: Path) -> set[tuple[str, str]]:
    """Return name and SHA-256 of each file that a manifest lists; none where it is no manifest."""
    try:
        files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        return {(name, entry["sha256"]) for name, entry in files.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return set()


def _moving(manifest: str) -> str:
    return f".{manifest}.moving"


def _stays_inside(target: Path, name: str) -> bool:
    """Say whether a listed name is a plain file of this folder, whatever a manifest may claim."""
    parts = PurePosixPath(name).parts
    places = [target.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    plain = bool(parts) and not PurePosixPath(name).is_absolute() and ".." not in parts
    return plain and places[-1].is_file() and not any(place.is_symlink() for place in places)


def _check_free(
    target: Path, names: Iterable[str], leftovers: Sequence[Path], parameter: str
) -> None:
    """Refuse, before anything moves, if a file stands where a folder is needed or the reverse."""
    for name in names:
        final = target / name
        above = [place for place in final.parents if target in place.parents]
        taken = [place for place in above if place.exists() and not place.is_dir()]
        taken += [final] if final.is_dir() else []
        for place in taken:
            if place not in leftovers:
                kind = "a folder" if place.is_dir() else "a file"
                rule = f"must have room for {name}"
                raise InputError(parameter, rule, f"{kind} at {place}", "Move it away.")


def _remove_emptied(folder: Path, target: Path) -> None:
    """Remove the folders that a leftover stood in, if that was the last of them."""
    while folder != target and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _keep_mode(part: Path, target: Path) -> None:
    """Give a file the permissions of the one it replaces; a new one was born with its own."""
    if target.exists():
        part.chmod(_mode(target))
