"""One table or view of a DuckDB or SQLite file, read without changing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from equipoise._checks import suggestion
from equipoise.exceptions import InputError

__all__ = ["is_database", "only_table", "read_database"]

_SUFFIXES = {".duckdb", ".ddb", ".sqlite", ".sqlite3", ".db"}
_SQLITE_TABLES = """
SELECT 'main', name FROM sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
"""
_DUCKDB_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_catalog = current_database() ORDER BY ALL
"""


def is_database(path: Path) -> bool:
    """Say whether the file's name ends like that of a database."""
    return path.suffix.lower() in _SUFFIXES


def only_table(path: Path, table: str | None) -> str:
    """Return `table` if the file has it, or the file's only table."""
    return _chosen(path, list(_tables(path)), table)


def read_database(path: Path, table: str | None) -> pd.DataFrame:
    """Return all rows of a table or view."""
    tables = _tables(path)
    name = _chosen(path, list(tables), table)
    query = f"SELECT * FROM {tables[name]}"
    try:
        if _is_sqlite(path):
            with closing(_sqlite(path)) as connection:
                return pd.read_sql_query(query, connection)
        with _duckdb(path) as connection:
            return connection.execute(query).df()
    except _problems() as problem:
        raise _unreadable(path, name, problem) from problem


def _unreadable(path: Path, name: str, problem: Exception) -> InputError:
    import duckdb

    if isinstance(problem, duckdb.PermissionException):
        rule = f"must need nothing outside {path.name}"
        return InputError("table", rule, f"the view {name!r}", "Export the view to a table.")
    rule = f"must be readable in {path.name}"
    return InputError("table", rule, repr(name), f"Mend it: {_first(problem)}.")


def _chosen(path: Path, tables: list[str], table: str | None) -> str:
    if table is None and len(tables) == 1:
        return tables[0]
    if table is None or table not in tables:
        raise InputError(
            "table",
            f"must name a table of {path.name}",
            "nothing" if table is None else repr(table),
            suggestion(table or "", tables),
        )
    return table


def _tables(path: Path) -> dict[str, str]:
    """Return the quoted identifier of each table by its name; other schemas than main show."""
    kind = "SQLite" if _is_sqlite(path) else "DuckDB"
    try:
        if kind == "SQLite":
            with closing(_sqlite(path)) as connection:
                rows = connection.execute(_SQLITE_TABLES).fetchall()
        else:
            with _duckdb(path) as connection:
                rows = connection.execute(_DUCKDB_TABLES).fetchall()
    except _problems() as problem:
        raise InputError(
            "file", f"must be a readable {kind} file", path.name, f"{_first(problem)}."
        ) from problem
    return {
        name if schema == "main" else f"{schema}.{name}": f"{_quoted(schema)}.{_quoted(name)}"
        for schema, name in rows
    }


def _is_sqlite(path: Path) -> bool:
    """Both kinds call themselves .db; a DuckDB file says so in its ninth byte."""
    with open(path, "rb") as raw:
        start = raw.read(12)
    if path.suffix.lower() == ".db":
        return start[8:] != b"DUCK"
    return path.suffix.lower().startswith(".sqlite")


def _sqlite(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _duckdb(path: Path) -> Any:
    """Open somebody's file so that its views can read no other file and reach no network."""
    import duckdb

    return duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"})


def _problems() -> tuple[type[Exception], ...]:
    import duckdb

    return sqlite3.Error, duckdb.Error, pd.errors.DatabaseError


def _first(problem: Exception) -> str:
    return str(problem).splitlines()[0].rstrip(".")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
