"""What the best cut earns on customers it was not picked on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.intervals import Interval, mean_amount
from equipoise.models.value._paid import Paid, Part, added
from equipoise.models.value._ranking import Ranking

__all__ = ["best_elsewhere"]

PARTS = 5


def best_elsewhere(
    paid: Paid, scores: NDArray[np.float64], unit: pd.Series, *, seed: int
) -> Interval:
    """Return the profit of the best score cut, found on four fifths and paid on the other, in turn.

    Parameters
    ----------
    paid : Paid
        What each row earns.
    scores : array of float, shape (n,)
    unit : Series
        Customers; all rows of one lie in the same part. Who is in which part depends on the seed
        and on which customers there are, not on the order of the rows.
    seed : int
        Deals the customers.

    Returns
    -------
    Interval
        Euros for as many rows as there are, with a 95 % interval over customers that takes the five
        cuts as given. NaN with fewer than ten customers.
    """
    codes, names = pd.factorize(unit, sort=True)
    part = (np.random.default_rng(seed).permutation(len(names)) % PARTS)[codes]
    contacted = np.zeros(paid.rows, dtype=bool)
    for each in range(min(PARTS, len(names)) if len(names) > 1 else 0):
        paying = part == each
        contacted[paying] = scores[paying] >= _best_score(paid, scores, ~paying)
    total = added([_total(amount, contacted, codes) for amount in paid.parts])
    return Interval(*(float(side) for side in total))


def _total(amount: Part, contacted: NDArray[np.bool_], customer: NDArray[np.intp]) -> Interval:
    low, high = min(amount.bounds[0], 0.0), max(amount.bounds[1], 0.0)
    earned = np.where(contacted, amount.values, 0.0)
    if not high > low:
        return Interval(0.0, 0.0, 0.0)
    mean = mean_amount(np.clip(earned, low, high), bounds=(low, high), clusters=customer)
    return Interval(*(len(earned) * side for side in mean))


def _best_score(paid: Paid, scores: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
    """Return the lowest score that the best cut on some rows contacts; infinite for nobody."""
    ranking = Ranking.of(scores[rows], paid.ranking.customer[rows])
    best = int(np.argmax(ranking.down_to(paid.values[rows])))
    return np.inf if best == 0 else -float(np.unique(-scores[rows])[best - 1])
