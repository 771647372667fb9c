"""What each cell is measured by, on the customers it was not fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from equipoise.fairness import Audit
from equipoise.intervals import MINIMUM_TRIALS, area_under_curve
from equipoise.models import lift_at
from equipoise.models.value import decision_profit
from equipoise.task import Task

__all__ = [
    "GAPS",
    "LARGER_IS_BETTER",
    "MEASURES",
    "PROFIT_BOUNDS",
    "gap_measures",
    "profit_measures",
    "resampled",
    "score_measures",
]

MEASURES = (
    "auc",
    "average_precision",
    "lift_at_10",
    "profit_eur",
    "selection_gap",
    "opportunity_gap",
    "worst_group_tpr",
)
PROFIT_BOUNDS = ("profit_eur_customers_low", "profit_eur_customers_high")
# Each gap, by the rate that it is the largest difference of.
GAPS = {"selection_gap": "selection_rate", "opportunity_gap": "true_positive_rate"}
LARGER_IS_BETTER = frozenset(
    {"auc", "average_precision", "lift_at_10", "profit_eur", "worst_group_tpr"}
)


def score_measures(task: Task, scores: NDArray[np.float64]) -> dict[str, float]:
    """Return `auc, average_precision, lift_at_10` of scores on a task's rows."""
    return {
        "auc": float(area_under_curve(task.y, scores).value),
        "average_precision": float(average_precision_score(task.y, scores)),
        "lift_at_10": lift_at(task.y, scores, 0.1),
    }


def profit_measures(task: Task, scores: NDArray[np.float64], *, seed: int) -> dict[str, float]:
    """Return `profit_eur` with a 95 % interval over customers, the trained model being as it is.

    It is euros per 1,000 rows decided on, so that parts of other sizes compare. Among tied scores
    at the cut it is the mean over all ways to break the tie.
    """
    names = ("profit_eur", *PROFIT_BOUNDS)
    if task.value is None:
        return dict.fromkeys(names, np.nan)
    return dict(zip(names, decision_profit(task, scores, seed=seed), strict=True))


def gap_measures(audit: Audit, attribute: str) -> tuple[dict[str, float], list[str]]:
    """Return the gaps of one attribute between its estimable groups, and what could not be told.

    `selection_gap` and `opportunity_gap` are the largest differences in selection rate and in true
    positive rate between any two groups; `worst_group_tpr` is the lowest true positive rate.
    """
    worst = audit.worst().set_index(["attribute", "metric"])
    rates = audit.frame().query("attribute == @attribute")
    lowest = rates.loc[rates["metric"] == "true_positive_rate", "value"].min()
    measures = {name: float(worst.loc[(attribute, metric), "gap"]) for name, metric in GAPS.items()}
    lost = rates[(rates["note"] != "") & rates["metric"].isin(list(GAPS.values()))]
    notes = [f"{row.group}: {row.metric} {row.note}" for row in lost.itertuples()]
    return measures | {"worst_group_tpr": float(lowest)}, notes


def resampled(
    task: Task, scores: NDArray[np.float64], contacted: NDArray[np.bool_], *, times: int, seed: int
) -> pd.DataFrame:
    """Return `auc` and `profit_eur` on `times` bootstrap draws of customers.

    Row 0 is the sample itself. The same seed draws the same customers for every policy, so that
    differences between policies are paired.
    """
    codes, customers = pd.factorize(task.unit, sort=True)
    profit = task.profit_eur(contacted)
    area = _WeightedArea.of(task.y, scores)
    rows = []
    for replicate, drawn in enumerate(_draws(len(customers), times=times, seed=seed)):
        weights = drawn[codes]
        euros = np.nan if profit is None else 1000 * weights @ profit / weights.sum()
        rows.append((replicate, area.under(weights), euros))
    return pd.DataFrame(rows, columns=["replicate", "auc", "profit_eur"])


def _draws(customers: int, *, times: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each customer is drawn: once each, then as the bootstrap falls."""
    yield np.ones(customers)
    rng = np.random.default_rng(seed)
    for _ in range(times):
        drawn = rng.integers(customers, size=customers)
        yield np.bincount(drawn, minlength=customers).astype(float)


@dataclass(frozen=True)
class _WeightedArea:
    """The area under the ROC curve of one ranking, for any weights of its rows."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    outcome: NDArray[np.int_]

    @classmethod
    def of(cls, y: NDArray[np.int_], scores: NDArray[np.float64]) -> _WeightedArea:
        order = np.argsort(scores, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
        return cls(order, starts, y[order])

    def under(self, weights: NDArray[np.float64]) -> float:
        """Return the weighted area, ties counting half; NaN with too few rows of an outcome."""
        positives = self.outcome.sum()
        if min(positives, len(self.outcome) - positives) < MINIMUM_TRIALS:
            return np.nan
        drawn = weights[self.order]
        positive = np.add.reduceat(drawn * self.outcome, self.starts)
        negative = np.add.reduceat(drawn * (1 - self.outcome), self.starts)
        below = np.cumsum(negative) - negative / 2
        pairs = positive.sum() * negative.sum()
        return float(positive @ below / pairs) if pairs > 0 else np.nan
