"""Exposure: how much of the attention that a ranking gets falls to each group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.fairness._handed_out import Grouped, alike, finite, gaps_to, grouped, notes
from equipoise.fairness._rows import check_aligned
from equipoise.intervals import Interval
from equipoise.intervals.compared import quotient

__all__ = ["Exposure", "exposure"]

ALIKE = "no interval (every row has the same exposure)"
NO_RELEVANCE = "no ratio (the group has no relevance)"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Exposure:
    """How much each group is seen in a ranking.

    Attributes
    ----------
    reference : mapping of str to str
        For each attribute the group that gaps are measured against.
    seen : int or None
        How many positions are seen, alike; None where attention falls with the position.
    table : DataFrame
        What `frame` shows, with what its notes and `merit` rest on.
    """

    reference: Mapping[str, str]
    seen: int | None
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a group: `attribute, group, n, exposure, low, high, note`.

        An exposure of 1 is proportional: what a group gets, on average, from a random order. 2 is
        twice that, and 0 means that nobody of the group is seen. `n` counts customers; with fewer
        than ten the exposure is NaN. The 95 % interval says how far chance in who belongs to the
        group may move it; for a group that makes up most of a ranking it is wider than need be.
        """
        shown = self.table[["attribute", "group", "n", "exposure", "low", "high"]]
        return shown.assign(note=notes(self.table["support"], self.table["why"]))

    def gaps(self) -> pd.DataFrame:
        """Return signed gaps: `attribute, group, reference, gap, low, high, note`.

        A gap is the exposure of the group minus that of the reference, with a 95 % interval;
        zero means that both are seen alike.
        """
        return gaps_to(self.reference, self.table, "exposure")

    def merit(self) -> pd.DataFrame:
        """Return exposure beside relevance, one row a group.

        Columns `attribute, group, n, relevance, relevance_low, relevance_high,
        exposure_per_relevance, low, high, note`. `relevance` is the mean of `y` in the group over
        the mean of all, so that its 1, too, is proportional. `exposure_per_relevance` of 1 means
        seen as much as relevant, below 1 less. Its 95 % interval treats the two as independent: it
        is wider than need be where who is ranked higher is more relevant. It hides that recorded
        relevance follows from what was seen before.

        Raises
        ------
        InputError
            Where no `y` was given.
        """
        if "relevance" not in self.table:
            raise InputError("y", "is required for merit", "none", "Pass y= to `exposure`.")
        seen = Interval(*(self.table[side].to_numpy() for side in ("exposure", "low", "high")))
        sides = ["relevance", "relevance_low", "relevance_high"]
        ratio = quotient(seen, Interval(*(self.table[side].to_numpy() for side in sides)))
        none = np.where(self.table["relevance"] == 0, NO_RELEVANCE, "")
        shown = self.table[["attribute", "group", "n", *sides]]
        shown = shown.assign(exposure_per_relevance=ratio.value, low=ratio.low, high=ratio.high)
        return shown.assign(note=notes(self.table["support"], self.table["why"], none))


def exposure(
    groups: pd.DataFrame,
    scores: ArrayLike,
    *,
    reference: Mapping[str, Any],
    unit: ArrayLike | None = None,
    ranking: ArrayLike | None = None,
    seen: int | None = None,
    y: ArrayLike | None = None,
) -> Exposure:
    """Say how much each group is seen when rows are ranked by score, the highest first.

    Position p is seen in proportion to 1 / log2(1 + p), so the first counts 1, the third a half;
    or, with `seen`, each of the first positions alike and no other. Rows of equal score share the
    mean of the positions that they occupy, so the order of the rows plays no part. Within each
    ranking exposures are divided by their mean.

    It hides whether being seen is a good or a burden, and that the curve of attention is assumed.

    Parameters
    ----------
    groups : DataFrame (pandas, polars or pyarrow), shape (n, attributes)
        Group of each row; other values than text are read as text ("1", never "1.0").
    scores : array_like of float, shape (n,)
        Higher ranks first; in any unit.
    reference : mapping of str to group
        For each column of `groups` the group that gaps are measured against.
    unit : array_like, shape (n,), optional
        Customer of each row. Where customers have several, they and not the rows are the sample.
    ranking : array_like, shape (n,), optional
        Which ranking each row stands in, such as a category; one for all if not given.
    seen : int, optional
        How many positions of each ranking are seen at all.
    y : array_like of float, shape (n,), optional
        Relevance of each row, not negative: the outcome, 0 or 1, or how strong it is.

    Returns
    -------
    Exposure

    Raises
    ------
    InputError
        Where rows do not match, a value is missing or infinite, relevance is negative or zero
        throughout, or a reference is not one of the groups.

    References
    ----------
    Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques. ACM TOIS 20.
    Singh & Joachims (2018), Fairness of exposure in rankings. KDD.

    Examples
    --------
    >>> groups = pd.DataFrame({"band": ["a"] * 20 + ["b"] * 20})
    >>> found = exposure(groups, np.arange(40), reference={"band": "a"})
    >>> found.frame()[["group", "exposure", "low", "high"]].round(2)
      group  exposure   low  high
    0     a      0.73  0.68  1.18
    1     b      1.27  1.01  1.65
    """
    parts, named = grouped(groups, reference, unit)
    check_aligned(groups=groups, scores=scores, ranking=ranking, y=y)
    if seen is not None:
        seen = check_whole("seen", seen, low=1, next_move="Use for example 10.")
    values, bounds = _exposures(finite(scores, "scores"), _lists(len(groups), ranking), seen)
    relevance = None if y is None else _relevance(y)
    tables = [_measured(part, values, bounds, relevance) for part in parts]
    return Exposure(named, seen, pd.concat(tables, ignore_index=True))


def _exposures(
    scores: Floats, lists: NDArray[np.intp], seen: int | None
) -> tuple[Floats, tuple[float, float]]:
    """Return each row's exposure, and the least and the most that a position can have."""
    order = np.lexsort((-scores, lists))
    sizes = np.bincount(lists)
    position = 1 + np.arange(len(scores)) - np.repeat(sizes.cumsum() - sizes, sizes)
    attention = 1 / np.log2(1 + position) if seen is None else (position <= seen).astype(float)
    own_list, score = lists[order], scores[order]
    attention = attention / (np.bincount(own_list, weights=attention) / sizes)[own_list]
    new = np.ones(len(scores), dtype=bool)
    new[1:] = (np.diff(own_list) != 0) | (np.diff(score) != 0)
    tie = new.cumsum() - 1
    shared = np.bincount(tie, weights=attention) / np.bincount(tie)
    bounds = float(attention.min()), float(attention.max())
    values = np.empty(len(scores))
    values[order] = np.clip(shared, *bounds)[tie]  # a mean of equals may miss them by rounding
    return values, bounds


def _lists(rows: int, ranking: ArrayLike | None) -> NDArray[np.intp]:
    if ranking is None:
        return np.zeros(rows, dtype=np.intp)
    if np.ndim(ranking) != 1:
        shape = f"shape {np.shape(ranking)}"
        raise InputError("ranking", "must be one value a row", shape, "Pass one column.")
    codes = pd.factorize(np.asarray(ranking))[0]
    missing = int((codes < 0).sum())
    if missing:
        found = f"{missing:,} of {rows:,} rows without"
        move = "Say of every row in which ranking it stands."
        raise InputError("ranking", "must not be missing", found, move)
    return np.asarray(codes)


def _relevance(y: ArrayLike) -> Floats:
    """Return relevance over its mean."""
    values = finite(y, "y")
    if values.min() < 0 or not values.any():
        found = f"{values.min():g} to {values.max():g}"
        raise InputError("y", "must not be negative, nor zero in every row", found, "Correct it.")
    return np.asarray(values / values.mean())


def _measured(
    part: Grouped, values: Floats, bounds: tuple[float, float], relevance: Floats | None
) -> pd.DataFrame:
    same = alike(values)
    told, why = (part.fixed(1.0), ALIKE) if same else (part.means(values, bounds), "")
    table = part.table(exposure=told.value, low=told.low, high=told.high, why=why)
    if relevance is None:
        return table
    own = part.means(relevance, (0.0, float(relevance.max())))
    return table.assign(relevance=own.value, relevance_low=own.low, relevance_high=own.high)
