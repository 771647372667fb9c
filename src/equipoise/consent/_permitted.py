"""Who permits a purpose on a date: rows in, the permitted rows out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice, check_columns
from equipoise.consent._events import check_events, has_offset
from equipoise.consent._moments import check_moment
from equipoise.consent._persons import check_same_kind, person_ids
from equipoise.consent._policies import check_policy, policies_for
from equipoise.consent._purposes import PURPOSES
from equipoise.consent._standing import NONE, newest, standing
from equipoise.exceptions import InputError

__all__ = ["Moment", "allowed", "check_moments", "permitted"]

Moment: TypeAlias = str | dt.date


def permitted(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    *,
    purpose: str,
    at: Moment,
    known_at: Moment | None = None,
    policy: str = "opt_in",
    channel: str | None = None,
    unit: str = "individual_id",
) -> pd.DataFrame:
    """Return the rows of `frame` whose persons permit `purpose` at `at`.

    Within one person, purpose and channel a later effective expression supersedes an earlier one.
    Where the order of two is equal or unknown, the refusal stands; an opt-in without proof never
    grants anything. An opt-in is over at `expires_at`, and the earlier ones that it superseded
    do not come back; a refusal never ends by itself. Adding a withdrawal to the events never
    enlarges the result.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any table with the persons' ids in the column `unit`; several rows a person are fine. A
        row without an id is permitted under no policy but ``"everyone"``.
    events : pandas.DataFrame
        Consent events as in `check_events`, in any order.
    purpose : str
        One of `PURPOSES`.
    at : str or datetime
        The moment of use. A date without a time is its first moment: what becomes effective
        later on that day is not in force. It has a UTC offset exactly if the events' dates have.
    known_at : str or datetime, optional
        Look with the records of that moment: opt-ins recorded later, or at an unknown time, are
        not known; neither are refusals recorded later. All records if not given. A use of today
        is judged by all records.
    policy : str
        One of `POLICIES`. ``"opt_in"`` permits those who said yes; ``"opt_out"`` also those who
        said nothing; ``"legitimate_interest"`` is that for purpose ``"service"`` only;
        ``"everyone"`` ignores what people said, and is refused on events of real people.
    channel : str, optional
        A channel of the purpose; without it, one permitted channel is enough.
    unit : str
        The column of `frame` that holds the `individual_id` of each row. An id that no event
        mentions counts as a person who said nothing.

    Returns
    -------
    pandas.DataFrame
        The permitted rows, with the same columns, order and index labels.

    Raises
    ------
    InputError
        If the events are refused by `check_events`, a name is unknown, a moment is no date or
        has an offset where the events have none (or the reverse), the policy cannot be asked, or
        ids are text on one side and numbers on the other.

    Examples
    --------
    Anna opted in by e-mail and later withdrew; Ben opted in by post; Cleo said nothing.

    >>> people = pd.DataFrame({"individual_id": ["Anna", "Ben", "Cleo"], "orders": [3, 1, 2]})
    >>> events = pd.DataFrame({
    ...     "consent_event_id": ["E1", "E2", "E3"],
    ...     "individual_id": ["Anna", "Anna", "Ben"],
    ...     "purpose": "personalised_offers",
    ...     "channel": ["email", "email", "post"],
    ...     "expression": ["opt_in", "withdrawal", "opt_in"],
    ...     "effective_at": ["2025-01-10", "2026-02-01", "2025-06-01"],
    ...     "recorded_at": ["2025-01-10", "2026-02-20", "2025-06-01"],
    ...     "expires_at": None, "source": "web_form", "notice_version": "fictional-1",
    ...     "has_proof": True})
    >>> def names(**how):
    ...     rows = permitted(people, events, purpose="personalised_offers", **how)
    ...     return rows["individual_id"].tolist()
    >>> names(at="2026-03-02")
    ['Ben']
    >>> names(at="2026-01-15")
    ['Anna', 'Ben']
    >>> names(at="2026-02-10", known_at="2026-02-10")  # the firm did not know yet
    ['Anna', 'Ben']
    >>> names(at="2026-03-02", policy="opt_out", channel="email")
    ['Ben', 'Cleo']
    """
    checked = check_events(events)
    check_policy(policy, check_choice("purpose", purpose, PURPOSES), checked)
    channels = _channels(purpose, channel)
    moments = check_moments(checked, at, known_at)
    ids = _unit(frame, unit, checked)
    said = _said(checked, ids, purpose, channels, *moments)
    return frame[_rows(policy, ids, *said)]


def allowed(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    *,
    purpose: str,
    at: Moment,
    known_at: Moment | None = None,
    channel: str | None = None,
    unit: str = "individual_id",
) -> pd.DataFrame:
    """Return for each row of `frame` which policies permit `purpose` at `at`.

    Parameters
    ----------
    frame, events, purpose, at, known_at, channel, unit
        As in `permitted`.

    Returns
    -------
    pandas.DataFrame
        Index of `frame`; columns of bool: `opt_in`, `opt_out`, `legitimate_interest` for purpose
        ``"service"``, and `everyone` where every event is synthetic. What one column permits,
        the columns to its right permit as well.

    Raises
    ------
    InputError
        As `permitted`.

    Examples
    --------
    >>> people = pd.DataFrame({"individual_id": ["Anna", "Ben"]})
    >>> events = pd.DataFrame({
    ...     "consent_event_id": ["E1"], "individual_id": ["Anna"], "purpose": ["analytics"],
    ...     "channel": ["any"], "expression": ["opt_out"], "effective_at": ["2025-01-10"],
    ...     "recorded_at": ["2025-01-10"], "expires_at": [None], "source": ["store_form"],
    ...     "notice_version": ["fictional-1"], "has_proof": [True]})
    >>> allowed(people, events, purpose="analytics", at="2026-03-02")
       opt_in  opt_out  everyone
    0   False    False      True
    1   False     True      True
    """
    checked = check_events(events)
    check_choice("purpose", purpose, PURPOSES)
    channels = _channels(purpose, channel)
    moments = check_moments(checked, at, known_at)
    ids = _unit(frame, unit, checked)
    said = _said(checked, ids, purpose, channels, *moments)
    columns = {name: _rows(name, ids, *said) for name in policies_for(purpose, checked)}
    return pd.DataFrame(columns, index=frame.index)


def check_moments(
    events: pd.DataFrame, at: Moment, known_at: Moment | None
) -> tuple[pd.Timestamp, pd.Timestamp | None]:
    """Return both moments, of the same kind as the times of checked events."""
    with_offset = has_offset(events)
    moment = check_moment("at", at, with_offset=with_offset)
    if known_at is None:
        return moment, None
    return moment, check_moment("known_at", known_at, with_offset=moment.tzinfo is not None)


def _channels(purpose: str, channel: str | None) -> tuple[str, ...]:
    channels = PURPOSES[purpose].channels
    if channel is None:
        return channels
    if channel not in channels:
        raise InputError(
            "channel",
            f"must be a channel of the purpose {purpose!r}",
            repr(channel),
            f"Known: {', '.join(map(repr, channels))}.",
        )
    return (channel,)


def _unit(frame: pd.DataFrame, unit: str, events: pd.DataFrame) -> pd.Series:
    if not isinstance(frame, pd.DataFrame):
        kind = type(frame).__name__
        raise InputError("frame", "must be a DataFrame", kind, "Pass a table of persons.")
    check_columns("unit", [unit], frame.columns)
    if list(frame.columns).count(unit) > 1:
        raise InputError("unit", "must name one column", f"{unit!r} twice", "Rename one of them.")
    ids = person_ids(frame[unit], f"unit {unit!r}")
    of_events = person_ids(events["individual_id"], "events.individual_id")
    check_same_kind(ids, of_events, f"unit {unit!r}")
    return ids


def _said(
    events: pd.DataFrame,
    ids: pd.Series,
    purpose: str,
    channels: Sequence[str],
    at: pd.Timestamp,
    known_at: pd.Timestamp | None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return per id whether some channel is granted, and whether every channel is refused."""
    about = (events["purpose"] == purpose) & events["channel"].isin(channels)
    rows = events[about]
    people, persons = pd.factorize(person_ids(rows["individual_id"], "events.individual_id"))
    places = pd.Categorical(rows["channel"], categories=channels).codes
    keys = people * len(channels) + places
    held, size = standing(rows, at, known_at), len(persons) * len(channels)
    grant = newest(keys, size, held.grants, held.earliest).reshape(-1, len(channels))
    refusal = newest(keys, size, held.refusals, held.latest).reshape(-1, len(channels))
    over = newest(keys, size, held.expired, held.latest).reshape(-1, len(channels))
    is_granted = grant > np.maximum(refusal, over)
    is_refused = (refusal > NONE) & (grant <= refusal)
    granted = np.append(is_granted.any(axis=1), False)  # the last place is a person unheard of
    refused = np.append(is_refused.all(axis=1), False)
    found = pd.Index(persons).get_indexer(pd.Index(ids))
    return granted[found], refused[found]


def _rows(
    policy: str, ids: pd.Series, granted: NDArray[np.bool_], refused: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    if policy == "everyone":
        return np.ones(len(ids), dtype=bool)
    named: NDArray[np.bool_] = ids.notna().to_numpy(dtype=bool)
    return named & (granted if policy == "opt_in" else ~refused)
