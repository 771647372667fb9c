"""HubSpot exports: contacts to our tables, opt-outs and subscriptions to consent events."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from equipoise.crm._loading import (
    NOT_OURS,
    NOWHERE,
    REACHING_OUT,
    LoadedCRM,
    Unmapped,
    as_events,
    checked_purposes,
    event_rows,
    note_unused_purposes,
    targets,
)
from equipoise.crm._loading_values import Clock, Export, meant, read_export
from equipoise.exceptions import InputError

__all__ = ["load_hubspot"]

ID = "Record ID"
OPTED_OUT = "Opted out of email:"
UNSUBSCRIBED = "Unsubscribed from all email"
SOURCES = ("Original Source", "Original Traffic Source")
CONTACT_COLUMNS = (ID, "Email", *SOURCES, "Create Date", "Last Modified Date", UNSUBSCRIBED)
SUBSCRIPTION_COLUMNS = (
    "subscriberIdString",
    "subscriptionName",
    "subscriptionId",
    "channel",
    "status",
    "legalBasis",
    "legalBasisExplanation",
    "timestamp",
)

STATUSES = {"SUBSCRIBED": "opt_in", "UNSUBSCRIBED": "opt_out", "NOT_SUBSCRIBED": "opt_out"}
CHANNELS = {"EMAIL": "email", "SMS": NOWHERE, "WHATSAPP": NOWHERE}
PROVING_BASIS = "CONSENT_WITH_NOTICE"

_DIRECT = "It names or locates a person; no table here needs it."
WHY_NOT = {
    "Legal basis for processing contact's data": (
        "It names no purpose, no channel and no date: it grants nothing."
    ),
    "Lifecycle Stage": "A judgement of the firm about the person, not what the person did.",
    "Email": _DIRECT,
    "First Name": _DIRECT,
    "Last Name": _DIRECT,
    "Phone Number": _DIRECT,
    "Postal Code": "Where an area begins in a postcode depends on the country.",
}
LACKING = {
    "individuals": (
        "gender",
        "birth_date",
        "age",
        "age_band",
        "income_band",
        "community",
        "household_size",
    ),
    "contacts": ("postcode_area", "loyalty_plan", "uses_app", "verified_date"),
}


def load_hubspot(
    contacts: str | Path | pd.DataFrame,
    *,
    purposes: Mapping[str, str | None],
    subscriptions: str | Path | pd.DataFrame | None = None,
    date_format: str | None = None,
) -> LoadedCRM:
    """Map an export of HubSpot contacts to our tables and consent events.

    Nothing leaves the machine, nothing is guessed, and the input is not changed. What has no
    place in our schema is listed in `unmapped`.

    Parameters
    ----------
    contacts : path or pandas.DataFrame
        The contact export in English (UTF-8, commas). ``Record ID`` is needed and is the id of
        both the contact and the individual.
    purposes : mapping
        The name (or id) of each subscription type to one of `equipoise.consent.PURPOSES`, or to
        None if it concerns none of them.
    subscriptions : path or pandas.DataFrame, optional
        What HubSpot's communication preferences API (v4) returns, one row a status, with
        ``subscriberIdString`` (an e-mail address), ``subscriptionName`` or ``subscriptionId``,
        ``channel``, ``status``, and if there ``legalBasis``, ``legalBasisExplanation`` and
        ``timestamp``. The contact export itself never shows an opt-in.
    date_format : str, optional
        How dates that are not ISO are written, such as ``"%d/%m/%Y %H:%M"``.

    Returns
    -------
    LoadedCRM
        `joined_date` is ``Create Date``, `lead_source` is ``Original Source``.

    Raises
    ------
    InputError
        For a column that is needed and missing, a Record ID that stands twice or is no whole
        number, a date that is not clear, or a yes or no that is neither.

    Notes
    -----
    ``Opted out of email: <type>`` refuses e-mail for the purpose of that type, and
    ``Unsubscribed from all email`` for every purpose that reaches out. These opt-outs have no
    date; `recorded_at` is ``Last Modified Date`` if exported, since nobody can tell when the flag
    was set. False or blank says nothing. A refusal of a type that is not in `purposes` counts
    against every purpose that reaches out.

    A status SUBSCRIBED is an opt-in on its channel, UNSUBSCRIBED and NOT_SUBSCRIBED are opt-outs;
    NOT_SPECIFIED is neither. The timestamp is both `effective_at` and `recorded_at`. `has_proof`
    is true where the legal basis is CONSENT_WITH_NOTICE with an explanation and a timestamp.
    Addresses are compared without regard to case. ``Legal basis for processing contact's data``
    grants nothing: it names no purpose, channel or date.

    Examples
    --------
    >>> from equipoise.consent import permitted
    >>> export = pd.DataFrame({
    ...     "Record ID": ["101", "102", "103"],
    ...     "Email": ["a@example.invalid", "b@example.invalid", "c@example.invalid"],
    ...     "Create Date": ["2025-01-05 10:00", "2025-02-01 09:30", "2025-03-09 16:45"],
    ...     "Opted out of email: Newsletter": ["false", "true", ""],
    ...     "Unsubscribed from all email": ["false", "false", ""]})
    >>> statuses = pd.DataFrame({
    ...     "subscriberIdString": ["a@example.invalid"], "subscriptionName": ["Newsletter"],
    ...     "channel": ["EMAIL"], "status": ["SUBSCRIBED"], "timestamp": ["2025-01-05 10:00"],
    ...     "legalBasis": ["CONSENT_WITH_NOTICE"], "legalBasisExplanation": ["Web form, v3"]})
    >>> crm = load_hubspot(
    ...     export, purposes={"Newsletter": "personalised_offers"}, subscriptions=statuses)
    >>> crm
    LoadedCRM(HubSpot: individuals=3, contacts=3, consent_events=2, unmapped=12)
    >>> people = crm.tables["individuals"]
    >>> asked = {"purpose": "personalised_offers", "at": "2026-03-02", "channel": "email"}
    >>> permitted(people, crm.consent_events, **asked)["individual_id"].tolist()
    ['101']
    >>> rows = permitted(people, crm.consent_events, policy="opt_out", **asked)
    >>> rows["individual_id"].tolist()
    ['101', '103']
    """
    unmapped, clock = Unmapped(), Clock(date_format)
    mapping = checked_purposes(purposes)
    export = Export("contacts", _table(contacts), clock, CONTACT_COLUMNS)
    tables = _tables(export, unmapped)
    parts, used = _opt_outs(export, tables["individuals"]["individual_id"], mapping, unmapped)
    if subscriptions is None:
        unmapped.note("subscriptions", "They were not exported: no opt-in is known.")
    else:
        statuses = Export("subscriptions", _table(subscriptions), clock, SUBSCRIPTION_COLUMNS)
        more, theirs = _subscriptions(statuses, _by_address(export), mapping, unmapped)
        parts, used = [*parts, *more], used | theirs
        statuses.note_absent(unmapped, ("legalBasis", "legalBasisExplanation", "timestamp"))
        statuses.note_unread(unmapped, {})
    note_unused_purposes(unmapped, mapping, used)
    _note_types(used, mapping, unmapped)
    events = as_events(parts)
    export.note_absent(unmapped, ("Create Date", "Last Modified Date"))
    export.note_unread(unmapped, WHY_NOT)
    return LoadedCRM("HubSpot", tables, events, unmapped.frame())


def _table(source: str | Path | pd.DataFrame) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source
    path = Path(source)
    if not path.is_file():
        raise InputError("source", "must be a CSV file or a DataFrame", path, "Check the path.")
    return read_export(path)


def _tables(export: Export, unmapped: Unmapped) -> dict[str, pd.DataFrame]:
    export.need(ID)
    ids = export.ids(ID)
    odd = ids[~ids.str.fullmatch(r"\d+")]
    if len(odd):
        raise InputError(
            f"contacts.{ID}",
            "must hold whole numbers",
            repr(odd.iloc[0]),
            "A spreadsheet may have rounded them: export them again.",
        )
    source = next((column for column in SOURCES if export.has(column)), SOURCES[0])
    contacts = pd.DataFrame(
        {
            "contact_id": ids,
            "individual_id": ids,
            "lead_source": export.text(source),
            "joined_date": export.date("Create Date", decides=False),
        }
    )
    for name, columns in LACKING.items():
        for column in columns:
            unmapped.note(f"our {name}", "No column of HubSpot holds it.", column=column)
    return {"individuals": pd.DataFrame({"individual_id": ids}), "contacts": contacts}


def _opt_outs(
    export: Export, ids: pd.Series, mapping: Mapping[str, str], unmapped: Unmapped
) -> tuple[list[pd.DataFrame], set[str]]:
    """Return the refusals that flags stand for, and the subscription types that have a flag."""
    recorded = export.date("Last Modified Date")
    flags = {
        column: targets("opt_out", mapping.get(column[len(OPTED_OUT) :].strip()), "email")
        for column in export.starting_with(OPTED_OUT)
    }
    types = {column[len(OPTED_OUT) :].strip() for column in flags}
    if export.need_if_renamed(UNSUBSCRIBED):
        flags[UNSUBSCRIBED] = [(name, "email") for name in REACHING_OUT]
    else:
        why = "Not exported: such refusals are not known."
        unmapped.note("contacts", why, column=UNSUBSCRIBED)
    parts: list[pd.DataFrame] = []
    for column, pairs in flags.items():
        records = pd.DataFrame(
            {
                "record": "contact/" + ids + f"/{column}",
                "individual_id": ids,
                "effective_at": pd.NaT,
                "recorded_at": recorded,
                "expires_at": pd.NaT,
                "has_proof": False,
            }
        )
        parts += event_rows(records[export.flag(column, blank=False)], "opt_out", pairs)
    return parts, types


def _by_address(export: Export) -> pd.Series:
    """Return the contacts' ids by address; an address of two contacts is refused."""
    export.need("Email")
    address = export.text("Email").str.casefold()
    twice = address[address.duplicated() & address.notna()]
    if len(twice):
        raise InputError(
            "contacts.Email",
            "must stand once each, since subscriptions go by address",
            f"{twice.iloc[0]!r} more than once",
            "Merge the contacts in HubSpot, or set them aside.",
        )
    known = address.notna()
    return pd.Series(export.text(ID)[known].to_numpy(), index=address[known], dtype="str")


def _subscriptions(
    export: Export, by_address: pd.Series, mapping: Mapping[str, str], unmapped: Unmapped
) -> tuple[list[pd.DataFrame], set[str]]:
    """Return the events that statuses stand for, and the subscription types among them."""
    records = _records(export, by_address)
    said = meant(records["status"], STATUSES)
    why = "It says neither yes nor no; it grants nothing."
    unmapped.note_values("subscriptions", "status", records["status"][said.isna()], why)
    lost = records["individual_id"].isna() & said.notna()
    if lost.any():
        why, rows = "The address is no contact of the export.", int(lost.sum())
        unmapped.note("subscriptions", why, column="subscriberIdString", rows=rows)
    records = records.assign(said=said)[said.notna() & ~lost]
    channels = records["channel"]
    elsewhere = channels[channels.map(CHANNELS) == NOWHERE]
    unmapped.note_values("subscriptions", "channel", elsewhere, "No channel of ours; left out.")
    unknown = channels[~channels.isin(list(CHANNELS))]
    why = "Not a known channel. Opt-ins grant nothing; opt-outs count on every channel."
    unmapped.note_values("subscriptions", "channel", unknown, why)
    parts: list[pd.DataFrame] = []
    for (expression, theirs, channel), rows in records.groupby(
        ["said", "type", "channel"], dropna=False, sort=True
    ):
        pairs = targets(expression, mapping.get(theirs), CHANNELS.get(channel))
        parts += event_rows(rows, expression, pairs)
    return parts, set(records["type"].dropna())


def _records(export: Export, by_address: pd.Series) -> pd.DataFrame:
    export.need("subscriberIdString", "status", "channel")
    named = "subscriptionName" if export.has("subscriptionName") else "subscriptionId"
    export.need(named)
    when = export.date("timestamp")
    explained = export.text("legalBasisExplanation").notna()
    places = pd.Series(range(len(export))).astype("str")
    return pd.DataFrame(
        {
            "record": "subscription/" + places,
            "individual_id": export.text("subscriberIdString").str.casefold().map(by_address),
            "type": export.text(named),
            "channel": export.text("channel"),
            "status": export.text("status"),
            "effective_at": when,
            "recorded_at": when,
            "expires_at": pd.NaT,
            "has_proof": (export.text("legalBasis") == PROVING_BASIS) & explained & when.notna(),
        }
    )


def _note_types(used: set[str], mapping: Mapping[str, str], unmapped: Unmapped) -> None:
    for theirs in sorted(used):
        if theirs not in mapping:
            why = (
                "Not in purposes. Its opt-ins grant nothing; its opt-outs count against every "
                "purpose that reaches out, on their channel."
            )
            unmapped.note("subscription types", why, value=theirs)
        elif mapping[theirs] == NOT_OURS:
            why = "Declared to be none of our purposes; its records are left out."
            unmapped.note("subscription types", why, value=theirs)
