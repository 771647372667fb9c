"""The report of a sweep and a choice: one page for people who do not code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equipoise.charts import draw_frontier, draw_rates
from equipoise.fairness import rates_table
from equipoise.pages import Block, Note, Page, Section, Table, Text
from equipoise.tradeoff._cell import RATES_SHOWN
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._confirm import difference, of_policy
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._prices import prices
from equipoise.tradeoff._sweep import Sweep
from equipoise.tradeoff._tables import policies_table
from equipoise.tradeoff._words import interval, title

__all__ = ["sweep_report"]


def sweep_report(sweep: Sweep, choice: Choice) -> Page:
    """Return the page: question, customers, audit, frontier, choice, prices, guarantee, limits."""
    facts = sweep.manifest
    best = _policy(choice.candidates.loc[0])
    sections = [
        Section("The question", [Text(_question(facts))]),
        Section("The customers", _customers(facts)),
        Section("Who is left out without limits", _audit(sweep, best)),
        Section("What can be had", _frontier(sweep, choice)),
        Section("The choice", _choice(sweep, choice)),
        Section("What bounds cost, and what noise costs", _prices(sweep)),
        Section("What is promised, and what is not", _guarantee(facts, choice)),
        Section("What this page is", [Note(facts["internal"]), Text(_how(facts))]),
    ]
    picked = "no policy satisfies the limits" if choice.policy is None else str(choice.policy)
    return Page(f"Trade-off report: {facts['task']['name']}", f"The pick: {picked}.", sections)


def _policy(row: pd.Series) -> Policy:
    return Policy(row["model"], row["mitigation"], row["epsilon"])


def _question(facts: dict[str, Any] | Any) -> list[str]:
    task = facts["task"]
    rule = next(
        f"{k.replace('_', ' ')} = {v}" for k, v in task["decision"].items() if v is not None
    )
    lines = [
        task["question"],
        f"Decision rule: {rule}. Gaps are between groups of {facts['plan']['attribute']}.",
    ]
    value = task["value"]
    if value is None:
        return [*lines, "The task has no euros: the pick is the policy that ranks best."]
    worth = (
        f"A contacted customer with the outcome is worth {value['won_per_positive']:g} €, less "
        f"{value['discount_per_positive']:g} € of discount; each contact costs "
        f"{value['cost_per_contact']:g} €. "
        "Profit credits every such outcome to the contact, not only those that it caused."
    )
    if value["source"] == "example":
        worth += " These euros are drafted examples that nobody has confirmed."
    return [*lines, worth]


def _customers(facts: Any) -> list[Block]:
    split = facts["split"]
    attribute = facts["plan"]["attribute"]
    sizes = facts["group_sizes"][attribute]
    reference = facts["task"]["groups"][attribute]["reference"]
    table = pd.DataFrame(
        [
            (f"{group} (reference)" if group == reference else group, f"{n:,}")
            for group, n in sizes.items()
        ],
        columns=[attribute, "rows"],
    )
    return [
        Text(
            [
                f"{facts['rows']:,} rows of {facts['customers']:,} customers; the recorded outcome is "
                f"positive in {facts['base_rate']:.1%}. Each customer is in one part only: "
                f"{split['fit']:,} rows to fit, {split['choose']:,} to choose with, "
                f"{split['confirm']:,} to confirm.",
                *(f"Limit of the data: {note}." for note in facts["notes"]),
            ]
        ),
        Table(table, f"Rows by {attribute}."),
    ]


def _audit(sweep: Sweep, policy: Policy) -> list[Block]:
    rates = _rates(sweep, policy)
    attribute = sweep.manifest["plan"]["attribute"]
    reference = sweep.manifest["task"]["groups"][attribute]["reference"]
    return [
        Text(
            [f"The most profitable policy without any limit is {policy}. On the confirm-customers:"]
        ),
        draw_rates(rates, reference=reference),
        Table(
            rates_table(rates),
            f"Rates by {attribute} under {policy}; intervals span customers and seeds.",
        ),
    ]


def _rates(sweep: Sweep, policy: Policy) -> pd.DataFrame:
    """Mean over seeds on the confirm-customers; the interval spans the intervals of all seeds."""
    rows = of_policy(sweep.by_group, policy).query("part == 'confirm'")
    result = []
    for group, part in rows.groupby("group", sort=True):
        for metric in RATES_SHOWN:
            value = part[metric].mean() if part[metric].notna().all() else np.nan
            note = (
                ""
                if np.isfinite(value)
                else f"not estimable (n={part[f'{metric}_trials'].min():.0f})"
            )
            low, high = part[f"{metric}_low"].min(), part[f"{metric}_high"].max()
            result.append((group, int(part["n"].iloc[0]), metric, value, low, high, note))
    return pd.DataFrame(result, columns=["group", "n", "metric", "value", "low", "high", "note"])


def _frontier(sweep: Sweep, choice: Choice) -> list[Block]:
    table = choice.candidates
    goal = choice.maximise
    gap = "selection_gap" if table["selection_gap"].notna().any() else "opportunity_gap"
    smaller = ("epsilon", gap) if table[gap].notna().any() else ("epsilon",)
    best = sweep.frontier(larger=(goal,), smaller=smaller)
    frontier = {_policy(row) for _, row in best.iterrows()}
    listed = policies_table(table).assign(
        **{
            "within limits": table["feasible"].map({True: "yes", False: "no"}),
            "on the frontier": [
                "yes" if _policy(row) in frontier else "no" for _, row in table.iterrows()
            ],
        }
    )
    blocks: list[Block] = []
    if table[gap].notna().any():
        blocks.append(draw_frontier(table, larger=goal, gap=gap, pick=choice.policy))
    blocks.append(
        Table(
            listed,
            "Means over seeds on the choose-customers. A policy is on the frontier if no other is at "
            f"least as good in {goal}, {' and '.join(smaller)} and better in one.",
        )
    )
    return [*blocks, *_refused(sweep)]


def _refused(sweep: Sweep) -> list[Block]:
    rest = sweep.rows[sweep.rows["status"] != "ok"]
    if rest.empty:
        return []
    shared = rest.groupby(["model", "mitigation", "status", "note"], sort=False)["epsilon"]
    table = shared.agg(lambda e: ", ".join(f"{one:g}" for one in e.unique())).reset_index()
    table = table.rename(columns={"note": "reason"})[
        ["model", "mitigation", "epsilon", "status", "reason"]
    ]
    return [Table(table, "Policies that did not run, and why.")]


def _choice(sweep: Sweep, choice: Choice) -> list[Block]:
    blocks: list[Block] = [Text(choice.reasons)]
    if choice.policy is None:
        return blocks
    blocks.append(
        Table(
            _figures(choice.confirm),
            "The pick on the untouched confirm-customers, with 95 % intervals over customers and seeds.",
        )
    )
    if choice.given_up.empty:
        blocks.append(
            Text(["The limits gave nothing up: the pick is also the best without limits."])
        )
    else:
        best = _policy(choice.candidates.loc[0])
        blocks.append(
            Table(
                _figures(choice.given_up),
                f"What the limits gave up: the pick less {best}, on the same customers.",
            )
        )
    blocks.append(
        Table(rates_table(_rates(sweep, choice.policy)), "Who is contacted under the pick.")
    )
    return blocks


def _prices(sweep: Sweep) -> list[Block]:
    pairs = prices(sweep)
    if not pairs:
        return [
            Text(
                [
                    "Not estimable here: it needs a plain model, and private ones with and without noise."
                ]
            )
        ]
    rows = []
    for name, policy, other in pairs:
        change = difference(sweep, policy, other)
        told = {row.measure: _told(row) for row in change.itertuples()}
        rows.append((name, str(policy), str(other), told["profit_eur"], told["auc"]))
    table = pd.DataFrame(rows, columns=["price", "of", "against", "profit", "AUC"])
    return [
        Text(
            [
                "A private learner first bounds what one customer can change and uses a simpler "
                "optimiser; then it adds noise. The two are different prices. Negative figures are losses."
            ]
        ),
        Table(
            table,
            "Differences on the confirm-customers, with 95 % intervals over customers and seeds.",
        ),
    ]


def _guarantee(facts: Any, choice: Choice) -> list[Block]:
    guarantees = facts["guarantees"]
    blocks: list[Block] = []
    own = None
    if choice.policy is not None:
        own = guarantees.get(f"{choice.policy.model}, epsilon {choice.policy.epsilon:g}")
    if own is None:
        blocks.append(
            Text(
                [
                    "The pick is not private: it promises no customer anything."
                    if choice.policy
                    else "There is no pick."
                ]
            )
        )
    else:
        blocks += [
            Text(
                [
                    f"If {choice.policy} were released once, refitted with fresh and unseeded noise: "
                    f"epsilon {own['epsilon']:g}, delta {own['delta']:g}, per {own['unit']}, "
                    f"{own['adjacency']} neighbours. {own['mechanism'][0].upper()}{own['mechanism'][1:]}.",
                ]
            ),
            Table(pd.DataFrame({"covered": own["covers"]}), "What it covers."),
            Table(pd.DataFrame({"not covered": own["does_not_cover"]}), "What it does not cover."),
        ]
    if guarantees:
        table = pd.DataFrame(
            [
                (name, f"{g['delta']:g}", g["unit"], g["adjacency"])
                for name, g in guarantees.items()
            ],
            columns=["model", "delta", "unit", "adjacency"],
        )
        blocks.append(
            Table(
                table,
                "Promises of the compared models. Replace-one and add-remove are different promises: "
                "add-remove at epsilon implies replace-one at twice that epsilon.",
            )
        )
    return blocks


def _how(facts: Any) -> list[str]:
    plan = facts["plan"]
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return [
        f"Seeds {facts['seeds']}; customers split with seed {plan['split_seed']}. "
        f"Sweep {facts['digest'][:12]}, task {facts['task_digest'][:12]}.",
        f"Versions: {versions}.",
    ]


def _figures(frame: pd.DataFrame) -> pd.DataFrame:
    rows = [(title(row.measure), _told(row)) for row in frame.itertuples()]
    return pd.DataFrame(rows, columns=["measure", "figure"])


def _told(row: Any) -> str:
    if not np.isfinite(row.value):
        return str(row.note)
    return interval(row.measure, row.value, row.low, row.high)
