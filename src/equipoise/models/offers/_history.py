"""What customers bought before: a matrix of customers × items, from a feature or a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from equipoise._checks import check_columns
from equipoise.exceptions import InputError
from equipoise.models.offers._rows import OfferRows
from equipoise.task._columns import as_text

__all__ = ["COUNT", "History", "read_history"]

COUNT = "items"


@dataclass(frozen=True, eq=False)
class History:
    """Items bought before, by customer and item.

    Attributes
    ----------
    counts : sparse array, shape (customers, items)
        In the order of `OfferRows.customers` and `OfferRows.items`; not negative.
    notes : tuple of str
        What of the history was not used.
    """

    counts: sparse.csr_array
    notes: tuple[str, ...] = ()


def read_history(rows: OfferRows, history: str | pd.DataFrame) -> History:
    """Return what the task's customers bought before, or refuse.

    Purchases of customers who are not in the task are left out, since no consent policy permitted
    their rows, and so are items that are not on offer; a note says how many.
    """
    if isinstance(history, pd.DataFrame):
        return _from_table(rows, history)
    if not isinstance(history, str):
        rule = "must name a feature, or be a DataFrame of purchases"
        raise InputError("history", rule, type(history).__name__, "Name the count of items.")
    check_columns("history", [history], rows.task.X)
    column = rows.task.X[history]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        found = f"{history!r}, which is text"
        raise InputError("history", "must name a number", found, "Name the count of items.")
    return History(_counts(rows, rows.customer, rows.item, column))


def _from_table(rows: OfferRows, table: pd.DataFrame) -> History:
    unit = rows.task.file.unit
    check_columns("history", [unit, rows.name], table.columns)
    customer = pd.Index(rows.customers).get_indexer(as_text(table[unit]))
    item = pd.Index(rows.items).get_indexer(as_text(table[rows.name]))
    known = (customer >= 0) & (item >= 0)
    count = table[COUNT] if COUNT in table else pd.Series(1.0, index=table.index)
    notes = (
        _left_out((customer < 0).sum(), "customers who are not in the task"),
        _left_out(((customer >= 0) & (item < 0)).sum(), "items that are not on offer"),
    )
    counts = _counts(rows, customer[known], item[known], count[known])
    return History(counts, tuple(filter(None, notes)))


def _left_out(rows: int, whose: str) -> str:
    if rows == 1:
        return f"1 row of the history is not used: it is of {whose}"
    return f"{rows:,} rows of the history are not used: they are of {whose}" if rows else ""


def _counts(
    rows: OfferRows, customer: np.ndarray, item: np.ndarray, count: pd.Series
) -> sparse.csr_array:
    if not pd.api.types.is_numeric_dtype(count.dtype):
        found, move = f"{COUNT!r} of type {count.dtype}", "Convert the column first."
        raise InputError("history", "must count items in numbers", found, move)
    values = count.to_numpy(dtype=float, na_value=np.nan)
    wrong = int((~(np.isfinite(values) & (values >= 0))).sum())
    if wrong:
        raise InputError(
            "history",
            "must count items, zero or more",
            f"something else in {wrong:,} of {len(values):,} rows",
            "Correct or remove those rows.",
        )
    shape = (len(rows.customers), len(rows.items))
    table = sparse.coo_array((values, (customer, item)), shape=shape).tocsr()
    table.eliminate_zeros()
    return table
