"""Evidence by date: what was recorded after the decision, and outcomes dated before it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, Interval, design_effect, wilson
from equipoise.models.leaks._moments import later_by, moments_of, shown
from equipoise.task import Task

__all__ = ["check_outcome_dates", "recorded_after"]

RECORDED_AFTER = "recorded_after"

COLUMNS = ["feature", "evidence", "value", "low", "high", "level", "note"]


def check_outcome_dates(outcome_at: ArrayLike, decided_at: ArrayLike) -> None:
    """Refuse outcomes that are dated before the contact they are said to follow.

    Such a row teaches a model the past. Mostly the two dates are those of different contacts, or
    one of them is when the row was written instead of when the thing happened.

    Parameters
    ----------
    outcome_at : array_like of dates, ISO texts or numbers, shape (n,)
        When each outcome came about; missing where there was none.
    decided_at : array_like of the same kind, shape (n,); or one for all rows
        When each was contacted, or decided about. The same moment is no breach: of two dates
        without hours nobody can say which was first.

    Raises
    ------
    InputError
        With how many rows, and the worst of them.

    Examples
    --------
    >>> check_outcome_dates(["2026-03-05", None], "2026-03-01")
    >>> check_outcome_dates(["2026-02-22", None], "2026-03-01")
    Traceback (most recent call last):
        ...
    equipoise.exceptions.InputError: outcome_at must not lie before decided_at, got 1 of 2 rows, at
    worst 7 days (row 0: 2026-02-22 against 2026-03-01). Correct the dates, or remove those rows:
    they teach a model the past.
    """
    many = np.ndim(outcome_at) == 1
    rows = len(outcome_at) if many else 1  # type: ignore[arg-type]
    index = outcome_at.index if isinstance(outcome_at, pd.Series) else None
    outcome = moments_of(outcome_at, "outcome_at", rows=rows, index=None)
    decided = moments_of(decided_at, "decided_at", rows=rows, index=index)
    _check_known("decided_at", decided)
    if outcome.isna().all():
        return
    early = later_by(decided, outcome, ("decided_at", "outcome_at"))
    if (early > 0).any():
        worst = int(np.nanargmax(early))
        raise InputError(
            "outcome_at",
            "must not lie before decided_at",
            f"{(early > 0).sum():,} of {rows:,} rows, at worst {_time(early[worst], outcome)} "
            f"(row {worst}: {shown(outcome, worst)} against {shown(decided, worst)})",
            "Correct the dates, or remove those rows: they teach a model the past.",
        )


def recorded_after(
    task: Task, recorded_at: Mapping[str, ArrayLike], decided_at: ArrayLike | None
) -> pd.DataFrame:
    """Return one row for each feature that was recorded after the decision in some row.

    The value is the share of such rows among those whose dates are known, with Wilson's 95 %
    interval, customers being the sample; the note has the count and the worst row.
    """
    if not isinstance(recorded_at, Mapping):
        found, move = type(recorded_at).__name__, "Pass for example {'calls': dates}."
        raise InputError("recorded_at", "must be moments by feature", found, move)
    for name in recorded_at:
        check_choice("recorded_at", name, task.file.features)
    decided = _decided(task, decided_at)
    owners = pd.factorize(task.unit, sort=True)[0]
    found = []
    for name, values in recorded_at.items():
        given = f"recorded_at[{name!r}]"
        moments = moments_of(values, given, rows=len(task), index=task.X.index)
        if moments.isna().all():
            move = "Leave the feature out where no date is known."
            raise InputError(given, "must hold a moment in some row", "none", move)
        late = later_by(moments, decided, (given, "decided_at"))
        if (late > 0).any():
            found.append(_row(name, late, moments, owners))
    return pd.DataFrame(found, columns=COLUMNS)


def _decided(task: Task, decided_at: ArrayLike | None) -> pd.Series:
    given = task.time if decided_at is None else decided_at
    if given is None:
        raise InputError(
            "decided_at",
            "must say when each was decided about, since the task has no time",
            "None",
            "Give one date for all rows, or a date a row.",
        )
    decided = moments_of(given, "decided_at", rows=len(task), index=task.X.index)
    _check_known("decided_at", decided)
    return decided


def _row(
    name: str, late: NDArray[np.float64], moments: pd.Series, owners: NDArray[np.intp]
) -> tuple[object, ...]:
    after, known = late > 0, ~np.isnan(late)
    worst = int(np.nanargmax(late))
    said = [
        f"{after.sum():,} of {known.sum():,} rows",
        f"at worst {_time(late[worst], moments)} after the decision (row {worst})",
    ]
    if not known.all():
        unknown = int((~known).sum())
        said.append(f"{unknown:,} row{'' if unknown == 1 else 's'} without a date")
    share = _share(after, known, owners)
    return (name, RECORDED_AFTER, *share, 0.0, ", ".join(said))


def _share(
    hits: NDArray[np.bool_], trials: NDArray[np.bool_], owners: NDArray[np.intp]
) -> Interval:
    if len(np.unique(owners[trials])) < MINIMUM_TRIALS:
        return Interval(hits.sum() / trials.sum(), np.nan, np.nan)
    effect = design_effect(hits, trials, owners)
    return wilson(hits.sum() / effect, trials.sum() / effect)


def _time(apart: float, moments: pd.Series) -> str:
    """Return a distance in words: whole days, or what is less than a day as such."""
    if moments.dtype.kind == "f":
        return f"{apart:g}"
    if apart < 1:
        return f"{24 * apart:.2g} hours"
    days = int(apart)
    return "1 day" if days == 1 else f"{days:,} days"


def _check_known(name: str, moments: pd.Series) -> None:
    missing = int(moments.isna().sum())
    if missing:
        found = f"{missing:,} of {len(moments):,} rows without"
        raise InputError(name, "must not be missing", found, "Complete or remove those rows.")
