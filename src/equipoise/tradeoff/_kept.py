"""Kept cells: what a sweep has finished, in a folder, so that it need not be computed again."""

from __future__ import annotations

import platform
import shutil
import tempfile
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import equipoise
from equipoise._files import atomic_file, check_folder, text_digest, versions
from equipoise.exceptions import InputError, KeptCellWarning
from equipoise.task import Task
from equipoise.tradeoff._cell import Cell
from equipoise.tradeoff._cell_file import cell_of, cell_text
from equipoise.tradeoff._plan import Plan, Policy
from equipoise.tradeoff._record import json_text

__all__ = ["Wanted", "KeptCells", "asked_of", "software", "wanted_of"]

Wanted = tuple[Policy, int]
"""A cell by what it is of: a policy and a seed."""

ROOM = 64_000
"""Bytes that the file of a cell takes, about."""

MOST = 1_000 * ROOM
"""Bytes that no cell takes, not even one of ten thousand groups."""

_KEPT = ("ok", "refused")
# The axes of a plan: what a cell has one of. All else in a plan moves every cell.
_AXES = ("epsilons", "models", "mitigations", "consent_policies", "seeds")
_LIBRARIES = ("interpret-core", "dp-accounting", "fairlearn")
_DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_NEXT = "Make room, choose another folder, or sweep without keeping cells."


def asked_of(cell: Cell) -> Wanted:
    """Return what a cell is of."""
    return Policy.of(cell.row), int(cell.row["seed"])


def wanted_of(plan: Plan) -> list[Wanted]:
    """Return the cells of a plan in their order."""
    return [(policy, seed) for policy in plan.policies() for seed in range(plan.seeds)]


@cache
def software() -> str:
    """Return the SHA-256 of all code that can move a figure: ours line by line, others by version.

    It is read once a process, as the files are then.
    """
    package = Path(equipoise.__file__).parent
    told = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        **versions(),
        **versions(_LIBRARIES),
    }
    parts = [json_text(told).encode()]
    for source in sorted(package.rglob("*.py")):
        parts += [source.relative_to(package).as_posix().encode(), source.read_bytes()]
    return text_digest(*parts)


@dataclass
class KeptCells:
    """A folder of finished cells, one file each, named by a key of all that can move its figures.

    Attributes
    ----------
    folder : Path
    common : str
        Digest of what all cells of a sweep share: the rows of the whole task and its file, the
        settings of the plan, the software.
    works : bool
        Whether cells can still be written; after an error they are not, and the sweep goes on.
    """

    folder: Path
    common: str
    works: bool = True

    @classmethod
    def of(cls, folder: Path, task: Task, plan: Plan) -> KeptCells:
        """Return the cells of a task and a plan, as `Plan.for_task` returns it."""
        names = [field.name for field in fields(plan) if field.name not in _AXES]
        whole = task if task.whole is None else task.whole
        facts = {
            "task": whole.digest,
            "settings": {name: getattr(plan, name) for name in names},
            "software": software(),
        }
        return cls(folder, text_digest(json_text(facts)))

    def make(self) -> None:
        """Make the folder, and write something there: only that shows that it can be done."""
        check_folder(self.folder, overwrite=True, parameter="keep")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as trial:
                trial.write(bytes(ROOM))
        except OSError as problem:
            rule = "must be a folder that can be written"
            found = f"{self.folder} ({problem.strerror})"
            raise InputError("keep", rule, found, _NEXT) from problem

    def there(self, wanted: Iterable[Wanted]) -> int:
        """Return how many of the wanted cells have a file; whether it is whole, reading tells."""
        return sum(self._place(self._key(asked)).exists() for asked in wanted)

    def read(self, wanted: Iterable[Wanted]) -> dict[Wanted, Cell]:
        """Return the cells that are there and whole; what is damaged is warned of and left out."""
        found = {asked: self._read(asked) for asked in wanted}
        return {asked: cell for asked, cell in found.items() if cell is not None}

    def add(self, cell: Cell) -> None:
        """Keep a cell unless it failed; an error is warned of once, and then no more are kept."""
        if not self.works or cell.row["status"] not in _KEPT:
            return
        key = self._key(asked_of(cell))
        place = self._place(key)
        if place.is_dir():
            return  # reading has warned of it
        try:
            place.unlink(missing_ok=True)  # what is damaged goes, and its permissions with it
            with atomic_file(place, parameter="keep") as part:
                part.write_text(cell_text(key, cell), encoding="utf-8")
        except (OSError, InputError) as problem:
            self.works = False
            why = str(problem).rstrip(".")
            _warn(
                f"cells are not kept any more in {self.folder}: {why}. The sweep goes on; "
                "what it has not kept would be computed again after an interruption"
            )

    def others(self, known: Collection[Wanted]) -> int:
        """Return how many files here are of other policies, data, settings or software."""
        own = {self._place(self._key(asked)).name for asked in known}
        return sum(place.name not in own for place in self.folder.glob("*.jsonl"))

    def check_room(self, cells: int) -> None:
        """Refuse a disk without room for so many more cells."""
        free = shutil.disk_usage(self.folder).free
        if free < cells * ROOM:
            raise InputError(
                "keep",
                f"must have room for {cells:,} cells, about {cells * ROOM / 1e6:,.0f} MB",
                f"{free / 1e6:,.0f} MB in {self.folder}",
                _NEXT,
            )

    def _key(self, asked: Wanted) -> str:
        policy, seed = asked
        return text_digest(self.common, json_text(policy._asdict() | {"seed": seed}))

    def _place(self, key: str) -> Path:
        return self.folder / f"{key}.jsonl"

    def _read(self, asked: Wanted) -> Cell | None:
        key = self._key(asked)
        place = self._place(key)
        if not place.exists():
            return None
        try:
            cell = cell_of(_text(place), key)
            if asked_of(cell) != asked or cell.row["status"] not in _KEPT:
                raise ValueError("it is of another cell")
        except _DAMAGE as problem:
            _warn(f"the kept cell {place} is damaged ({problem}), so it is computed again")
            return None
        return cell


def _text(place: Path) -> str:
    if not place.is_file() or place.stat().st_size > MOST:
        raise ValueError("it is no file, or larger than any cell")
    return place.read_text(encoding="utf-8")


def _warn(text: str) -> None:
    warnings.warn(text, KeptCellWarning, stacklevel=3)
