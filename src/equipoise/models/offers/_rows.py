"""The rows of an offer task: each customer with each item once, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_columns
from equipoise.exceptions import InputError
from equipoise.task import Task
from equipoise.task._columns import as_text

__all__ = ["Codes", "Floats", "OfferRows", "one_a_row", "read_rows"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class OfferRows:
    """Customers × items in long form, by number.

    Attributes
    ----------
    task : Task
    name : str
        Of the item column; `"item"` where the items were given as an array.
    customers, items : array of str
        All there are, sorted: numbers do not depend on the order of the rows.
    customer, item : array of int, shape (n,)
        Number of each row's customer and item.
    """

    task: Task
    name: str
    customers: NDArray[np.object_]
    items: tuple[str, ...]
    customer: Codes
    item: Codes

    def __len__(self) -> int:
        return len(self.item)

    @cached_property
    def own(self) -> Codes:
        """How many items each customer has, shape (customers,)."""
        return np.bincount(self.customer, minlength=len(self.customers))

    @cached_property
    def cell(self) -> Codes:
        """Number of each row's pair of customer and item."""
        return np.asarray(self.customer * len(self.items) + self.item)

    def shuffled(self, seed: int) -> Floats:
        """Return a random number a row that depends on the pairs there are, not on their order."""
        drawn = np.empty(len(self))
        drawn[np.argsort(self.cell)] = np.random.default_rng(seed).random(len(self))
        return drawn

    def keys(self) -> pd.DataFrame:
        """Return `unit` and `item` of each row, in the order of the task."""
        names = np.array(self.items, dtype=object)[self.item]
        return pd.DataFrame({"unit": self.customers[self.customer], "item": names})

    @cached_property
    def attributes(self) -> dict[str, tuple[Codes, tuple[str, ...]]]:
        """By sensitive attribute: number of each row's group, and the groups, sorted."""
        found = {}
        for name in self.task.groups:
            codes, levels = pd.factorize(self.task.groups[name], sort=True)
            found[str(name)] = np.asarray(codes), tuple(map(str, levels))
        return found


def read_rows(task: Task, item: str | ArrayLike, *, partial: bool = False) -> OfferRows:
    """Return the task's rows by customer and item, or refuse.

    A pair that comes twice is refused, and so is a customer without some item, unless the rows are
    declared `partial`: else a missing row would read as an item that nobody wanted to offer.
    """
    if not len(task):
        raise InputError("task", "must have rows", "none", "Pass some customers.")
    name, column = _column(task, item)
    codes, items = pd.factorize(column, sort=True)
    if (codes < 0).any():
        found = f"none in {(codes < 0).sum():,} of {len(codes):,} rows"
        raise InputError("item", "must be stated in every row", found, "Complete those rows.")
    customer, customers = pd.factorize(task.unit.to_numpy(dtype=object), sort=True)
    rows = OfferRows(task, name, customers, tuple(items), np.asarray(customer), np.asarray(codes))
    _check_pairs(rows, partial=partial)
    return rows


def one_a_row(values: ArrayLike, name: str, task: Task) -> pd.Series:
    """Return one value a row of the task, by position, or refuse another length or index."""
    shape = np.shape(values)
    if shape != (len(task),):
        rule = f"must have one value for each of the {len(task):,} rows of the task"
        raise InputError(name, rule, f"shape {shape}", "Pass one column of the same rows.")
    if isinstance(values, pd.Series) and not values.index.equals(task.X.index):
        raise InputError(
            f"{name} and task",
            "must have the same index in the same order",
            "different ones",
            "Align the rows first, or pass an array to have it read by position.",
        )
    return pd.Series(np.asarray(values))


def _column(task: Task, item: str | ArrayLike) -> tuple[str, pd.Series]:
    if not isinstance(item, str):
        return "item", as_text(one_a_row(item, "item", task))
    check_columns("item", [item], task.X)
    column = task.X[item]
    return item, as_text(column) if pd.api.types.is_numeric_dtype(column.dtype) else column


def _check_pairs(rows: OfferRows, *, partial: bool) -> None:
    customers, items = len(rows.customers), len(rows.items)
    twice = int((np.diff(np.sort(rows.cell)) == 0).sum())
    if twice:
        raise InputError(
            "task",
            "must have one row for each customer and item",
            f"{twice:,} rows too many among {len(rows):,}",
            "Sum up the rows of a pair, or keep one.",
        )
    if len(rows) < customers * items and not partial:
        raise InputError(
            "task",
            f"must have each of the {items} items for every customer",
            f"{len(rows):,} rows for {customers:,} customers",
            "Add the rows that lack, or say partial=True: what has no row is then never offered.",
        )
