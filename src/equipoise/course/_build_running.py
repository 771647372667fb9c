"""Run a notebook once in a fresh kernel and keep only what a reader can read.

What is kept of an output: plain text, HTML, Markdown, LaTeX and SVG. Widgets and plotly's JSON are
dropped, because GitHub and an HTML export show nothing of them; where nothing readable stands
beside them, a sentence takes their place. A PNG is refused: it has neither alt text nor a diff.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from equipoise.course._build_cells import inputs_only, serialised
from equipoise.exceptions import EquipoiseError, InputError

__all__ = ["CELL_TIMEOUT_SECONDS", "INTERACTIVE", "SOLUTION_LIMIT", "executed", "lean", "scratch"]

CELL_TIMEOUT_SECONDS = 120
SOLUTION_LIMIT = 500_000
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
            client.execute(env=os.environ | _THREADS)
        except (CellExecutionError, CellTimeoutError) as failure:
            raise EquipoiseError(f"{name} does not run to its end. {failure}") from failure
    return lean(name, made)


def scratch(folder: Path, parent: Path) -> Path:
    """Copy the notebooks' folder into `parent`, without sources and solutions; return the copy."""
    leave = shutil.ignore_patterns("source", "solutions", ".ipynb_checkpoints")
    return Path(shutil.copytree(folder, parent / folder.name, ignore=leave))


def lean(name: str, notebook: Any) -> Any:
    """Return the notebook with readable outputs only; refuse what ties them to one machine."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        where = f"{name}, {cell.id}"
        cell.metadata.pop("execution", None)
        cell.outputs = [_lean_output(where, output) for output in cell.outputs]
        for output in cell.outputs:
            _refuse_a_trace_of_the_machine(where, output)
        if "nbval-check-output" in cell.metadata.get("tags", []) and not _compared(cell.outputs):
            raise InputError(
                where,
                "is tagged nbval-check-output and must print something to compare",
                "no text",
                "Print a rounded number, or remove the tag.",
            )
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


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return "\n".join(str(value) for value in output.data.values())


def _compared(outputs: list[Any]) -> bool:
    return any(_text(output).strip() not in {"", INTERACTIVE} for output in outputs)


def _refuse_size(name: str, size: int) -> None:
    if size > SOLUTION_LIMIT:
        raise InputError(
            name,
            f"must stay under {SOLUTION_LIMIT // 1000} KB with its outputs",
            f"{size / 1000:.0f} KB",
            "Show fewer rows or a smaller picture.",
        )
