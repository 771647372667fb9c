"""How many people on a public list each released row may stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.privacy.attacks._alike import check_alike
from equipoise.privacy.attacks._cells import Bools
from equipoise.privacy.attacks._generalised import is_generalised

__all__ = ["Candidates", "Matches", "Missing", "candidates", "places_of"]

Match = Callable[[object, object], bool] | Mapping[object, object]
Matches = Mapping[str, Match]
Missing = Literal["never", "anything"]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Column:
    """One quasi-identifier as codes of its distinct values, and which of them may be the same."""

    released: Codes
    public: Codes
    compatible: Bools | None  # None: equal codes

    def may_match(self, released: Codes, public: Codes) -> Bools:
        """Return which rows of the one may be rows of the other, -1 being no row's value."""
        if self.compatible is None:
            return np.asarray((released == public) & (released >= 0))
        return np.asarray(self.compatible[released, public])


@dataclass(frozen=True)
class Candidates:
    """The size of every released row's match set.

    Attributes
    ----------
    sizes : ndarray of int, shape (released rows,)
    columns : list of Column
    """

    sizes: Codes
    columns: list[Column]

    def hold(self, places: Codes) -> Bools:
        """Return whether each match set holds the public row at `places`, -1 being none."""
        held = places >= 0
        for column in self.columns:
            held &= column.may_match(column.released, column.public[places])
        return held


def places_of(released: pd.Series, public: pd.Series) -> Codes:
    """Return where each released identity stands on the public list, -1 where nowhere."""
    move = "Write the identities of both tables in the same way."
    check_alike("identity", _objects(released), _objects(public), "a customer", move)
    return np.asarray(pd.Index(public).get_indexer(pd.Index(released)))


def candidates(
    released: pd.DataFrame,
    public: pd.DataFrame,
    names: Sequence[str],
    matches: Matches,
    missing: Missing,
) -> Candidates:
    """Return the match sets of all released rows."""
    columns = [_column(name, released[name], public[name], matches, missing) for name in names]
    exact = [column for column in columns if column.compatible is None]
    fuzzy = [column for column in columns if column.compatible is not None]
    rows, key = _keys(exact, len(released), len(public))
    of_released = np.column_stack([rows, *(column.released for column in fuzzy)])
    of_public = np.column_stack([key, *(column.public for column in fuzzy)])
    distinct, place = np.unique(of_released, axis=0, return_inverse=True)
    sizes = _sizes(distinct, *np.unique(of_public, axis=0, return_counts=True), fuzzy)
    return Candidates(sizes[place.ravel()], columns)


def _sizes(distinct: Codes, listed: Codes, counts: Codes, fuzzy: list[Column]) -> Codes:
    """Return how many people stand on the public list for each distinct released row."""
    starts = np.searchsorted(listed[:, 0], distinct[:, 0], side="left")
    ends = np.searchsorted(listed[:, 0], distinct[:, 0], side="right")
    sizes = np.zeros(len(distinct), dtype=np.intp)
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if distinct[row, 0] < 0 or start == end:
            continue
        may = np.ones(end - start, dtype=bool)
        for number, column in enumerate(fuzzy, start=1):
            may &= column.may_match(distinct[row, number], listed[start:end, number])
        sizes[row] = counts[start:end][may].sum()
    return sizes


def _keys(exact: list[Column], released: int, public: int) -> tuple[Codes, Codes]:
    """Return one code for the exact columns together, -1 where one of them is missing."""
    both = [np.r_[column.released, column.public] for column in exact]
    if not both:
        return np.zeros(released, dtype=np.intp), np.zeros(public, dtype=np.intp)
    stacked = np.column_stack(both)
    key = np.unique(stacked, axis=0, return_inverse=True)[1].ravel()
    key[(stacked < 0).any(axis=1)] = -1
    return key[:released], key[released:]


def _column(
    name: str, released: pd.Series, public: pd.Series, matches: Matches, missing: Missing
) -> Column:
    blanks = bool(released.isna().any() or public.isna().any())
    own, own_values = pd.factorize(released)
    theirs, their_values = pd.factorize(public)
    if name not in matches:
        _check_comparable(name, own_values, their_values)
        if not (blanks and missing == "anything"):
            together = pd.factorize(np.r_[_objects(own_values), _objects(their_values)])[0]
            return Column(
                _recoded(together[: len(own_values)], own),
                _recoded(together[len(own_values) :], theirs),
                None,
            )
    same = _comparison(matches.get(name))
    # The last row and the last column stand for -1: a missing value.
    compatible = np.full((len(own_values) + 1, len(their_values) + 1), missing == "anything")
    for place, value in enumerate(own_values):
        compatible[place, :-1] = [bool(same(value, other)) for other in their_values]
    if compatible[:-1, :-1].size and not compatible[:-1, :-1].any():
        raise InputError(
            f"quasi-identifier {name!r}",
            "must match a value of the public list",
            f"such as {_objects(own_values)[0]!r} and {_objects(their_values)[0]!r}",
            "Write both tables in the same way, or match them by another function or mapping.",
        )
    return Column(own, theirs, compatible)


def _comparison(match: Match | None) -> Callable[[object, object], bool]:
    if match is None:
        return lambda released, public: released == public
    if isinstance(match, Mapping):
        return lambda released, public: released in ("*", public, match.get(public))
    return match


def _recoded(together: Codes, codes: Codes) -> Codes:
    return np.append(together, -1)[codes]


def _objects(values: object) -> NDArray[np.object_]:
    return np.asarray(values, dtype=object)


def _check_comparable(name: str, released: object, public: object) -> None:
    """Refuse columns whose values cannot be equal: an attack on them would fail for no reason."""
    own, theirs = set(_objects(released)), set(_objects(public))
    odd = sorted(str(value) for value in own - theirs if is_generalised(value))
    move = f"Give matches={{{name!r}: within_generalised}}, or a function or mapping of your own."
    if odd:
        rule = "must say how generalised values are matched"
        raise InputError("matches", rule, f"none for {name!r} with {odd[0]!r}", move)
    move = f"Write both tables in the same way. {move}"
    check_alike(f"quasi-identifier {name!r}", own, theirs, "a value", move)
