"""Parts of a table that keep the rows of a customer together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError

__all__ = ["customer_parts"]


def customer_parts(
    y: NDArray[np.int_], unit: pd.Series | NDArray[np.generic], *, parts: int, seed: int
) -> NDArray[np.intp]:
    """Return the part of each row, 0 up to `parts` - 1, or refuse.

    Customers are shuffled, ordered by their share of positive rows, and dealt like cards: parts
    have nearly the same base rate, and as many customers of either outcome as there are parts put
    both outcomes into what is left of the table without any one part.
    """
    codes, names = pd.factorize(unit, sort=True)
    rows, positives = np.bincount(codes), np.bincount(codes, weights=y)
    rarer = int(min((positives > 0).sum(), (positives < rows).sum()))
    if rarer < parts:
        raise InputError(
            "folds",
            "must not exceed the customers of the rarer outcome",
            f"{parts} folds, {rarer} customers",
            "Use fewer folds or more customers.",
        )
    shuffled = np.random.default_rng(seed).random(len(names))
    part = np.empty(len(names), dtype=np.intp)
    part[np.lexsort((shuffled, positives / rows))] = np.arange(len(names)) % parts
    of_row: NDArray[np.intp] = part[codes]
    return of_row
