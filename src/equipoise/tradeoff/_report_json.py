"""The report as data, by the schema in `sweep_report.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from equipoise._files import atomic_file
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._confirm import difference
from equipoise.tradeoff._measures import GAPS, LARGER_IS_BETTER, MEASURES
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._prices import price_of_consent, prices
from equipoise.tradeoff._record import json_text
from equipoise.tradeoff._report_consent import permitted
from equipoise.tradeoff._report_effects import effects_of, orders_of
from equipoise.tradeoff._report_trust import trust_told
from equipoise.tradeoff._report_words import TRUST, source_of, titles_of
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._rule import rule_in_words

__all__ = ["SCHEMA", "report_json", "write_json"]

SCHEMA = "equipoise.sweep_report/1"

_UNITS = {
    "auc": "probability; 0.5 is guessing",
    "average_precision": "mean share",
    "lift_at_10": "multiple of the base rate",
    "profit_eur": "euros per 1,000 decisions (rows)",
    "campaign_eur": "euros per 1,000 rows, permitted or not",
    "selection_gap": "difference of shares",
    "opportunity_gap": "difference of shares",
    "worst_group_tpr": "share",
    "reach": "share of rows, permitted or not",
    "reach_gap": "difference of shares",
    "attack_advantage": "difference of shares; 0 is guessing",
    "opt_outs": "per 1,000 rows, permitted or not",
    "complaints": "per 1,000 rows, permitted or not",
}
_FRAMES = (
    "confirm",
    "given_up",
    "runner_up",
    "probability",
    "shadow_prices",
    "optimism",
    "relaxations",
    "relaxed_pair",
)


def report_json(sweep: Sweep, choice: Choice) -> dict[str, Any]:
    """Return all that the page says as plain values: numbers, text, lists, mappings and None.

    Parameters
    ----------
    sweep : Sweep
    choice : Choice
        What `choose` returned for this sweep.

    Returns
    -------
    dict
        As `sweep_report.schema.json` in this package describes it. What is not estimable is None,
        with its reason; infinite epsilon is the text `inf`, as JSON has no infinity. Means are those
        that limits are compared with, so whoever has this and follows `rule` has the same pick.
    """
    facts = sweep.manifest
    record = {
        "schema": SCHEMA,
        "internal": facts["internal"],
        "sweep_digest": facts["digest"],
        "task": _task(sweep),
        "plan": facts["plan"],
        "seeds": facts["seeds"],
        "split": facts["split"],
        "versions": facts["versions"],
        "consent": _consent(sweep),
        "measures": _measures(sweep),
        "trust": [
            {"measure": name, "source": source_of(sweep, name), "told": trust_told(sweep, name)}
            for name in TRUST
        ],
        "policies": _policies(sweep, choice),
        "choice": _choice(choice),
        "effects": _effects(sweep),
        "orders": _orders(sweep),
        "prices": _prices(sweep),
        "price_of_consent": _price_of_consent(sweep),
        "guarantees": facts["guarantees"],
        "cells": _cells(sweep),
    }
    plain: dict[str, Any] = json.loads(json_text(record))
    return plain


def write_json(path: str | Path, record: Mapping[str, Any]) -> None:
    """Write a record as strict JSON, whole or not at all."""
    with atomic_file(path) as part:
        part.write_text(json_text(record, indent=2) + "\n", encoding="utf-8")


def _task(sweep: Sweep) -> dict[str, Any]:
    facts = sweep.manifest
    return {
        "digest": facts["task_digest"],
        "attribute": sweep.attribute,
        "rows": facts["rows"],
        "customers": facts["customers"],
        "base_rate": facts["base_rate"],
        "group_sizes": facts["group_sizes"],
        "dated": facts["dated"],
        "notes": facts["notes"],
        "example_euros": sweep.has_example_euros,
        "file": facts["task"],
    }


def _consent(sweep: Sweep) -> dict[str, Any]:
    return {
        "rows": sweep.manifest.get("consent", {}),
        "refused": sweep.manifest.get("consent_refused", {}),
        "permitted": permitted(sweep).to_dict("records"),
    }


def _measures(sweep: Sweep) -> list[dict[str, Any]]:
    titles = titles_of(sweep)
    return [
        {
            "name": name,
            "title": titles.get(name),
            "better": "larger" if name in LARGER_IS_BETTER else "smaller",
            "unit": _UNITS[name],
        }
        for name in MEASURES
    ]


def _policies(sweep: Sweep, choice: Choice) -> list[dict[str, Any]]:
    """Return the candidates in the order of the rule, with means, bands and membership."""
    bands = _bands(sweep)
    members = _membership(sweep, choice)
    return [
        {
            "order": order,
            "policy": str(policy),
            **policy._asdict(),
            "delta": row["delta"],
            "place": int(row["place"]) + 1,
            "feasible": bool(row["feasible"]),
            "means": {name: row[name] for name in MEASURES},
            "bands": {name: found[str(policy)] for name, found in bands.items()},
            "membership": members.get(policy),
        }
        for order, row in enumerate(choice.candidates.to_dict("records"), start=1)
        for policy in [Policy.of(row)]
    ]


def _bands(sweep: Sweep) -> dict[str, dict[str, Any]]:
    """Return by measure and policy both bands on the choose-customers."""
    found: dict[str, dict[str, Any]] = {}
    for name in MEASURES:
        told: dict[str, Any] = {}
        for row in sweep.bands(name).to_dict("records"):
            band = {side: row[side] for side in ("low", "high", "note")}
            told.setdefault(row["policy"], {})[row["label"]] = band
        found[name] = told
    return found


def _membership(sweep: Sweep, choice: Choice) -> dict[Policy, dict[str, Any]]:
    goal, table = choice.maximise, choice.candidates
    if table[goal].isna().all():
        return {}
    gap = next((name for name in GAPS if table[name].notna().any()), None)
    smaller = ["epsilon"] if gap is None else ["epsilon", gap]
    kept = ("on_frontier", "membership_probability", "dominated_by", "dominated_in", "note")
    return {
        Policy.of(row): {"larger": [goal], "smaller": smaller} | {name: row[name] for name in kept}
        for row in sweep.membership([goal], smaller).to_dict("records")
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "policy": None if choice.policy is None else str(choice.policy),
        "keys": None if choice.policy is None else choice.policy._asdict(),
        "limits": dict(choice.limits),
        "maximise": choice.maximise,
        "rule": rule_in_words(choice.limits, choice.maximise),
        "justification": choice.justification,
        "reasons": list(choice.reasons),
        "guarantee": choice.guarantee,
        **{name: _records(getattr(choice, name)) for name in _FRAMES},
    }


def _effects(sweep: Sweep) -> dict[str, Any]:
    """Return by rate what each epsilon does to each group; None where nothing can be compared."""
    return {
        rate: None
        if (found := effects_of(sweep, rate)) is None
        else {
            "reference": found.reference,
            "groups": _records(found.effects),
            "between": _records(found.between),
        }
        for rate in GAPS.values()
    }


def _orders(sweep: Sweep) -> dict[str, Any] | None:
    found = orders_of(sweep)
    if found is None:
        return None
    return {
        "goal": found.goal,
        "gap": found.gap,
        "answers": list(found.answers),
        "rows": _records(found.rows),
    }


def _prices(sweep: Sweep) -> list[dict[str, Any]]:

    return [
        {"price_of": name, "policy": str(policy), "against": str(other)}
        | {"differences": _records(difference(sweep, policy, other))}
        for name, policy, other in prices(sweep)
    ]


def _price_of_consent(sweep: Sweep) -> dict[str, Any] | None:
    if not sweep.compares_consent:
        return None
    found = price_of_consent(sweep)
    return {"reference": found.reference, "rows": _records(found.rows)}


def _cells(sweep: Sweep) -> list[dict[str, Any]]:
    """Return what did not run, policy by policy and reason by reason, and how many cells did."""
    keys = [*Policy._fields, "status", "note"]
    rows = sweep.rows.assign(note=sweep.rows["note"].where(sweep.rows["status"] != "ok", ""))
    counted = rows.groupby(keys, sort=False).size().rename("cells").reset_index()
    return _records(counted.rename(columns={"note": "reason"}))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = frame.to_dict("records")
    return found
