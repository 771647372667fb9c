"""A CRM export in our schema: tables, consent events, and what could not be mapped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from equipoise._checks import check_choice
from equipoise.consent import EVENT_COLUMNS, PURPOSES, check_events
from equipoise.exceptions import InputError

__all__ = [
    "ANY_CHANNEL",
    "NOT_OURS",
    "NOWHERE",
    "REACHING_OUT",
    "LoadedCRM",
    "Unmapped",
    "as_events",
    "checked_purposes",
    "event_rows",
    "note_unused_purposes",
    "targets",
]

ANY_CHANNEL = "any"
REACHING_OUT = tuple(n for n, p in PURPOSES.items() if p.channels != (ANY_CHANNEL,))
NOT_OURS = "none of ours"
NOWHERE = "no channel of ours"

UNMAPPED_COLUMNS = ("object", "column", "value", "rows", "why")
_SORTED = ["individual_id", "effective_at", "consent_event_id"]


@dataclass(frozen=True, eq=False)
class LoadedCRM:
    """The export of a real CRM, mapped to the names that this package uses.

    Parameters
    ----------
    system : str
        What wrote the export.
    tables : mapping of str to pandas.DataFrame
        `individuals` and `contacts`; from Salesforce also `campaigns` and `campaign_members`
        where they were exported. A column of our schema that the export has no counterpart for
        is left out.
    consent_events : pandas.DataFrame
        What `equipoise.consent.permitted` reads. Times with a UTC offset are in UTC, without the
        offset; other times are as the export wrote them. No event names a fictional notice, so
        the policy ``"everyone"`` is refused.
    unmapped : pandas.DataFrame
        `object, column, value, rows, why`: every column, value or record that was left out, with
        the number of rows it concerns. `value` is missing where a whole column is meant.
    """

    system: str
    tables: Mapping[str, pd.DataFrame]
    consent_events: pd.DataFrame
    unmapped: pd.DataFrame

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={len(table)}" for name, table in self.tables.items())
        return (
            f"LoadedCRM({self.system}: {counts}, consent_events={len(self.consent_events)}, "
            f"unmapped={len(self.unmapped)})"
        )


class Unmapped:
    """Notes on what is left out, taken while an export is read."""

    def __init__(self) -> None:
        self._notes: list[tuple[object, ...]] = []

    def note(
        self,
        name: str,
        why: str,
        *,
        column: str | None = None,
        value: str | None = None,
        rows: int = 0,
    ) -> None:
        """Add one note on the object `name`, one of its columns, or one value."""
        self._notes.append((name, column, value, rows, why))

    def note_values(self, name: str, column: str, values: pd.Series, why: str) -> None:
        """Add one note for each value, with its number of rows; blank is a value of its own."""
        counts = values.fillna("(blank)").value_counts().sort_index()
        for value, rows in counts.items():
            self.note(name, why, column=column, value=str(value), rows=int(rows))

    def frame(self) -> pd.DataFrame:
        """Return the notes in the order in which they were taken."""
        notes = pd.DataFrame(self._notes, columns=list(UNMAPPED_COLUMNS))
        return notes.astype({name: "str" for name in UNMAPPED_COLUMNS if name != "rows"})


def checked_purposes(purposes: Mapping[str, str | None]) -> dict[str, str]:
    """Return the caller's mapping of their purposes to ours, None as NOT_OURS."""
    if not isinstance(purposes, Mapping):
        raise InputError(
            "purposes",
            "must map the purposes of the export to ours",
            repr(purposes),
            'Use for example {"Newsletter": "personalised_offers"}, or {} to map none.',
        )
    return {
        str(theirs): NOT_OURS
        if ours is None
        else check_choice(f"purposes[{theirs!r}]", ours, PURPOSES)
        for theirs, ours in purposes.items()
    }


def note_unused_purposes(
    unmapped: Unmapped, purposes: Mapping[str, str], used: Iterable[str]
) -> None:
    """Note the keys of the caller's mapping that the export does not have."""
    for theirs in sorted(set(purposes) - set(used)):
        unmapped.note("purposes", "The export has no purpose of that name.", value=theirs)


def targets(expression: str, purpose: str | None, channel: str | None) -> list[tuple[str, str]]:
    """Return the purposes and channels that one expression is about.

    An opt-in counts for what it names and nothing else. A refusal whose purpose is not mapped
    counts against every purpose that reaches out, and one whose channel is not known against
    every channel: losing it would permit what a person refused.

    Parameters
    ----------
    expression : str
        ``"opt_in"`` or a refusal.
    purpose : str or None
        One of ours, NOT_OURS, or None if not mapped.
    channel : str or None
        One of ours, NOWHERE, or None if not known. It does not limit a purpose that does not
        reach out.
    """
    is_refusal = expression != "opt_in"
    if purpose is None:
        names = REACHING_OUT if is_refusal else ()
    else:
        names = () if purpose == NOT_OURS else (purpose,)
    pairs = []
    for name in names:
        for own in PURPOSES[name].channels:
            if own in (ANY_CHANNEL, channel) or (channel is None and is_refusal):
                pairs.append((name, own))
    return pairs


def event_rows(
    records: pd.DataFrame, expression: str, pairs: Iterable[tuple[str, str]]
) -> list[pd.DataFrame]:
    """Return records as events about each purpose and channel.

    `records` has `record` (which names the event), `individual_id`, `effective_at`,
    `recorded_at`, `expires_at` and `has_proof`.
    """
    return [
        records.assign(
            consent_event_id=records["record"] + f"/{purpose}/{channel}",
            purpose=purpose,
            channel=channel,
            expression=expression,
        )
        for purpose, channel in pairs
    ]


def as_events(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return all rows as one table of checked consent events, sorted by person and time."""
    filled = [
        part.assign(source="import", notice_version=None)[list(EVENT_COLUMNS)]
        for part in parts
        if len(part)
    ]
    if not filled:
        filled = [pd.DataFrame(columns=list(EVENT_COLUMNS))]
    words = ["consent_event_id", "individual_id", "purpose", "channel", "expression", "source"]
    events = pd.concat(filled, ignore_index=True)
    events = events.astype(dict.fromkeys([*words, "notice_version"], "str"))
    return check_events(events).sort_values(_SORTED, ignore_index=True)
