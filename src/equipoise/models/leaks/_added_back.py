"""Evidence by price: what a suspect adds to a model of all features that are not suspected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from equipoise.intervals import Interval, area_under_curve, difference
from equipoise.models._propensity import out_of_fold
from equipoise.task import Task

__all__ = ["added_back"]

ADDED_BACK = "added_back"
NOTHING_LEFT = "not measured: every feature is a suspect"


def added_back(task: Task, suspects: Sequence[str], *, model: str, seed: int) -> pd.DataFrame:
    """Return one row a suspect: the held-out area under the curve that it adds to a model.

    The model is trained once without any suspect, and again with each of them added back alone, so
    that two copies of one leak do not hide each other. The value is the rise; both models score the
    same customers, so the interval takes the worst case of how the two areas move together. It has
    no level: an honest feature may add much too, and only its date says whether it knew.
    """
    honest = [name for name in task.file.features if name not in suspects]
    if not honest:
        rows = [_row(name, Interval(np.nan, np.nan, np.nan), NOTHING_LEFT) for name in suspects]
        return pd.DataFrame(rows)
    without = _area(task.without(*suspects), model, seed)
    rows = []
    for name in suspects:
        others = [other for other in suspects if other != name]
        with_it = _area(task.without(*others), model, seed)
        told = f"{without.value:.3f} without any suspect, {with_it.value:.3f} with this one"
        rise = difference(with_it, without, dependent=True)
        rows.append(_row(name, rise, f"{model}, held out: {told}"))
    return pd.DataFrame(rows)


def _area(task: Task, model: str, seed: int) -> Interval:
    scores = out_of_fold(task, model, seed=seed)
    return area_under_curve(task.y, scores, clusters=task.unit)


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
