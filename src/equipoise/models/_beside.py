"""The figures of a random split beside those of a split by time."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from equipoise._checks import check_whole
from equipoise.exceptions import InputError, RandomSplitFlattersWarning
from equipoise.intervals import MINIMUM_TRIALS
from equipoise.intervals._interval import critical
from equipoise.models._folds import customer_parts
from equipoise.models._held_out import TimeCut, shown_date, time_cut
from equipoise.models._measures import MEASURES, Measured, mean_measured, measured
from equipoise.models._propensity import fitted_scores, scoring_model
from equipoise.task import Task

__all__ = ["SplitComparison", "random_beside_time"]

CONFIDENCE = 0.95
LEAST, MOST = np.array([(0, 1), (0, np.inf), (-np.inf, np.inf)]).T
"""What each measure can be."""


@dataclass(frozen=True, eq=False)
class SplitComparison:
    """What a random split would have reported, beside what later rows showed.

    Attributes
    ----------
    cut : Timestamp or float
        The date of the first later rows.
    fitted : int
        Rows that each model was fitted on, as far as there are so many of other customers.
    repeats : int
        Number of random splits.
    """

    cut: pd.Timestamp | float
    fitted: int
    repeats: int
    _table: pd.DataFrame = field(repr=False)

    def frame(self) -> pd.DataFrame:
        """Return the figures with 95 % intervals, one row a measure and set of rows.

        Columns `measure` (`auc`, `lift_at_10`, `profit_eur_per_1000`); `rows`, on which the random
        splits' models are measured: ``"all"`` dates, as a team would have reported, or the ``"later"``
        ones, where models of either kind are measured on the same customers; `random, random_low,
        random_high` and `time, time_low, time_high`; `difference` (random minus time: above 0 the
        random split flatters), `low, high`; and `note`. All but `time` on ``"all"`` rows are means
        over the scored parts of the random splits. Intervals of one figure are over customers to
        score, with the fitted models as they are; that of the difference covers training, too. There
        is no profit without euros in the task.
        """
        return self._table.copy()


def random_beside_time(
    task: Task,
    model: str | BaseEstimator = "logistic",
    *,
    seed: int,
    repeats: int = 5,
    later_share: float = 0.4,
    known_after_days: float | None = None,
) -> SplitComparison:
    """Compare what a random split reports with what the split by time reports.

    The split by time is that of `held_out`. A random split is what a team does that does not look at
    dates: customers are dealt into parts, and each part is scored by a model of as many rows as in the
    split by time, drawn from all dates of other customers. Two things may flatter it. Its models have
    learnt from the future, which shows on the ``"later"`` rows, where both face the same customers.
    And it is measured on earlier rows as well, which may be easier or harder: that adds up to the
    difference on ``"all"`` rows, which the report of such a team is wrong by.

    Parameters
    ----------
    task : Task
        With `time`.
    model : str or estimator
        A name that `propensity` knows, or an unfitted scikit-learn classifier for `task.X`.
    seed : int
        Splits at random, seeds training, and breaks ties of the decision rule.
    repeats : int
        Number of random splits that are averaged; each costs about five fits.
    later_share, known_after_days : float
        As for `held_out`.

    Returns
    -------
    SplitComparison

    Raises
    ------
    InputError
        As `held_out`, or where a random split leaves an outcome out.

    Warns
    -----
    RandomSplitFlattersWarning
        Where a measure is better on random splits, and the interval of the difference excludes 0.
        Of a hundred simulated worlds in which nothing moved, about five warned by chance.

    Notes
    -----
    The variance of the difference is that over customers, linearised: a customer who is scored on
    both sides counts once, with the difference of what they add to both. To it comes the variance of
    training, which is a fourth of the mean squared distance between models of either half of the
    customers fitted on: two models of half the rows differ by four times the variance of one.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=900, seed=7).task("churn_90d", since="2025-01-01")
    >>> found = random_beside_time(task, seed=0, repeats=2, known_after_days=90)
    >>> found.frame()[["measure", "rows"]].head(2).to_dict("list")
    {'measure': ['auc', 'lift_at_10'], 'rows': ['all', 'all']}
    """
    check_whole("repeats", repeats, low=2, next_move="Use 5.")
    estimator = scoring_model(task, model, seed=seed, calibrate=None)
    cut = time_cut(task, later_share=later_share, known_after_days=known_after_days)
    rng = np.random.default_rng(seed)
    part = _Measuring(task, estimator, pd.factorize(task.unit, sort=True)[0], seed)
    later_scores = np.full(len(task), np.nan)
    later_scores[cut.later] = fitted_scores(estimator, task, cut.earlier, cut.later)
    later = part.of(later_scores, cut.later)
    if later.carriers < MINIMUM_TRIALS:
        tables = [_table(rows, later, later, more=0.0) for rows in ("all", "later")]
    else:
        tables = _beside(part, cut, later, later_scores, repeats, rng)
    table = pd.concat(tables, ignore_index=True)
    _warn(table, cut)
    return SplitComparison(cut.date, len(cut.earlier), repeats, _table=table)


@dataclass(frozen=True, eq=False)
class _Measuring:
    """A task and how its customers are fitted, numbered and measured."""

    task: Task
    estimator: BaseEstimator
    customer: NDArray[np.intp]
    seed: int

    def of(self, scores: NDArray[np.float64], rows: NDArray[np.intp]) -> Measured:
        """Return the measures of some rows, given the scores of all."""
        part, own = self.task.take(rows), scores[rows]
        return measured(
            part.y,
            own,
            part.profit_eur(part.decide(own, seed=self.seed)),
            customer=self.customer[rows],
            customers=int(self.customer.max()) + 1,
        )


def _beside(
    part: _Measuring,
    cut: TimeCut,
    later: Measured,
    later_scores: NDArray[np.float64],
    repeats: int,
    rng: np.random.Generator,
) -> list[pd.DataFrame]:
    training = np.mean([_halves_apart(part, cut, rng) ** 2 for _ in range(repeats)], axis=0) / 4
    parts = min(math.ceil(len(part.task) / len(cut.later)), later.carriers // 2)
    splits = [
        each
        for _ in range(repeats)
        for each in _random_split(part, cut, later_scores, parts=max(2, parts), rng=rng)
    ]
    everywhere, on_later, time_on_later = (
        mean_measured(each) for each in zip(*splits, strict=True)
    )
    more = training * (1 + 1 / repeats)
    return [
        _table("all", everywhere, later, more),
        _table("later", on_later, time_on_later, more),
    ]


def _random_split(
    part: _Measuring,
    cut: TimeCut,
    later_scores: NDArray[np.float64],
    *,
    parts: int,
    rng: np.random.Generator,
) -> Iterator[tuple[Measured, Measured, Measured]]:
    """Yield part by part: the random model on all rows, and both models on the later rows.

    Each part is measured by itself: scores of two models do not compare. The customers with the
    rarer outcome among the later rows are dealt evenly, so that every part can be measured on them.
    """
    task = part.task
    is_later = np.isin(np.arange(len(task)), cut.later)
    rarer = int(2 * task.y[cut.later].sum() <= len(cut.later))
    carries = (is_later & (task.y == rarer)).astype(int)
    place = customer_parts(carries, task.unit, parts=parts, seed=int(rng.integers(2**31)))
    for each in range(parts):
        fit, score = np.flatnonzero(place != each), np.flatnonzero(place == each)
        fit, later = np.sort(rng.permutation(fit)[: len(cut.earlier)]), score[is_later[score]]
        _check_both(task, "the rows that a random split fits on", fit)
        _check_both(task, "the later rows that a random split scores", later)
        scores = np.full(len(task), np.nan)
        scores[score] = fitted_scores(part.estimator, task, fit, score)
        yield part.of(scores, score), part.of(scores, later), part.of(later_scores, later)


def _check_both(task: Task, name: str, rows: NDArray[np.intp]) -> None:
    positives = int(task.y[rows].sum())
    if not 0 < positives < len(rows):
        found = f"{positives:,} positive of {len(rows):,}"
        raise InputError(name, "must have both outcomes", found, "Use more customers.")


def _halves_apart(part: _Measuring, cut: TimeCut, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the difference in each measure, on the later rows, of models of two halves."""
    task, earlier = part.task, cut.earlier
    half = customer_parts(
        task.y[earlier], task.unit.iloc[earlier], parts=2, seed=int(rng.integers(2**31))
    )
    found = []
    for side in (0, 1):
        scores = np.full(len(task), np.nan)
        scores[cut.later] = fitted_scores(part.estimator, task, earlier[half == side], cut.later)
        found.append(part.of(scores, cut.later).values)
    return np.asarray(found[0] - found[1])


def _table(
    rows: str, at_random: Measured, by_time: Measured, more: NDArray[np.float64] | float
) -> pd.DataFrame:
    gap, pulls = at_random.values - by_time.values, at_random.pulls - by_time.pulls
    found = {
        "random": at_random.values,
        **_around("random_", at_random.values, at_random.pulls, low=LEAST, high=MOST),
        "time": by_time.values,
        **_around("time_", by_time.values, by_time.pulls, low=LEAST, high=MOST),
        "difference": gap,
        **_around("", gap, pulls, more=more),
    }
    note = np.where(np.isnan(gap), "no euros in the task", "")
    carriers = min(at_random.carriers, by_time.carriers)
    if carriers < MINIMUM_TRIALS:
        found = {name: np.full(len(MEASURES), np.nan) for name in found}
        note = np.full(len(MEASURES), f"not estimable (n={carriers})")
    return pd.DataFrame(
        {"measure": list(MEASURES), "rows": rows, **found, "note": note.astype(object)}
    )


def _around(
    name: str,
    value: NDArray[np.float64],
    pulls: NDArray[np.float64],
    *,
    more: NDArray[np.float64] | float = 0.0,
    low: NDArray[np.float64] | float = -np.inf,
    high: NDArray[np.float64] | float = np.inf,
) -> dict[str, NDArray[np.float64]]:
    reach = critical(CONFIDENCE) * np.sqrt((pulls**2).sum(axis=1) + more)
    return {
        f"{name}low": np.maximum(value - reach, low),
        f"{name}high": np.minimum(value + reach, high),
    }


def _warn(table: pd.DataFrame, cut: TimeCut) -> None:
    flattered = table[table["low"] > 0]
    if flattered.empty:
        return
    told = "; ".join(
        f"{row.measure} on {row.rows} rows {row.random:.4g} instead of {row.time:.4g}, a difference of "
        f"{row.difference:.3g} [{row.low:.3g}, {row.high:.3g}]"
        for row in flattered.itertuples()
    )
    warnings.warn(
        f"a random split flatters this model: {told}. Plan with the figures of the rows from "
        f"{shown_date(cut.date)} on.",
        RandomSplitFlattersWarning,
        stacklevel=3,
    )
