"""Criteria in conflict on one's own customers: what equal rates would do to other rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.fairness._frames import note
from equipoise.fairness._suppression import HIDDEN

if TYPE_CHECKING:
    from equipoise.fairness._audit import Audit
    from equipoise.fairness._measured import Measured

__all__ = ["conflicts", "conflicts_of"]

Floats = NDArray[np.float64]
DRAWS = 1000

_COLUMNS = ["attribute", "group", "reference", "if_equal", "then", "gap", "low", "high", "note"]

_ERRORS = "true_positive_rate, false_positive_rate"
_PRECISION = "true_positive_rate, precision"


def conflicts(audited: Audit) -> pd.DataFrame:
    """Return what `Audit.conflicts` documents."""
    parts = [
        conflicts_of(audited, attribute, group)
        for attribute in audited.counts.by
        for group in audited.measured(attribute).groups
        if group != audited.reference[attribute]
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def conflicts_of(audited: Audit, attribute: str, group: str) -> pd.DataFrame:
    """Return the rows of one group."""
    own, base = audited.measured(attribute), audited.bases(attribute)
    place = [own.groups.index(group)]
    named = (attribute, group, audited.reference[attribute])
    told = _of_group(audited, own.take(place), base.take(place))
    return pd.DataFrame([(*named, *row) for row in told], columns=_COLUMNS)


def _of_group(
    audited: Audit, own: Measured, base: Measured
) -> list[tuple[str, str, float, float, float, str]]:
    reason = _reason(audited, own, base)
    told = []
    for if_equal, then, gap in _SUPPOSED:
        why = reason or _impossible(then, own, base)
        figures = (np.nan, np.nan, np.nan) if why else _with_bounds(gap, own, base, audited.seed)
        told.append((if_equal, then, *figures, why))
    return told


def _reason(audited: Audit, own: Measured, base: Measured) -> str:
    if audited.counts.is_noised:
        return "not estimable (from noised counts)"
    needed = ("true_positive_rate", "false_positive_rate", "precision")
    found = [side.metrics[name] for side in (own, base) for name in needed]
    if any(each.hidden.any() for each in found):
        return HIDDEN.format(below=audited.below)
    return note(min(float(each.support[0]) for each in found))


def _impossible(then: str, own: Measured, base: Measured) -> str:
    """Say where equal precision and reach would need more needless contacts than there are people."""
    cells, other = own.tally.counts, base.tally.counts
    if then != "false_positive_rate" or _false_positive_gap(cells, other) + _errors(other)[1] <= 1:
        return ""
    return "impossible (it would take a false positive rate above 1)"


def _with_bounds(
    gap: Callable[[Floats, Floats], Floats], own: Measured, base: Measured, seed: int
) -> tuple[float, float, float]:
    value = gap(*(side.tally.counts for side in (own, base)))
    rng = np.random.default_rng(seed)
    drawn = gap(*(_resampled(rng, side) for side in (own, base)))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(value[0]) + 0.0, float(low) + 0.0, float(high) + 0.0


def _resampled(rng: np.random.Generator, side: Measured) -> Floats:
    """Return the four counts of bootstrap samples, as large as the independent customers are many."""
    counts = side.tally.counts[0]
    size = round(float(counts.sum() ** 2 / side.tally.products[0].sum()))
    return np.asarray(rng.multinomial(size, counts / counts.sum(), size=DRAWS), float)


def _selection_gap(own: Floats, base: Floats) -> Floats:
    """Equal error rates: the groups differ in contacts as their base rates do."""
    reached, wasted = _errors(base)
    return (_base(own) - _base(base)) * (reached - wasted)


def _precision_gap(own: Floats, base: Floats) -> Floats:
    """Equal error rates: a contact means the outcome less often where the outcome is rarer."""
    reached, wasted = _errors(base)
    return _precision(_base(own), reached, wasted) - _precision(_base(base), reached, wasted)


def _false_positive_gap(own: Floats, base: Floats) -> Floats:
    """Equal precision and reach: needless contacts follow from the odds of the outcome."""
    _, wasted = _errors(base)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = _base(own) / (1 - _base(own)) / (_base(base) / (1 - _base(base)))
        return np.asarray(wasted * (odds - 1))


def _base(cells: Floats) -> Floats:
    return np.asarray((cells[:, 0] + cells[:, 2]) / cells.sum(axis=1))


def _errors(cells: Floats) -> tuple[Floats, Floats]:
    """Return true and false positive rates."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return cells[:, 0] / (cells[:, 0] + cells[:, 2]), cells[:, 1] / (cells[:, 1] + cells[:, 3])


def _precision(base: Floats, reached: Floats, wasted: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return base * reached / (base * reached + (1 - base) * wasted)


_SUPPOSED: tuple[tuple[str, str, Callable[[Floats, Floats], Floats]], ...] = (
    (_ERRORS, "selection_rate", _selection_gap),
    (_ERRORS, "precision", _precision_gap),
    (_PRECISION, "false_positive_rate", _false_positive_gap),
)
