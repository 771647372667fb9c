"""What an epsilon does to each group, and whether one order of mitigation and privacy loses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from equipoise.charts import epsilon_text
from equipoise.charts.tradeoff import draw_effects
from equipoise.exceptions import InputError
from equipoise.fairness.tables import named
from equipoise.pages import Block, Table, Text
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._effects import EffectOfEpsilon, effect_of_epsilon
from equipoise.tradeoff._measures import GAPS
from equipoise.tradeoff._orders import Orders, compare_orders
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._report_words import EXPECTED
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
        *_summed(rows),
        *_variances(shown),
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


def _summed(rows: pd.DataFrame) -> Iterator[str]:
    """Yield for each group in how many policies its rate rises, falls, or does neither for certain."""
    for group, own in rows.groupby("group", sort=False):
        known = own[np.isfinite(own["low"])]
        if known.empty:
            yield f"{group}: {own['told'].iloc[0]}."
            continue
        rises, falls = int((known["low"] > 0).sum()), int((known["high"] < 0).sum())
        yield (
            f"{group}: of {len(known)} policies with a finite epsilon, the rate rises in {rises}, "
            f"falls in {falls}, and in {len(known) - rises - falls} is not told apart from no effect."
        )


def _variances(rows: pd.DataFrame) -> Iterator[str]:
    """Yield what noise moves beside what customers move, epsilon by epsilon."""
    plain = rows[(rows["mitigation"] == "none") & rows["noise_variance"].notna()]
    if plain.empty:
        return
    each = []
    for (model, epsilon), own in plain.groupby(["model", "epsilon"], sort=False):
        pairs = ", ".join(
            f"{row.group} {math.sqrt(row.noise_variance):.3f} and {math.sqrt(row.sampling_variance):.3f}"
            for row in own.itertuples()
        )
        each.append(f"{model} at epsilon {epsilon_text(epsilon)}: {pairs}")
    yield (
        "Noise and customers move the effect by these standard deviations, the first from one release to "
        f"the next, the second from one sample of customers to another. {'. '.join(each)}. More seeds "
        "average the first out in this study, but a release has one; only more customers cure the second."
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
    return [Text([told, *found.answers]), Table(_orders_table(found), caption, folded=True)]


def _gap(sweep: Sweep) -> str:
    known = [name for name in GAPS if sweep.rows[name].notna().any()]
    return known[0] if known else "selection_gap"


def _orders_table(found: Orders) -> pd.DataFrame:
    rows = []
    for row in found.frame().to_dict("records"):
        policy = Policy.of(row)
        plain = row["mitigation"] == "none"
        rows.append(
            {
                "setting": str(policy._replace(mitigation="none")),
                "order": row["order"],
                "mitigation": row["mitigation"],
                found.goal: _mean(found.goal, row["goal"]),
                f"change in {found.goal}": "–" if plain else _changed(found.goal, row, "goal"),
                found.gap: _mean(found.gap, row["gap"]),
                f"change in {found.gap}": "–" if plain else _changed(found.gap, row, "gap"),
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
