"""What two sweeps do not have in common, in sentences: customers, task, plan, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from equipoise.tradeoff._result import Sweep

__all__ = ["differences"]

_EUROS = {
    "won_per_positive": "euros won",
    "discount_per_positive": "euros of discount",
    "cost_per_contact": "euros a contact",
    "budget_eur": "budget in euros",
    "opt_outs_per_contact": "declared opt-outs a contact",
    "complaints_per_contact": "declared complaints a contact",
}
_LISTS = {
    "epsilons": "epsilons",
    "models": "models",
    "mitigations": "mitigations",
    "consent_policies": "consent policies",
}


def differences(old: Sweep, new: Sweep, *, same_customers: bool) -> Iterator[str]:
    """Yield what differs, the customers first; the first sentence says whether they are the same."""
    if same_customers:
        yield "Both sweeps are of the same task, so these are the same customers, paired draw by draw."
    elif old.manifest["task_digest"] == new.manifest["task_digest"]:
        yield (
            "Both sweeps are of the same customers, but split otherwise. They are compared as if they "
            "were independent, so intervals are too wide rather than too narrow."
        )
    else:
        yield "The customers are not the same; intervals take them to be independent."
        yield from _customers(old, new)
        yield from _task(old, new)
    yield from _plan(old, new)
    yield from _versions(old, new)


def _customers(old: Sweep, new: Sweep) -> Iterator[str]:
    for name in ("rows", "customers"):
        if old.manifest[name] != new.manifest[name]:
            yield f"{name.capitalize()}: {old.manifest[name]:,} then, {new.manifest[name]:,} now."
    was, now = (_share(each.manifest["base_rate"]) for each in (old, new))
    if was != now:
        yield f"Recorded outcome: positive in {was} then, in {now} now."
    sizes = [each.manifest["group_sizes"].get(each.attribute, {}) for each in (old, new)]
    moved = [
        f"{group}: {_of(group, sizes[0])} then, {_of(group, sizes[1])} now"
        for group in sorted({*sizes[0], *sizes[1]})
        if sizes[0].get(group) != sizes[1].get(group)
    ]
    if moved:
        yield f"Groups of {new.attribute}, with their rows. {'; '.join(moved)}."
    splits = [each.manifest["split"] for each in (old, new)]
    if splits[0] != splits[1]:
        told = [" / ".join(f"{split[part]:,}" for part in split) for split in splits]
        yield f"Rows to fit / choose / confirm: {told[0]} then, {told[1]} now."


def _of(group: str, sizes: Mapping[str, int]) -> str:
    return (
        f"{sizes[group]:,} ({_share(sizes[group] / sum(sizes.values()))})"
        if group in sizes
        else "none"
    )


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _task(old: Sweep, new: Sweep) -> Iterator[str]:
    was, now = old.task, new.task
    yield from _listed("Features", list(was.features), list(now.features))
    bounds = [
        name
        for name, feature in now.features.items()
        if name in was.features and feature != was.features[name]
    ]
    if bounds:
        yield f"Features with other types, bounds or categories: {', '.join(bounds)}."
    for what in ("name", "unit", "rows_per_unit", "policy"):
        yield from _one(what.replace("_", " "), getattr(was, what), getattr(now, what))
    yield from _one("outcome", was.outcome.column, now.outcome.column)
    yield from _one("decision", f"contact {was.decision}", f"contact {now.decision}")
    yield from _one("treatment", was.treatment, now.treatment)
    yield from _euros(was.value, now.value)


def _euros(was: Any, now: Any) -> Iterator[str]:
    if was is None or now is None:
        yield from _one("euros", was and "given", now and "given")
        return
    changed = [
        f"{words} {_number(getattr(was, name))} then, {_number(getattr(now, name))} now"
        for name, words in _EUROS.items()
        if getattr(was, name) != getattr(now, name)
    ]
    if changed:
        yield f"Euros changed, and with them every profit: {'; '.join(changed)}."
    yield from _one("source of the euros", was.source, now.source)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _plan(old: Sweep, new: Sweep) -> Iterator[str]:
    was, now = old.manifest["plan"], new.manifest["plan"]
    for name, words in _LISTS.items():
        yield from _listed(words.capitalize(), was.get(name, []), now.get(name, []))
    yield from _one("training seeds", len(old.manifest["seeds"]), len(new.manifest["seeds"]))
    for name in ("delta", "split_seed"):
        yield from _one(name.replace("_", " "), was.get(name), now.get(name))


def _versions(old: Sweep, new: Sweep) -> Iterator[str]:
    was, now = old.manifest["versions"], new.manifest["versions"]
    changed = [
        f"{name} {was.get(name, 'none')} then, {now.get(name, 'none')} now"
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    ]
    if changed:
        yield f"Versions: {'; '.join(changed)}."


def _one(what: str, was: object, now: object) -> Iterator[str]:
    if was != now:
        told = ["none" if each is None else str(each) for each in (was, now)]
        yield f"{what[0].upper()}{what[1:]}: {told[0]} then, {told[1]} now."


def _listed(what: str, was: Sequence[object], now: Sequence[object]) -> Iterator[str]:
    added = [_name(each) for each in now if each not in was]
    gone = [_name(each) for each in was if each not in now]
    told = [
        f"{verb} {', '.join(names)}" for verb, names in (("added", added), ("gone", gone)) if names
    ]
    if told:
        yield f"{what}: {'; '.join(told)}."


def _name(each: object) -> str:
    return f"{each:g}" if isinstance(each, float) else str(each)
