"""What each cell is measured by, on the customers it was not fitted on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from equipoise.fairness import Audit
from equipoise.intervals import MINIMUM_TRIALS, area_under_curve
from equipoise.task import Task

__all__ = ["LARGER_IS_BETTER", "MEASURES", "gap_measures", "resampled", "score_measures"]

MEASURES = (
    "auc",
    "average_precision",
    "lift_at_10",
    "profit_eur",
    "selection_gap",
    "opportunity_gap",
    "worst_group_tpr",
)
LARGER_IS_BETTER = frozenset(
    {"auc", "average_precision", "lift_at_10", "profit_eur", "worst_group_tpr"}
)


def score_measures(
    task: Task, scores: NDArray[np.float64], contacted: NDArray[np.bool_]
) -> dict[str, float]:
    """Return `auc, average_precision, lift_at_10, profit_eur` of scores on a task's rows.

    `lift_at_10` is the base rate among the tenth with the highest scores over the base rate of all.
    `profit_eur` is euros per 1,000 rows decided on, so that parts of other sizes compare.
    """
    top = np.argsort(-scores, kind="stable")[: max(1, round(len(task) / 10))]
    profit = task.profit_eur(contacted)
    return {
        "auc": float(area_under_curve(task.y, scores).value),
        "average_precision": float(average_precision_score(task.y, scores)),
        "lift_at_10": float(task.y[top].mean() / task.y.mean()),
        "profit_eur": np.nan if profit is None else float(1000 * profit.mean()),
    }


def gap_measures(audit: Audit, attribute: str) -> tuple[dict[str, float], list[str]]:
    """Return the gaps of one attribute between its estimable groups, and what could not be told.

    `selection_gap` and `opportunity_gap` are the largest differences in selection rate and in true
    positive rate between any two groups; `worst_group_tpr` is the lowest true positive rate.
    """
    worst = audit.worst().set_index(["attribute", "metric"])
    rates = audit.frame().query("attribute == @attribute")
    lowest = rates.loc[rates["metric"] == "true_positive_rate", "value"].min()
    names = {"selection_gap": "selection_rate", "opportunity_gap": "true_positive_rate"}
    measures = {
        name: float(worst.loc[(attribute, metric), "gap"]) for name, metric in names.items()
    }
    lost = rates[(rates["note"] != "") & rates["metric"].isin(list(names.values()))]
    notes = [f"{row.group}: {row.metric} {row.note}" for row in lost.itertuples()]
    return measures | {"worst_group_tpr": float(lowest)}, notes


def resampled(
    task: Task, scores: NDArray[np.float64], contacted: NDArray[np.bool_], *, times: int, seed: int
) -> pd.DataFrame:
    """Return `auc` and `profit_eur` on `times` bootstrap draws of customers.

    Row 0 is the sample itself. The same seed draws the same customers for every policy, so that
    differences between policies are paired.
    """
    codes, customers = pd.factorize(task.unit)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(customers), np.full(len(customers), 1 / len(customers)), times)
    weights = np.vstack([np.ones(len(codes)), drawn[:, codes]])
    profit = task.profit_eur(contacted)
    return pd.DataFrame(
        {
            "replicate": np.arange(times + 1),
            "auc": _weighted_auc(task.y, scores, weights),
            "profit_eur": np.nan
            if profit is None
            else 1000 * weights @ profit / weights.sum(axis=1),
        }
    )


def _weighted_auc(
    y: NDArray[np.int_], scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the area under the curve for each row of weights; ties count half."""
    if min(y.sum(), len(y) - y.sum()) < MINIMUM_TRIALS:
        return np.full(len(weights), np.nan)
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
    positive = np.add.reduceat(weights[:, order] * y[order], starts, axis=1)
    negative = np.add.reduceat(weights[:, order] * (1 - y[order]), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    with np.errstate(invalid="ignore"):
        area = (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
    return np.asarray(area)
