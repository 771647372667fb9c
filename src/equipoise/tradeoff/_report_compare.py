"""A comparison of two sweeps as a page and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equipoise.pages import Block, Note, Page, Section, Table, Text
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._record import json_text
from equipoise.tradeoff._report_words import EACH_FOR_ITSELF, EXPECTED, RELEASED, figures
from equipoise.tradeoff._words import change, figure, share, within

if TYPE_CHECKING:
    from equipoise.tradeoff._choice import Choice
    from equipoise.tradeoff._compare import SweepComparison

__all__ = ["COMPARISON", "comparison_json", "comparison_page"]

COMPARISON = "equipoise.sweep_comparison/1"


def comparison_json(found: SweepComparison) -> dict[str, Any]:
    """Return a comparison as plain values, strict JSON throughout."""
    record = {
        "schema": COMPARISON,
        "internal": found.internal,
        "task": found.name,
        "same_customers": found.same_customers,
        "differences": list(found.differences),
        "told": list(found.told),
        "limits": dict(found.new_choice.limits),
        "maximise": found.new_choice.maximise,
        "old": _pick(found.old_choice),
        "new": _pick(found.new_choice),
        "pick_change": found.pick_change.to_dict("records"),
        "changes": found.changes.to_dict("records"),
        "frontier": found.frontier.to_dict("records"),
        "only_old": [policy._asdict() for policy in found.only_old],
        "only_new": [policy._asdict() for policy in found.only_new],
    }
    plain: dict[str, Any] = json.loads(json_text(record))
    return plain


def _pick(choice: Choice) -> dict[str, Any]:
    return {
        "sweep_digest": choice.sweep_digest,
        "task_digest": choice.task_digest,
        "policy": None if choice.policy is None else str(choice.policy),
        "confirm": choice.confirm.to_dict("records"),
    }


def comparison_page(found: SweepComparison) -> Page:
    """Return a comparison as one page: in short, what differs, the pick, each policy, the frontier."""
    sections = [
        Section("In short", [Text([*_summary(found)])]),
        Section("What else differs between the two sweeps", [Text(_else(found))]),
        Section("The pick, then and now", _picks(found)),
        Section("Each policy, then and now", _policies(found)),
        Section("The frontier, then and now", _frontier(found)),
        Section("What this page is", [Note(found.internal), Text([_sweeps(found)])]),
    ]
    return Page(f"What changed: {found.name}", found.told[0], sections)


def _sweeps(found: SweepComparison) -> str:
    was, now = (choice.sweep_digest[:12] for choice in (found.old_choice, found.new_choice))
    return f"Then: sweep {was}. Now: sweep {now}."


def _else(found: SweepComparison) -> list[str]:
    return list(found.differences[1:]) or ["Nothing: task, plan and versions are the same."]


def _summary(found: SweepComparison) -> Iterator[str]:
    yield from found.told[1:]
    goal = found.new_choice.maximise
    title = within(found.titles[goal])
    own = found.changes[found.changes["measure"] == goal]
    known = own[np.isfinite(own["low"])]
    up, down = int((known["low"] > 0).sum()), int((known["high"] < 0).sum())
    yield (
        f"Of {len(known)} policies that ran in both with an interval, {title} rose in {up}, fell in "
        f"{down}, and in {len(known) - up - down} is not told apart from no change. {EACH_FOR_ITSELF}"
    )
    counts = found.frontier["told"].value_counts(sort=False)
    if len(counts):
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        yield f"On the frontier of either sweep: {told}."
    yield found.differences[0]
    yield "This page is internal: it is computed from customers without noise and must not be published."


def _picks(found: SweepComparison) -> list[Block]:
    choices = {"then": found.old_choice, "now": found.new_choice}
    told = [
        f"{when.capitalize()}: {choice.policy or 'no policy satisfies the limits'}."
        for when, choice in choices.items()
    ]
    columns = {when: figures(choice.confirm) for when, choice in choices.items()}
    shown = [name for name in found.titles if any(name in own.index for own in columns.values())]
    table = pd.DataFrame(columns).reindex(shown).fillna("–")
    table.insert(0, "measure", [found.titles[name] for name in shown])
    if table.empty:
        return [Text(told)]
    return [Text(told), Table(table, f"Each pick on its own confirm-customers, with {RELEASED}.")]


def _policies(found: SweepComparison) -> list[Block]:
    blocks: list[Block] = []
    if len(found.changes):
        caption = (
            "Now less then, policy by policy, on the confirm-customers of each sweep, with "
            f"{EXPECTED}. Without an interval: means on the choose-customers."
        )
        goal = found.new_choice.maximise
        first = [goal, "selection_gap", "opportunity_gap"]
        blocks.append(Table(_wide(found, first), caption))
        rest = [name for name in found.changes["measure"].unique() if name not in first]
        blocks.append(Table(_wide(found, rest), "The other measures, likewise.", folded=True))
    else:
        blocks.append(Text(["No policy ran with every seed in both sweeps."]))
    only = [
        f"Only {when}: {'; '.join(map(str, policies))}."
        for when, policies in (("then", found.only_old), ("now", found.only_new))
        if policies
    ]
    return [*blocks, Text(only)] if only else blocks


def _wide(found: SweepComparison, measures: list[str]) -> pd.DataFrame:
    rows = []
    for keys, own in found.changes.groupby(list(Policy._fields), sort=False):
        told = {row["measure"]: _changed(row) for row in own.to_dict("records")}
        each = {found.titles.get(name, name): told[name] for name in measures if name in told}
        rows.append({"policy": str(Policy(*keys)), **each})
    return pd.DataFrame(rows)


def _changed(row: dict[str, Any]) -> str:
    measure, value = row["measure"], row["change"]
    if not np.isfinite(value):
        return str(row["note"])
    if not np.isfinite(row["low"]):
        return f"{'+' if value > 0 else ''}{figure(measure, value)}"
    if row["low"] == row["high"]:
        return f"{figure(measure, value)} (the same on every draw)"
    return change(measure, value, row["low"], row["high"])


def _frontier(found: SweepComparison) -> list[Block]:
    if found.frontier.empty:
        return [Text(["No policy is on either frontier."])]
    table = pd.DataFrame(
        [
            {
                "policy": str(Policy.of(row)),
                "told": row["told"],
                "share of draws then": _share(row["old_probability"]),
                "share of draws now": _share(row["new_probability"]),
            }
            for row in found.frontier.to_dict("records")
        ]
    )
    return [
        Table(
            table,
            "Policies that no other beats in goal, epsilon and gap, by means, then or now. Share of draws: "
            "of draws of choose-customers and seeds, those in which a policy is on the frontier.",
        )
    ]


def _share(probability: float) -> str:
    return share(probability) if np.isfinite(probability) else "–"
