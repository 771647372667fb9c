"""The SQLite file of a ledger: one transaction a spend, and errors that name the next move."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import reduce
from pathlib import Path
from typing import TypeVar

from equipoise._files import check_writable
from equipoise.exceptions import InputError
from equipoise.privacy.accounting._book import Book, Spend, Terms, chained

__all__ = ["Store"]

VERSION = 1
APPLICATION = 0x6571_6C67  # "eqlg": tells a ledger from any other SQLite file
LOCK_SECONDS = 30.0
_SCHEMA = (
    "CREATE TABLE terms (record TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, record TEXT NOT NULL, hash TEXT NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
Rows = list[tuple[int, str, str]]
Read = TypeVar("Read")


class Store:
    """Reads and appends the records of one file; opens it for each act, so that it can be shared."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Say whether there is something to read; an empty file is a ledger not yet begun."""
        return self.path.is_file() and self.path.stat().st_size > 0

    def create(self, terms: Terms) -> None:
        """Write a new file, unless another process was faster: then leave that one as it is."""
        check_writable(self.path, parameter="path")
        with self._transaction("BEGIN IMMEDIATE", mode="rwc") as connection:
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in _SCHEMA:
                    connection.execute(statement)
                text = terms.text()
                row = (text, chained("", text))
                connection.execute("INSERT INTO terms VALUES (?, ?)", row)

    def rows(self) -> Rows:
        """Return the terms as row 0 and the entries, as they are written."""
        with self._transaction("BEGIN", mode="rw") as connection:
            return self._rows(connection)

    def book(self) -> Book:
        """Return the terms and entries; refuse a file whose records do not match their hashes."""
        return self._book(self.rows())

    def terms(self) -> Terms:
        """Return the terms alone, so that a file with changed entries can be opened and verified."""
        return self._read(lambda rows: Terms.of_text(rows[0][1]), self.rows())

    def append(self, decide: Callable[[Book], Spend]) -> Spend:
        """Append what `decide` makes of the book; nobody else can spend in between.

        Where `decide` raises, nothing is written.
        """
        with self._transaction("BEGIN IMMEDIATE", mode="rw") as connection:
            rows = self._rows(connection)
            spend = decide(self._book(rows))
            text = spend.text()
            row = (spend.number, text, chained(rows[-1][2], text))
            connection.execute("INSERT INTO entries VALUES (?, ?, ?)", row)
        return Spend.of_text(text, row[2])

    @contextmanager
    def _transaction(self, begin: str, *, mode: str) -> Iterator[sqlite3.Connection]:
        address = f"{self.path.resolve().as_uri()}?mode={mode}"
        try:
            with closing(
                sqlite3.connect(address, uri=True, timeout=LOCK_SECONDS, isolation_level=None)
            ) as connection:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
        except sqlite3.Error as problem:
            raise self._refusal(problem) from problem

    def _refusal(self, problem: sqlite3.Error) -> InputError:
        told = str(problem)
        if "locked" in told:
            rule = "must not be locked by another process"
            move = (
                f"It stayed locked for {LOCK_SECONDS:g} seconds. Close that process and try again."
            )
            return InputError("path", rule, self.path, move)
        if "readonly" in told or "unable to open" in told:
            rule = "must be a file that can be opened and written"
            return InputError("path", rule, self.path, f"SQLite says: {told}.")
        return self._damaged(told)

    def _damaged(self, told: str) -> InputError:
        move = f"Restore it from a copy, or choose another name for a new ledger: {told}."
        return InputError("path", "must be an undamaged ledger", self.path, move)

    def _rows(self, connection: sqlite3.Connection) -> Rows:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        kind = connection.execute("PRAGMA application_id").fetchone()[0]
        if kind != APPLICATION:
            rule, move = "must be a ledger of equipoise", "Choose another name for a new ledger."
            raise InputError("path", rule, f"another SQLite file, {self.path}", move)
        if version > VERSION:
            rule = f"must be a ledger of version {VERSION} or earlier"
            raise InputError("path", rule, f"version {version}", "Update equipoise to read it.")
        terms = connection.execute("SELECT 0, record, hash FROM terms").fetchall()
        query = "SELECT number, record, hash FROM entries ORDER BY number"
        if len(terms) != 1:
            raise self._damaged(f"it has {len(terms)} records of its terms")
        return terms + connection.execute(query).fetchall()

    def _book(self, rows: Rows) -> Book:
        before = ""
        for place, (number, text, digest) in enumerate(rows):
            before = chained(before, text)
            if (number, digest) != (place, before):
                rule = "must hold its records as they were written"
                where = f"a changed or missing record at {place}, {self.path}"
                raise InputError(
                    "path",
                    rule,
                    where,
                    "Ledger(path).verify() lists what is wrong; then restore a copy.",
                )
        return self._read(_told, rows)

    def _read(self, read: Callable[[Rows], Read], rows: Rows) -> Read:
        try:
            return read(rows)
        except (ValueError, TypeError, LookupError) as problem:
            raise self._damaged(f"a record cannot be read ({problem})") from problem


def _told(rows: Rows) -> Book:
    spends = (Spend.of_text(text, digest) for _, text, digest in rows[1:])
    return reduce(Book.followed_by, spends, Book(Terms.of_text(rows[0][1])))
