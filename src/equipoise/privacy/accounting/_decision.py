"""One entry accepted or refused, with the reason and what would fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from equipoise.exceptions import InputError
from equipoise.privacy.accounting._book import Book, Spend
from equipoise.privacy.accounting._costs import Cost, mechanism_of
from equipoise.privacy.accounting._remaining import still_accepted

__all__ = ["allowed", "decided"]


def allowed(book: Book, source: Mapping[str, Any], cost: Cost, purpose: str | None) -> bool:
    """Say whether the entry would fit; refuse a wrong unit, which no budget can mend."""
    _unit(book, source)
    _check_positive(cost)
    return book.price(cost, book.terms.caps(purpose)).fits


def decided(
    book: Book, source: Mapping[str, Any], cost: Cost, what: str | None, purpose: str | None
) -> Spend:
    """Return the entry to append, or refuse it."""
    unit = _unit(book, source)
    _check_positive(cost)
    price = book.price(cost, book.terms.caps(purpose))
    if not price.fits:
        raise _refusal(book, price.epsilon, price.delta, purpose)
    return Spend(
        number=len(book.spends) + 1,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        what=mechanism_of(source) if what is None else what,
        purpose=purpose,
        unit=unit,
        adjacency=book.terms.adjacency,
        mechanism=mechanism_of(source),
        composition=price.composition,
        epsilon=price.epsilon,
        delta=price.delta,
        rho=_known(cost.loss.rho),
        mu=_known(cost.loss.mu),
        source=source,
    )


def _unit(book: Book, source: Mapping[str, Any]) -> str | None:
    """Return the unit of an entry; refuse another one than the ledger's."""
    if "guarantee" not in source:
        return book.unit
    unit = str(source["guarantee"]["unit"])
    if book.unit not in (None, unit):
        raise InputError(
            "unit",
            f"must be {book.unit!r} in this ledger",
            repr(unit),
            "A promise per row says nothing about a customer with several rows, so units are not "
            "added. Fit with that unit, or keep a ledger for each.",
        )
    return unit


def _check_positive(cost: Cost) -> None:
    if cost.loss.rho == 0:
        rule, move = "must cost something", "What reads no customer needs no entry."
        raise InputError("spend", rule, "a cost of 0", move)


def _refusal(book: Book, epsilon: float, delta: float, purpose: str | None) -> InputError:
    caps = book.terms.caps(purpose)
    named = [str(cap) if len(caps) == 1 else f"{cap} for {name}" for name, cap in caps.items()]
    rule = f"must fit what is left of {' and '.join(named)}"
    asked = f"(epsilon {epsilon:g}, delta {delta:g})"
    return InputError("spend", rule, asked, still_accepted(book, caps))


def _known(cost: float) -> float | None:
    """JSON has no infinity: a cost that does not exist is None."""
    return cost if math.isfinite(cost) else None
