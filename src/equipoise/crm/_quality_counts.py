"""Counts behind the shares of good records: one row a column, measure and group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.crm._quality_rows import NOT_LINKED, Rows
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, design_effect, wilson

__all__ = ["COUNTED", "FRESH_DAYS", "counted_rows", "last_confirmation", "note"]

FRESH_DAYS = 365
"""A record that was confirmed within so many days counts as fresh."""

COUNTED = [
    *("table", "column", "measure", "group", "n"),
    *("hits", "trials", "value", "low", "high", "note"),
]


def counted_rows(
    rows: Rows, levels: list[str], date: pd.Timestamp | None
) -> Iterator[tuple[object, ...]]:
    """Yield one row a column, measure and group, as `Quality.counted` holds them."""
    levels = [level for level in levels if level != NOT_LINKED or level in set(rows.group)]
    codes = pd.Index(levels).get_indexer(rows.group)
    inside = [np.flatnonzero(codes == code) for code in range(len(levels))]
    clusters = rows.clusters()
    for column, measure, hits, trials in _measures(rows, date):
        for level, places in zip(levels, inside, strict=True):
            hit, trial = hits[places], trials[places]
            effect = _effect(hit, trial, clusters, places)
            # Rounded, so that 20 rows over an effect of 2 are ten customers and not 9.999999999.
            size = np.round(trial.sum() / effect, 9)
            successes = size * (hit.sum() / max(trial.sum(), 1))
            known = size >= MINIMUM_TRIALS
            share = wilson(successes, size) if known else (np.nan, np.nan, np.nan)
            keys = (rows.table, str(column), measure, level, len(places))
            yield (*keys, successes, size, *map(float, share), note(size))
    if rows.verified and date is not None:
        yield from _ages(rows, levels, inside, date)


def _measures(
    rows: Rows, date: pd.Timestamp | None
) -> Iterator[tuple[object, str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield for each column and share which rows are in its numerator and its denominator."""
    for column, values in rows.frame.items():
        there = values.notna().to_numpy(bool)
        if column not in rows.optional:
            yield column, "completeness", there, np.ones(len(values), bool)
        if column in rows.rules:
            valid = np.zeros(len(values), bool)
            valid[there] = rows.rules[column](values[there].reset_index(drop=True))
            yield column, "validity", valid, there
        if column == rows.verified and date is not None:
            yield column, "freshness", _age_days(values, date) <= FRESH_DAYS, np.ones_like(there)


def _ages(
    rows: Rows, levels: list[str], inside: list[NDArray[np.intp]], date: pd.Timestamp
) -> Iterator[tuple[object, ...]]:
    """Yield the median days since records were confirmed, with Woodruff's interval.

    References
    ----------
    Woodruff (1952), Confidence intervals for medians and other position measures. JASA 47.
    """
    days = _age_days(rows.frame[rows.verified], date)
    clusters = rows.clusters()
    for level, places in zip(levels, inside, strict=True):
        known = places[~np.isnan(days[places])]
        below = days[known] <= (np.median(days[known]) if len(known) else 0)
        size = len(known) / _effect(below, np.ones(len(known), bool), clusters, known)
        shown = np.full(3, np.nan)
        if size >= MINIMUM_TRIALS:
            shown = np.quantile(days[known], [0.5, *wilson(size / 2, size)[1:]])
        keys = (rows.table, str(rows.verified), "days_since_verified", level, len(places))
        yield (*keys, np.nan, size, *map(float, shown), note(size))


def _age_days(values: pd.Series, date: pd.Timestamp) -> NDArray[np.float64]:
    return np.asarray((date - _dates(values)).dt.days.to_numpy(float, na_value=np.nan))


def last_confirmation(rows: Rows) -> pd.Timestamp:
    """Return the last date at which a row was confirmed; NaT if none ever was."""
    values = rows.frame[rows.verified]
    if not pd.api.types.is_datetime64_any_dtype(values):
        raise InputError(
            f"column {rows.verified!r}",
            "must hold dates",
            values.dtype,
            "Convert it with pandas.to_datetime.",
        )
    return _dates(values).max()


def _dates(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values, utc=True).dt.tz_localize(None)


def _effect(
    hits: NDArray[np.bool_],
    trials: NDArray[np.bool_],
    clusters: NDArray[np.intp] | None,
    places: NDArray[np.intp],
) -> float:
    if clusters is None or not len(places):
        return 1.0
    return design_effect(hits, trials, pd.factorize(clusters[places])[0])


def note(trials: float) -> str:
    """Say that a share over so few is not estimable; empty where it is."""
    return f"not estimable (n={np.floor(10 * trials) / 10:g})" if trials < MINIMUM_TRIALS else ""
