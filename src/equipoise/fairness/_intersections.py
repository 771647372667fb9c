"""Groups formed by several attributes at once, each compared with everybody else."""

from __future__ import annotations

from itertools import combinations
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.fairness._counts import CROSSED
from equipoise.fairness._estimates import Estimates
from equipoise.fairness._frames import CONFIDENCE, rate_rows
from equipoise.fairness._suppression import HIDDEN, check_not_suppressed
from equipoise.intervals import difference
from equipoise.intervals.chance import shrunk
from equipoise.intervals.search import simultaneous

if TYPE_CHECKING:
    from equipoise.fairness._audit import Audit

__all__ = ["intersections"]


def intersections(audited: Audit, depth: int) -> pd.DataFrame:
    """Return what `Audit.intersections` documents."""
    by = audited.counts.by
    if isinstance(depth, bool) or not isinstance(depth, Integral) or not 1 <= depth <= len(by):
        rule = f"must be a whole number from 1 to {len(by)}"
        raise InputError("depth", rule, repr(depth), "Audit more attributes.")
    if depth > 1:
        check_not_suppressed("intersections", f"depth {depth}", below=audited.below, them="them")
    chosen = list(combinations(by, depth))
    count = dict.fromkeys(audited.measured(by[0]).metrics, 0)
    pairs = [(names, (own := audited.measured(*names)), own.rest) for names in chosen]
    for _, own, rest in pairs:
        for metric in count:
            count[metric] += int((own.metrics[metric].known & rest.metrics[metric].known).sum())
    parts = []
    for names, own, rest in pairs:
        frame = rate_rows(own.metrics, own.n, HIDDEN.format(below=audited.below))
        frame.insert(0, "attribute", CROSSED.join(names))
        blocks = [
            _compared(own.metrics[metric], rest.metrics[metric], count[metric]) for metric in count
        ]
        frame[["shrunk", "gap", "gap_low", "gap_high"]] = np.concatenate(blocks)
        parts.append(frame)
    columns = ["attribute", "group", "n", "metric", "value", "low", "high", "shrunk"]
    return pd.concat(parts, ignore_index=True)[[*columns, "gap", "gap_low", "gap_high", "note"]]


def _compared(own: Estimates, rest: Estimates, comparisons: int) -> NDArray[np.float64]:
    """Return shrunk values and gaps to everybody else that hold for all comparisons at once."""
    confidence = simultaneous(max(comparisons, 1), CONFIDENCE)
    exact = comparisons > 1  # for the reason that `clopper_pearson` gives
    gap = difference(
        own.at(confidence, exact=exact), rest.at(confidence, exact=exact), dependent=own.overlaps
    )
    return np.column_stack([_shrunk(own), *gap])


def _shrunk(own: Estimates) -> NDArray[np.float64]:
    """Return values moved towards the mean of all known groups; NaN elsewhere."""
    result = np.full(len(own.groups), np.nan)
    known = own.take(own.known)
    parts = [shrunk(part.hits, part.trials, extra=part.noise[0]) for part in known.parts]
    result[own.known] = np.mean(parts, axis=0)
    return result
