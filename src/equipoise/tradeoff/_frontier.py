"""The frontier: which policies no other policy beats on all that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.tradeoff._measures import MEASURES
from equipoise.tradeoff._plan import Policy

if TYPE_CHECKING:
    from equipoise.tradeoff._result import Sweep

__all__ = ["Directions", "directions", "dominance", "frontier", "on_frontier"]


class Directions(NamedTuple):
    """The measures of which more is better, and those of which less is."""

    larger: list[str]
    smaller: list[str]

    @property
    def names(self) -> list[str]:
        """All of them, those with more first."""
        return [*self.larger, *self.smaller]

    @property
    def signs(self) -> NDArray[np.float64]:
        """What to multiply each measure by, so that more is better."""
        return np.repeat([1.0, -1.0], [len(self.larger), len(self.smaller)])


def frontier(
    sweep: Sweep, larger: Sequence[str] | None = None, smaller: Sequence[str] = ("epsilon",)
) -> pd.DataFrame:
    """Return the policies that no other policy beats; see `Sweep.frontier`."""
    table = sweep.policies()
    named = directions(sweep, table, larger, smaller)
    gains = table[named.names].to_numpy(float) * named.signs
    best = ~np.isnan(gains).any(axis=1) & ~dominance(gains).any(axis=0)
    return table[best].reset_index(drop=True)


def on_frontier(
    sweep: Sweep, table: pd.DataFrame, larger: Sequence[str], smaller: Sequence[str]
) -> list[bool]:
    """Say for each policy of a table, in its order, whether `frontier` has it.

    Where no policy has one of the measures, none is on the frontier.
    """
    if sweep.policies()[[*larger, *smaller]].isna().all().any():
        return [False] * len(table)
    best = {Policy.of(row) for row in frontier(sweep, larger, smaller).to_dict("records")}
    return [Policy.of(row) in best for row in table.to_dict("records")]


def dominance(gains: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return who dominates whom: at least as much of everything, and more of something.

    Parameters
    ----------
    gains : ndarray, shape (policies, measures)
        More is better. A policy that lacks a measure (NaN) dominates none and is dominated by none.

    Returns
    -------
    ndarray of bool, shape (policies, policies)
        Whether the policy of the row dominates that of the column. Equal policies do not.

    Examples
    --------
    >>> dominance(np.array([[2.0, 1.0], [1.0, 1.0], [1.0, 1.0]])).astype(int)
    array([[0, 1, 1],
           [0, 0, 0],
           [0, 0, 0]])
    """
    as_good = np.ones((len(gains), len(gains)), dtype=bool)
    for gain in gains.T:
        as_good &= gain[:, None] >= gain
    return as_good & ~as_good.T


def directions(
    sweep: Sweep, table: pd.DataFrame, larger: Sequence[str] | None, smaller: Sequence[str]
) -> Directions:
    """Return the named measures, checked against what the policies of `table` have.

    Raises
    ------
    InputError
        Where a name is unknown or in both lists, none is given, or no policy has the measure.
    """
    more = _known("larger", [sweep.default_goal] if larger is None else larger, table)
    less = _known("smaller", smaller, table)
    if not more and not less:
        raise InputError("larger, smaller", "must name a measure", "none", "Name one at least.")
    for name in less:
        if name in more:
            raise InputError(
                "larger, smaller",
                "must not both name a measure",
                repr(name),
                "Keep it in the list of its better direction.",
            )
    return Directions(more, less)


def _known(parameter: str, names: Sequence[str], table: pd.DataFrame) -> list[str]:
    listed = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    known = ["epsilon", *MEASURES]
    for name in listed:
        check_choice(parameter, name, known)
        if len(table) and table[name].isna().all():
            has = ", ".join(other for other in known if table[other].notna().any())
            raise InputError(
                parameter, "must be a measure of this sweep", repr(name), f"It has {has}."
            )
    return listed
