"""What the sweep measured, as tables and pictures of its report."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from equipoise.charts import draw_frontier, draw_rates, epsilon_text
from equipoise.charts.tradeoff import draw_bands
from equipoise.fairness.tables import rates_table
from equipoise.pages import Block, Table, Text
from equipoise.tradeoff._bands import bands_table
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._confirm import difference, of_policy
from equipoise.tradeoff._learners import LEARNERS
from equipoise.tradeoff._measures import GAPS, RATES_SHOWN
from equipoise.tradeoff._plan import AS_GIVEN, Policy
from equipoise.tradeoff._prices import prices
from equipoise.tradeoff._report_words import RELEASED, changes, titles_of
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import figure, share, within

__all__ = ["audit_blocks", "frontier_blocks", "not_run_blocks", "price_blocks", "rates_of"]

_DRAWN = 12  # bands of more policies are told in the table alone
_MEANS = (
    "Means over seeds on the choose-customers. Share of draws: of draws of choose-customers and seeds, "
    "those in which a policy is on the frontier; epsilon is declared, so draws do not move it. One that "
    "is dominated by its means may be on the frontier in many draws: then these customers do not tell."
)


def audit_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return the rates of each group under the best policy that neither mitigates nor protects."""
    table = choice.candidates
    plain = table[(table["mitigation"] == "none") & np.isinf(table["epsilon"])]
    usual = plain[~plain["model"].map(lambda name: LEARNERS[name].private)]
    start = Policy.of(next(part for part in (usual, plain, table) if len(part)).iloc[0])
    without = "limits" if plain.empty else "mitigation, privacy or limits"
    rates = rates_of(sweep, start)
    return [
        Text(
            [
                f"Without {without}, the model to start from is {start}: of such models it has the "
                f"highest {within(sweep.titles[choice.maximise])} on the choose-customers. On the "
                "confirm-customers, by group:"
            ]
        ),
        draw_rates(rates, reference=sweep.task.groups[sweep.attribute].reference),
        Table(rates_table(rates), f"Rates by {sweep.attribute} under {start}, with {RELEASED}."),
    ]


def frontier_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return the candidates as pictures, which of them are beaten and how surely, and both bands."""
    table, goal = choice.candidates, choice.maximise
    known = table.columns[table.notna().any()]
    if goal not in known:
        return [Text([f"{goal} is not estimable for any policy, so there is nothing to compare."])]
    gap = next((name for name in GAPS if name in known), None)
    smaller = ["epsilon"] if gap is None else ["epsilon", gap]
    drawn = [] if gap is None else _pictures(sweep, choice, gap)
    listed = _standing(sweep, choice, smaller)
    best = (listed["on the frontier"] == "yes") | (listed["policy"] == str(choice.policy))
    titles = titles_of(sweep)
    named = " and ".join(
        ["epsilon" if n == "epsilon" else within(titles[n]) for n in (goal, *smaller)]
    )
    blocks: list[Block] = [
        Table(
            listed[best].drop(columns="dominated by")
            if best.equals(listed["dominated by"] == "–")
            else listed[best],
            "On the frontier, which means that no other policy is at least as good in "
            f"{named} and better in one; and the pick. {_MEANS}",
        )
    ]
    if not best.all():
        blocks.append(
            Table(
                listed[~best],
                "The other policies, and what dominates each by its means.",
                folded=True,
            )
        )
    return [*drawn, *blocks, *_bands_blocks(sweep, choice, gap)]


def _pictures(sweep: Sweep, choice: Choice, gap: str) -> list[Block]:
    """Return one picture a consent policy, the pick circled where it is."""
    blocks: list[Block] = []
    pick = choice.policy
    titles = titles_of(sweep)
    listed = choice.candidates.sort_values("place")  # so that a model has one ink in every picture
    for consent, own in listed.groupby("consent_policy", sort=False):
        if own[choice.maximise].isna().all() or own[gap].isna().all():
            continue
        here = pick if pick is not None and pick.consent_policy == consent else None
        drawn = draw_frontier(own, larger=choice.maximise, gap=gap, pick=here, titles=titles)
        own_scale = ", on a scale of its own" if sweep.compares_consent else ""
        under = "" if consent == AS_GIVEN else f"Under consent policy {consent}{own_scale}. "
        blocks.append(replace(drawn, caption=f"{under}{drawn.caption}"))
    return blocks


def _standing(sweep: Sweep, choice: Choice, smaller: Sequence[str]) -> pd.DataFrame:
    """Return the candidates in their order: measures of the frontier, and how surely each is on it."""
    goal, titles = choice.maximise, titles_of(sweep)
    found = sweep.membership([goal], smaller)
    by_policy = {Policy.of(row): row for row in found.to_dict("records")}
    rows = []
    for row in choice.candidates.to_dict("records"):
        told = by_policy[Policy.of(row)]
        beaten = f"{told['dominated_by']} (in {share(told['dominated_in'])} of draws)"
        sure = told["membership_probability"]
        rows.append(
            {"policy": str(Policy.of(row))}
            | {titles[n]: _figure(n, row[n]) for n in (goal, *smaller) if n != "epsilon"}
            | {
                "within limits": "yes" if row["feasible"] else "no",
                "on the frontier": "yes" if told["on_frontier"] else "no",
                "share of draws": share(sure) if np.isfinite(sure) else told["note"],
                "dominated by": beaten if told["dominated_by"] else "–",
            }
        )
    return pd.DataFrame(rows)


def _figure(name: str, value: float) -> str:
    return figure(name, value) if np.isfinite(value) else "not estimable"


def _bands_blocks(sweep: Sweep, choice: Choice, gap: str | None) -> list[Block]:
    """Return the two bands of the goal and the gap: a picture of the best, a table of all."""
    best = [str(Policy.of(row)) for row in choice.candidates.head(_DRAWN).to_dict("records")]
    pick = [] if choice.policy is None else [str(choice.policy)]
    shown = list(dict.fromkeys([*best, *pick]))
    blocks: list[Block] = []
    for name in (choice.maximise, gap):
        if name is None:
            continue
        title, frame = titles_of(sweep)[name], sweep.bands(name)
        own = frame[frame["policy"].isin(shown)].sort_values(
            "policy", key=lambda names: names.map(shown.index), kind="stable"
        )
        drawn = draw_bands(own, title="\n".join(textwrap.wrap(title, 34)))
        few = f"The best {len(shown)} of {len(choice.candidates)} policies without limits"
        with_pick = few + (", and the pick" if len(shown) > _DRAWN else "")
        lead = f"{with_pick}, on the choose-customers. " if len(choice.candidates) > _DRAWN else ""
        blocks += [
            replace(drawn, caption=f"{lead}{drawn.caption}"),
            Table(bands_table(frame, name), f"{title}: both bands of every policy.", folded=True),
        ]
    return blocks


def not_run_blocks(sweep: Sweep) -> list[Block]:
    """Return what was refused, failed or did not run, and why; nothing where all ran."""
    rest = sweep.rows[sweep.rows["status"] != "ok"]
    if rest.empty:
        return []
    keys = ["model", "mitigation", "consent_policy", "status", "note"]
    table = rest.groupby(keys, sort=False).agg(
        epsilon=("epsilon", "unique"), cells=("seed", "size")
    )
    epsilons = [", ".join(map(epsilon_text, each)) for each in table["epsilon"]]
    shown = table.reset_index().assign(epsilon=epsilons)
    shown = shown.rename(columns={"note": "reason", "consent_policy": "consent"})
    shown = shown[["model", "mitigation", "epsilon", "consent", "status", "cells", "reason"]]
    if (shown["consent"] == AS_GIVEN).all():
        shown = shown.drop(columns="consent")
    return [
        Text([_counted(rest["status"])]),
        Table(shown, "What did not run, and why. Cells: a policy with a seed each."),
    ]


def _counted(status: pd.Series) -> str:
    counts = status.value_counts(sort=False)
    named = {"refused": "refused", "failed": "failed", "not_run": "not run (interrupted)"}
    told = ", ".join(f"{count} {named[name]}" for name, count in counts.items())
    return (
        f"Of the cells, {told}. A policy is compared only if it ran with every seed, so none of these "
        "policies can be the pick."
    )


def price_blocks(sweep: Sweep) -> list[Block]:
    """Return the price of bounds apart from the price of noise."""
    pairs, titles = prices(sweep), titles_of(sweep)
    if not pairs:
        return [
            Text(
                [
                    "Not estimable here: it takes a sweep with logistic and private_logistic, both at "
                    "epsilon inf, without mitigation."
                ]
            )
        ]
    shown = list(dict.fromkeys([sweep.default_goal, "auc"]))
    table = pd.DataFrame(
        [
            {"price of": name, "policy": str(policy), "against": str(other)}
            | changes(difference(sweep, policy, other)).filter(shown).rename(titles).to_dict()
            for name, policy, other in pairs
        ]
    )
    return [
        Text(
            [
                "A private learner first bounds what one customer can change, which also means a "
                "simpler optimiser; then it adds noise. These are two prices with two cures: better "
                "bounds for the first, more customers or a larger epsilon for the second. Negative "
                "figures are losses; an interval that contains zero means that these customers do "
                "not tell the two apart."
            ]
        ),
        Table(
            table,
            f"The one model less the other, on the same confirm-customers, with {RELEASED}.",
        ),
    ]


def rates_of(sweep: Sweep, policy: Policy) -> pd.DataFrame:
    """Return the rates of each group under a policy, on the confirm-customers.

    Means over seeds; the interval spans the intervals of all seeds.
    """
    rows = of_policy(sweep.by_group, policy).query("part == 'confirm'")
    result = []
    for group, part in rows.groupby("group", sort=True):
        for metric in RATES_SHOWN:
            value = part[metric].mean() if part[metric].notna().all() else np.nan
            few = f"not estimable (n={part[f'{metric}_trials'].min():.0f})"
            low, high = part[f"{metric}_low"].min(), part[f"{metric}_high"].max()
            note = "" if np.isfinite(value) else few
            result.append((group, int(part["n"].iloc[0]), metric, value, low, high, note))
    return pd.DataFrame(result, columns=["group", "n", "metric", "value", "low", "high", "note"])
