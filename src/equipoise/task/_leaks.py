"""Features that know the outcome: found before a model can be flattered by them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.task._features import indicator
from equipoise.task._file import Feature

__all__ = ["Reading", "readings", "telltale", "telltales"]

LEVEL = 0.999
FEWEST_OF_A_CLASS = 10
FEWEST_ROWS_PER_VALUE = 5
FEWEST_ARRANGEMENTS = 100_000

Floats = NDArray[np.float64]


class Reading(NamedTuple):
    """One way to order rows by a single column.

    Attributes
    ----------
    way : str
        In words.
    area : float
        Area under the ROC curve; 0.5 says that this way tells nothing.
    levels : array of int
        Place of each judged row, the higher the likelier positive.
    rows : array of bool, shape (n,)
        Which rows are judged: all, or the half from which nothing was learnt.
    """

    way: str
    area: float
    levels: NDArray[np.intp]
    rows: NDArray[np.bool_]


def telltales(
    X: pd.DataFrame,
    y: NDArray[np.int_],
    features: Mapping[str, Feature],
    *,
    unit: pd.Series | None = None,
) -> dict[str, str]:
    """Return the evidence for each feature whose values, or whose blanks, tell the outcome.

    Each row is a customer of its own without `unit`.
    """
    owners = None if unit is None else np.asarray(pd.factorize(unit, sort=True)[0])
    found = {}
    for name in features:
        blank = indicator(name, features)
        evidence = telltale(X[blank], y, owners, of="its blanks") if blank in X else None
        evidence = evidence or telltale(X[name], y, owners)
        if evidence is not None:
            found[name] = evidence
    return found


def telltale(
    column: pd.Series,
    y: NDArray[np.int_],
    owners: NDArray[np.intp] | None = None,
    *,
    of: str = "this column",
    level: float = LEVEL,
) -> str | None:
    """Return the evidence that a feature equals or encodes the outcome, or None.

    The evidence is the area under the ROC curve of this feature alone, .999 or more unless another
    level is given, by the best of its `readings`. It is judged from ten customers of either outcome
    on; with fewer, chance separates, except that two values which tell every row apart are no chance
    if the outcome could have been arranged in more than a hundred thousand ways. Whose row each is
    say `owners`, as numbers from 0; else each row is a customer of its own.

    Examples
    --------
    >>> y = np.tile([0, 1], 20)
    >>> telltale(pd.Series(np.where(y == 1, "left", "stayed")), y)
    'AUC 1.000 from this column alone'
    >>> telltale(pd.Series(np.arange(40.0)), y) is None
    True
    """
    owners = np.arange(len(y)) if owners is None else owners
    if not _can_judge(column, y, owners):
        return None
    best = max(reading.area for reading in readings(column, y, owners))
    return f"AUC {best:.3f} from {of} alone" if best >= level else None


def readings(column: pd.Series, y: NDArray[np.int_], owners: NDArray[np.intp]) -> list[Reading]:
    """Return the ways in which a single column orders rows by their outcome.

    Those are the number, in the direction that does better; being the most frequent value, such as
    0 for none; and the outcome rate per value where values repeat (at least five rows each on
    average), so that codes such as 1 = "churned" among 0, 1, 2 are found whatever their order.
    Rates are learnt on one half of the customers and judged on the other, and the worse of the two
    turns counts: on the same rows they would find rare outcomes in any column with many values, and
    on other rows of the same customers a value that few have, such as a postcode, recognises them.

    Parameters
    ----------
    column : Series, shape (n,)
        Without blanks.
    y : array of 0 and 1, shape (n,)
        With rows of either outcome.
    owners : array of int, shape (n,)
        Number of each row's customer, from 0; the halves do not depend on the order of the rows.

    Examples
    --------
    >>> column, y = pd.Series(np.tile([1, 2, 3], 20)), np.tile([0, 1, 0], 20)
    >>> [(each.way, each.area) for each in readings(column, y, np.arange(60))]
    [('higher numbers', 0.5), ('being 1 or not', 0.75), ('outcome rate per value', 1.0)]
    """
    codes, values = pd.factorize(column, sort=True)
    found = [_by_most_frequent(codes, values, y)]
    if pd.api.types.is_numeric_dtype(column.dtype):
        found.insert(0, _by_number(codes, y))
    if len(values) * FEWEST_ROWS_PER_VALUE <= len(y):
        found.append(min(_by_rates(codes, y, _half(owners)), key=lambda reading: reading.area))
    return found


def _by_number(codes: NDArray[np.intp], y: NDArray[np.int_]) -> Reading:
    rising = _reading("higher numbers", codes, y)
    if rising.area >= 0.5:
        return rising
    return rising._replace(way="lower numbers", area=1 - rising.area, levels=codes.max() - codes)


def _by_most_frequent(codes: NDArray[np.intp], values: pd.Index, y: NDArray[np.int_]) -> Reading:
    most = int(np.argmax(np.bincount(codes)))
    shown = f"{values[most]:g}" if values.dtype.kind in "biuf" else repr(values[most])
    is_most = codes == most
    more = y[is_most].mean() >= y.mean()
    return _reading(f"being {shown} or not", (is_most == more).astype(np.intp), y)


def _half(owners: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return all rows of half the customers."""
    customers = int(owners.max()) + 1
    chosen = np.random.default_rng(0).permutation(customers) < customers / 2
    return np.asarray(chosen[owners])


def _by_rates(
    codes: NDArray[np.intp], y: NDArray[np.int_], first: NDArray[np.bool_]
) -> Iterator[Reading]:
    values = int(codes.max()) + 1
    for learnt in (first, ~first):
        positive = np.bincount(codes[learnt], weights=y[learnt], minlength=values)
        rows = np.bincount(codes[learnt], minlength=values)
        usual = y[learnt].mean() if learnt.any() else 0.0
        rate = np.where(rows > 0, positive / np.maximum(rows, 1), usual)
        place = np.unique(rate, return_inverse=True)[1]
        yield _reading("outcome rate per value", place[codes], y, ~learnt)


def _reading(
    way: str,
    levels: NDArray[np.intp],
    y: NDArray[np.int_],
    rows: NDArray[np.bool_] | None = None,
) -> Reading:
    if rows is None:
        rows = np.ones(len(y), dtype=bool)
    judged, outcome = levels[rows], y[rows]
    of_each = np.bincount(judged).astype(float)
    positive = np.bincount(judged, weights=outcome).astype(float)
    return Reading(way, _auc(positive, of_each - positive), judged, rows)


def _can_judge(column: pd.Series, y: NDArray[np.int_], owners: NDArray[np.intp]) -> bool:
    of_each = [len(np.unique(owners[y == side])) for side in (0, 1)]
    if min(of_each) >= FEWEST_OF_A_CLASS:
        return True
    recodes = column.nunique() == 2 and not set(column[y == 1]) & set(column[y == 0])
    return recodes and math.comb(sum(of_each), min(of_each)) > FEWEST_ARRANGEMENTS


def _auc(positive: Floats, negative: Floats) -> float:
    """Return the chance that a positive row stands above a negative one, ties half."""
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    if pairs == 0:
        return 0.5
    return float((positive * (below + negative / 2)).sum() / pairs)
