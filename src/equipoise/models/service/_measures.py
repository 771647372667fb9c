"""Measures of requests, estimated by group and compared with a reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.intervals import Interval, difference
from equipoise.models.service._alike import gap_among_alike
from equipoise.models.service._parts import Part

__all__ = [
    "ALL",
    "GAPS",
    "NO_SPREAD",
    "Measure",
    "gap_rows",
    "level_rows",
    "mean_of",
    "median_of",
    "share_of",
]

ALL = "all requests"
GAPS = [
    "attribute", "group", "reference", "measure", "among", "gap", "low", "high", "share_compared", "note",
]  # fmt: skip
NO_SPREAD = "no interval (the same in every request)"
NO_MEDIAN = "not applicable: a median does not split into mix and rest"


class Measure(NamedTuple):
    """What is estimated of a group: a mean of requests where there are `values`, of some or all.

    Estimates are kept by part, since the levels and several gaps ask for the same ones.
    """

    name: str
    estimate: Callable[[Part], Interval]
    values: NDArray[np.float64] | None = None
    some: NDArray[np.bool_] | None = None

    def within(self, part: Part) -> Part:
        """Return the rows of a group that are asked about."""
        return part if self.some is None else part.take(self.some[part.rows])


def mean_of(name: str, values: NDArray[np.float64]) -> Measure:
    """Return the mean of an amount that is zero or more."""
    most = float(values.max())
    return Measure(name, cache(lambda part: part.mean(values, most)), values)


def median_of(name: str, values: NDArray[np.float64]) -> Measure:
    """Return the median."""
    return Measure(name, cache(lambda part: part.median(values)))


def share_of(name: str, hits: NDArray[np.bool_], some: NDArray[np.bool_] | None = None) -> Measure:
    """Return the share of hits, among some requests or all."""
    return Measure(name, cache(lambda part: part.share(hits)), hits.astype(float), some)


def level_rows(parts: Iterable[Part], measures: Sequence[Measure]) -> list[dict[str, object]]:
    """Return one row a group and measure."""
    return [_level(measure.within(part), measure) for part in parts for measure in measures]


def _level(part: Part, measure: Measure) -> dict[str, object]:
    value, low, high = measure.estimate(part)
    return {
        "attribute": part.attribute,
        "group": part.group,
        "measure": measure.name,
        "requests": len(part.rows),
        "customers": part.customers,
        "value": value,
        "low": low,
        "high": high,
        "note": part.note or ("" if np.isfinite(low) else NO_SPREAD),
    }


def gap_rows(
    parts: Sequence[Part],
    measures: Sequence[Measure],
    reference: Mapping[str, str],
    *,
    cells: NDArray[np.intp] | None = None,
    same: str = "",
) -> list[dict[str, object]]:
    """Return one row a group, measure and comparison: all requests, and those of the same cells."""
    bases = {part.attribute: part for part in parts if part.group == reference[part.attribute]}
    rows = []
    for part in parts:
        base = bases[part.attribute]
        for measure in measures if part is not base else ():
            pair = measure.within(part), measure.within(base)
            rows.append(_raw(*pair, measure))
            if cells is not None:
                rows.append(_alike(*pair, measure, cells, same))
    return rows


def _raw(part: Part, base: Part, measure: Measure) -> dict[str, object]:
    shared = bool(np.isin(part.owners, base.owners).any())
    gap = difference(measure.estimate(part), measure.estimate(base), dependent=shared)
    return _gap(part, base, measure, ALL, gap, 1.0, part.note or base.note)


def _alike(
    part: Part, base: Part, measure: Measure, cells: NDArray[np.intp], same: str
) -> dict[str, object]:
    if measure.values is None:
        none = Interval(np.nan, np.nan, np.nan)
        return _gap(part, base, measure, same, none, np.nan, NO_MEDIAN)
    gap, *compared = gap_among_alike(part, base, measure.values, cells)
    note = compared[0].note or compared[1].note
    share = len(compared[0].rows) / len(part.rows)
    return _gap(part, base, measure, same, gap, share, note)


def _gap(
    part: Part,
    base: Part,
    measure: Measure,
    among: str,
    gap: Interval,
    share_compared: float,
    note: str,
) -> dict[str, object]:
    return {
        "attribute": part.attribute,
        "group": part.group,
        "reference": base.group,
        "measure": measure.name,
        "among": among,
        "gap": gap.value,
        "low": gap.low,
        "high": gap.high,
        "share_compared": share_compared,
        "note": note or ("" if np.isfinite(gap.low) else NO_SPREAD),
    }
