"""Scores of customers × items, with what they are and how they came about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise.exceptions import InputError
from equipoise.models.offers._rows import Codes, Floats, OfferRows, one_a_row

__all__ = ["OfferScores", "probabilities_of", "scores_of"]


@dataclass(frozen=True, eq=False)
class OfferScores:
    """A score for each customer and item.

    Attributes
    ----------
    method : str
        What made them, in plain words.
    is_probability : bool
        Whether a score is the probability of the positive outcome. Otherwise only its order within
        a customer counts, and no euros can be made of it.
    table : DataFrame
        What `frame` shows.
    notes : tuple of str
        What a reader must know, such as how many customers had no history.
    """

    method: str
    is_probability: bool
    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> Floats:
        """The scores, shape (n,), in the order of the task's rows."""
        return np.asarray(self.table["score"], dtype=float)

    def frame(self) -> pd.DataFrame:
        """Return one row for each of the task: `unit, item, score, is_cold`.

        `is_cold` says that nothing was known of the customer's purchases, so that the scores are
        those of popularity.
        """
        return self.table.copy()


def scores_of(rows: OfferRows, scores: ArrayLike | OfferScores, name: str = "scores") -> Floats:
    """Return one finite number a row, or refuse, also scores that were made for other rows."""
    if isinstance(scores, OfferScores):
        _check_same_rows(rows, scores, name)
        return scores.values
    column = one_a_row(scores, name, rows.task)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(name, "must be numbers", str(column.dtype), "Convert the column first.")
    values = column.to_numpy(dtype=float, na_value=np.nan)
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        found = f"missing or infinite ones in {wrong:,} of {len(values):,} rows"
        raise InputError(name, "must be finite numbers", found, "Check the model.")
    return np.asarray(values)


def probabilities_of(rows: OfferRows, scores: ArrayLike | OfferScores) -> Floats:
    """Return one probability a row, or refuse what cannot be weighed in euros."""
    values = scores_of(rows, scores)
    found = f"{values.min():g} to {values.max():g}" if len(values) else "none"
    is_order = isinstance(scores, OfferScores) and not scores.is_probability
    if isinstance(scores, OfferScores) and is_order:
        found = f"scores of {scores.method}"
    if is_order or values.min() < 0 or values.max() > 1:
        raise InputError(
            "scores",
            "must be probabilities of the positive outcome, in 0..1",
            found,
            "Use propensity_scores: an order has no euros.",
        )
    return values


def scored(
    rows: OfferRows,
    values: Floats,
    method: str,
    *,
    is_probability: bool,
    cold: Codes | None = None,
    notes: tuple[str, ...] = (),
) -> OfferScores:
    """Return scores beside the customer and the item that they belong to."""
    is_cold = np.zeros(len(rows), dtype=bool) if cold is None else cold
    table = rows.keys().assign(score=values, is_cold=is_cold)
    return OfferScores(method, is_probability, table, notes)


def _check_same_rows(rows: OfferRows, scores: OfferScores, name: str) -> None:
    own = rows.keys()
    same = len(own) == len(scores.table) and all(
        np.array_equal(own[key].to_numpy(), scores.table[key].to_numpy()) for key in own
    )
    if not same:
        raise InputError(
            name,
            "must be scores of the task's rows, in their order",
            f"{len(scores.table):,} of other customers or items",
            "Score the task that is passed.",
        )
