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
        evidence = telltale(X[name], y)
        if evidence is None and blank in X:
            evidence = telltale(X[blank], y, of="its blanks")
        if evidence is not None:
            found[name] = evidence
    return found


def telltale(column: pd.Series, y: NDArray[np.int_], *, of: str = "this column") -> str | None:
    """Return the evidence that a feature equals or encodes the outcome, or None.

    The evidence is the area under the ROC curve of this feature alone, .999 or more: of the
    number in either direction, and of the outcome rate per value where values repeat (at least
    five rows each on average), so that codes such as 1 = "churned" among 0, 1, 2 are found
    whatever their order. It is judged from ten rows of either outcome on; with fewer, chance
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
    best = 0.5
    if pd.api.types.is_numeric_dtype(column.dtype):
        auc = _auc(positive, negative)
        best = max(auc, 1 - auc)
    if len(values) * FEWEST_ROWS_PER_VALUE <= len(y):
        by_rate = np.argsort(positive / (positive + negative), kind="stable")
        best = max(best, _auc(positive[by_rate], negative[by_rate]))
    return f"AUC {best:.3f} from {of} alone" if best >= LEVEL else None


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
    return float((positive * (below + negative / 2)).sum() / pairs)
