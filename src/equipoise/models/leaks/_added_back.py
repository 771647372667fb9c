"""Evidence by price: what a suspect adds to a model of all features that are not suspected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from equipoise.exceptions import InputError
from equipoise.intervals import Interval, area_under_curve, difference
from equipoise.models._held_out import HeldOut, held_out, shown_date
from equipoise.task import Task

__all__ = ["added_back"]

ADDED_BACK = "added_back"
NOTHING_LEFT = "not measured: every feature is a suspect"
TOO_FEW = "not measured: fewer than ten customers of either outcome among the rows held out"


def added_back(task: Task, suspects: Sequence[str], *, model: str, seed: int) -> pd.DataFrame:
    """Return one row a suspect: the held-out area under the curve that it adds to a model.

    The model is trained once without any suspect, and again with each of them added back alone, so
    that two copies of one leak do not hide each other. Rows are held out as `held_out` does: later
    ones where they are dated. The value is the rise; both models score the same rows, so the
    interval takes the worst case of how the two areas move together. It has no level: an honest
    feature may add much too, and only its date says whether it knew.
    """
    if set(suspects) == set(task.file.features):
        return _none(suspects, NOTHING_LEFT)
    try:
        without = held_out(task.without(*suspects), model, seed=seed)
    except InputError as error:
        return _none(suspects, f"not measured: {error.parameter} {error.rule}, got {error.value}")
    if np.isnan(_area(without).value):
        return _none(suspects, TOO_FEW)
    return pd.DataFrame([_rise(task, name, suspects, without, model, seed) for name in suspects])


def _rise(
    task: Task, name: str, suspects: Sequence[str], without: HeldOut, model: str, seed: int
) -> dict[str, object]:
    others = [other for other in suspects if other != name]
    scored = held_out(task.without(*others), model, seed=seed)
    before, after = _area(without), _area(scored)
    since = "" if scored.cut is None else f" from {shown_date(scored.cut)} on"
    told = f"{before.value:.3f} without any suspect, {after.value:.3f} with this one"
    return _row(
        name, difference(after, before, dependent=True), f"{model}, held out{since}: {told}"
    )


def _area(scored: HeldOut) -> Interval:
    return area_under_curve(scored.task.y, scored.scores, clusters=scored.task.unit)


def _none(suspects: Sequence[str], note: str) -> pd.DataFrame:
    nothing = Interval(np.nan, np.nan, np.nan)
    return pd.DataFrame([_row(name, nothing, note) for name in suspects])


def _row(name: str, rise: Interval, note: str) -> dict[str, object]:
    return {
        "feature": name,
        "evidence": ADDED_BACK,
        "value": rise.value,
        "low": rise.low,
        "high": rise.high,
        "level": np.nan,
        "note": note,
    }
