"""Salesforce exports: standard objects to our tables, consent records to consent events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from equipoise._checks import suggestion
from equipoise.crm._loading import LoadedCRM, Unmapped, as_events, checked_purposes, event_rows
from equipoise.crm._loading_salesforce_consent import consent_rows
from equipoise.crm._loading_salesforce_schema import (
    CAMPAIGN_TYPES,
    FLAGS,
    IDS,
    LACKING,
    READ,
    WHY_NOT,
)
from equipoise.crm._loading_values import Clock, Export, read_export
from equipoise.exceptions import InputError

__all__ = ["load_salesforce"]


def load_salesforce(
    source: str | Path | Mapping[str, pd.DataFrame],
    *,
    purposes: Mapping[str, str | None],
    date_format: str | None = None,
) -> LoadedCRM:
    """Map an export of Salesforce's standard objects to our tables and consent events.

    Nothing leaves the machine, nothing is guessed, and the input is not changed. What has no
    place in our schema is listed in `unmapped`. Names, addresses and whatever no purpose may read
    are not carried over.

    Parameters
    ----------
    source : path or mapping
        A folder with one CSV file an object (``Contact.csv``: UTF-8, commas, API names as column
        names in any case), or frames by object name. `Contact` is needed, and `Individual` where
        contacts name one (elsewhere each contact and lead is a person of its own); `Lead`,
        `Campaign`, `CampaignMember`, `ContactPointTypeConsent` and `DataUsePurpose` are read if
        there. Ids are case-sensitive and either all of 15 or all of 18 characters.
    purposes : mapping
        The name or id of each DataUsePurpose to one of `equipoise.consent.PURPOSES`, or to None
        if it concerns none of them.
    date_format : str, optional
        How dates that are not ISO are written, such as ``"%d/%m/%Y"``.

    Returns
    -------
    LoadedCRM
        `contacts` holds the contacts and, with `recorded_as` ``"lead"``, the leads that were not
        converted; `joined_date` is when the record was created.

    Raises
    ------
    InputError
        For an object or column that is needed and missing, an id that stands twice, ids of both
        lengths, a date that is not clear, or a yes or no that is neither.

    Notes
    -----
    A ContactPointTypeConsent becomes an event if its status is ``OptIn`` or ``OptOut``; ``Seen``,
    ``NotSeen`` and unknown ones say neither. `effective_at` is EffectiveFrom, `expires_at` is
    EffectiveTo, `recorded_at` is CaptureDate or, without one, LastModifiedDate. `has_proof` is
    true where the record has a DoubleConsentCaptureDate, or a CaptureDate with a CaptureSource.

    Opt-ins grant only what they name: a mapped purpose, by Email, MailingAddress or Phone (the
    contact point does not matter for purposes that do not reach out). Opt-outs go further where
    they are vague: without a mapped purpose they count against every purpose that reaches out,
    without a known contact point against every channel.

    Flags become opt-outs without a date: `recorded_at` is LastModifiedDate if exported, since
    nobody can tell when the flag was set. HasOptedOutProcessing and ShouldForget refuse every
    purpose; HasOptedOutProfiling refuses profiling and personalised_offers; HasOptedOutSolicit
    personalised_offers; HasOptedOutTracking analytics; HasOptedOutOfEmail and DoNotCall refuse
    e-mail and phone for every purpose that reaches out.

    Examples
    --------
    >>> from equipoise.consent import permitted
    >>> export = {
    ...     "Individual": pd.DataFrame({"Id": ["P1", "P2", "P3"]}),
    ...     "Contact": pd.DataFrame({
    ...         "Id": ["C1", "C2", "C3"], "IndividualId": ["P1", "P2", "P3"],
    ...         "HasOptedOutOfEmail": ["false", "true", "false"]}),
    ...     "DataUsePurpose": pd.DataFrame({"Id": ["D1"], "Name": ["Newsletter"]}),
    ...     "ContactPointTypeConsent": pd.DataFrame({
    ...         "Id": ["T1", "T2"], "PartyId": ["P1", "P3"], "ContactPointType": "Email",
    ...         "DataUsePurposeId": "D1", "PrivacyConsentStatus": ["OptIn", "Seen"],
    ...         "EffectiveFrom": "2026-01-05T09:00:00Z", "CaptureDate": "2026-01-05T09:00:00Z",
    ...         "CaptureSource": "Web form"})}
    >>> crm = load_salesforce(export, purposes={"Newsletter": "personalised_offers"})
    >>> crm
    LoadedCRM(Salesforce: individuals=3, contacts=3, consent_events=3, unmapped=28)
    >>> people = crm.tables["individuals"]
    >>> asked = {"purpose": "personalised_offers", "at": "2026-03-02", "channel": "email"}
    >>> permitted(people, crm.consent_events, **asked)["individual_id"].tolist()
    ['P1']
    >>> rows = permitted(people, crm.consent_events, policy="opt_out", **asked)
    >>> rows["individual_id"].tolist()
    ['P1', 'P3']
    >>> left_out = crm.unmapped.query("column == 'PrivacyConsentStatus'")
    >>> left_out[["value", "rows"]].values.tolist()
    [['Seen', 1]]
    """
    unmapped, clock = Unmapped(), Clock(date_format)
    mapping = checked_purposes(purposes)
    exports = _exports(source, clock, unmapped)
    _check_id_lengths(exports)
    live = {name: _without_deleted(export, unmapped) for name, export in exports.items()}
    tables = _tables(live, unmapped)
    parts = [part for name in FLAGS if name in live for part in _flags(live[name], unmapped)]
    if "ContactPointTypeConsent" in live:
        persons = tables["individuals"]["individual_id"]
        parts += consent_rows(live, mapping, persons, unmapped)
    events = as_events(parts)
    for name, export in live.items():
        export.note_absent(unmapped, [column for column in READ[name] if column != "IsDeleted"])
        export.note_unread(unmapped, WHY_NOT.get(name, {}))
    return LoadedCRM("Salesforce", tables, events, unmapped.frame())


def _exports(
    source: str | Path | Mapping[str, pd.DataFrame], clock: Clock, unmapped: Unmapped
) -> dict[str, Export]:
    frames = source if isinstance(source, Mapping) else _folder(Path(source))
    frames = _with_persons(frames, unmapped)
    for name in ("Individual", "Contact"):
        if name not in frames:
            raise InputError(
                "source", f"must hold {name}", "none of that name", suggestion(name, frames)
            )
    for name in frames:
        if name not in READ:
            rows = len(frames[name])
            unmapped.note(str(name), "This object is not read.", rows=rows)
    for name in READ:
        if name not in frames:
            unmapped.note(name, "It was not exported.")
    return {
        name: Export(
            name, frames[name], clock, (*known, *FLAGS.get(name, ()), *WHY_NOT.get(name, ()))
        )
        for name, known in READ.items()
        if name in frames
    }


def _with_persons(
    frames: Mapping[str, pd.DataFrame], unmapped: Unmapped
) -> Mapping[str, pd.DataFrame]:
    """Return the frames with a person for each contact and lead, where nothing names persons."""
    holders = [name for name in ("Contact", "Lead") if name in frames]
    columns = {name: {str(each).lower(): each for each in frames[name]} for name in holders}
    named = any(
        frames[name][columns[name]["individualid"]].replace("", pd.NA).notna().any()
        for name in holders
        if "individualid" in columns[name]
    )
    if "Individual" in frames or "Contact" not in frames or named:
        return frames
    unmapped.note("Individual", "It is not used: each contact and lead is a person of its own.")
    ids = {name: frames[name][columns[name]["id"]] for name in holders if "id" in columns[name]}
    own = {
        name: frames[name].assign(**{columns[name].get("individualid", "IndividualId"): each})
        for name, each in ids.items()
    }
    persons = pd.concat([pd.Series(dtype="str"), *ids.values()], ignore_index=True)
    return {**frames, **own, "Individual": pd.DataFrame({"Id": persons})}


def _folder(folder: Path) -> dict[str, pd.DataFrame]:
    if not folder.is_dir():
        raise InputError("source", "must be a folder with CSV files", folder, "Check the path.")
    return {path.stem: read_export(path) for path in sorted(folder.glob("*.csv"))}


def _check_id_lengths(exports: Mapping[str, Export]) -> None:
    """Refuse ids of both lengths: the same record would be two."""
    seen: dict[int, str] = {}
    for name, export in exports.items():
        for column in ("Id", *IDS.get(name, ())):
            ids = export.text(column).dropna()
            for length in ids.str.len().unique():
                first = ids[ids.str.len() == length].iloc[0]
                seen.setdefault(int(length), f"{first!r} in {name}.{column}")
    if 15 in seen and 18 in seen:
        raise InputError(
            "the ids of the export",
            "must all have 15 or all have 18 characters",
            f"{seen[15]} and {seen[18]}",
            "Export every object in the same way: reports give 15, Data Loader gives 18.",
        )


def _without_deleted(export: Export, unmapped: Unmapped) -> Export:
    export.need("Id")
    export.ids("Id")
    if not export.has("IsDeleted"):
        return export
    deleted = export.flag("IsDeleted")
    if deleted.any():
        why = "The record lies in the recycle bin."
        rows = int(deleted.sum())
        unmapped.note(export.name, why, column="IsDeleted", value="true", rows=rows)
    return export.keep(~deleted)


def _tables(live: Mapping[str, Export], unmapped: Unmapped) -> dict[str, pd.DataFrame]:
    individuals = pd.DataFrame({"individual_id": live["Individual"].text("Id")})
    if live["Individual"].has("BirthDate"):
        individuals["birth_date"] = live["Individual"].date("BirthDate", decides=False)
    tables = {
        "individuals": individuals,
        "contacts": _contacts(live, individuals["individual_id"], unmapped),
    }
    if "Campaign" in live:
        tables["campaigns"] = _campaigns(live["Campaign"], unmapped)
    if "CampaignMember" in live:
        contacts = tables["contacts"]["contact_id"]
        tables["campaign_members"] = _members(live["CampaignMember"], contacts, unmapped)
    for name in tables:
        for column in LACKING[name]:
            unmapped.note(f"our {name}", "No column of Salesforce holds it.", column=column)
    return tables


def _contacts(
    live: Mapping[str, Export], individuals: pd.Series, unmapped: Unmapped
) -> pd.DataFrame:
    live["Contact"].need("IndividualId")
    parts = [_people(live["Contact"], "contact")]
    if "Lead" in live:
        lead = live["Lead"]
        lead.need("IsConverted")
        converted = lead.flag("IsConverted")
        if converted.any():
            why, rows = "Its contact stands for it.", int(converted.sum())
            unmapped.note("Lead", why, column="IsConverted", value="true", rows=rows)
        parts.append(_people(lead, "lead")[~converted.to_numpy()])
    contacts = pd.concat(parts, ignore_index=True)
    alone = ~contacts["individual_id"].isin(individuals)
    if alone.any():
        why = "It leads to no Individual of the export; left blank, so no policy permits the row."
        unmapped.note("Contact or Lead", why, column="IndividualId", rows=int(alone.sum()))
    return contacts.assign(individual_id=contacts["individual_id"].mask(alone))


def _people(export: Export, recorded_as: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "contact_id": export.text("Id"),
            "individual_id": export.text("IndividualId"),
            "lead_source": export.text("LeadSource"),
            "joined_date": export.date("CreatedDate", decides=False),
            "recorded_as": recorded_as,
        }
    ).astype({"recorded_as": "str"})


def _campaigns(export: Export, unmapped: Unmapped) -> pd.DataFrame:
    kinds = export.text("Type")
    kind = kinds.map(CAMPAIGN_TYPES).astype("str")
    strange = kinds[kind.isna() & kinds.notna()]
    unmapped.note_values("Campaign", "Type", strange, "No type of ours; left missing.")
    return pd.DataFrame(
        {
            "campaign_id": export.text("Id"),
            "name": export.text("Name"),
            "type": kind,
            "start_date": export.date("StartDate", decides=False),
            "end_date": export.date("EndDate", decides=False),
        }
    )


def _members(export: Export, contacts: pd.Series, unmapped: Unmapped) -> pd.DataFrame:
    export.need("CampaignId", "ContactId")
    contact = export.text("ContactId")
    members = pd.DataFrame(
        {
            "campaign_id": export.text("CampaignId"),
            "contact_id": contact.fillna(export.text("LeadId")),
        }
    )
    if export.has("HasResponded"):
        members["has_responded"] = export.flag("HasResponded")
    members["first_responded_date"] = export.date("FirstRespondedDate", decides=False)
    lost = ~members["contact_id"].isin(contacts)
    if lost.any():
        why = "The member is no contact of the export; left out."
        unmapped.note("CampaignMember", why, column="ContactId", rows=int(lost.sum()))
    return members[~lost].reset_index(drop=True)


def _flags(export: Export, unmapped: Unmapped) -> Iterable[pd.DataFrame]:
    """Yield the opt-outs that the flags of one object stand for."""
    owner = "Id" if export.name == "Individual" else "IndividualId"
    recorded = export.date("LastModifiedDate")
    for column, pairs in FLAGS[export.name].items():
        if not export.need_if_renamed(column):
            unmapped.note(export.name, "Not exported: such refusals are not known.", column=column)
            continue
        records = pd.DataFrame(
            {
                "record": f"{export.name}/" + export.text("Id") + f"/{column}",
                "individual_id": export.text(owner),
                "effective_at": pd.NaT,
                "recorded_at": recorded,
                "expires_at": pd.NaT,
                "has_proof": False,
            }
        )[export.flag(column)]
        nobody = records["individual_id"].isna()
        if nobody.any():
            why = "The refusal names no Individual; without one, no policy permits the row."
            rows = int(nobody.sum())
            unmapped.note(export.name, why, column=column, value="true", rows=rows)
        yield from event_rows(records[~nobody], "opt_out", pairs)
