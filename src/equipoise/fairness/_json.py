"""An audit as JSON, by the schema in `audit.schema.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from equipoise.fairness.tables import interval_dict

if TYPE_CHECKING:
    from equipoise.fairness._audit import Audit

__all__ = ["SCHEMA", "audit_json"]

SCHEMA = "equipoise.audit/1"


def audit_json(audited: Audit) -> str:
    """Return the audit as JSON text; what is not estimable is null, with its reason."""
    return json.dumps(_plain(audited), indent=2, allow_nan=False)


def _plain(audited: Audit) -> dict[str, Any]:
    """Return the audit as plain values."""
    from equipoise.fairness._methods import methods

    return {
        "schema": SCHEMA,
        "reference": dict(audited.reference),
        "suppressed_below": audited.below or None,
        "methods": methods(audited),
        "groups": _groups(audited.frame()),
        "gaps": _rows(audited.gaps(), "gap"),
        "ratios": _rows(audited.ratios(), "ratio"),
        "worst": _rows(audited.worst(), "gap", "noise_floor"),
        "conflicts": _rows(audited.conflicts(), "gap"),
        "reading": audited.readings(),
    }


def _groups(rates: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for (attribute, group), part in rates.groupby(["attribute", "group"], sort=False):
        n = part["n"].iloc[0]
        row: dict[str, Any] = {"attribute": attribute, "group": group}
        row["n"] = None if n != n else int(n)
        for one in part.itertuples():
            row[one.metric] = interval_dict(one.value, one.low, one.high, one.note)
        rows.append(row)
    return rows


def _rows(frame: pd.DataFrame, value: str, *more: str) -> list[dict[str, Any]]:
    """Return rows with their keys as they stand, and the estimate under its own name."""
    figures = (value, "low", "high", "note", *more)
    keys = [name for name in frame if name not in figures]
    rows = []
    for one in frame.to_dict("records"):
        told = interval_dict(one[value], one["low"], one["high"], one["note"])
        named = {value if name == "value" else name: each for name, each in told.items()}
        extra = {name: None if one[name] != one[name] else float(one[name]) for name in more}
        rows.append({key: one[key] for key in keys} | named | extra)
    return rows
