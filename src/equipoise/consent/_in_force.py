"""What stands for each person, purpose and channel, by which record, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.consent._events import check_events
from equipoise.consent._permitted import Moment, check_moments
from equipoise.consent._persons import person_ids
from equipoise.consent._purposes import CHANNELS, PURPOSES
from equipoise.consent._standing import NONE, Standing, newest, standing

__all__ = ["in_force"]

DECIDING = ["consent_event_id", "expression", "effective_at", "recorded_at", "expires_at", "source"]
WHY = {
    "granted": "A proved opt-in is in force and later than every refusal in force.",
    "refused": "A refusal is in force and no proved opt-in is later.",
    "conflicting": "A refusal and a proved opt-in are in force and neither is known to be later.",
    "without_proof": "An opt-in is in force, but no proof of it is kept.",
    "expired": "A proved opt-in is over.",
    "no_expression": "Nothing that is known was in force at that moment.",
}


def in_force(events: pd.DataFrame, *, at: Moment, known_at: Moment | None = None) -> pd.DataFrame:
    """Return what stands at `at` for each person, purpose and channel that the events mention.

    Parameters
    ----------
    events : pandas.DataFrame
        Consent events as in `check_events`, in any order.
    at, known_at : str or datetime
        As in `permitted`.

    Returns
    -------
    pandas.DataFrame
        `individual_id, purpose, channel` in this order of rows; `state`; the deciding record as
        `consent_event_id, expression, effective_at, recorded_at, expires_at, source` (missing
        where none decides); and `why`, a sentence. `state` is ``granted`` (permitted under every
        policy), ``refused`` or ``conflicting`` (a refusal stands: permitted under no policy but
        ``everyone``), or ``without_proof``, ``expired`` or ``no_expression`` (as if nothing had
        been said). Of several records that decide alike, the one with the first id is shown.

    Raises
    ------
    InputError
        If the events are refused by `check_events`, or a moment is no date or of another kind.

    Examples
    --------
    An old opt-out, and a later opt-in that is over.

    >>> events = pd.DataFrame({
    ...     "consent_event_id": ["E1", "E2"], "individual_id": "Anna", "purpose": "profiling",
    ...     "channel": "any", "expression": ["opt_out", "opt_in"],
    ...     "effective_at": ["2025-01-10", "2025-06-01"],
    ...     "recorded_at": ["2025-01-10", "2025-06-01"], "expires_at": [None, "2026-06-01"],
    ...     "source": "web_form", "notice_version": "fictional-1", "has_proof": True})
    >>> for at in ("2024-01-01", "2025-03-01", "2026-03-01", "2026-07-01"):
    ...     row = in_force(events, at=at).iloc[0]
    ...     print(row["state"], row["consent_event_id"])
    no_expression nan
    refused E1
    granted E2
    refused E1
    """
    checked = check_events(events)
    held = standing(checked, *check_moments(checked, at, known_at))
    keys, cells = _cells(checked)
    state, decides = _states(held, keys, len(cells))
    deciding = _first(checked, keys, decides).reindex(range(len(cells)))
    why = pd.Series(state, dtype="str").map(WHY).astype("str")
    return cells.assign(state=state.astype(str)).join(deciding).assign(why=why)


def _cells(events: pd.DataFrame) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Return each event's place, and the sorted table of person, purpose and channel."""
    ids = person_ids(events["individual_id"], "events.individual_id")
    people, persons = pd.factorize(ids, sort=True)
    purposes = pd.Categorical(events["purpose"], categories=list(PURPOSES)).codes
    channels = pd.Categorical(events["channel"], categories=CHANNELS).codes
    mixed = (people * len(PURPOSES) + purposes) * len(CHANNELS) + channels
    found, keys = np.unique(mixed, return_inverse=True)
    rest, channel = np.divmod(found, len(CHANNELS))
    person, purpose = np.divmod(rest, len(PURPOSES))
    cells = pd.DataFrame(
        {
            "individual_id": pd.Series(persons, dtype=ids.dtype).take(person).to_numpy(),
            "purpose": np.array(list(PURPOSES), dtype=object)[purpose],
            "channel": np.array(CHANNELS, dtype=object)[channel],
        }
    ).astype({"individual_id": ids.dtype, "purpose": "str", "channel": "str"})
    return keys.astype(np.intp), cells


def _states(
    held: Standing, keys: NDArray[np.intp], size: int
) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Return each cell's state, and the events that decide it."""
    grant_from = newest(keys, size, held.grants, held.earliest)
    refusal_by = newest(keys, size, held.refusals, held.latest)
    over_by = newest(keys, size, held.expired, held.latest)
    is_granted = grant_from > np.maximum(refusal_by, over_by)
    is_refused = (refusal_by > NONE) & (grant_from <= refusal_by)
    is_later = newest(keys, size, held.refusals, held.earliest) > newest(
        keys, size, held.grants, held.latest
    )
    unproved = newest(keys, size, held.unproved, held.earliest)
    expired = newest(keys, size, held.expired, held.expires)
    state = np.select(
        [is_granted, is_refused & is_later, is_refused, unproved > NONE, expired > NONE],
        ["granted", "refused", "conflicting", "without_proof", "expired"],
        "no_expression",
    )
    of_event = state[keys]
    turns = [
        (held.grants & (of_event == "granted"), held.earliest),
        (held.refusals & np.isin(of_event, ("refused", "conflicting")), held.latest),
        (held.unproved & (of_event == "without_proof"), held.earliest),
        (held.expired & (of_event == "expired"), held.expires),
    ]
    decides = np.logical_or.reduce([rows for rows, _ in turns])
    moment = np.select([rows for rows, _ in turns], [moment for _, moment in turns], NONE)
    return state, decides & (moment == newest(keys, size, decides, moment)[keys])


def _first(
    events: pd.DataFrame,
    keys: NDArray[np.intp],
    decides: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return one deciding record a cell, by the cell's number."""
    rows = events.loc[decides, DECIDING].assign(cell=keys[decides])
    rows = rows.assign(order=rows["consent_event_id"].astype("str"))
    rows = rows.sort_values(["cell", "order"], kind="stable").drop_duplicates("cell")
    return rows.drop(columns="order").set_index("cell")
