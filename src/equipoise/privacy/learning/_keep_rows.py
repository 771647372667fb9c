"""At most so many rows of each customer, before a learner that refuses more."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_seed
from equipoise.exceptions import InputError
from equipoise.privacy._encoding import as_pandas
from equipoise.privacy._kept_rows import kept_rows
from equipoise.privacy._units import check_same_order

__all__ = ["keep_rows"]


def keep_rows(
    X: pd.DataFrame | ArrayLike,
    y: ArrayLike,
    unit: ArrayLike,
    *,
    rows_per_unit: int,
    random_state: int | None = None,
) -> tuple[Any, Any, Any]:
    """Return rows, outcomes and ids with at most so many rows of each customer.

    Which rows of a customer stay is settled by a secret hash of the id and of their order among the
    customer's own, never by what they hold, and nobody else's rows have a say. So a learner with the
    same `rows_per_unit` keeps its promise to each customer, whatever was left out.

    Parameters
    ----------
    X : DataFrame or array_like, shape (n, p)
    y, unit : array_like, shape (n,)
    rows_per_unit : int
        At least 1.
    random_state : int, optional
        For study only: whoever knows it knows which rows stayed.

    Returns
    -------
    tuple
        X, y and unit, the kept rows in their order.

    Raises
    ------
    InputError
        Where an id is missing, or columns were shuffled apart.

    Warns
    -----
    DroppedRowsWarning
        Where more than one row in a hundred is left out: how many was not noised.

    Examples
    --------
    >>> X, y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     kept = keep_rows(X, y, ["a", "a", "a", "b"], rows_per_unit=2, random_state=0)
    >>> kept[0].shape, kept[2]
    ((3, 2), ['a', 'a', 'b'])
    """
    X = as_pandas(X)
    n = np.shape(X)[0] if np.ndim(X) else 0
    for name, column in (("y", y), ("unit", unit)):
        if np.shape(column) != (n,):
            rule = f"must have one value for each of {n} rows"
            raise InputError(name, rule, f"shape {np.shape(column)}", "Align it with X.")
    check_same_order(X=X, y=y, unit=unit)
    seed = check_seed(random_state)
    key = secrets.randbits(63) if seed is None else int(np.random.default_rng(seed).integers(2**63))
    places = kept_rows(n, unit, rows_per_unit, key, stacklevel=3).places
    return _taken(X, places), _taken(y, places), _taken(unit, places)


def _taken(column: Any, places: Any) -> Any:
    if isinstance(column, pd.DataFrame | pd.Series | pd.Index):
        return column.take(places)
    if isinstance(column, list | tuple):
        return [column[place] for place in places]
    return np.asarray(column)[places]
