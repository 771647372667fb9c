"""Consent events as a table: what each column must hold before anybody is counted in."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from equipoise._checks import suggestion
from equipoise.consent._moments import moments
from equipoise.consent._persons import person_ids
from equipoise.consent._purposes import CHANNELS, PURPOSES
from equipoise.exceptions import InputError

__all__ = ["DATES", "EVENT_COLUMNS", "EXPRESSIONS", "REFUSALS", "check_events", "has_offset"]

EVENT_COLUMNS = (
    "consent_event_id",
    "individual_id",
    "purpose",
    "channel",
    "expression",
    "effective_at",
    "recorded_at",
    "expires_at",
    "source",
    "notice_version",
    "has_proof",
)
EXPRESSIONS = ("opt_in", "opt_out", "withdrawal")
REFUSALS = ("opt_out", "withdrawal")
DATES = ("effective_at", "recorded_at", "expires_at")


def check_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events with their dates as times, or refuse the first thing that is not clear.

    Nothing is guessed and nothing is repaired but one thing: dates that are ISO text become
    times. Contradictions between events are no fault of the table; `permitted` settles them.

    Parameters
    ----------
    events : pandas.DataFrame
        One row an expression, with at least the columns of `EVENT_COLUMNS`:
        `consent_event_id` (once each); `individual_id` (text or whole numbers, never missing);
        `purpose`, `channel` (of that purpose) and `expression` (known words);
        `effective_at`, `recorded_at`, `expires_at` (times or ISO dates, missing where unknown,
        and all with a UTC offset or none); `source` and `notice_version` (text, may be missing);
        `has_proof` (true or false). It is not changed.

    Returns
    -------
    pandas.DataFrame
        The same rows, columns and index. Times are in microseconds, in UTC if they have offsets.

    Raises
    ------
    InputError
        For a missing or repeated column, an unknown word, a date that is not ISO or does not
        exist, times of which some have an offset and some not, or an event id that stands twice.

    Examples
    --------
    >>> events = pd.DataFrame({
    ...     "consent_event_id": ["E1"], "individual_id": ["P1"], "purpose": ["profiling"],
    ...     "channel": ["any"], "expression": ["opt_in"], "effective_at": ["2026-01-05"],
    ...     "recorded_at": ["2026-01-06"], "expires_at": [None], "source": ["web_form"],
    ...     "notice_version": ["fictional-1"], "has_proof": [True]})
    >>> check_events(events)["effective_at"].dt.day.item()
    5
    >>> check_events(events.assign(expression="yes"))
    Traceback (most recent call last):
    equipoise.exceptions.InputError: events.expression must hold known words, got 'yes' in
    1 of 1 events. Known: 'opt_in', 'opt_out', 'withdrawal'.
    """
    _check_named(events)
    _check_event_ids(events["consent_event_id"])
    _check_persons(events["individual_id"])
    _check_words("purpose", events["purpose"], PURPOSES)
    _check_words("channel", events["channel"], CHANNELS)
    _check_words("expression", events["expression"], EXPRESSIONS)
    _check_pairs(events)
    _check_proof(events["has_proof"])
    return _with_times(events)


def has_offset(events: pd.DataFrame) -> bool | None:
    """Say whether the times of checked events have an offset; None if there is no time at all."""
    if isinstance(events["effective_at"].dtype, pd.DatetimeTZDtype):
        return True
    return None if events[list(DATES)].isna().all(axis=None) else False


def _check_named(events: object) -> None:
    if not isinstance(events, pd.DataFrame):
        kind = type(events).__name__
        raise InputError("events", "must be a DataFrame", kind, "Read it with pandas first.")
    present = [str(column) for column in events.columns]
    for column in EVENT_COLUMNS:
        if column not in present:
            others = [name for name in present if name not in EVENT_COLUMNS]
            raise InputError(
                "events",
                f"must have the column {column!r}",
                "none of that name",
                suggestion(column, others) if others else "Add it; values may not be known.",
            )
        if present.count(column) > 1:
            raise InputError(
                "events", "must name each column once", repr(column), "Rename one of the columns."
            )


def _check_event_ids(ids: pd.Series) -> None:
    if ids.isna().any():
        found = f"{ids.isna().sum():,} of {len(ids):,} events without"
        raise InputError(
            "events.consent_event_id", "must not be missing", found, "Number the events."
        )
    repeated = ids.duplicated()
    if repeated.any():
        raise InputError(
            "events.consent_event_id",
            "must stand once each",
            f"{ids[repeated].iloc[0]!r} more than once",
            "Remove repeated rows, or give different events different ids.",
        )


def _check_persons(ids: pd.Series) -> None:
    if ids.isna().any():
        raise InputError(
            "events.individual_id",
            "must say of every event whose it is",
            f"{ids.isna().sum():,} of {len(ids):,} events without",
            "Complete it, or set those events aside.",
        )
    person_ids(ids, "events.individual_id")


def _check_words(column: str, values: pd.Series, known: Iterable[str]) -> None:
    words = list(known)
    odd = ~values.isin(words)
    if odd.any():
        first = values[odd].iloc[0]
        same = int((values.isna() if pd.isna(first) else values == first).sum())
        raise InputError(
            f"events.{column}",
            "must hold known words",
            f"{'nothing' if pd.isna(first) else repr(first)} in {same:,} of {len(values):,} events",
            suggestion(first, words),
        )


def _check_pairs(events: pd.DataFrame) -> None:
    pairs = events[["purpose", "channel"]].drop_duplicates()
    for purpose, channel in pairs.itertuples(index=False):
        channels = PURPOSES[purpose].channels
        if channel not in channels:
            raise InputError(
                "events.channel",
                f"must be a channel of the purpose {purpose!r}",
                repr(channel),
                f"Known: {', '.join(map(repr, channels))}.",
            )


def _check_proof(proofs: pd.Series) -> None:
    if proofs.dtype.kind == "b" and not proofs.isna().any():
        return
    for proof in proofs:
        if not isinstance(proof, bool | np.bool_):
            raise InputError(
                "events.has_proof",
                "must be true or false in every event",
                "nothing" if pd.isna(proof) else repr(proof),
                "Write False where no proof is kept.",
            )


def _with_times(events: pd.DataFrame) -> pd.DataFrame:
    read = {column: moments(events[column], f"events.{column}") for column in DATES}
    kinds = {column: kind for column, (_, kind) in read.items() if kind is not None}
    if len(set(kinds.values())) > 1:
        with_offset = next(column for column, kind in kinds.items() if kind)
        without = next(column for column, kind in kinds.items() if not kind)
        raise InputError(
            "events",
            "must have dates that all have a UTC offset or none",
            f"{with_offset} with and {without} without",
            "Convert them to one time zone first.",
        )
    zone = "datetime64[us, UTC]" if any(kinds.values()) else "datetime64[us]"
    times = {
        column: series if kind is not None else pd.Series(pd.NaT, series.index, dtype=zone)
        for column, (series, kind) in read.items()
    }
    return events.assign(**times, has_proof=events["has_proof"].astype(bool))
