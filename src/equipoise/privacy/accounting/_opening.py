"""The terms of a ledger: checked when it is opened, and compared with those of an existing file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Adjacency
from equipoise.privacy.accounting._book import ALL, Book, Terms
from equipoise.privacy.accounting._filters import Budget, Composition
from equipoise.privacy.accounting._sources import check_words
from equipoise.privacy.accounting._store import Store

__all__ = ["opened"]


def opened(
    store: Store,
    epsilon: float | None,
    delta: float | None,
    *,
    unit: str | None,
    adjacency: Adjacency | None,
    purposes: Mapping[str, tuple[float, float] | Budget] | None,
    composition: Composition | None,
) -> Terms:
    """Return the terms of a file, written first where there is none; refuse other terms."""
    check_words(unit, adjacency)
    if composition is not None:
        check_choice("composition", composition, get_args(Composition))
    caps = None if purposes is None else _purpose_caps(purposes)
    if not store.exists():
        if epsilon is None:
            rule, move = "is required for a new ledger", "Give the cap, or the path of a ledger."
            raise InputError("epsilon", rule, f"none, and no file {store.path}", move)
        terms = Terms(
            Budget(epsilon, delta),  # type: ignore[arg-type]  # it refuses None
            adjacency or "add-remove",
            unit,
            caps or {},
            composition,
            datetime.now(UTC).isoformat(timespec="microseconds"),  # tells ledgers apart
        )
        _check_caps(terms)
        store.create(terms)
    if all(each is None for each in (epsilon, delta, unit, adjacency, purposes, composition)):
        return store.terms()
    book = store.book()
    _check_same(book, epsilon, delta, unit, adjacency, caps, composition)
    return book.terms


def _purpose_caps(purposes: object) -> dict[str, Budget]:
    if not isinstance(purposes, Mapping) or not purposes:
        move = "Write {'offers': (0.5, 1e-7)}, or leave it out."
        raise InputError("purposes", "must map names to caps", repr(purposes), move)
    return {_name(name): _cap(name, cap) for name, cap in purposes.items()}


def _name(name: object) -> str:
    if not (isinstance(name, str) and name.strip()) or name == ALL:
        rule = f"must be called by a text other than {ALL!r}"
        raise InputError("a purpose", rule, repr(name), "Name it.")
    return name


def _cap(name: str, cap: Any) -> Budget:
    if isinstance(cap, Budget):
        return cap
    if not isinstance(cap, tuple | list) or len(cap) != 2:
        rule = "must be a pair (epsilon, delta)"
        raise InputError(f"the cap of {name!r}", rule, repr(cap), "Write (0.5, 1e-7).")
    return Budget(*cap)


def _check_caps(terms: Terms) -> None:
    for name, cap in terms.purposes.items():
        if cap.epsilon > terms.budget.epsilon or cap.delta > terms.budget.delta:
            rule = f"must stay within the cap over all purposes, {terms.budget}"
            raise InputError(f"the cap of {name!r}", rule, cap, "Lower it.")
    if terms.composition not in (None, "basic") and terms.budget.delta == 0:
        rule, move = "must be 'basic' where delta is 0", "Leave it out, or give a positive delta."
        raise InputError("composition", rule, repr(terms.composition), move)


def _check_same(
    book: Book,
    epsilon: float | None,
    delta: float | None,
    unit: str | None,
    adjacency: str | None,
    caps: dict[str, Budget] | None,
    composition: str | None,
) -> None:
    recorded = {
        "epsilon": (epsilon, book.terms.budget.epsilon),
        "delta": (delta, book.terms.budget.delta),
        "unit": (unit, book.unit),
        "adjacency": (adjacency, book.terms.adjacency),
        "purposes": (caps, book.terms.purposes),
        "composition": (composition, book.composition),
    }
    for name, (given, kept) in recorded.items():
        if given is not None and given != kept:
            rule = f"must be the recorded one, {kept!r}"
            move = "Open the ledger by its path alone; other terms need a new ledger."
            raise InputError(name, rule, repr(given), move)
