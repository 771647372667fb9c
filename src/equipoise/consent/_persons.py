"""Ids of persons, in one form in which equal ids are equal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equipoise.exceptions import InputError

__all__ = ["check_same_kind", "person_ids"]

MOST_EXACT = 2.0**53  # from here on, a float no longer tells neighbouring whole numbers apart


def person_ids(ids: pd.Series, name: str) -> pd.Series:
    """Return ids as text or as whole numbers, missing ones kept; anything else is refused."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        ids = ids.astype(ids.cat.categories.dtype)
    kind = pd.api.types.infer_dtype(ids, skipna=True)
    if kind in ("string", "empty"):
        return ids.astype("str")
    if kind == "integer" and pd.api.types.is_integer_dtype(ids.dtype):
        return ids
    if (kind == "integer" and _fits(ids)) or (kind == "floating" and _all_whole(ids)):
        return ids.astype("Int64")
    raise InputError(
        name, "must hold text, or whole numbers", f"{kind} values", "Write the ids as text."
    )


def check_same_kind(ids: pd.Series, of_events: pd.Series, name: str) -> None:
    """Refuse text beside numbers: nobody would be found, and every refusal would be lost."""
    kinds = [
        "text" if isinstance(part.dtype, pd.StringDtype) else "numbers"
        for part in (ids, of_events)
        if part.notna().any()
    ]
    if len(set(kinds)) > 1:
        raise InputError(
            name,
            f"must hold {kinds[1]}, as individual_id of the events does",
            kinds[0],
            "Convert one of the two columns.",
        )


def _fits(ids: pd.Series) -> bool:
    known = ids.dropna()
    return bool(known.max() < 2**63 and known.min() >= -(2**63))


def _all_whole(ids: pd.Series) -> bool:
    known = ids.dropna().to_numpy(dtype=float)
    return bool(((known == np.floor(known)) & (np.abs(known) < MOST_EXACT)).all())
