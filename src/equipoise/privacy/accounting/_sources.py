"""What a spend was given, as the file keeps it: checked, and enough to compute its cost again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, get_args

from equipoise._checks import check_choice, check_epsilon
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import UNNAMED_UNIT, Adjacency, Guarantee
from equipoise.privacy.accounting._event_records import event_from, event_record, is_event
from equipoise.privacy.accounting._events import composed
from equipoise.privacy.accounting._filters import check_spend_delta

__all__ = [
    "check_words",
    "mechanism_of",
    "plan_source",
    "same_when_restated",
    "source_of",
    "stated",
]


def source_of(
    given: Any,
    epsilon: object,
    delta: object,
    *,
    unit: str | None = None,
    adjacency: str | None = None,
    plan: object = None,
) -> dict[str, Any]:
    """Return what a spend was given, as the file keeps it; refuse what is no spend."""
    check_words(unit, adjacency)
    if given is not None and epsilon is not None:
        move = "Give one of the two: a guarantee or an event brings its own epsilon."
        raise InputError("epsilon", "must not come with a guarantee or an event", epsilon, move)
    if is_event(given):
        chosen = None if delta is None else check_spend_delta(delta)
        event = {"event": event_record(given), "delta": chosen}
        return event | {"unit": unit, "adjacency": adjacency, "of_plan": _plan(plan, delta)}
    if plan is not None:
        raise InputError("plan", "must come with an event of it", plan, "Give the event.")
    if isinstance(given, Guarantee):
        return _guarantee_source(given, delta, unit, adjacency)
    if given is not None:
        rule = "must be a Guarantee or an event of dp_accounting"
        move = "A fitted learner has its promise as guarantee_; bare numbers go to epsilon= and delta=."
        raise InputError("guarantee_or_event", rule, repr(given), move)
    if epsilon is None:
        rule = "must name a cost"
        raise InputError("spend", rule, "nothing", "Give a guarantee, an event, or an epsilon.")
    bare = {"epsilon": _json(check_epsilon(epsilon)), "delta": check_spend_delta(delta)}
    return bare | {"unit": unit, "adjacency": adjacency}


def plan_source(
    events: Any, delta: float, unit: str | None = None, adjacency: str | None = None
) -> dict[str, Any]:
    """Return a plan, declared before its first event ran."""
    check_words(unit, adjacency)
    if check_spend_delta(delta) == 0:
        rule = "must be positive for a plan"
        raise InputError("delta", rule, "0", "Spend pure events one by one; they need no delta.")
    plan = {"plan": event_record(composed(events)), "delta": float(delta)}
    return plan | {"unit": unit, "adjacency": adjacency}


def check_words(unit: object, adjacency: str | None) -> None:
    """Refuse a unit that names nobody, and an adjacency that is none."""
    if unit is not None and not (isinstance(unit, str) and unit.strip() and unit != UNNAMED_UNIT):
        raise InputError("unit", "must name whom it protects", repr(unit), "Write 'customer'.")
    if adjacency is not None:
        check_choice("adjacency", adjacency, get_args(Adjacency))


def _plan(plan: object, delta: object) -> int | None:
    if plan is None:
        return None
    if delta is not None:
        move = "The plan has paid for its events: leave delta out."
        raise InputError("delta", "must not come with the event of a plan", delta, move)
    if not isinstance(plan, int) or isinstance(plan, bool):
        raise InputError("plan", "must be the number of a plan", repr(plan), "`frame` has it.")
    return plan


def _guarantee_source(
    given: Guarantee, delta: object, unit: str | None, adjacency: str | None
) -> dict[str, Any]:
    for name, value in (("delta", delta), ("adjacency", adjacency)):
        if value is not None:
            rule, move = "must not come with a guarantee", f"A guarantee brings its own {name}."
            raise InputError(name, rule, value, move)
    if unit is not None and given.unit not in (UNNAMED_UNIT, unit):
        rule = f"must be that of the guarantee, {given.unit!r}"
        raise InputError("unit", rule, repr(unit), "Leave it out.")
    if given.study:
        rule = "must be of a release, not of a study"
        move = "A seeded release is for study: fit with random_state=None."
        raise InputError("guarantee", rule, f"a seeded {given}", move)
    mu = None if given.mu is None or math.isinf(given.mu) else float(given.mu)
    return {"guarantee": given.as_dict() | {"mu": mu}, "unit": unit}


def _json(number: float) -> float | str:
    """JSON has no infinity."""
    return "inf" if math.isinf(number) else float(number)


def same_when_restated(source: Mapping[str, Any]) -> bool:
    """Say whether a spend of the same would write this source; its numbers are checked like new."""
    words = {"unit": source.get("unit"), "adjacency": source.get("adjacency")}
    if "guarantee" in source:
        again = source_of(Guarantee.from_dict(source["guarantee"]), None, None, **words)
        kept, now = source["guarantee"], again["guarantee"]
        return bool({name: now.get(name) for name in kept} == kept)  # later versions may know more
    if "plan" in source:
        return plan_source(event_from(source["plan"]), source["delta"], **words) == source
    if "event" in source:
        event, plan = event_from(source["event"]), source["of_plan"]
        return source_of(event, None, source["delta"], **words, plan=plan) == source
    return source_of(None, float(source["epsilon"]), source["delta"], **words) == source


def mechanism_of(source: Mapping[str, Any]) -> str:
    """Return how the noise entered, in words."""
    if "guarantee" in source:
        return str(source["guarantee"]["mechanism"])
    if "plan" in source:
        return f"plan: {event_from(source['plan'])}"
    if "event" in source:
        return str(event_from(source["event"]))
    return f"stated (epsilon {float(source['epsilon']):g}, delta {source['delta']:g})"


def stated(source: Mapping[str, Any]) -> tuple[float | None, float | None, str | None]:
    """Return the epsilon, delta and adjacency that were given; None for what was not."""
    given = source.get("guarantee", source)
    epsilon = given.get("epsilon")
    return None if epsilon is None else float(epsilon), given["delta"], given["adjacency"]
