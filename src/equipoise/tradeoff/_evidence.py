"""What the sweep measured, as tables and pictures of its report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equipoise.charts import draw_frontier, draw_rates, epsilon_text
from equipoise.fairness.tables import rates_table
from equipoise.pages import Block, Table, Text
from equipoise.tradeoff._cell import RATES_SHOWN
from equipoise.tradeoff._choice import Choice
from equipoise.tradeoff._confirm import confirmed, difference, of_policy
from equipoise.tradeoff._learners import LEARNERS
from equipoise.tradeoff._measures import GAPS
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._prices import prices
from equipoise.tradeoff._sweep import Sweep
from equipoise.tradeoff._tables import policies_table
from equipoise.tradeoff._words import interval, within

__all__ = ["audit_blocks", "choice_blocks", "frontier_blocks", "price_blocks"]

_SPAN = "95 % intervals over customers and seeds"


def audit_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return the rates of each group under the best policy that neither mitigates nor protects."""
    table = choice.candidates
    plain = table[(table["mitigation"] == "none") & np.isinf(table["epsilon"])]
    usual = plain[~plain["model"].map(lambda name: LEARNERS[name].private)]
    start = Policy.of(next(part for part in (usual, plain, table) if len(part)).iloc[0])
    without = "limits" if plain.empty else "mitigation, privacy or limits"
    rates = _rates(sweep, start)
    return [
        Text(
            [
                f"Without {without}, the model to start from is {start}: no other of its kind has a "
                f"higher {within(sweep.titles[choice.maximise])}. On the confirm-customers, by group:"
            ]
        ),
        draw_rates(rates, reference=sweep.task.groups[sweep.attribute].reference),
        Table(rates_table(rates), f"Rates by {sweep.attribute} under {start}, with {_SPAN}."),
    ]


def frontier_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return the candidates as a picture and as its table, and what was refused."""
    table, goal = choice.candidates, choice.maximise
    known = table.columns[table.notna().any()]
    gap = next((name for name in GAPS if name in known), None)
    smaller = ["epsilon"] if gap is None else ["epsilon", gap]
    listed = policies_table(table, example_euros=sweep.has_example_euros).assign(
        **{
            "within limits": np.where(table["feasible"], "yes", "no"),
            "on the frontier": np.where(sweep.on_frontier(table, [goal], smaller), "yes", "no"),
        }
    )
    blocks: list[Block] = []
    if gap is not None and goal in known:
        picture = draw_frontier(
            table, larger=goal, gap=gap, pick=choice.policy, titles=sweep.titles
        )
        blocks.append(picture)
    blocks.append(
        Table(
            listed,
            "Means over seeds on the choose-customers, the best first; epsilon inf: not private. "
            "A policy is on the frontier if no other is at least as good in "
            f"{' and '.join([goal, *smaller])} and better in one.",
        )
    )
    return [*blocks, *_not_run(sweep)]


def _not_run(sweep: Sweep) -> list[Block]:
    rest = sweep.rows[sweep.rows["status"] != "ok"]
    if rest.empty:
        return []
    keys = ["model", "mitigation", "status", "note"]
    table = rest.groupby(keys, sort=False)["epsilon"].unique().reset_index()
    epsilons = [", ".join(map(epsilon_text, each)) for each in table["epsilon"]]
    shown = table.assign(epsilon=epsilons).rename(columns={"note": "reason"})
    shown = shown[["model", "mitigation", "epsilon", "status", "reason"]]
    return [Table(shown, "Policies that did not run with every seed, and why.")]


def choice_blocks(sweep: Sweep, choice: Choice) -> list[Block]:
    """Return why the pick, its figures beside the best without limits, and who is contacted."""
    blocks: list[Block] = [Text(choice.reasons)]
    if choice.policy is None:
        return blocks
    best = Policy.of(choice.candidates.loc[0])
    columns = {"the pick": _figures(choice.confirm)}
    caption = f"The pick on the untouched confirm-customers, with {_SPAN}."
    if choice.given_up.empty:
        blocks.append(
            Text(["The limits gave nothing up: the pick is also the best without limits."])
        )
    else:
        columns["without limits"] = _figures(confirmed(sweep, best))
        columns["given up (pick less best)"] = _figures(choice.given_up)
        caption += f" Beside it {best}, the best without limits, and what the limits gave up."
    shown = [name for name in choice.confirm["measure"] if name in sweep.titles]
    table = pd.DataFrame(columns).reindex(shown).fillna("–")
    table.insert(0, "measure", [sweep.titles[name] for name in shown])
    return [
        *blocks,
        Table(table, caption),
        Table(
            rates_table(_rates(sweep, choice.policy)),
            f"Who is contacted under the pick, by {sweep.attribute}, with {_SPAN}.",
        ),
    ]


def price_blocks(sweep: Sweep) -> list[Block]:
    """Return the price of bounds apart from the price of noise."""
    pairs = prices(sweep)
    if not pairs:
        return [
            Text(
                [
                    "Not estimable here: it takes a sweep with logistic and private_logistic, both at "
                    "epsilon inf, without mitigation."
                ]
            )
        ]
    table = pd.DataFrame(
        [
            {"price of": name, "policy": str(policy), "against": str(other)}
            | _figures(difference(sweep, policy, other)).rename(sweep.titles).to_dict()
            for name, policy, other in pairs
        ]
    ).drop(columns="profit_eur", errors="ignore")  # no title, as the task has no euros
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
        Table(table, f"Differences on the confirm-customers, with {_SPAN}."),
    ]


def _rates(sweep: Sweep, policy: Policy) -> pd.DataFrame:
    """Mean over seeds on the confirm-customers; the interval spans the intervals of all seeds."""
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


def _figures(frame: pd.DataFrame) -> pd.Series:
    """Return figures with their intervals as text, by measure."""
    return pd.Series({row.measure: _told(row) for row in frame.itertuples()}, dtype=str)


def _told(row: Any) -> str:
    if not np.isfinite(row.value):
        return str(row.note)
    return interval(row.measure, row.value, row.low, row.high)
