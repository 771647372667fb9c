"""One lesson source in, two notebooks out: the learner's and the one with solutions.

A cell tagged `solution` is left out of the learner's notebook. Inside a code cell, the lines
between `# solution` and `# end solution` become `...  # your code here`; `# solution: TEXT` puts
TEXT there instead.
"""

from __future__ import annotations

import re
from typing import Any

from equipoise.exceptions import InputError

__all__ = ["LEARNER_LIMIT", "PLACEHOLDER", "inputs_only", "learner", "serialised", "solved"]

LEARNER_LIMIT = 100_000
PLACEHOLDER = "...  # your code here"

_START = re.compile(r"^(?P<indent>[ \t]*)# solution(?:: (?P<text>\S.*))?$")
_END = re.compile(r"^[ \t]*# end solution$")
_ALMOST = re.compile(r"^[ \t]*#+\s*(?:end[ _-]*)?solution\s*:?\s*$", re.IGNORECASE)
# Fixed, so that the bytes do not depend on the machine that built them.
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def learner(name: str, source: str) -> Any:
    """Return the learner's notebook: no solution, no output."""
    cells = [
        _cell(place, cell, _cut(f"{name}, cell {place}", cell.source, keep=False))
        for place, cell in _cells(name, source)
        if "solution" not in cell.metadata.get("tags", [])
    ]
    return _notebook(cells)


def solved(name: str, source: str) -> Any:
    """Return the notebook with solutions, not yet run."""
    cells = [
        _cell(place, cell, _cut(f"{name}, cell {place}", cell.source, keep=True))
        for place, cell in _cells(name, source)
    ]
    return _notebook(cells)


def inputs_only(notebook: Any) -> Any:
    """Return a copy without outputs and execution counts; everything else stays as it is."""
    import nbformat

    copy = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def serialised(notebook: Any) -> bytes:
    """Return the bytes of a notebook file: sorted keys, one line per line of source."""
    import nbformat

    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return (text.rstrip("\n") + "\n").encode()


def _cells(name: str, source: str) -> list[tuple[int, Any]]:
    """Give each cell with its place in the source; what a builder would lose is refused."""
    import jupytext

    cells = list(enumerate(jupytext.reads(source, fmt="py:percent").cells, start=1))
    for place, cell in cells:
        cell.metadata.pop("lines_to_next_cell", None)  # jupytext's note on blank lines
        other = set(cell.metadata) - {"tags"}
        if other:
            raise InputError(
                f"{name}, cell {place}",
                "may carry tags and nothing else",
                ", ".join(sorted(other)),
                'Write it as: # %% tags=["..."].',
            )
    return cells


def _cut(where: str, text: str, *, keep: bool) -> str:
    """Return the cell's text with its solutions (without their markers) or with a gap for each."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        start, end = _START.match(line), _END.match(line)
        if not (start or end) and _ALMOST.match(line):
            raise _marker(where, line, "Write # solution, # solution: TEXT or # end solution.")
        if (start and inside) or (end and not inside):
            raise _marker(where, line, "Each # solution needs one # end solution after it.")
        if start:
            inside = True
            if not keep:
                lines.append(start["indent"] + (start["text"] or PLACEHOLDER))
        elif end:
            inside = False
        elif keep or not inside:
            lines.append(line)
    if inside:
        raise _marker(where, "no end", "Close it with # end solution.")
    return "\n".join(lines)


def _marker(where: str, line: str, next_move: str) -> InputError:
    return InputError(where, "must mark its solution in pairs", repr(line.strip()), next_move)


def _cell(place: int, cell: Any, text: str) -> Any:
    """Give the cell an id from its place, the same in both notebooks."""
    from nbformat import v4

    make: Any = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}.get(
        cell.cell_type, v4.new_raw_cell
    )
    tags = cell.metadata.get("tags", [])
    return make(text, id=f"cell-{place:03d}", metadata={"tags": list(tags)} if tags else {})


def _notebook(cells: list[Any]) -> Any:
    import nbformat
    from nbformat import v4

    made = v4.new_notebook(cells=cells, metadata=_METADATA)  # type: ignore[no-untyped-call]
    return nbformat.from_dict(made)  # type: ignore[no-untyped-call]
