"""At most so many rows of each customer, chosen without looking at what the rows hold."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_whole
from equipoise.exceptions import DroppedRowsWarning, InputError

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
    units : int
        How many different ids there are.
    """

    places: NDArray[np.intp]
    unit: str
    rows_per_unit: int
    units: int


def kept_rows(n: int, unit: ArrayLike | None, rows_per_unit: int | None, key: int) -> KeptRows:
    """Keep at most `rows_per_unit` rows of each unit, by a keyed hash of its id and its rows' order.

    What is kept of a unit depends on the key and on that unit alone, so that another unit's presence
    changes nothing about it. To whom the key is not known, any of its rows are as probable as others,
    whatever their order.

    Raises
    ------
    InputError
        Where an id is missing, or `rows_per_unit` is while there are ids.

    Warns
    -----
    DroppedRowsWarning
        Where more than one row in a hundred is left out.
    """
    most = _checked_most(unit, rows_per_unit)
    if unit is None:
        return KeptRows(np.arange(n), "row", 1, n)
    owners = _owners(unit, n)
    codes, ids = pd.factorize(owners)
    ordinals = owners.groupby(codes).cumcount().to_numpy(np.uint64)
    hashes = pd.util.hash_array(np.array([str(each) for each in ids], dtype=object))
    order = np.lexsort((ordinals, _mixed(hashes[codes], ordinals, key), codes))
    rank = np.empty(n, dtype=np.intp)
    rank[order] = np.arange(n) - np.searchsorted(codes[order], codes[order])
    places = np.flatnonzero(rank < most)
    _warn_of_dropped(n - len(places), n, most)
    name = owners.name if isinstance(owners.name, str) and owners.name else "unit"
    return KeptRows(places, name, most, len(ids))


def _checked_most(unit: ArrayLike | None, rows_per_unit: object) -> int:
    if unit is None:
        if rows_per_unit not in (None, 1):
            rule, move = (
                "is required when rows_per_unit is above 1",
                "Pass the customer of each row.",
            )
            raise InputError("unit", rule, "None", move)
        return 1
    if rows_per_unit is None:
        raise InputError(
            "rows_per_unit",
            "is required with unit",
            "None",
            "Declare how many rows of a customer may count; others of theirs are left out.",
        )
    move = "Use 1 if each customer may count once."
    return check_whole("rows_per_unit", rows_per_unit, low=1, next_move=move)


def _owners(unit: ArrayLike, n: int) -> pd.Series:
    owners = unit if isinstance(unit, pd.Series) else pd.Series(np.asarray(unit, dtype=object))
    named = int(owners.notna().sum())
    if len(owners) != n or named < n:
        raise InputError(
            "unit",
            f"must name the customer of each of {n} rows",
            f"{named} names",
            "Pass one id a row, none of them missing.",
        )
    return owners.reset_index(drop=True)


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


def _warn_of_dropped(dropped: int, n: int, most: int) -> None:
    if dropped > TRACE * n:
        warnings.warn(
            f"{dropped:,} of {n:,} rows were left out, so that no customer has more than {most:,}. The "
            "statistic is one of the kept rows; this message was not noised.",
            DroppedRowsWarning,
            stacklevel=5,
        )
