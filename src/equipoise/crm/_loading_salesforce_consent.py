"""Salesforce consent records, and what their purposes are to us."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from equipoise.crm._loading import (
    NOT_OURS,
    NOWHERE,
    REACHING_OUT,
    Unmapped,
    event_rows,
    note_unused_purposes,
    targets,
)
from equipoise.crm._loading_salesforce_schema import CONTACT_POINTS, STATUSES
from equipoise.crm._loading_values import Export, meant
from equipoise.exceptions import InputError

__all__ = ["consent_rows"]


def consent_rows(
    live: Mapping[str, Export],
    mapping: Mapping[str, str],
    persons: pd.Series,
    unmapped: Unmapped,
) -> list[pd.DataFrame]:
    """Return the events that consent records stand for, and note those that stand for none."""
    records = _records(live["ContactPointTypeConsent"])
    said = meant(records["status"], STATUSES)
    name = "ContactPointTypeConsent"
    why = "It says neither yes nor no; it grants nothing."
    unmapped.note_values(name, "PrivacyConsentStatus", records["status"][said.isna()], why)
    strange = ~records["individual_id"].isin(persons) & (
        (said == "opt_in") | (said.notna() & records["individual_id"].isna())
    )
    if strange.any():
        why = "PartyId is no Individual of the export; it grants nothing."
        unmapped.note(name, why, column="PartyId", rows=int(strange.sum()))
    records = records.assign(said=said)[said.notna() & ~strange]
    ours = _our_purposes(records["purpose_id"], live.get("DataUsePurpose"), mapping, unmapped)
    _note_consents(records, ours, unmapped)
    parts: list[pd.DataFrame] = []
    for (expression, theirs, point), rows in records.groupby(
        ["said", "purpose_id", "contact_point"], dropna=False, sort=True
    ):
        purpose = None if pd.isna(theirs) else ours[theirs]
        pairs = targets(expression, purpose, CONTACT_POINTS.get(point))
        parts += event_rows(rows, expression, pairs)
    return parts


def _records(export: Export) -> pd.DataFrame:
    export.need("PartyId", "ContactPointType", "DataUsePurposeId", "PrivacyConsentStatus")
    export.need("EffectiveFrom")
    captured = export.date("CaptureDate")
    evidence = captured.notna() & export.text("CaptureSource").notna()
    return pd.DataFrame(
        {
            "record": "ContactPointTypeConsent/" + export.text("Id"),
            "individual_id": export.text("PartyId"),
            "purpose_id": export.text("DataUsePurposeId"),
            "contact_point": export.text("ContactPointType"),
            "status": export.text("PrivacyConsentStatus"),
            "effective_at": export.date("EffectiveFrom"),
            "recorded_at": captured.fillna(export.date("LastModifiedDate")),
            "expires_at": export.date("EffectiveTo"),
            "has_proof": export.date("DoubleConsentCaptureDate").notna() | evidence,
        }
    )


def _our_purposes(
    ids: pd.Series, export: Export | None, mapping: Mapping[str, str], unmapped: Unmapped
) -> dict[str, str | None]:
    """Return what each of their purposes is to us: ours, NOT_OURS, or None if not mapped."""
    names: dict[str, str] = {}
    if export is not None:
        export.need("Name")
        names = dict(zip(export.text("Id"), export.text("Name"), strict=True))
    every = sorted(set(ids.dropna()) | set(names))
    note_unused_purposes(unmapped, mapping, [*every, *names.values()])
    ours: dict[str, str | None] = {}
    for theirs in every:
        name = names.get(theirs, theirs)
        meant = {mapping[key] for key in (theirs, name) if key in mapping}
        if len(meant) > 1:
            raise InputError(
                f"purposes[{theirs!r}]",
                f"must be what purposes[{name!r}] is, the name of the same purpose",
                f"{mapping[theirs]!r} and {mapping[name]!r}",
                "Keep one of the two.",
            )
        ours[theirs] = next(iter(meant), None)
        rows = int((ids == theirs).sum())
        if ours[theirs] in (None, NOT_OURS):
            unmapped.note(
                "DataUsePurpose",
                _why_not_ours(ours[theirs]),
                column="Name" if theirs in names else "Id",
                value=name,
                rows=rows,
            )
    return ours


def _why_not_ours(purpose: str | None) -> str:
    if purpose == NOT_OURS:
        return "Declared to be none of our purposes; its records are left out."
    return (
        "Not in purposes. Its opt-ins grant nothing; its opt-outs count against every purpose "
        "that reaches out, on their channel."
    )


def _note_consents(
    records: pd.DataFrame, ours: Mapping[str, str | None], unmapped: Unmapped
) -> None:
    name = "ContactPointTypeConsent"
    blank = records["purpose_id"].isna()
    if blank.any():
        why = (
            "No purpose is named. Opt-ins grant nothing; opt-outs count against every purpose "
            "that reaches out, on their channel."
        )
        unmapped.note(name, why, column="DataUsePurposeId", rows=int(blank.sum()))
    limited = [theirs for theirs, purpose in ours.items() if purpose in (None, *REACHING_OUT)]
    points = records["contact_point"][blank | records["purpose_id"].isin(limited)]
    elsewhere = points[points.map(CONTACT_POINTS) == NOWHERE]
    unmapped.note_values(name, "ContactPointType", elsewhere, "No channel of ours; left out.")
    unknown = points[~points.isin(list(CONTACT_POINTS))]
    why = "Not a known contact point. Opt-ins grant nothing; opt-outs count on every channel."
    unmapped.note_values(name, "ContactPointType", unknown, why)
