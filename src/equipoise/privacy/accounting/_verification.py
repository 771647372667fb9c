"""Verification: a ledger's file checked against its own records."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from equipoise.exceptions import InputError
from equipoise.privacy.accounting._book import Book, Spend, Terms, chained
from equipoise.privacy.accounting._costs import cost_of
from equipoise.privacy.accounting._plans import check_planned
from equipoise.privacy.accounting._sources import mechanism_of, same_when_restated
from equipoise.privacy.accounting._store import UNREADABLE, Rows
from equipoise.privacy.accounting._units import unit_for

__all__ = ["Verification", "verified"]

TOLERANCE = 1e-6  # relative: loss distributions may differ in late digits between library versions


@dataclass(frozen=True)
class Verification:
    """What `Ledger.verify` found.

    Attributes
    ----------
    ok : bool
        Whether nothing is wrong.
    entries : int
        How many entries the file has.
    head : str
        The hash of the last entry. Keep it outside the file: `verify(head)` can later tell whether
        entries up to it were changed or removed.
    problems : tuple of (int, str)
        The number of each wrong entry (0: the terms) and what is wrong.
    """

    ok: bool
    entries: int
    head: str
    problems: tuple[tuple[int, str], ...]

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        if self.ok:
            return f"{self.entries} entries, nothing wrong found. Head: {self.head}"
        return "; ".join(f"entry {number}: {problem}" for number, problem in self.problems)

    def frame(self) -> pd.DataFrame:
        """Return one row a problem: entry, problem."""
        return pd.DataFrame(list(self.problems), columns=["entry", "problem"])


def verified(rows: Rows, anchor: str | None) -> Verification:
    """Check the chain of hashes, then replay every entry from its own record."""
    problems = [*_chain(rows), *_replay(rows)]
    hashes = {digest for _, _, digest in rows}
    if anchor is not None and anchor not in hashes:
        gone = "the head that was kept is not in the chain: entries were removed or written anew"
        problems.append((len(rows) - 1, gone))
    problems.sort(key=lambda found: found[0])
    return Verification(not problems, len(rows) - 1, rows[-1][2], tuple(problems))


def _chain(rows: Rows) -> Iterator[tuple[int, str]]:
    before, expected = "", 0
    for number, text, digest in rows:
        if number != expected:
            yield number, f"it follows entry {expected - 1}: entries between were removed"
        if chained(before, text) != digest:
            yield number, "its hash does not fit its record and the entry before it"
        before, expected = digest, number + 1


def _replay(rows: Rows) -> Iterator[tuple[int, str]]:
    try:
        book = Book(Terms.of_text(rows[0][1]))
    except UNREADABLE:
        yield 0, "the terms cannot be read"
        return
    for number, text, digest in rows[1:]:
        try:
            spend = Spend.of_text(text, digest)
            yield from ((number, problem) for problem in _wrong(book, spend, number))
            book = book.followed_by(spend)
        except UNREADABLE as problem:
            told = problem if isinstance(problem, InputError) else json.dumps(str(problem))
            yield number, f"its record cannot be computed again: {told}"


def _wrong(book: Book, spend: Spend, number: int) -> Iterator[str]:
    if spend.number != number:
        yield f"it calls itself entry {spend.number}"
    if not same_when_restated(spend.source):
        yield "its source is not what a spend of the same would have written"
    if spend.mechanism != mechanism_of(spend.source):
        yield "its mechanism is not that of its source"
    unit = unit_for(book, spend.source)
    if spend.unit != unit:
        yield f"its unit is {spend.unit!r}, not {unit!r}"
    check_planned(book, spend.source, spend.purpose)
    cost = cost_of(spend.source, book.terms.adjacency)
    price = book.price(cost, book.terms.caps(spend.purpose))
    if spend.adjacency != book.terms.adjacency or spend.composition != price.composition:
        yield "its adjacency or composition is not the ledger's"
    computed = {"epsilon": price.epsilon, "delta": price.delta}
    computed |= {"rho": cost.loss.rho, "mu": cost.loss.mu}
    for name, value in computed.items():
        recorded = getattr(spend, name)
        recorded = math.inf if recorded is None else recorded
        if not math.isclose(recorded, value, rel_tol=TOLERANCE):
            yield f"its {name} is {recorded:g}, but its source gives {value:g}"
    if not price.fits:
        yield "it exceeds what was left of the budget"
