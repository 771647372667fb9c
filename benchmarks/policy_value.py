"""How often intervals of policy values hold the truth, on campaigns of the synthetic CRM.

    python benchmarks/policy_value.py [--worlds 500] [--customers 1500] [--out table.csv]

One line a campaign, policy and method, over as many worlds as asked for: the spring coupon as it was
randomised, and the same customers contacted with logged probabilities that rise with their orders.
Outcome models are the package's logistic regression. Truth is the exact expected profit of the rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from equipoise.crm import make_crm
from equipoise.models.uplift._policy_value import POLICY_METHODS, policy_value
from equipoise.models.uplift._truth import true_effects
from equipoise.task import Task

CAMPAIGNS = ("randomised", "logged")


def logged(task: Task, truth: pd.DataFrame, seed: int) -> Task:
    """Contact the same customers with other probabilities; outcomes are those of the truth."""
    orders = np.log1p(task.X["orders_12m"].to_numpy())
    chance = np.clip(1 / (1 + np.exp(0.4 - 0.8 * orders)), 0.1, 0.9)
    treated = np.random.default_rng(seed).random(len(task)) < chance
    y = np.where(treated, truth["orders_if_contacted"], truth["orders_if_not_contacted"])
    return replace(
        task,
        y=y.astype(int),
        treatment=pd.Series(treated.astype(int)),
        treatment_probability=pd.Series(chance),
    )


def policies(task: Task, seed: int) -> dict[str, np.ndarray]:
    """Return rules that read no outcome: everybody, and a fifth by the share of discounted orders."""
    shuffled = np.random.default_rng(seed).random(len(task))
    order = np.lexsort((shuffled, -task.X["discounted_orders_share"].to_numpy()))
    fifth = np.zeros(len(task), dtype=bool)
    fifth[order[: len(task) // 5]] = True
    return {"everybody": np.ones(len(task)), "discount seekers": fifth}


def measured(seed: int, customers: int) -> Iterator[dict[str, object]]:
    crm = make_crm(customers=customers, seed=seed)
    task = crm.task("coupon_uplift", policy="everyone")
    truth = true_effects(crm, task)
    posed = dict(zip(CAMPAIGNS, (task, logged(task, truth, seed)), strict=True))
    for campaign, each in posed.items():
        for policy, contacted in policies(each, seed).items():
            for method in POLICY_METHODS:
                found = policy_value(each, contacted, method=method, seed=seed, truth=truth)
                row = found.frame().iloc[0]
                yield {
                    "campaign": campaign,
                    "policy": policy,
                    "method": method,
                    "rows": len(each),
                    "holds": row["low"] <= row["truth_eur"] <= row["high"],
                    "too high": row["low"] > row["truth_eur"],
                    "width": row["high"] - row["low"],
                    "error": row["value_eur"] - row["truth_eur"],
                    "truth": row["truth_eur"],
                }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--out")
    asked = parser.parse_args()
    rows = pd.DataFrame(
        [row for seed in range(asked.worlds) for row in measured(seed, asked.customers)]
    )
    table = rows.groupby(["campaign", "policy", "method"], sort=False).mean().reset_index()
    print(f"{asked.worlds} worlds of {asked.customers:,} customers")
    print(table.round(3).to_string(index=False))
    if asked.out:
        table.to_csv(asked.out, index=False)


if __name__ == "__main__":
    main()
