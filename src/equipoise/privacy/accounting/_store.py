"""The SQLite file of a ledger: one transaction a spend, and errors that name the next move."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import reduce
from pathlib import Path
from typing import TypeVar

from equipoise._files import check_writable
from equipoise.exceptions import InputError
from equipoise.privacy.accounting._book import Book, Spend, Terms, chained

__all__ = ["UNREADABLE", "Store"]

VERSION = 2
APPLICATION = 0x6571_6C67  # "eqlg": tells a ledger from any other SQLite file
LOCK_SECONDS = 30.0
_SCHEMA = (
    "CREATE TABLE terms (record TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, record TEXT NOT NULL, hash TEXT NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_CLOSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
# What a record that somebody wrote by hand can raise when it is read and computed again.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
Rows = list[tuple[int, str, str]]
Read = TypeVar("Read")


class Store:
    """Reads and appends the records of one file; opens it for each act, so that it can be shared.

    What was read once must stay: a file that is another one by now, or has lost entries, is refused.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, str] | None = None

    def exists(self) -> bool:
        """Say whether there is something to read; refuse a file that may have lost its entries."""
        if self.path.is_file() and self.path.stat().st_size == 0:
            raise self._empty()
        return self.path.is_file()

    def create(self, terms: Terms) -> None:
        """Write a new file, whole or not at all, unless another process was faster."""
        target = self.path.resolve()
        check_writable(target, parameter="path")
        part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
        try:
            with self._transaction("BEGIN IMMEDIATE", mode="rwc", path=part) as connection:
                for statement in _SCHEMA:
                    connection.execute(statement)
                text = terms.text()
                row = (text, chained("", text))
                connection.execute("INSERT INTO terms VALUES (?, ?)", row)
            _name(part, target)
        except OSError as problem:
            raise self._no_room(str(problem)) from problem
        finally:
            part.unlink(missing_ok=True)

    def rows(self) -> Rows:
        """Return the terms as row 0 and the entries, as they are written."""
        with self._transaction("BEGIN", mode="rw") as connection:
            return self._rows(connection)

    def book(self) -> Book:
        """Return the terms and entries; refuse a file whose records do not match their hashes."""
        return self._book(self.rows())

    def terms(self) -> Terms:
        """Return the terms alone, so that a file with changed entries can be opened and verified."""
        rows = self.rows()
        self._seen = (0, rows[0][2])
        return self._read(lambda rows: Terms.of_text(rows[0][1]), rows)

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
        self._seen = (spend.number, row[2])
        return Spend.of_text(text, row[2])

    @contextmanager
    def _transaction(
        self, begin: str, *, mode: str, path: Path | None = None
    ) -> Iterator[sqlite3.Connection]:
        address = f"{(path or self.path.resolve()).as_uri()}?mode={mode}"
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
        told, code = str(problem), getattr(problem, "sqlite_errorcode", 0) & 0xFF
        if code in _LOCKED:
            rule = "must not be locked by another process"
            move = (
                f"It stayed locked for {LOCK_SECONDS:g} seconds. Close that process and try again."
            )
            return InputError("path", rule, self.path, move)
        if code in _NO_ROOM:
            return self._no_room(told)
        if code in _CLOSED:
            rule = "must be a file that can be opened and written"
            return InputError("path", rule, self.path, f"SQLite says: {told}.")
        other = ", or choose another name if it never was a ledger"
        return self._damaged(told, other if code == sqlite3.SQLITE_NOTADB else "")

    def _no_room(self, told: str) -> InputError:
        rule = "must be on a disk that takes what is written"
        move = "Nothing was recorded, and what stood there is unharmed. Make room and try again"
        return InputError("path", rule, self.path, f"{move}: {told}.")

    def _damaged(self, told: str, other: str = "") -> InputError:
        move = f"Restore it from a copy and enter again what was spent since that copy{other}"
        return InputError("path", "must be an undamaged ledger", self.path, f"{move}: {told}.")

    def _empty(self) -> InputError:
        rule, found = "must be a ledger, or a new name", f"a file without any content, {self.path}"
        move = (
            "If it held entries, restore it from a copy and enter again what was spent since. If it "
            "never did, delete it yourself."
        )
        return InputError("path", rule, found, move)

    def _rows(self, connection: sqlite3.Connection) -> Rows:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        kind = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if kind == 0 and tables == 0:
            raise self._empty()
        if kind != APPLICATION:
            rule, move = "must be a ledger of equipoise", "Choose another name for a new ledger."
            raise InputError("path", rule, f"another SQLite file, {self.path}", move)
        if version != VERSION:
            move = "Update equipoise to read it."
            if version < VERSION:
                move = "It does not say who entered what: enter its releases in a new ledger."
            raise InputError(
                "path", f"must be a ledger of version {VERSION}", f"version {version}", move
            )
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
                    "Ledger(path).verify() lists what is wrong; then restore a copy and enter again "
                    "what was spent since that copy.",
                )
        self._check_seen(rows)
        return self._read(_told, rows)

    def _check_seen(self, rows: Rows) -> None:
        number, digest = self._seen or (0, rows[0][2])
        if len(rows) <= number or rows[number][2] != digest:
            rule = "must still hold what was read of it before"
            found = f"another ledger, or one without its last entries, {self.path}"
            move = "Find out who changed it. Ledger(path) opens it as it is now."
            raise InputError("path", rule, found, move)
        self._seen = (len(rows) - 1, rows[-1][2])

    def _read(self, read: Callable[[Rows], Read], rows: Rows) -> Read:
        try:
            return read(rows)
        except UNREADABLE as problem:
            raise self._damaged(f"a record cannot be read ({problem})") from problem


def _told(rows: Rows) -> Book:
    spends = (Spend.of_text(text, digest) for _, text, digest in rows[1:])
    return reduce(Book.followed_by, spends, Book(Terms.of_text(rows[0][1])))


def _name(part: Path, target: Path) -> None:
    """Give a whole file its name, unless another process was faster: then leave that one."""
    with suppress(FileExistsError):
        try:
            os.link(part, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: a name that is there already is left, too
            with target.open("xb") as file:
                file.write(part.read_bytes())
