"""Events of a plan that was declared and paid before they ran."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from equipoise.exceptions import InputError
from equipoise.privacy.accounting._book import Book
from equipoise.privacy.accounting._event_records import event_from, event_record
from equipoise.privacy.accounting._events import leaves

__all__ = ["check_planned"]


def check_planned(book: Book, source: Mapping[str, Any], purpose: str | None) -> None:
    """Refuse an event that names a plan in which it is not left."""
    number = source.get("of_plan")
    if number is None:
        return
    plans = {spend.number: spend for spend in book.spends if "plan" in spend.source}
    if number not in plans:
        known = ", ".join(map(str, plans)) or "none"
        raise InputError("plan", "must be the number of a plan", number, f"Plans: {known}.")
    plan = plans[number]
    if purpose != plan.purpose:
        rule = f"must be that of plan {number}, {plan.purpose!r}"
        raise InputError("purpose", rule, repr(purpose), "A plan is charged to one purpose.")
    left = _releases(plan.source["plan"])
    for spend in book.spends:
        if spend.plan == number:
            left -= _releases(spend.source["event"])
    if _releases(source["event"]) - left:  # counters: what is asked beyond what is left
        move = "Spend it without plan=, which costs, or keep to the plan."
        event = event_from(source["event"])
        raise InputError("spend", f"must be left in plan {number}", event, move)


def _releases(record: Mapping[str, Any]) -> Counter[str]:
    """Return how often each single release of an event happens."""
    found: Counter[str] = Counter()
    for leaf, times in leaves(event_from(record)):
        found[json.dumps(event_record(leaf))] += times
    return found
