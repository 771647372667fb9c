"""A learner's notebook in a kernel: run it cell by cell, try answers at its exercises.

The kernel has one thread a library, no user configuration, and a guard against the network.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
GUARD = Path(__file__).parent / "guard"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def lesson_names() -> list[str]:
    """Give the lessons that learners find; the builder's check compares them with the sources."""
    return sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def kernel_environment(scratch: Path) -> dict[str, str]:
    """Give the environment of a kernel that writes only in `scratch` and reaches only loopback."""
    own = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(GUARD), os.environ.get("PYTHONPATH", "")]).rstrip(
            os.pathsep
        ),
        "EQUIPOISE_REQUESTS": str(scratch / "requests.txt"),
    }
    return os.environ | THREADS | own


def requests_made(scratch: Path) -> list[str]:
    """Give what the guard refused in kernels of this scratch folder, even if a library hid it."""
    log = scratch / "requests.txt"
    return log.read_text("utf-8").splitlines() if log.exists() else []


def copied_notebooks(scratch: Path) -> Path:
    """Copy the learner's notebooks, so that what a lesson writes stays out of the repository."""
    leave = shutil.ignore_patterns("source", "solutions", ".ipynb_checkpoints")
    return Path(shutil.copytree(NOTEBOOKS, scratch / "notebooks", ignore=leave, dirs_exist_ok=True))


def shown(outputs: list[Any]) -> str:
    """Give what a learner reads under a cell, as plain text."""
    parts = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append("\n".join(output.traceback))
        else:
            parts.append(output.data.get("text/plain", ""))
    return "\n".join(parts)


def exercises_in(code: str) -> list[str]:
    """Give the names in `check("NAME", ...)` calls of one cell."""
    return [name for name, _ in _checks(code)]


def _checks(code: str) -> list[tuple[str, str]]:
    """Give each exercise's name with the statement that checks it."""
    found = []
    for statement in ast.parse(code).body:
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).split(".")[-1] == "check"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.append((str(node.args[0].value), ast.unparse(statement)))
    return found


@dataclass
class LessonKernel:
    """A running notebook; `notebook` gains outputs as its cells are run."""

    notebook: Any
    client: NotebookClient
    done: int = 0
    outputs: dict[int, str] = field(default_factory=dict)

    def run_until(self, place: int) -> None:
        """Run the cells before `place` that were not run yet; an exception ends it."""
        for index in range(self.done, place):
            cell = self.notebook.cells[index]
            if cell.cell_type == "code":
                self.client.execute_cell(cell, index)
                self.outputs[index] = shown(cell.outputs)
            self.done = index + 1

    def run_to_the_end(self) -> dict[int, str]:
        """Run what is left and give the text under each code cell by its index."""
        self.run_until(len(self.notebook.cells))
        return self.outputs

    def answer(self, exercise: str, code: str) -> str:
        """Run `code` where the exercise asks for it, then its check; give what the check says."""
        place, check = self._exercise(exercise)
        if self.done > place:
            raise ValueError(f"{exercise} is behind: answer the exercises in their order")
        self.run_until(place)
        self._run(code)
        return self._run(check)

    def _exercise(self, exercise: str) -> tuple[int, str]:
        for index, cell in enumerate(self.notebook.cells):
            if cell.cell_type == "code":
                for name, check in _checks(cell.source):
                    if name == exercise:
                        return index, check
        raise ValueError(f"no cell checks {exercise!r}")

    def _run(self, code: str) -> str:
        """Run code that is no cell of the notebook."""
        extra = nbformat.v4.new_code_cell(code)
        self.client.nb.cells.append(extra)
        try:
            self.client.execute_cell(extra, len(self.client.nb.cells) - 1)
        finally:
            self.client.nb.cells.pop()
        return shown(extra.outputs)


@contextmanager
def lesson_kernel(name: str, scratch: Path) -> Iterator[LessonKernel]:
    """Start a kernel for the learner's notebook `name`; nothing is run yet."""
    folder = copied_notebooks(scratch)
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
    )
    with client.setup_kernel(env=kernel_environment(scratch), stderr=subprocess.DEVNULL):
        yield LessonKernel(notebook, client)


def run_with_answer(name: str, exercise: str, code: str, scratch: Path) -> str:
    """Give what the check of `exercise` says to `code`, in a kernel of its own.

    `code` is what a learner would have in the cell: the whole function, without the check.
    """
    with lesson_kernel(name, scratch) as lesson:
        return lesson.answer(exercise, code)
