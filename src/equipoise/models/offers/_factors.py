"""Factorisation of what customers bought before: tastes that several items share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from equipoise._checks import check_number, check_whole
from equipoise.exceptions import InputError
from equipoise.models.offers._history import read_history
from equipoise.models.offers._rows import Floats, OfferRows, read_rows
from equipoise.models.offers._scores import OfferScores, scored
from equipoise.task import Task

__all__ = ["factor_scores"]


def factor_scores(
    task: Task,
    item: str | ArrayLike = "category",
    *,
    history: str | pd.DataFrame = "category_items_12m",
    factors: int,
    shrinkage: float,
    partial: bool = False,
) -> OfferScores:
    """Score items by a regularised factorisation of what was bought before the outcome.

    The matrix of log(1 + items), less the mean of each item, is written as customers × factors
    times factors × items, with a penalty on the squares of both. Its minimum is known in closed
    form: the first singular vectors, with `shrinkage` taken off each singular value. There is no
    start to choose and no seed; outcomes play no part. As shrinkage grows, everybody's scores tend
    to the means, which are popularity.

    Customers without any purchase get the means themselves: the items in order of popularity.
    The notes say how many they are. What was bought after the scores are used must not be in the
    history; whether it is cannot be seen here.

    Parameters
    ----------
    task : Task
        One row for each customer and item.
    item : str or array_like, shape (n,)
        The feature that says which item a row is about, or the items themselves, row for row.
    history : str or DataFrame
        The feature that counts how many of its item a customer bought, or a table of purchases with
        the task's customer column, the item column (`item` where items are given as an array), and
        perhaps `items`, how many; without it each row counts one.
    factors : int
        Number of factors, at most that of the items. With as many, shrinkage alone regularises.
    shrinkage : float
        What is taken off the standard deviation of customers along each factor, in units of
        log(1 + items), not negative. Zero keeps all that was seen, noise included.
    partial : bool
        Whether customers may lack some items.

    Returns
    -------
    OfferScores
        Not probabilities: their order within a customer counts.

    Raises
    ------
    InputError
        Where the history has no purchase of the task's customers or is no count, a number breaks
        its rule, or a pair comes twice or lacks.

    References
    ----------
    Mazumder, Hastie & Tibshirani (2010), Spectral regularization algorithms for learning large
    incomplete matrices. JMLR 11 (for a matrix without gaps, as here, one step is the solution).

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=400, seed=7).task("next_category")
    >>> factor_scores(task, factors=4, shrinkage=0.1).method
    'factorisation of category_items_12m, 4 factors, shrinkage 0.1'
    """
    factors = check_whole("factors", factors, low=1, next_move="Use for example 4.")
    shrinkage = check_number("shrinkage", shrinkage, low=0.0, high=1e9, next_move="Try 0.1.")
    rows = read_rows(task, item, partial=partial)
    if factors > len(rows.items):
        found, move = f"{factors} for {len(rows.items)} items", "Use fewer."
        raise InputError("factors", "must not exceed the number of items", found, move)
    past = read_history(rows, history)
    told = history if isinstance(history, str) else "a table of purchases"
    method = f"factorisation of {told}, {factors} factors, shrinkage {shrinkage:g}"
    cold = np.diff(past.counts.indptr) == 0
    values = _shrunk(past.counts, cold, rows, factors, shrinkage)
    notes = (*past.notes, _said_of_cold(cold)) if cold.any() else past.notes
    return scored(rows, values, method, is_probability=False, cold=cold[rows.customer], notes=notes)


def _shrunk(
    counts: sparse.csr_array, cold: np.ndarray, rows: OfferRows, factors: int, shrinkage: float
) -> Floats:
    """Return mean plus shrunken deviation for each row, from the warm customers' purchases."""
    warm = int((~cold).sum())
    if not warm:
        raise InputError(
            "history",
            "must have purchases of the task's customers",
            f"none for {len(cold):,} customers",
            "Check the columns of customer and item, or use popularity_scores.",
        )
    logs = counts.log1p()
    mean = np.asarray(logs.sum(axis=0)).ravel() / warm
    spread = (logs.T @ logs).toarray() / warm - np.outer(mean, mean)
    variance, vectors = np.linalg.eigh(spread)
    variance, vectors = variance[::-1][:factors], vectors[:, ::-1][:, :factors]
    deviation = np.sqrt(np.maximum(variance, 0))
    kept = np.maximum(deviation - shrinkage, 0) / np.where(deviation > 0, deviation, 1)
    places = (logs @ vectors - mean @ vectors) * kept
    places[cold] = 0
    values = np.asarray(mean[rows.item])
    for place, vector in zip(places.T, vectors.T, strict=True):  # one column a factor: less memory
        values += place[rows.customer] * vector[rows.item]
    return values


def _said_of_cold(cold: np.ndarray) -> str:
    return (
        f"{cold.sum():,} of {len(cold):,} customers have no history: their items are in the order "
        "of popularity"
    )
