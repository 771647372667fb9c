"""Run a notebook once in a fresh kernel and keep only what a reader can read.

What is kept of an output: plain text, HTML, Markdown, LaTeX and SVG. Widgets and plotly's JSON are
dropped, because GitHub and an HTML export show nothing of them; where nothing readable stands
beside them, a sentence takes their place. A PNG is refused: it has neither alt text nor a diff.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from equipoise.course._build_cells import inputs_only, serialised
from equipoise.exceptions import EquipoiseError, InputError

__all__ = ["CELL_TIMEOUT_SECONDS", "INTERACTIVE", "SOLUTION_LIMIT", "executed", "lean", "scratch"]

CELL_TIMEOUT_SECONDS = 120
SOLUTION_LIMIT = 500_000
LONGEST_TEXT = 10_000
INTERACTIVE = "(An interactive view. Open this notebook in JupyterLab and run the cell to see it.)"

_KEPT = {"text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml"}
_READABLE = _KEPT - {"text/plain"}
_NEEDS_A_KERNEL = {"application/vnd.jupyter.widget-view+json", "application/vnd.plotly.v1+json"}
_PICTURES = {"image/png", "image/jpeg"}
_FOLDERS = "home|root|tmp|work|usr|opt|var|srv|mnt|private|Users|builds"
_ABSOLUTE = re.compile(
    rf"(?<![\w.\-/:<])/(?:{_FOLDERS})/[^\s\"'<>]+|\b[A-Za-z]:\\{{1,2}}\w[^\s\"'<>]*"
)
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
# A solution is run as a learner's laptop would: one thread a library, no colour in tracebacks.
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def executed(name: str, notebook: Any, folder: Path) -> Any:
    """Return the notebook with its outputs, run in a copy of `folder`.

    A copy, because a lesson writes files (the decision log) that are nobody's business here.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    made = inputs_only(notebook)
    with tempfile.TemporaryDirectory(prefix="equipoise-notebooks-") as temporary:
        client = NotebookClient(
            made,
            timeout=CELL_TIMEOUT_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(scratch(folder, Path(temporary)))}},
            store_widget_state=False,
            record_timing=False,
            coalesce_streams=True,
        )
        try:
            # A kernel greets on stderr; what it has to say about a cell comes as an error.
            client.execute(env=os.environ | _THREADS, stderr=subprocess.DEVNULL)
        except (CellExecutionError, CellTimeoutError) as failure:
            raise EquipoiseError(f"{name} does not run to its end. {failure}") from failure
    return lean(name, _with_outputs(notebook, made))


def _with_outputs(notebook: Any, made: Any) -> Any:
    """Return the notebook as its source gives it, with nothing of the run but outputs and counts."""
    told = inputs_only(notebook)
    for cell, run in zip(told.cells, made.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = run.outputs, run.execution_count
    return told


def scratch(folder: Path, parent: Path) -> Path:
    """Copy the notebooks' folder into `parent`, without sources and solutions; return the copy."""
    leave = shutil.ignore_patterns("source", "solutions", ".ipynb_checkpoints")
    return Path(shutil.copytree(folder, parent / folder.name, ignore=leave))


def lean(name: str, notebook: Any) -> Any:
    """Return the notebook with readable outputs only; refuse what ties them to one machine."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        where = f"{name}, {cell.id}"
        made = sum(len(output.get("data", ())) for output in cell.outputs)
        cell.outputs = [_lean_output(where, output) for output in cell.outputs]
        for output in cell.outputs:
            _refuse_a_trace_of_the_machine(where, output)
            _refuse_long_text(where, output)
        kept = sum(len(output.get("data", ())) for output in cell.outputs)
        if "nbval-check-output" in cell.metadata.get("tags", []):
            _refuse_nothing_to_compare(where, cell.outputs, dropped=made > kept)
    _refuse_size(name, len(serialised(notebook)))
    return notebook


def _lean_output(where: str, output: Any) -> Any:
    data = output.get("data")
    if data is None:
        output.pop("transient", None)
        return output
    output.metadata = {}
    kept = {kind: value for kind, value in data.items() if kind in _KEPT}
    if not _READABLE & set(kept):
        if _PICTURES & set(data):
            raise InputError(
                where,
                "must draw pictures as SVG with alt text",
                ", ".join(sorted(_PICTURES & set(data))),
                "Show the static form of the chart.",
            )
        if _NEEDS_A_KERNEL & set(data):
            kept = {"text/plain": INTERACTIVE}
    output.data = kept
    return output


def _refuse_a_trace_of_the_machine(where: str, output: Any) -> None:
    text = _text(output)
    own = [folder for folder in (sys.prefix, os.path.expanduser("~")) if len(folder) > 1]
    hit = _ABSOLUTE.search(text) or next(
        (found for folder in own if (found := re.search(re.escape(folder) + r"[/\\]", text))), None
    )
    if hit:
        raise InputError(
            where, "must not show a path of this machine", hit.group(), "Show the file's name only."
        )
    address = _ADDRESS.search(text)
    if address:
        raise InputError(
            where,
            "must not show where an object lies in memory",
            address.group(),
            "End the cell with something a reader can read.",
        )


def _refuse_long_text(where: str, output: Any) -> None:
    plain = output.get("data", {}).get("text/plain", "")
    if len(plain) > LONGEST_TEXT:
        raise InputError(
            where,
            f"must show at most {LONGEST_TEXT:,} characters of plain text",
            f"{len(plain):,} starting {plain[:40]!r}",
            "Show a table, or give the object an HTML or SVG form.",
        )


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return "\n".join(str(value) for value in output.data.values())


def _refuse_nothing_to_compare(where: str, outputs: list[Any], *, dropped: bool) -> None:
    """Refuse a tagged cell that nbval would pass whatever it gives, or could never pass."""
    if dropped or not any(_text(output).strip() for output in outputs):
        raise InputError(
            where,
            "is tagged nbval-check-output and must give text that can be compared",
            "a figure or a widget" if dropped else "no output",
            "Print a rounded number, or remove the tag.",
        )


def _refuse_size(name: str, size: int) -> None:
    if size > SOLUTION_LIMIT:
        raise InputError(
            name,
            f"must stay under {SOLUTION_LIMIT // 1000} KB with its outputs",
            f"{size / 1000:.0f} KB",
            "Show fewer rows or a smaller picture.",
        )
