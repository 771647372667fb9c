"""A ledger's terms and entries as values, and the one rule that accepts or refuses an entry."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

from equipoise._checks import check_number
from equipoise.privacy._guarantee import Adjacency, Guarantee
from equipoise.privacy.accounting._conversions import half_square
from equipoise.privacy.accounting._costs import Cost
from equipoise.privacy.accounting._filters import (
    Budget,
    Composition,
    Used,
    delta_left,
    holds,
)

__all__ = ["ALL", "NOT_NAMED", "Book", "Price", "Spend", "Terms", "chained"]

ALL = "all purposes"
NOT_NAMED = "not named"
_SOURCES = (
    {"guarantee", "unit"},
    {"epsilon", "delta", "unit", "adjacency"},
    {"event", "delta", "unit", "adjacency", "of_plan"},
    {"plan", "delta", "unit", "adjacency"},
)


@dataclass(frozen=True)
class Terms:
    """What was agreed when the ledger was opened, and cannot be changed."""

    budget: Budget
    adjacency: Adjacency
    unit: str | None
    purposes: Mapping[str, Budget]
    composition: Composition | None
    opened: str

    def caps(self, purpose: str | None) -> dict[str, Budget]:
        """Return the caps that an entry for this purpose must fit."""
        own = {} if purpose is None or not self.purposes else {purpose: self.purposes[purpose]}
        return {ALL: self.budget} | own

    def text(self) -> str:
        """Return the terms as JSON."""
        return _text(asdict(self))

    @classmethod
    def of_text(cls, text: str) -> Terms:
        """Return the terms that `text` wrote down."""
        record = json.loads(text)
        purposes = {name: Budget(**cap) for name, cap in record["purposes"].items()}
        return cls(**record | {"budget": Budget(**record["budget"]), "purposes": purposes})


@dataclass(frozen=True)
class Spend:
    """One entry of a ledger: what was released, why, and what it cost.

    Attributes
    ----------
    number : int
        From 1.
    time, who : str
        When, in UTC, and who entered it.
    what, purpose : str
        What was released; purpose may be None.
    unit : str
        Whose presence is protected; "not named" where nobody said it.
    adjacency : {"add-remove", "replace-one"}
        Of the ledger; the costs are converted to it.
    mechanism : str
        How the noise entered.
    composition : {"basic", "zcdp", "gaussian"}
        Which filters the ledger uses; all entries have the same.
    epsilon, delta : float
        What is added to the sums of epsilon and delta; epsilon is infinite where no delta was left
        to state one at.
    rho, mu : float or None
        The zCDP and the Gaussian cost; None where the release has none.
    source : dict
        The guarantee, event, plan or bare numbers, from which `verify` computes the costs again.
    hash : str
        SHA-256 of this entry and the hash of the one before it.
    """

    number: int
    time: str
    who: str
    what: str
    purpose: str | None
    unit: str
    adjacency: Adjacency
    mechanism: str
    composition: Composition
    epsilon: float
    delta: float
    rho: float | None
    mu: float | None
    source: Mapping[str, Any] = field(repr=False)
    hash: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name in ("epsilon", "delta", "rho", "mu"):
            cost = getattr(self, name)
            if cost is not None or name in ("epsilon", "delta"):
                check_number(f"its {name}", cost, low=0.0, next_move="No entry gives back.")
        texts = dict.fromkeys(("time", "who", "what", "unit", "mechanism"), str)
        for name, kind in {**texts, "source": Mapping}.items():
            if not isinstance(getattr(self, name), kind):
                raise ValueError(f"its {name} is no {kind.__name__}")

    @property
    def plan(self) -> int | None:
        """The number of the plan that has paid for this event; None for entries of their own."""
        number: int | None = self.source.get("of_plan")
        return number

    def text(self) -> str:
        """Return the entry without its hash as JSON, which has no infinity."""
        kept = {name: value for name, value in asdict(self).items() if name != "hash"}
        return _text(kept | ({"epsilon": "inf"} if math.isinf(self.epsilon) else {}))

    @classmethod
    def of_text(cls, text: str, digest: str) -> Spend:
        """Return the entry that `text` wrote down."""
        record = json.loads(text)
        if set(record) != {part.name for part in fields(cls)} - {"hash"}:
            raise ValueError("fields are missing or unknown")
        if set(record["source"]) not in _SOURCES:
            raise ValueError("its source is neither numbers, guarantee, event nor plan")
        if "guarantee" in record["source"]:
            Guarantee.from_dict(record["source"]["guarantee"])
        return cls(**record | {"epsilon": float(record["epsilon"])}, hash=digest)

    @property
    def square(self) -> float:
        """What the filter of squares adds; infinity leaves it."""
        if self.composition == "gaussian":
            return math.inf if self.mu is None else half_square(self.mu)
        known = self.composition == "zcdp" and self.rho is not None
        return float(self.rho or 0.0) if known else math.inf


def chained(before: str, text: str) -> str:
    """Return the hash of an entry from the hash before it and its text."""
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


@dataclass(frozen=True)
class Price:
    """What an entry would add in the present state, and whether every cap allows it."""

    composition: Composition
    epsilon: float
    delta: float
    fits: bool


@dataclass(frozen=True)
class Book:
    """Terms and entries."""

    terms: Terms
    spends: tuple[Spend, ...] = ()

    @property
    def composition(self) -> Composition | None:
        """The one the terms name, or the first entry settled."""
        return self.spends[0].composition if self.spends else self.terms.composition

    @property
    def unit(self) -> str:
        """Whom all entries protect: the terms name it, or the first entry settles it."""
        first = self.spends[0].unit if self.spends else NOT_NAMED
        return self.terms.unit or first

    @cached_property
    def named(self) -> str | None:
        """The unit that guarantees must have: of the terms, or of the first entry that named one."""
        units = (spend.unit for spend in self.spends if spend.unit != NOT_NAMED)
        return self.terms.unit or next(units, None)

    @cached_property
    def used(self) -> dict[str, Used]:
        """The sums under each cap."""
        sums = dict.fromkeys([ALL, *self.terms.purposes], Used())
        for spend in self.spends:
            sums = self._added(sums, spend)
        return sums

    def _added(self, sums: dict[str, Used], spend: Spend) -> dict[str, Used]:
        return sums | {
            cap: sums[cap].plus(spend.epsilon, spend.delta, spend.square)
            for cap in self.terms.caps(spend.purpose)
        }

    def followed_by(self, spend: Spend) -> Book:
        """Return the book with one entry more, without adding up the earlier ones again."""
        book = Book(self.terms, (*self.spends, spend))
        vars(book)["used"] = self._added(self.used, spend)
        vars(book)["named"] = self.named or (None if spend.unit == NOT_NAMED else spend.unit)
        return book

    def composition_for(self, cost: Cost) -> Composition:
        """Return the composition in force if this entry came next."""
        if self.composition is not None:
            return self.composition
        return "basic" if self.terms.budget.delta == 0 else cost.composition()

    def delta_left(self, caps: Mapping[str, Budget], composition: Composition) -> float:
        """Return what is left of the basic filter's delta under every cap; never a hair more."""
        return min(delta_left(cap, composition, self.used[name]) for name, cap in caps.items())

    def price(self, cost: Cost, caps: Mapping[str, Budget]) -> Price:
        """Return what an entry would add, and whether it fits: the only rule of acceptance."""
        composition = self.composition_for(cost)
        epsilon, delta = cost.basic(self.delta_left(caps, composition))
        square = cost.square(composition)
        private = cost.stated is None or math.isfinite(epsilon)
        fits = private and all(
            holds(cap, composition, self.used[name].plus(epsilon, delta, square))
            for name, cap in caps.items()
        )
        return Price(composition, epsilon, delta, fits)


def _text(record: Mapping[str, Any]) -> str:
    return json.dumps(record, allow_nan=False)
