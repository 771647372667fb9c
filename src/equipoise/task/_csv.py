"""Text tables: how one is written, and its cells exactly as written."""

from __future__ import annotations

import codecs
import csv
import itertools
from pathlib import Path

import pandas as pd

from equipoise.exceptions import InputError
from equipoise.task._file import Source

__all__ = ["guess_encoding", "guess_separator", "read_csv"]

_SEPARATORS = ",;\t|"
_SAMPLE_ROWS = 200
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def guess_encoding(path: Path) -> str:
    """Return UTF-8 if every byte fits it, else what Western office software writes (cp1252)."""
    with open(path, "rb") as raw:
        start = raw.read(3)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    try:
        with open(path, encoding="utf-8", newline="") as handle:
            for _ in iter(lambda: handle.read(1 << 20), ""):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def guess_separator(path: Path, encoding: str) -> str:
    """Return the separator that cuts the first rows into equally many cells, the most of them."""
    return max(_SEPARATORS, key=lambda separator: _evenness(path, encoding, separator))


def _evenness(path: Path, encoding: str, separator: str) -> tuple[bool, float, int]:
    try:
        with open(path, encoding=encoding, newline="") as handle:
            rows = itertools.islice(csv.reader(handle, delimiter=separator), _SAMPLE_ROWS)
            widths = [len(row) for row in rows if row]
    except (csv.Error, UnicodeDecodeError):
        return False, 0.0, 0
    if not widths:
        return False, 0.0, 0
    return widths[0] > 1, widths.count(widths[0]) / len(widths), widths[0]


def read_csv(path: Path, source: Source) -> pd.DataFrame:
    """Return every cell as text; a row with too few or too many cells is refused."""
    try:
        _check_rows(path, source)
        return pd.read_csv(
            path,
            sep=source.separator,
            encoding=source.encoding,
            dtype=str,
            keep_default_na=False,
            index_col=False,
        )
    except (UnicodeError, LookupError) as problem:
        raise InputError(
            "file",
            f"must be readable with encoding {source.encoding}",
            f"{path.name} ({problem})",
            "Correct `source.encoding` in the task file, or export the table as UTF-8.",
        ) from problem
    except (csv.Error, pd.errors.ParserError) as problem:
        raise _uneven(path, str(problem)) from problem


def _check_rows(path: Path, source: Source) -> None:
    """Count the cells of each row: parsers fill up short ones without a word."""
    with open(path, encoding=source.encoding, newline="") as handle:
        reader = csv.reader(handle, delimiter=source.separator)
        rows = (row for row in reader if row)
        header: list[str] = next(rows, [])
        if not header:
            raise InputError(
                "file", "must hold a header and rows", f"{path.name} (nothing)", "Export it again."
            )
        for name in header:
            if header.count(name) > 1:
                raise InputError(
                    "file", "must name each column once", repr(name), "Rename one of the columns."
                )
        for row in rows:
            if len(row) != len(header):
                found = f"{len(row)} instead of {len(header)} in line {reader.line_num:,}"
                raise _uneven(path, found)


def _uneven(path: Path, found: str) -> InputError:
    return InputError(
        "file",
        "must have as many cells in each row as in the header",
        f"{found} of {path.name}",
        "Put cells that contain the separator in quotes, or correct `source.separator`.",
    )
