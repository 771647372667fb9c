"""Features that know the outcome: found before a model can be flattered by them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.task._features import indicator
from equipoise.task._file import Feature

__all__ = ["telltale", "telltales"]

LEVEL = 0.999
FEWEST_OF_A_CLASS = 10
FEWEST_ROWS_PER_VALUE = 5
FEWEST_ARRANGEMENTS = 100_000


def telltales(
    X: pd.DataFrame, y: NDArray[np.int_], features: Mapping[str, Feature]
) -> dict[str, str]:
    """Return the evidence for each feature whose values, or whose blanks, tell the outcome."""
    found = {}
    for name in features:
        blank = indicator(name, features)
        evidence = telltale(X[blank], y, of="its blanks") if blank in X else None
        evidence = evidence or telltale(X[name], y)
        if evidence is not None:
            found[name] = evidence
    return found


def telltale(column: pd.Series, y: NDArray[np.int_], *, of: str = "this column") -> str | None:
    """Return the evidence that a feature equals or encodes the outcome, or None.

    The evidence is the area under the ROC curve of this feature alone, .999 or more: of the
    number in either direction, of being its most frequent value, and of the outcome rate per value
    where values repeat (at least five rows each on average; learnt on one half of the rows and
    judged on the other), so that codes such as 1 = "churned" among 0, 1, 2 are found whatever their
    order. It is judged from ten rows of either outcome on; with fewer, chance
    separates, except that two values which tell every row apart are no chance if the outcome
    could have been arranged in more than a hundred thousand ways.

    Examples
    --------
    >>> y = np.tile([0, 1], 20)
    >>> telltale(pd.Series(np.where(y == 1, "left", "stayed")), y)
    'AUC 1.000 from this column alone'
    >>> telltale(pd.Series(np.arange(40.0)), y) is None
    True
    """
    codes, values = pd.factorize(column, sort=True)
    positive = np.bincount(codes, weights=y, minlength=len(values)).astype(float)
    negative = np.bincount(codes, weights=1 - y, minlength=len(values)).astype(float)
    if not _can_judge(positive, negative):
        return None
    best = _of_most_frequent(positive, negative)
    if pd.api.types.is_numeric_dtype(column.dtype):
        auc = _auc(positive, negative)
        best = max(best, auc, 1 - auc)
    if len(values) * FEWEST_ROWS_PER_VALUE <= len(y):
        best = max(best, _of_rates(codes, y, len(values)))
    return f"AUC {best:.3f} from {of} alone" if best >= LEVEL else None


def _of_most_frequent(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Return the AUC of being the most frequent value, such as 0 for none, in either direction."""
    most = int(np.argmax(positive + negative))
    share, other = positive[most] / positive.sum(), negative[most] / negative.sum()
    return float(0.5 + abs(share - other) / 2)


def _of_rates(codes: NDArray[np.intp], y: NDArray[np.int_], values: int) -> float:
    """Return the AUC of each value's outcome rate, learnt on one half and judged on the other.

    On the same rows it would find rare outcomes in any column with many values.
    """
    first = np.random.default_rng(0).permutation(len(y)) < len(y) / 2
    found = []
    for half in (first, ~first):
        positive = np.bincount(codes[half], weights=y[half], minlength=values)
        rows = np.bincount(codes[half], minlength=values)
        rate = np.where(rows > 0, positive / np.maximum(rows, 1), y[half].mean())
        levels, place = np.unique(rate, return_inverse=True)
        judged = place[codes[~half]]
        positive = np.bincount(judged, weights=y[~half], minlength=len(levels))
        negative = np.bincount(judged, minlength=len(levels)) - positive
        found.append(_auc(positive.astype(float), negative.astype(float)))
    return min(found)


def _can_judge(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> bool:
    fewest = int(min(positive.sum(), negative.sum()))
    if fewest >= FEWEST_OF_A_CLASS:
        return True
    recodes = len(positive) == 2 and not (positive * negative).any()
    rows = int(positive.sum() + negative.sum())
    return recodes and math.comb(rows, fewest) > FEWEST_ARRANGEMENTS


def _auc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Return the chance that a positive row stands above a negative one, ties half."""
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    if pairs == 0:
        return 0.5
    return float((positive * (below + negative / 2)).sum() / pairs)
