"""What an epsilon does to each group, and whether one order of mitigation and privacy loses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from equipoise.charts.tradeoff import draw_effects
from equipoise.exceptions import InputError
from equipoise.fairness.tables import named
from equipoise.pages import Block, Table, Text
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._effects import EffectOfEpsilon, effect_of_epsilon
from equipoise.tradeoff._measures import GAPS
from equipoise.tradeoff._orders import Orders, compare_orders
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._report_words import EACH_FOR_ITSELF, EXPECTED
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import change, figure, share, within

__all__ = ["effects_blocks", "effects_of", "orders_blocks", "orders_of"]

_RATE = "true_positive_rate"


def effects_of(sweep: Sweep, metric: str) -> EffectOfEpsilon | None:
    """Return the effects of epsilon, or None where the sweep has nothing to compare."""
    try:
        return effect_of_epsilon(sweep, metric)
    except InputError:
        return None


def orders_of(sweep: Sweep) -> Orders | None:
    """Return the orders compared, or None where the sweep has no two of them."""
    try:
        return compare_orders(sweep, _gap(sweep))
    except InputError:
        return None


def effects_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return the change in each group's rate: told, drawn for one consent policy, listed for all."""
    found = effects_of(sweep, _RATE)
    if found is None:
        why = "Not estimable here: no policy ran both at a finite epsilon and without privacy."
        return [Text([why])]
    rows = found.frame()
    consent = rows["consent_policy"].iloc[0]
    mitigations = {"none"}
    if choice.policy is not None:
        mitigations.add(choice.policy.mitigation)
        if choice.policy.consent_policy in set(rows["consent_policy"]):
            consent = choice.policy.consent_policy
    shown = rows[(rows["consent_policy"] == consent) & rows["mitigation"].isin(mitigations)]
    told = [
        f"The {named(_RATE)} of a group is the share contacted of its customers with the outcome. Here is "
        "by how much each epsilon changes it, group by group, on the confirm-customers.",
        *_summed(rows, sweep.attribute),
        *_variances(shown, choice.policy),
    ]
    drawn = draw_effects(shown if len(shown) else rows, rate=named(_RATE))
    return [
        Text(told),
        replace(drawn, caption=f"{drawn.caption} {_EXPECTED}"),
        Table(_effects_table(rows), f"Every effect, with {EXPECTED}.", folded=True),
        *_between(found),
    ]


_EXPECTED = (
    "They are of what more seeds and customers would average to; one released model varies more."
)


def _summed(rows: pd.DataFrame, attribute: str) -> Iterator[str]:
    """Yield in how many policies the rate of a group rises, falls, or does neither for certain.

    Groups of which the same is to be said share a sentence.
    """
    alike: dict[str, list[str]] = {}
    for group, own in rows.groupby("group", sort=False):
        alike.setdefault(_counted(own), []).append(str(group))
    for told, groups in alike.items():
        yield f"{attribute} {', '.join(groups)}: {told}."
    if np.isfinite(rows["low"]).any():
        yield EACH_FOR_ITSELF


def _counted(own: pd.DataFrame) -> str:
    known = own[np.isfinite(own["low"])]
    if known.empty:
        return str(own["told"].iloc[0])
    rises, falls = int((known["low"] > 0).sum()), int((known["high"] < 0).sum())
    return (
        f"of {len(known)} policies with a finite epsilon, the rate rises in {rises}, "
        f"falls in {falls}, and in {len(known) - rises - falls} is not told apart from no effect"
    )


def _variances(rows: pd.DataFrame, pick: Policy | None) -> Iterator[str]:
    """Yield what noise moves beside what customers move, under the pick or else the first policy."""
    known = rows[rows["noise_variance"].notna()]
    if known.empty:
        return
    there = [Policy.of(row) for row in known.to_dict("records")]
    told = pick if pick in there else there[0]
    pairs = ", ".join(
        f"{row.group} ({math.sqrt(row.noise_variance):.3f} and {math.sqrt(row.sampling_variance):.3f})"
        for row, policy in zip(known.itertuples(), there, strict=True)
        if policy == told
    )
    yield (
        "Noise and customers move the effect by these standard deviations, the first from one release to "
        f"the next, the second from one sample of customers to another. Under {told}: {pairs}. The table has "
        "those of every policy. More seeds average the first out in this study, but a release has one; "
        "only more customers cure the second."
    )


def _effects_table(rows: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "policy": [str(Policy.of(row)) for row in rows.to_dict("records")],
            "group": rows["group"],
            "effect": [_signed(row) for row in rows.to_dict("records")],
            "sd of noise": rows["noise_variance"].map(_root),
            "sd of customers": rows["sampling_variance"].map(_root),
            "told": rows["told"],
        }
    )
    if "without_privacy" in rows:
        table.insert(2, "without privacy", rows["without_privacy"].map(_rate))
    return table


def _rate(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "–"


def _root(variance: float) -> str:
    return f"{math.sqrt(variance):.3f}" if np.isfinite(variance) else "–"


def _signed(row: dict[str, float]) -> str:
    if not np.isfinite(row["effect"]):
        return "–"
    if not np.isfinite(row["low"]):
        return figure(_RATE, row["effect"])
    return change(_RATE, row["effect"], row["low"], row["high"])


def _between(found: EffectOfEpsilon) -> list[Block]:
    rows = found.between_groups()
    if rows.empty:
        return []
    known = rows[np.isfinite(rows["low"])]
    apart = int(((known["low"] > 0) | (known["high"] < 0)).sum())
    told = (
        f"Whether one group pays more than another: in {apart} of {len(known)} comparisons the effect on a "
        f"group is told apart from that on {found.reference}."
    )
    caption = f"The effect on each group less that on {found.reference}, with {EXPECTED}."
    return [Text([told]), Table(_effects_table(rows), caption, folded=True)]


def orders_blocks(sweep: Sweep) -> list[Block]:
    """Return whether mitigation before, after or within private training loses; nothing without two."""
    found = orders_of(sweep)
    if found is None:
        return []
    goal, gap = (within(sweep.titles.get(name, name)) for name in (found.goal, found.gap))
    told = (
        f"At one epsilon every order costs the same privacy, so they are compared by {goal} (more is "
        f"better) and {gap} (less is better), on the confirm-customers. A setting is a model at an "
        "epsilon under a consent policy."
    )
    caption = (
        "Each order less no mitigation, setting by setting; changes with "
        f"{EXPECTED}. Share of draws: those in which no other order dominates it."
    )
    table = _orders_table(found, goal, gap)
    return [Text([told, *found.answers]), Table(table, caption, folded=True)]


def _gap(sweep: Sweep) -> str:
    known = [name for name in GAPS if sweep.rows[name].notna().any()]
    return known[0] if known else "selection_gap"


def _orders_table(found: Orders, goal: str, gap: str) -> pd.DataFrame:
    rows = []
    for row in found.frame().to_dict("records"):
        policy = Policy.of(row)
        plain = row["mitigation"] == "none"
        rows.append(
            {
                "setting": str(policy._replace(mitigation="none")),
                "order": row["order"],
                "mitigation": row["mitigation"],
                goal: _mean(found.goal, row["goal"]),
                f"change in {goal}": "–" if plain else _changed(found.goal, row, "goal"),
                gap: _mean(found.gap, row["gap"]),
                f"change in {gap}": "–" if plain else _changed(found.gap, row, "gap"),
                "share of draws": _share(row["membership_probability"]),
                "dominated by": _beaten(row),
            }
        )
    return pd.DataFrame(rows)


def _mean(name: str, value: float) -> str:
    return figure(name, value) if np.isfinite(value) else "not estimable"


def _changed(name: str, row: dict[str, float], side: str) -> str:
    value, low, high = (row[f"{side}_change{end}"] for end in ("", "_low", "_high"))
    if not np.isfinite(value):
        return "not estimable"
    if not np.isfinite(low):
        return f"{figure(name, value)} (one seed: no interval)"
    return change(name, value, low, high)


def _share(probability: float) -> str:
    return share(probability) if np.isfinite(probability) else "not estimable"


def _beaten(row: dict[str, float | str]) -> str:
    if not row["dominated_by"]:
        return "–"
    name = "no mitigation" if row["dominated_by"] == "none" else row["dominated_by"]
    return f"{name} (in {share(float(row['dominated_in']))} of draws)"
