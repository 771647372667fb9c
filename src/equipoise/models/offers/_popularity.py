"""Popularity: the same list for everybody, as the baseline of every other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.models.offers._rows import Floats, OfferRows, read_rows
from equipoise.models.offers._scores import OfferScores, scored
from equipoise.task import Task

__all__ = ["popularity_of", "popularity_scores"]


def popularity_scores(
    task: Task, item: str | ArrayLike = "category", *, partial: bool = False
) -> OfferScores:
    """Score each item by the share of customers whose outcome is positive, alike for everybody.

    The outcomes are the task's own, so the baseline is flattered a little: no list for everybody
    that was made beforehand can meet more of them. Shares of the other customers, part by part,
    would be no better: who stands in a part with many buyers would get the lower scores.

    Parameters
    ----------
    task : Task
        One row for each customer and item. Its weights are not used.
    item : str or array_like, shape (n,)
        The feature that says which item a row is about, or the items themselves, row for row.
    partial : bool
        Whether customers may lack some items.

    Returns
    -------
    OfferScores
        Probabilities, row for row.

    Raises
    ------
    InputError
        Where a pair comes twice or lacks.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=400, seed=7).task("next_category")
    >>> popularity_scores(task).frame().groupby("item")["score"].nunique().unique().tolist()
    [1]
    """
    rows = read_rows(task, item, partial=partial)
    return scored(rows, popularity_of(rows), "popularity", is_probability=True)


def popularity_of(rows: OfferRows) -> Floats:
    """Return the share of positive outcomes of each row's item, among all customers."""
    bought = np.bincount(rows.item, weights=rows.task.y) / np.bincount(rows.item)
    return np.asarray(bought[rows.item])
