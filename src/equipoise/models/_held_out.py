"""Scores of rows that the model was not fitted on: later ones where rows are dated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from equipoise._checks import check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.models._propensity import fitted_scores, out_of_fold, scoring_model
from equipoise.task import Task
from equipoise.task._splitting import Moment, before_and_after, first_later

__all__ = ["HeldOut", "TimeCut", "held_out", "shown_date", "time_cut"]

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores of rows by models that were not fitted on them.

    Attributes
    ----------
    task : Task
        The task on the scored rows alone: all, or the later ones.
    scores : array of float, shape (n,)
        Probability of the positive outcome, row for row with `task`.
    order : {"random", "time"}
        ``"random"``: out of fold, customers apart. ``"time"``: later rows by a model of earlier ones.
        A customer may then have rows on both sides, as in a firm that scores whom it knows.
    cut : Timestamp, float or None
        The date of the first later rows; None in random order.
    fitted : int
        Rows that the model was fitted on; in random order all, each by the models of other folds.
    unknown : int
        Earlier rows that were left out because their outcome was not known at the cut.
    """

    task: Task
    scores: NDArray[np.float64] = field(repr=False)
    order: Literal["random", "time"]
    cut: Moment | None
    fitted: int
    unknown: int

    def frame(self) -> pd.DataFrame:
        """Return `unit, y, score`, one scored row each, and in time order its `time`."""
        frame = pd.DataFrame({"unit": self.task.unit, "y": self.task.y, "score": self.scores})
        return frame if self.cut is None else frame.assign(time=self.task.time)


@dataclass(frozen=True, eq=False)
class TimeCut:
    """Positions of the rows before a date whose outcome was known at it, and of the rows from it on."""

    date: Moment
    earlier: Rows
    later: Rows
    unknown: int


def held_out(
    task: Task,
    model: str | BaseEstimator = "logistic",
    *,
    seed: int,
    folds: int = 5,
    later_share: float = 0.4,
    known_after_days: float | None = None,
    calibrate: str | None = None,
) -> HeldOut:
    """Return scores of rows that the model was not fitted on, in the order of time if there is one.

    Parameters
    ----------
    task : Task
        Without `time`, or with one date in all rows, all are scored out of fold; with dates the later
        ones, by a model of the earlier ones. Hours of a day stay together.
    model : str or estimator
        A name that `propensity` knows, or an unfitted scikit-learn classifier for `task.X`.
    seed : int
        Deals customers into folds, and seeds what is random in training.
    folds : int
        Number of folds without `time`.
    later_share : float
        About which share of the rows is later. The cut lies between two dates, never inside one.
    known_after_days : float, optional
        How many days after its date a row's outcome is known, such as 90 for churn in 90 days; by
        default what the task file says. Rows whose outcome was not known at the cut are not fitted
        on: on that day nobody could have. Where time is counted in numbers, it is in their unit.
    calibrate : {"sigmoid", "isotonic"}, optional
        As for `out_of_fold`; learnt on the earlier rows alone.

    Returns
    -------
    HeldOut

    Raises
    ------
    InputError
        Where the model or the calibration is unknown, a date is missing or none, or an outcome is
        missing among the rows to fit on or among those to score.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=500, seed=7).task("offer_response", since="2025-01-01")
    >>> later = held_out(task, seed=0, later_share=0.3, known_after_days=30)
    >>> later.order, str(later.cut.date()), len(later.task) < len(task)
    ('time', '2026-03-02', True)
    """
    check_whole("folds", folds, low=2, next_move="Use 5 or 10.")
    if task.time is None or first_later(_checked_time(task), 0.5) is None:
        scores = out_of_fold(task, model, folds=folds, seed=seed, calibrate=calibrate)
        return HeldOut(task, scores, order="random", cut=None, fitted=len(task), unknown=0)
    estimator = scoring_model(task, model, seed=seed, calibrate=calibrate)
    cut = time_cut(task, later_share=later_share, known_after_days=known_after_days)
    return HeldOut(
        task.take(cut.later),
        fitted_scores(estimator, task, cut.earlier, cut.later),
        order="time",
        cut=cut.date,
        fitted=len(cut.earlier),
        unknown=cut.unknown,
    )


def time_cut(task: Task, *, later_share: float, known_after_days: float | None) -> TimeCut:
    """Return where a task is cut in two by date, or refuse; see `held_out`."""
    wait = task.file.known_after_days if known_after_days is None else known_after_days
    check_number("known_after_days", wait, low=0, high=1e6, next_move="Use for example 90.")
    if not 0 < check_number("later_share", later_share, low=0, high=1) < 1:
        rule, move = "must lie strictly between 0 and 1", "Use for example 0.4."
        raise InputError("later_share", rule, later_share, move)
    time = _checked_time(task)
    date = first_later(time, 1 - later_share)
    if date is None:
        found, move = "one", "Use rows of several dates, or remove `time` for a split at random."
        raise InputError("time", "must have two dates at least", found, move)
    known, later = before_and_after(time, date, wait)
    cut = TimeCut(
        date,
        earlier=np.flatnonzero(known),
        later=np.flatnonzero(later),
        unknown=int((~known & ~later).sum()),
    )
    _check_outcomes(task, cut)
    return cut


def _checked_time(task: Task) -> pd.Series:
    """Return the date of each row, or its number where time is counted, or refuse."""
    time = task.time
    if time is None:
        found, move = "a task without", "Name the column of dates as `time` in the task file."
        raise InputError("task", "must have a time", found, move)
    if not (pd.api.types.is_numeric_dtype(time.dtype) or time.dtype.kind == "M"):
        found, move = str(time.dtype), "Convert the column first."
        raise InputError("time", "must hold dates or numbers", found, move)
    missing = time.isna() | time.isin((np.inf, -np.inf))
    if missing.any():
        found = f"{missing.sum():,} of {len(time):,} rows without"
        raise InputError("time", "must not be missing", found, "Complete or remove those rows.")
    return time


def _check_outcomes(task: Task, cut: TimeCut) -> None:
    shown = shown_date(cut.date)
    unknown = f", and {cut.unknown:,} not known by then" if cut.unknown else ""
    parts = {
        f"the rows before {shown}": (cut.earlier, unknown),
        f"the rows from {shown} on": (cut.later, ""),
    }
    for name, (rows, more) in parts.items():
        positives = int(task.y[rows].sum())
        if not 0 < positives < len(rows):
            raise InputError(
                name,
                "must have both outcomes",
                f"{positives:,} positive of {len(rows):,}{more}",
                "Choose another `later_share`, or use rows of more dates.",
            )


def shown_date(date: Moment) -> str:
    """Return a date, or a number that counts time, in a few characters."""
    return f"{date:%Y-%m-%d}" if isinstance(date, pd.Timestamp) else f"{date:.12g}"
