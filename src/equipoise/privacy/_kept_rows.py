"""At most so many rows of each customer, chosen without looking at what the rows hold."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_whole
from equipoise.exceptions import DroppedRowsWarning, InputError
from equipoise.privacy._units import owners_of, unit_name

__all__ = ["TRACE", "KeptRows", "kept_rows"]

TRACE = 0.01  # the share of rows that may be clipped or left out without a warning


@dataclass(frozen=True, eq=False)
class KeptRows:
    """Which rows enter a statistic, and whose they are.

    Attributes
    ----------
    places : array of int
        Positions of the kept rows.
    unit : str
        The name of the ids, or `"row"`.
    rows_per_unit : int
        No unit has more kept rows.
    rows_per_group : int
        No unit has more kept rows in one group.
    units : int
        How many different ids there are.
    """

    places: NDArray[np.intp]
    unit: str
    rows_per_unit: int
    rows_per_group: int
    units: int


def kept_rows(
    n: int,
    unit: ArrayLike | None,
    rows_per_unit: int | None,
    key: int,
    *,
    groups: NDArray[np.intp] | None = None,
    rows_per_group: int | None = None,
    stacklevel: int = 4,
) -> KeptRows:
    """Keep at most `rows_per_unit` rows of each unit, by a keyed hash of its id and its rows' order.

    What is kept of a unit depends on the key and on that unit alone, so that another unit's presence
    changes nothing about it. To whom the key is not known, any of its rows are as probable as others,
    whatever their order. With `rows_per_group` first so many rows of it are kept in each group.

    Raises
    ------
    InputError
        Where an id is missing, ids are no column or are named "row", or a number of rows is missing or
        no such number.

    Warns
    -----
    DroppedRowsWarning
        Where more than one row in a hundred is left out; by default at whoever called the caller's caller.
    """
    most, within = _checked_most(unit, rows_per_unit, rows_per_group)
    if unit is None:
        return KeptRows(np.arange(n), "row", 1, 1, n)
    name = unit_name(unit)
    codes, texts = owners_of(unit, n)
    ordinals = pd.Series(codes).groupby(codes).cumcount().to_numpy(np.uint64)
    chance = _mixed(pd.util.hash_array(texts)[codes], ordinals, key)
    places = np.arange(n)
    if groups is not None and within < most:
        pairs = pd.Series(codes).groupby([codes, groups]).ngroup().to_numpy()
        places = _first(places, pairs, chance, ordinals, within)
    places = _first(places, codes, chance, ordinals, most)
    _warn_of_dropped(n - len(places), n, most, within, stacklevel + 1)
    return KeptRows(places, name, most, within, len(texts))


def _first(
    places: NDArray[np.intp],
    owners: NDArray[np.intp],
    chance: NDArray[np.uint64],
    ordinals: NDArray[np.uint64],
    most: int,
) -> NDArray[np.intp]:
    """Return the places, in their order, of which no owner has more than so many."""
    own = owners[places]
    order = np.lexsort((ordinals[places], chance[places], own))
    rank = np.empty(len(places), dtype=np.intp)
    rank[order] = np.arange(len(places)) - np.searchsorted(own[order], own[order])
    return places[rank < most]


def _checked_most(
    unit: ArrayLike | None, rows_per_unit: object, rows_per_group: object
) -> tuple[int, int]:
    """Return how many rows of a unit count, and how many of them in one group."""
    declared = {"rows_per_unit": rows_per_unit, "rows_per_group": rows_per_group}
    if unit is None:
        for name, rows in declared.items():
            if rows not in (None, 1):
                rule, move = f"is required when {name} is above 1", "Pass the customer of each row."
                raise InputError("unit", rule, "None", move)
        return 1, 1
    if rows_per_unit is None:
        raise InputError(
            "rows_per_unit",
            "is required with unit",
            "None",
            "Declare how many rows of a customer may count; others of theirs are left out.",
        )
    move = "Use 1 if each customer may count once."
    most, *within = (
        check_whole(name, rows, low=1, next_move=move)
        for name, rows in declared.items()
        if rows is not None
    )
    return most, min([most, *within])


def _mixed(
    hashes: NDArray[np.uint64], ordinals: NDArray[np.uint64], key: int
) -> NDArray[np.uint64]:
    """Return numbers that look drawn by chance: the finaliser of SplitMix64, once for each part."""
    mixed = np.full(len(hashes), key, dtype=np.uint64)
    for part in (hashes, ordinals):
        mixed = mixed + part + np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def _warn_of_dropped(dropped: int, n: int, most: int, within: int, stacklevel: int) -> None:
    if dropped > TRACE * n:
        nor = f", nor more than {within:,} in a group" if within < most else ""
        warnings.warn(
            f"{dropped:,} of {n:,} rows were left out, so that no customer has more than {most:,}{nor}. "
            "The statistic is one of the kept rows; this message was not noised.",
            DroppedRowsWarning,
            stacklevel=stacklevel,
        )
