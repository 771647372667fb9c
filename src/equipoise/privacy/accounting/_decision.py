"""One entry accepted or refused, with the reason and what would fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from equipoise.exceptions import InputError
from equipoise.privacy.accounting._book import Book, Spend
from equipoise.privacy.accounting._costs import Cost
from equipoise.privacy.accounting._plans import check_planned
from equipoise.privacy.accounting._remaining import still_accepted
from equipoise.privacy.accounting._sources import mechanism_of
from equipoise.privacy.accounting._units import unit_for

__all__ = ["Words", "allowed", "decided"]


@dataclass(frozen=True)
class Words:
    """What an entry is called, what for, and by whom."""

    what: str | None
    purpose: str | None
    who: str


def allowed(book: Book, source: Mapping[str, Any], cost: Cost, purpose: str | None) -> bool:
    """Say whether the entry would fit; refuse what no budget can mend, such as a wrong unit."""
    unit_for(book, source)
    _check_cost(book, source, cost, purpose)
    return book.price(cost, book.terms.caps(purpose)).fits


def decided(book: Book, source: Mapping[str, Any], cost: Cost, words: Words) -> Spend:
    """Return the entry to append, or refuse it."""
    unit = unit_for(book, source)
    _check_cost(book, source, cost, words.purpose)
    price = book.price(cost, book.terms.caps(words.purpose))
    if not price.fits:
        raise _refusal(book, price.epsilon, price.delta, words.purpose)
    return Spend(
        number=len(book.spends) + 1,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        who=words.who,
        what=mechanism_of(source) if words.what is None else words.what,
        purpose=words.purpose,
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


def _check_cost(book: Book, source: Mapping[str, Any], cost: Cost, purpose: str | None) -> None:
    check_planned(book, source, purpose)
    if cost.loss.rho == 0 and source.get("of_plan") is None:
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
