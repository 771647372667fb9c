"""Remaining: the exact answer to "what may I still do?"."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_UP, Context

import pandas as pd

from equipoise.privacy.accounting._book import ALL, Book
from equipoise.privacy.accounting._costs import Cost
from equipoise.privacy.accounting._decimals import exact
from equipoise.privacy.accounting._events import moves_per_unit
from equipoise.privacy.accounting._filters import Budget, Used, share_used

__all__ = ["Remaining", "state", "still_accepted", "use"]

SMALLEST, LARGEST = 5e-324, 1e150


@dataclass(frozen=True)
class Remaining:
    """What the next spend may be at most: one kind of spend a column, each on its own.

    Attributes
    ----------
    pure_epsilon : float
        The largest epsilon of a spend with delta 0; 0 where nothing is left.
    delta : float
        The largest delta that a spend may bring; 0 where only pure and Gaussian spends are left.
    epsilon : float
        The largest epsilon of a spend that brings all of `delta`.
    sigma : float
        The least noise of one Gaussian event without a delta of its own, as its noise_multiplier: in
        multiples of the largest contribution of one unit. Infinite where none fits.
    sigma_with_delta : float
        The least noise of one Gaussian event that brings all of `delta`, which is less where the
        filter of epsilon and delta has more room than that of squares.
    rho : float
        The largest rho of one zCDP event; 0 where none fits.

    The attributes are those of the cap over all purposes. `frame` has every cap: `within` says
    whether the purpose's own cap is meant, or both, which is what `spend` asks.
    """

    pure_epsilon: float
    delta: float
    epsilon: float
    sigma: float
    sigma_with_delta: float
    rho: float
    table: pd.DataFrame = field(repr=False, compare=False)

    @classmethod
    def of(cls, book: Book) -> Remaining:
        """Return what is left under every cap of a book."""
        scopes = [(ALL, ALL, {ALL: book.terms.budget})]
        for purpose, cap in book.terms.purposes.items():
            scopes.append((purpose, "its own cap", {purpose: cap}))
            scopes.append((purpose, "its own cap and all purposes", book.terms.caps(purpose)))
        rows = [
            {"purpose": purpose, "within": within} | _left(book, caps)
            for purpose, within, caps in scopes
        ]
        first = {
            name: value for name, value in rows[0].items() if name not in ("purpose", "within")
        }
        return cls(
            **{name: float(value) for name, value in first.items()}, table=pd.DataFrame(rows)
        )

    def frame(self) -> pd.DataFrame:
        """Return one row a cap, with `purpose` and `within` before the attributes as columns."""
        return self.table.copy()


def _left(book: Book, caps: Mapping[str, Budget]) -> dict[str, float]:
    def most(cost: Callable[[float], Cost]) -> float:
        return _last(lambda size: book.price(cost(size), caps).fits, good=SMALLEST, bad=LARGEST)

    pure = most(lambda epsilon: Cost.of_bare(epsilon, 0.0))
    delta = _delta_left(book, caps)
    return {
        "pure_epsilon": pure,
        "delta": delta,
        "epsilon": most(lambda epsilon: Cost.of_bare(epsilon, delta)) if delta else pure,
        "sigma": _least_noise(book, caps),
        "sigma_with_delta": _least_with_delta(book, caps),
        "rho": most(lambda rho: Cost.of_zcdp(moves_per_unit(book.terms.adjacency) ** 2 * rho)),
    }


def _least_noise(book: Book, caps: Mapping[str, Budget], delta: float | None = None) -> float:
    moves = moves_per_unit(book.terms.adjacency)
    return _last(
        lambda sigma: book.price(Cost.of_gaussian(moves / sigma, delta), caps).fits,
        good=LARGEST,
        bad=1 / LARGEST,
        none=float("inf"),
    )


def _least_with_delta(book: Book, caps: Mapping[str, Budget]) -> float:
    """Return the least noise with all the delta that is left, also where no epsilon is."""
    composition = book.composition_for(Cost.of_gaussian(SMALLEST, SMALLEST))
    delta = book.delta_left(caps, composition)
    return _least_noise(book, caps, delta) if delta > 0 else float("inf")


def _delta_left(book: Book, caps: Mapping[str, Budget]) -> float:
    """Return all that is left of the basic filter's delta, or 0 where that filter has been left."""
    entry = Cost.of_bare(SMALLEST, SMALLEST)
    if not book.price(entry, caps).fits:
        return 0.0
    return book.delta_left(caps, book.composition_for(entry))


def _last(accepts: Callable[[float], bool], *, good: float, bad: float, none: float = 0.0) -> float:
    """Return the last float on the way from `good` to `bad` that is accepted: the next is not."""
    if not accepts(good):
        return none
    here, there = _place(good), _place(bad)
    while abs(there - here) > 1:
        middle = (here + there) // 2
        if accepts(_float(middle)):
            here = middle
        else:
            there = middle
    return _float(here)


def _place(number: float) -> int:
    """Return the place of a positive float among all of them."""
    place: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return place


def _float(place: int) -> float:
    number: float = struct.unpack("<d", struct.pack("<q", place))[0]
    return number


def still_accepted(book: Book, caps: Mapping[str, Budget]) -> str:
    """Say what would fit, rounded to the safe side."""
    left = _left(book, caps)
    told = []
    if left["pure_epsilon"] > 0:
        told.append(f"epsilon {_short(left['pure_epsilon'])} with delta 0")
    if left["delta"] > 0:
        told.append(f"epsilon {_short(left['epsilon'])} with delta {_short(left['delta'])}")
    if left["sigma"] < LARGEST:
        told.append(f"one Gaussian event with noise_multiplier {_noise(left['sigma'])} or more")
    shown = float(_short(left["delta"]))
    with_delta = _least_noise(book, caps, shown) if shown else float("inf")
    if with_delta < left["sigma"]:
        told.append(f"one with noise_multiplier {_noise(with_delta)} or more and delta {shown:g}")
    return f"Still accepted: {', or '.join(told)}." if told else "Nothing more can be released."


def state(book: Book) -> str:
    """Say how much is used under the cap over all purposes, and what would fit."""
    composition, cap = book.composition or "basic", book.terms.budget
    basic, squares = share_used(cap, composition, book.used[ALL])
    entries = f"{len(book.spends)} entr{'y' if len(book.spends) == 1 else 'ies'}"
    told = f"{entries}, epsilon and delta {_share(basic)}"
    if composition != "basic":
        told += f", squares {_share(squares)}"
    return f"{told}. {still_accepted(book, {ALL: cap})}"


def _share(part: float) -> str:
    return f"{part:.0%} used" if part <= 1 else "left for good"


def _noise(sigma: float) -> str:
    return _short(sigma, ROUND_UP)


def _short(number: float, rounding: str = ROUND_DOWN) -> str:
    return f"{float(Context(prec=6, rounding=rounding).create_decimal(exact(number))):g}"


def use(book: Book) -> pd.DataFrame:
    """Return how much of each cap's filters is used after each entry under it, 1 being all.

    Columns cap, number, basic, squares; number 0 is the start. A filter that the composition turns
    off is missing.
    """
    rows = []
    composition = book.composition or "basic"
    for name, cap in ({ALL: book.terms.budget} | dict(book.terms.purposes)).items():
        sums = Used()
        rows.append((name, 0, 0.0, 0.0))
        for spend in book.spends:
            if name in book.terms.caps(spend.purpose):
                sums = sums.plus(spend.epsilon, spend.delta, spend.square)
                rows.append((name, spend.number, *share_used(cap, composition, sums)))
    frame = pd.DataFrame(rows, columns=["cap", "number", "basic", "squares"])
    return frame.assign(squares=float("nan")) if composition == "basic" else frame
