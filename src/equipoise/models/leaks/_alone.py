"""Evidence by order: how well each feature alone, or its blanks, tells who has the outcome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.intervals import MINIMUM_TRIALS, Interval, wilson
from equipoise.intervals.area import area_as_rate
from equipoise.intervals.search import simultaneous
from equipoise.task import Task
from equipoise.task._features import marks_of
from equipoise.task._leaks import Reading, readings

__all__ = ["each_alone"]

CONFIDENCE = 0.95
ALONE, BLANKS = "alone", "its_blanks"


def each_alone(task: Task, level: float) -> tuple[pd.DataFrame, int]:
    """Return what each feature tells alone, and in how many ways all of them were read together.

    Columns `feature, evidence, value, low, high, level, note, named`: one row for each feature, and
    one for the blanks of each that has any, by the best of its ways (see
    `equipoise.task._leaks.readings`) that has customers enough. The intervals hold for all ways at
    once, so that a long search does not find a leak by its length. `named` says whether the lower
    bound is above the level: an area above it that could be chance is not named.
    """
    owners = pd.factorize(task.unit, sort=True)[0]
    searched = [
        (name, evidence, readings(task.X[column], task.y, owners))
        for name, evidence, column in _columns(task)
    ]
    ways = sum(len(found) for *_, found in searched)
    confidence = simultaneous(ways, CONFIDENCE)
    rows = [
        _row(name, evidence, found, task.y, owners, confidence, level)
        for name, evidence, found in searched
    ]
    table = pd.DataFrame(rows).sort_values(["value", "feature"], ascending=[False, True])
    return table.reset_index(drop=True), ways


def _columns(task: Task) -> Iterator[tuple[str, str, str]]:
    """Return feature, kind of evidence, and column: the feature itself, and where it was blank."""
    features = task.file.features
    for name in features:
        yield name, ALONE, name
        for mark in marks_of(name, task.X, features):
            if task.X[mark].any():
                yield name, BLANKS, mark


def _row(
    name: str,
    evidence: str,
    found: list[Reading],
    y: NDArray[np.int_],
    owners: NDArray[np.intp],
    confidence: float,
    level: float,
) -> dict[str, object]:
    best, hits, trials, support = _best(found, y, owners)
    area = wilson(hits, trials, confidence=confidence)
    named = bool(area.low > level)
    return {
        "feature": name,
        "evidence": evidence,
        "value": area.value,
        "low": area.low,
        "high": area.high,
        "level": level,
        "note": _note(best, area, support, named=named, level=level),
        "named": named,
    }


def _best(
    found: list[Reading], y: NDArray[np.int_], owners: NDArray[np.intp]
) -> tuple[Reading, float, float, float]:
    """Return the reading with the largest area, its counts and its support.

    Half of the customers may be too few to judge by: then it is the best of the others.
    """
    counted = []
    for reading in sorted(found, key=lambda each: -each.area):
        outcome, customers = y[reading.rows], owners[reading.rows]
        counts = area_as_rate(outcome, reading.levels, clusters=customers)
        counted.append((reading, *counts))
        if counts[2] >= MINIMUM_TRIALS:
            return counted[-1]
    return max(counted, key=lambda each: each[3])


def _note(best: Reading, area: Interval, support: float, *, named: bool, level: float) -> str:
    if support < MINIMUM_TRIALS:
        return f"not estimable (n={np.floor(10 * support) / 10:g})"
    halves = "" if best.rows.all() else ", learnt on one half of the customers, judged on the other"
    unsure = " (above the level, but chance is not excluded)" if area.value > level else ""
    return f"{best.way}{halves}{'' if named else unsure}"
