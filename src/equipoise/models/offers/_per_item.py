"""Propensity by item: how likely each customer takes each item, from models blind to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import check_choice, check_whole
from equipoise.exceptions import InputError
from equipoise.models._propensity import PROPENSITY_MODELS, out_of_fold
from equipoise.models.offers._rows import Floats, OfferRows, read_rows
from equipoise.models.offers._scores import OfferScores, scored
from equipoise.task import Task

__all__ = ["propensity_scores"]


def propensity_scores(
    task: Task,
    item: str | ArrayLike = "category",
    model: str = "hist_gradient_boosting",
    *,
    pooled: bool = True,
    partial: bool = False,
    folds: int = 5,
    seed: int,
) -> OfferScores:
    """Say how likely each customer takes each item, by models that have not seen the customer.

    It is the probability of the outcome, not the effect of the offer: who would have bought anyway
    is scored highest. Weights of the task are not used.

    Parameters
    ----------
    task : Task
        One row for each customer and item.
    item : str or array_like, shape (n,)
        The feature that says which item a row is about, or the items themselves, row for row.
    model : str
        One of `equipoise.models.PROPENSITY_MODELS`.
    pooled : bool
        One model for all items, which has the item among its features; or a model for each item
        of its own rows. One for each can follow what moves a single item, and has that many times
        fewer rows to learn from.
    partial : bool
        Whether customers may lack some items.
    folds : int
        Number of parts; all rows of a customer lie in the same part.
    seed : int
        Shuffles customers into parts, and seeds what is random in training.

    Returns
    -------
    OfferScores
        Probabilities, row for row.

    Raises
    ------
    InputError
        Where a pair comes twice or lacks, the model is unknown, items are given as an array to one
        model for all (which could not tell them apart), or an item has fewer customers of either
        outcome than folds.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=400, seed=7).task("next_category")
    >>> scores = propensity_scores(task, model="logistic", seed=1)
    >>> scores.frame().columns.tolist(), scores.is_probability
    (['unit', 'item', 'score', 'is_cold'], True)
    """
    check_choice("model", model, PROPENSITY_MODELS)
    check_whole("folds", folds, low=2, next_move="Use 5 or 10.")
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    rows = read_rows(task, item, partial=partial)
    if not pooled:
        values = _by_item(rows, item, model, folds, seed)
    elif isinstance(item, str):
        values = out_of_fold(task, model, folds=folds, seed=seed)
    else:
        raise InputError(
            "item",
            "must be a feature of the task for one model of all items",
            "an array",
            "Add the column to the features, or use pooled=False.",
        )
    told = f"{model}, {'one model for all items' if pooled else 'a model for each item'}"
    return scored(rows, values, f"{told}, {folds} folds", is_probability=True)


def _by_item(rows: OfferRows, item: str | ArrayLike, model: str, folds: int, seed: int) -> Floats:
    values = np.empty(len(rows))
    task = rows.task.without(item) if isinstance(item, str) else rows.task
    for code, name in enumerate(rows.items):
        own = np.flatnonzero(rows.item == code)
        try:
            values[own] = out_of_fold(task.take(own), model, folds=folds, seed=seed)
        except InputError as error:
            found, move = f"{error.value} for {name!r}", "Use fewer folds, or pooled=True."
            raise InputError("folds", error.rule, found, move) from error
    return values
