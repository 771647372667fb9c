"""Whose presence an entry protects, and which entries may be added together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import UNNAMED_UNIT
from equipoise.privacy.accounting._book import NOT_NAMED, Book

__all__ = ["unit_for"]


def unit_for(book: Book, source: Mapping[str, Any]) -> str:
    """Return the unit of the next entry; refuse one that cannot be added to those before.

    Numbers and events that name none count as stated for the ledger's. A guarantee of ids without a
    name protects somebody, and nobody can say whether that is the unit of another entry: it can only
    come first, and no name can come after it.
    """
    named = _named(source)
    if named is None:
        return book.unit
    if named == UNNAMED_UNIT:
        if book.spends or book.terms.unit is not None:
            raise _nameless()
        return NOT_NAMED
    if book.spends and _named(book.spends[0].source) == UNNAMED_UNIT:
        rule = "must be that of entry 1, whose ids had no name"
        move = "Keep a ledger with a unit, and enter the first there with its name, as unit=."
        raise InputError("unit", rule, repr(named), move)
    if book.named not in (None, named):
        raise InputError(
            "unit",
            f"must be {book.named!r} in this ledger",
            repr(named),
            "A promise per row says nothing about a customer with several rows, so units are not "
            "added. Fit with that unit, or keep a ledger for each.",
        )
    return named


def _named(source: Mapping[str, Any]) -> str | None:
    """Return the unit that a source names; None where it is numbers that name none."""
    own = source.get("guarantee", {}).get("unit")
    if own in (None, UNNAMED_UNIT):
        named: str | None = source["unit"] or own
        return named
    return str(own)


def _nameless() -> InputError:
    return InputError(
        "unit",
        "must have a name before it is added to others",
        "a guarantee of ids without one",
        "Nobody can tell whether two nameless units are the same. Pass pd.Series(ids, "
        "name='customer') where it is fitted, or say unit='customer' here if that is what they are.",
    )
