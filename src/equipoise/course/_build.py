"""The notebook builder: `source/NN_topic.py` in, two notebooks a lesson out.

======================  ======================  ==========================
derived file            source                  command
======================  ======================  ==========================
NN_topic.ipynb          source/NN_topic.py      python -m equipoise.course
solutions/NN_topic      source/NN_topic.py      python -m equipoise.course
======================  ======================  ==========================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from equipoise._files import atomic_file
from equipoise.course._build_cells import LEARNER_LIMIT, inputs_only, learner, serialised, solved
from equipoise.course._build_running import executed
from equipoise.exceptions import InputError

__all__ = ["build", "lessons", "stale"]

_NAME = re.compile(r"\d\d_[a-z0-9_]+")
COMMAND = "python -m equipoise.course"


def lessons(folder: Path) -> list[str]:
    """Return the names of the lessons in `folder/source`, in their order."""
    found = sorted(path.stem for path in (folder / "source").glob("*.py"))
    if not found:
        raise InputError(
            "folder",
            "must hold lessons as source/NN_topic.py",
            folder,
            "Name the folder with --folder.",
        )
    for name in found:
        if not _NAME.fullmatch(name):
            raise InputError(
                "source", "must be named NN_topic.py", f"{name}.py", "Use two digits and a topic."
            )
    return found


def build(folder: Path, names: Sequence[str] = ()) -> Iterator[Path]:
    """Write both notebooks of each lesson; give each file once it is there.

    The solutions are run, which takes most of the time. `names` limits it to some lessons.
    """
    wanted = _wanted(folder, names)
    (folder / "solutions").mkdir(exist_ok=True)
    for name in wanted:
        yield _write(folder / f"{name}.ipynb", _learner(folder, name))
        run = executed(name, _solved(folder, name), folder)
        yield _write(folder / "solutions" / f"{name}.ipynb", serialised(run))


def stale(folder: Path, names: Sequence[str] = ()) -> list[str]:
    """Return a sentence with its cure for each notebook that differs from a rebuild.

    Learner's notebooks are compared byte for byte, and so is everything in a solution but its
    outputs: nothing is run. `names` limits it to some lessons.
    """
    wanted = _wanted(folder, names)
    found = []
    for name in wanted:
        cure = f"Run: {COMMAND} {name}"
        for path, rebuilt in (
            (folder / f"{name}.ipynb", _learner(folder, name)),
            (folder / "solutions" / f"{name}.ipynb", serialised(_solved(folder, name))),
        ):
            problem = _difference(path, rebuilt)
            if problem:
                found.append(f"{path.relative_to(folder)} {problem}. {cure}")
    if names:
        return found
    return found + [
        f"{path.relative_to(folder)} has no source/{path.stem}.py. Remove it or write the source."
        for path in sorted([*folder.glob("*.ipynb"), *folder.glob("solutions/*.ipynb")])
        if path.stem not in wanted
    ]


def _wanted(folder: Path, names: Sequence[str]) -> list[str]:
    known = lessons(folder)
    for name in names:
        if name not in known:
            raise InputError(
                "lesson", f"must be one of {', '.join(known)}", name, "Check its name."
            )
    return list(names) or known


def _difference(path: Path, rebuilt: bytes) -> str:
    if not path.is_file():
        return "is missing"
    found = path.read_bytes()
    if path.parent.name != "solutions":
        return "" if found == rebuilt else "is not what its source gives"
    import nbformat

    try:
        committed = nbformat.reads(found.decode(), as_version=4)  # type: ignore[no-untyped-call]
    except Exception:
        return "is not a notebook"
    if serialised(inputs_only(committed)) != rebuilt:
        return "is not what its source gives, outputs apart"
    if any(_unrun(cell) for cell in committed.cells):
        return "holds a cell that was not run"
    return "" if serialised(committed) == found else "was written by another program"


def _unrun(cell: Any) -> bool:
    # Only a cell with a count is compared by nbval; an unrun one would pass unseen.
    return bool(cell.cell_type == "code" and cell.source.strip() and not cell.execution_count)


def _learner(folder: Path, name: str) -> bytes:
    raw = serialised(learner(name, _source(folder, name)))
    if len(raw) > LEARNER_LIMIT:
        raise InputError(
            name,
            f"must stay under {LEARNER_LIMIT // 1000} KB as a learner's notebook",
            f"{len(raw) / 1000:.0f} KB",
            "Move code into the package or split the lesson.",
        )
    return raw


def _solved(folder: Path, name: str) -> Any:
    return solved(name, _source(folder, name))


def _source(folder: Path, name: str) -> str:
    return (folder / "source" / f"{name}.py").read_text("utf-8")


def _write(path: Path, raw: bytes) -> Path:
    with atomic_file(path) as part:
        part.write_bytes(raw)
    return path
