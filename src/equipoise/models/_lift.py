"""Lift: how much more often the highest scores have the outcome than everybody."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.models._scored_rows import scored_rows

__all__ = ["lift_at", "top_rows"]


def lift_at(y: ArrayLike, scores: ArrayLike, share: float = 0.1) -> float:
    """Return the base rate among the share with the highest scores, over the base rate of all.

    Rows with the same score at the edge of the share count in proportion, so the order of the rows
    is nothing. 1 is no better than chance; the most that can be reached is the smaller of
    1 / `share` and 1 / base rate, so lifts at other base rates do not compare.

    It hides who would have acted anyway: a high lift says that outcomes were foreseen, not that a
    contact brings them about.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
    scores : array_like of float, shape (n,)
        Higher means more likely positive; any scale.
    share : float
        Share of the rows, in (0, 1]; the nearest whole number of rows is taken, and one at least.

    Returns
    -------
    float

    Raises
    ------
    InputError
        Where arguments do not match row for row, hold something else, or no outcome is positive.

    Examples
    --------
    >>> y = [1, 1, 0, 0, 0, 1, 0, 0, 0, 0]
    >>> scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]
    >>> round(lift_at(y, scores, share=0.2), 2)
    3.33
    """
    check_number("share", share, low=0, high=1, open_low=True, next_move="Use for example 0.1.")
    rows = scored_rows(y, scores, probabilities=False)
    if not rows.y.any():
        found = f"none of {len(rows.y):,}"
        raise InputError("y", "must hold a positive outcome", found, "Use more rows.")
    size, above, tied = top_rows(rows.scores, share)
    hits = rows.y[above].sum() + (size - above.sum()) * rows.y[tied].mean()
    return float(hits / size / rows.y.mean())


def top_rows(
    scores: NDArray[np.float64], share: float
) -> tuple[int, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return how many rows the share is, which lie above its edge, and which are tied at it."""
    size = max(1, round(share * len(scores)))
    edge = np.partition(scores, -size)[-size]
    return size, scores > edge, scores == edge
