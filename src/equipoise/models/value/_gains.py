"""Gains and lift: how many of the positive outcomes the highest-scored share holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_number
from equipoise.intervals import MINIMUM_TRIALS, Interval, wilson
from equipoise.intervals.repeated import carriers_of, effective_trials
from equipoise.models._scored_rows import scored_rows
from equipoise.models.value._given import check_both, rows_of
from equipoise.models.value._ranking import Ranking, thinned
from equipoise.models.value._uncertain import CutSums, not_estimable
from equipoise.task import Task

if TYPE_CHECKING:
    from equipoise.charts import Picture

__all__ = ["Gains", "gains"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gains:
    """How many of the positive outcomes the highest-scored share holds.

    Attributes
    ----------
    table : DataFrame
        What `frame` shows.
    parameters : mapping
        Rows, customers, positive outcomes, and whose rows they are.
    """

    table: pd.DataFrame
    parameters: Mapping[str, Any]
    _sums: CutSums = field(repr=False)

    def frame(self) -> pd.DataFrame:
        """Return one row a cut, some 200 at most, from nobody to everybody.

        Columns `share, gain, low, high, lift, note`. `gain` is the share of all positive outcomes
        that the cut holds, with a 95 % interval over customers; equal to `share` is no better than
        chance. `lift` is gain over share, NaN for nobody; its bounds are those of gain over share.
        """
        return self.table.copy()

    def gain_at(self, share: float) -> Interval:
        """Return the share of all positive outcomes in the highest-scored share, with an interval.

        The share is taken to the nearest whole row, and to one at least.
        """
        counts = np.array([self._count(share)], dtype=float)
        return Interval(*(float(side[0]) for side in _gain(self._sums, counts)))

    def lift_at(self, share: float) -> Interval:
        """Return the base rate in the highest-scored share over that of all, with an interval.

        One is no better than chance; the most it can be is one over the share, or over the base
        rate where that is larger. The share is taken to the nearest whole row, and to one at least.
        """
        part = self._count(share) / len(self._sums.ranking)
        return Interval(*(side / part for side in self.gain_at(share)))

    def plot(self) -> Picture:
        """Return the gains as a picture with its data in words."""
        from equipoise.charts.models import draw_gains

        return draw_gains(self.frame())

    def _count(self, share: float) -> int:
        part = check_number(
            "share", share, low=0, high=1, open_low=True, next_move="Use 0.1 for a tenth."
        )
        return max(1, round(part * len(self._sums.ranking)))


def gains(y: Task | ArrayLike, scores: ArrayLike, *, unit: ArrayLike | None = None) -> Gains:
    """Say how many of the positive outcomes the highest-scored share holds, for every share.

    Gains rank; they say nothing of euros, of calibration, or of what a contact changes. Rows with
    the same score are taken in proportion, so the order of the rows is nothing.

    Parameters
    ----------
    y : Task, or array_like of 0 and 1, shape (n,)
        The outcomes, or the task that has them.
    scores : array_like of float, shape (n,)
        Higher comes first; any finite numbers.
    unit : array_like, shape (n,), optional
        Customer of each row, where customers have several; a task has its own.

    Returns
    -------
    Gains

    Raises
    ------
    InputError
        Where rows do not match, a score is missing, an outcome is not 0 or 1, or all are the same.

    Notes
    -----
    Intervals are Wilson's at the size of sample that the variance amounts to. They include that
    other customers would move the score at which a share ends, and the number of positives.

    Examples
    --------
    >>> y = np.repeat([1, 0, 1, 0], [30, 20, 20, 130])
    >>> found = gains(y, np.repeat([0.9, 0.9, 0.4, 0.4], [30, 20, 20, 130]))
    >>> gain, low, high = found.gain_at(0.25)
    >>> print(f"{gain:.2f} [{low:.2f}, {high:.2f}]")
    0.60 [0.48, 0.71]
    >>> round(found.lift_at(0.25).value, 2)
    2.4
    """
    if isinstance(y, Task):
        rows, name = rows_of(y, scores), str(y.unit.name)
    else:
        rows = scored_rows(y, scores, unit, probabilities=False)
        name = "row" if unit is None else str(getattr(unit, "name", None) or "unit")
    check_both(rows.y)
    sums = CutSums(Ranking.of(rows.scores, rows.customer), rows.y.astype(float))
    told = {
        "rows": len(rows.y),
        "customers": len(sums.ranking.own_rows),
        "positives": int(rows.y.sum()),
        "unit": name,
    }
    return Gains(_table(sums), told, sums)


def _table(sums: CutSums) -> pd.DataFrame:
    rows = len(sums.ranking)
    counts = thinned(rows)
    share, gain = counts / rows, _gain(sums, counts.astype(float))
    lift = np.divide(gain.value, share, out=np.full(len(share), np.nan), where=share > 0)
    table = {"share": share, "gain": gain.value, "low": gain.low, "high": gain.high, "lift": lift}
    (note,) = not_estimable(_carriers(sums))
    between = (counts > 0) & (counts < rows)
    return pd.DataFrame(table).assign(note=np.where(between, note, "")).astype({"note": "str"})


def _gain(sums: CutSums, counts: Floats) -> Interval:
    """Return gains with intervals; of nobody and of everybody they are known."""
    positives, rows = sums.values.sum(), len(sums.ranking)
    gain = np.clip(sums.ranking.totals(sums.values, counts) / positives, 0, 1)
    own = np.bincount(sums.ranking.customer, weights=sums.values)
    trials = np.full(len(counts), positives)
    above, below = sums.of_hits_and_misses(counts)
    size = effective_trials(
        gain * positives,
        trials,
        deviation=sums.squares(counts, sums.ranking.slopes(sums.values, counts), of_all=True),
        by_row=0.0,
        by_customer=np.full(len(counts), own @ own),
        carriers=carriers_of(gain * positives, trials, of_hits=above, of_misses=below),
    )
    _, *sides = wilson(gain * size, size)
    few = _carriers(sums) < MINIMUM_TRIALS
    known = (counts <= 0) | (counts >= rows)
    return Interval(
        gain, *(np.where(known, gain, np.nan if few else np.asarray(side)) for side in sides)
    )


def _carriers(sums: CutSums) -> float:
    """Return how many equal customers the positive outcomes amount to (Kish)."""
    own = np.bincount(sums.ranking.customer, weights=sums.values)
    return float(own.sum() ** 2 / (own @ own))
