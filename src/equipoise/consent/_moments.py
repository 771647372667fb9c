"""Times as they are written: ISO or already times, all with an offset or none."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from equipoise.exceptions import InputError

__all__ = ["ISO_DATE", "check_moment", "moments"]

ISO_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?(Z|[+-]\d{2}:?\d{2}))?)?"
)
"""A whole ISO date, with or without a time; the group is its offset."""

_RULE = "must hold ISO dates (2026-03-31 or 2026-03-31T10:00:00Z), or none"
_CURE = "Rewrite the dates year-month-day: 03/04 means two different days."


def moments(column: pd.Series, name: str) -> tuple[pd.Series, bool | None]:
    """Return a column as times of microseconds, and whether they have offsets.

    Times with an offset are returned in UTC. Where all are missing nobody can say whether they
    have one, and the answer is None.
    """
    known = column.dropna()
    if known.empty:
        return pd.Series(pd.NaT, index=column.index, dtype="datetime64[us]"), None
    if column.dtype.kind == "M" and column.dt.tz is not None:
        return column.dt.tz_convert("UTC").astype("datetime64[us, UTC]"), True
    if column.dtype.kind == "M":
        return column.astype("datetime64[us]"), False
    kinds = {_has_offset(value, name) for value in known.unique()}
    if len(kinds) > 1:
        raise InputError(
            name,
            "must hold dates that all have a UTC offset or none",
            "both",
            "Convert them to one time zone first.",
        )
    (with_offset,) = kinds
    return _parsed(column, name, with_offset=with_offset), with_offset


def check_moment(parameter: str, value: object, *, with_offset: bool | None) -> pd.Timestamp:
    """Return one time; it must have an offset exactly if the events' times have."""
    written = isinstance(value, str) and ISO_DATE.fullmatch(value.strip()) is not None
    given = isinstance(value, dt.date | np.datetime64) and not pd.isna(value)
    if not (written or given):
        raise InputError(
            parameter,
            "must be a date such as '2026-03-02' or a Timestamp",
            repr(value),
            "Write it year-month-day.",
        )
    try:
        moment = pd.Timestamp(value.strip() if isinstance(value, str) else value)
    except ValueError as problem:
        raise InputError(
            parameter, "must be a date that exists", repr(value), "Correct it."
        ) from problem
    if with_offset is not None and (moment.tzinfo is not None) != with_offset:
        raise _other_kind(parameter, moment, with_offset=with_offset)
    return moment.tz_convert("UTC") if moment.tzinfo is not None else moment


def _other_kind(parameter: str, moment: pd.Timestamp, *, with_offset: bool) -> InputError:
    kind = "have a UTC offset" if with_offset else "have no UTC offset"
    example = "'2026-03-02T00:00:00Z'" if with_offset else "'2026-03-02'"
    return InputError(
        parameter,
        f"must {kind}, as the dates of the events do",
        repr(str(moment)),
        f"Write it like {example}.",
    )


def _has_offset(value: object, name: str) -> bool:
    if isinstance(value, str):
        found = ISO_DATE.fullmatch(value.strip())
        if found is None:
            raise InputError(name, _RULE, repr(value), _CURE)
        return found[1] is not None
    if isinstance(value, dt.datetime):
        return value.tzinfo is not None
    if isinstance(value, dt.date | np.datetime64):
        return False
    shown = value.item() if isinstance(value, np.generic) else value
    raise InputError(name, _RULE, repr(shown), _CURE)


def _parsed(column: pd.Series, name: str, *, with_offset: bool) -> pd.Series:
    text = column.map(lambda value: str(value).strip(), na_action="ignore")
    try:
        times = pd.to_datetime(text, format="ISO8601", utc=with_offset)
    except ValueError as problem:
        odd = text[pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True).isna()]
        shown = repr(odd.dropna().iloc[0])
        raise InputError(name, "must hold dates that exist", shown, "Correct it.") from problem
    return times.astype("datetime64[us, UTC]" if with_offset else "datetime64[us]")
