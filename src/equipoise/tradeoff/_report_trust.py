"""Opt-outs and complaints: what was recorded, what was declared, and what is missing."""

from __future__ import annotations

import numpy as np

from equipoise.pages import Block, Text
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._report_words import TRUST, source_of
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import interval

__all__ = ["trust_blocks", "trust_told"]

_TOLD = {
    "net": (
        "{name}: measured in the column {column}, per 1,000 customers, net of those whom the campaign "
        "left alone. They are what contacts caused."
    ),
    "after": (
        "{name}: measured in the column {column}, per 1,000 customers. They are recorded in the days "
        "after, of those contacted. Nobody was left alone to compare with, so they are not what "
        "contacts caused."
    ),
    "declared": (
        "{name}: not measured. Every contact counts the declared rate, {rate:g}, so policies differ in "
        "them by how many they contact and by nothing else."
    ),
    "missing": "{name}: missing. The task records none and declares no rate above 0. That is not zero.",
}


def trust_told(sweep: Sweep, measure: str) -> str:
    """Return where the figures of opt-outs or complaints come from, in one to three sentences."""
    name, column, rate = TRUST[measure]
    task = sweep.task
    declared = 0.0 if task.value is None else getattr(task.value, rate)
    words = _TOLD[source_of(sweep, measure)]
    return words.format(name=name, column=getattr(task, column), rate=declared)


def trust_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return the source of both, and what the pick shows."""
    told = [trust_told(sweep, name) for name in TRUST]
    own = choice.confirm.set_index("measure")
    for name in TRUST:
        if name not in own.index or not np.isfinite(own.loc[name, "value"]):
            continue
        value, low, high = own.loc[name, ["value", "low", "high"]]
        if value == low == high == 0:
            told.append(
                f"{TRUST[name][0]} under the pick: none on the confirm-customers. Draws of customers "
                "cannot show what never occurred, so no interval tells how many others would see."
            )
        else:
            told.append(
                f"{TRUST[name][0]} under the pick, on the confirm-customers: "
                f"{interval(name, value, low, high)} per 1,000 customers (95 % interval of one released "
                "model)."
            )
    if {source_of(sweep, name) for name in TRUST} & {"net", "after"}:
        told.append(_NO_TRUST)
    return [Text(told)]


_NO_TRUST = (
    "A policy that contacts fewer customers tends to have fewer of both, which is no sign of trust."
)
