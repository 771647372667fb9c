"""Tables from disk: CSV, Parquet, or a table in a DuckDB or SQLite file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from equipoise.exceptions import InputError
from equipoise.task._columns import Column, as_numbers, as_text
from equipoise.task._csv import guess_encoding, guess_separator, read_csv
from equipoise.task._databases import is_database, only_table, read_database
from equipoise.task._file import Source

__all__ = ["MISSING_WORDS", "examine", "plain_table", "read_table"]

MISSING_WORDS = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?")

_PARQUET = {".parquet", ".pq"}
_TEXT = {".csv", ".tsv", ".txt"}
_KNOWN = ".csv, .tsv, .txt, .parquet, .pq, .duckdb, .ddb, .sqlite, .sqlite3, .db"
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+")


def read_table(source: Source, folder: Path) -> pd.DataFrame:
    """Read the table that `source` names; a relative file is looked for in `folder`.

    Every column of a CSV file arrives as text, exactly as written: typing is a decision of the
    task file, not of a parser.
    """
    path = _existing(folder / source.file)
    if _is_text(path):
        frame = read_csv(path, source)
    elif is_database(path):
        frame = read_database(path, source.table)
    else:
        frame = _parquet(path)
    if frame.empty:
        raise InputError(
            "file", "must hold at least one row", f"{path.name} (0 rows)", "Export it again."
        )
    return plain_table(frame)


def plain_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with columns named by text, each once, and rows numbered from zero."""
    frame = frame.reset_index(drop=True).rename(columns=str)
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise InputError(
            "file", "must name each column once", repr(repeated[0]), "Rename one of the columns."
        )
    return frame


def examine(path: Path, table: str | None = None) -> tuple[Source, pd.DataFrame]:
    """Find out how a file is written: separator, decimal sign, encoding, words for missing.

    Returns
    -------
    Source
        What was found; `file` is the bare name.
    DataFrame
        The table.
    """
    path = _existing(path)
    source = Source(file=path.name)
    if _is_text(path):
        encoding = guess_encoding(path)
        separator = guess_separator(path, encoding)
        source = Source(file=path.name, encoding=encoding, separator=separator)
    elif is_database(path):
        source = Source(file=path.name, table=only_table(path, table))
    if table is not None and not is_database(path):
        raise InputError(
            "table", "must be given for a database file only", repr(table), "Leave it out."
        )
    frame = read_table(source, path.parent)
    texts = [as_text(frame[name]) for name in frame if _may_hold_words(frame[name])]
    words = tuple(word for word in MISSING_WORDS if any(text.eq(word).any() for text in texts))
    comma = _is_text(path) and _has_decimal_commas(texts, source.separator)
    changes = {"missing_values": words, "decimal": "," if comma else "."}
    return source.model_copy(update=changes), frame


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError(
            "file", "must exist", path, "Check the path; it is relative to the task file."
        )
    known = path.suffix.lower() in _TEXT | _PARQUET or is_database(path)
    if not known:
        raise InputError("file", f"must end in one of {_KNOWN}", path.name, "Convert or rename it.")
    return path


def _is_text(path: Path) -> bool:
    return path.suffix.lower() in _TEXT


def _parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as problem:
        first = str(problem).splitlines()[0].rstrip(".")
        raise InputError(
            "file", "must be a readable Parquet file", path.name, f"{first}."
        ) from problem
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(level=named) if named else frame


def _may_hold_words(column: pd.Series) -> bool:
    return column.dtype.kind not in "biufmM" and Column("", column).is_plain


def _has_decimal_commas(texts: Sequence[pd.Series], separator: str) -> bool:
    """Say whether numbers are written 12,5.

    A column of 1,234 alone proves nothing (it may mean thousands). Where the comma separates, it
    is believed only if no column has decimal points.
    """
    with_comma = _count(texts, lambda text: as_numbers(text, decimal=",") is not None)
    with_point = _count(texts, lambda text: as_numbers(text) is not None)
    return with_comma > 0 and (separator != "," or with_point == 0)


def _count(texts: Sequence[pd.Series], reads: Callable[[pd.Series], bool]) -> int:
    """Count the columns of fractions, which one reading takes for numbers."""
    count = 0
    for text in texts:
        present = text[text.notna() & ~text.isin(MISSING_WORDS)]
        if reads(present):
            whole = present.str.fullmatch(r"[+-]?\d+").all()
            thousands = present[present.str.contains(",", regex=False)]
            ambiguous = len(thousands) and all(map(_THOUSANDS.fullmatch, thousands))
            count += not whole and not ambiguous
    return count
