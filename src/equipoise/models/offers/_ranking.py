"""Ranking: what customers are shown when items are ordered by score, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.models.offers._measures import (
    BY_CUSTOMER,
    by_customer,
    compared,
    coverage,
    mean_of,
    not_estimable,
)
from equipoise.models.offers._order import attention, positions
from equipoise.models.offers._popularity import popularity_of
from equipoise.models.offers._rows import Codes, Floats, OfferRows, read_rows
from equipoise.models.offers._scores import OfferScores, scores_of
from equipoise.models.offers._seen import seen_by_group, seen_items
from equipoise.task import Task

__all__ = ["Ranking", "rank_offers"]

POPULARITY = "popularity"

COUNTED = "counted, not estimated"
SAME = "no interval of the difference (no customer differs)"


@dataclass(frozen=True, eq=False)
class Ranking:
    """Each customer's items in the order of their scores, of which the first `top` are shown.

    Attributes
    ----------
    offers : OfferRows
        Customers and items by number.
    scores : array of float, shape (n,)
    position, baseline_position : array of int, shape (n,)
        Place among the customer's items, from 1.
    top : int
        How many items are shown.
    method, baseline : str
        What made the scores, and what they are compared with.
    notes : tuple of str
        What a reader must know.
    """

    offers: OfferRows
    scores: Floats
    position: Codes
    baseline_position: Codes
    top: int
    method: str
    baseline: str
    notes: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a measure, with the baseline beside it.

        Columns `measure, top, n, value, low, high, baseline, difference, difference_low,
        difference_high, note`. `n` counts customers; intervals are at 95 %, and differences compare
        each customer with themselves. Under ten customers a measure is NaN.

        - `precision`: share of the shown items that were bought.
        - `recall`: share of the bought items that were shown, of customers who bought any.
        - `discounted_gain`: bought items by the attention of their place, over the best possible
          order, of customers who bought any; 1 is the best order.
        - `hit_rate`: share of customers who bought something that they were shown.
        - `coverage`: share of the items that anybody was shown; counted, so without an interval.

        They hide that customers may have bought because an item was shown, or regardless of it.
        """
        own, other = (
            by_customer(self.offers, each, self.top)
            for each in (self.position, self.baseline_position)
        )
        rows: list[tuple[object, ...]] = []
        for name in BY_CUSTOMER:
            (n, told), (_, beside) = mean_of(own[name]), mean_of(other[name])
            rows.append((name, n, *told, beside.value, *compared(own[name], other[name])))
        rows.append(self._coverage())
        names = ["measure", "n", "value", "low", "high", "baseline"]
        names += ["difference", "difference_low", "difference_high"]
        table = pd.DataFrame(rows, columns=names)
        table.insert(1, "top", self.top)
        few = not_estimable(table["n"])
        same = (table["difference"] == 0) & table["difference_low"].isna()
        note = few.mask(same & (few == ""), SAME).mask(table["measure"] == "coverage", COUNTED)
        return table.assign(note=note)

    def items(self) -> pd.DataFrame:
        """Return one row an item.

        Columns `item, n, bought, shown, low, high, share_of_attention, baseline_share_of_attention,
        note`. `bought` is the share of customers whose outcome is positive, `shown` the share of
        customers who see the item, with a 95 % interval. Shares of attention weigh each place by
        1 / log2(1 + place) and sum to 1; zero means that nobody sees the item.
        """
        return seen_items(self.offers, self.position, self.baseline_position, self.top)

    def by_group(self) -> pd.DataFrame:
        """Return each measure by group: `attribute, group, measure, n, value, low, high, note`.

        A customer with rows in two groups counts in both.
        """
        own = by_customer(self.offers, self.position, self.top)
        rows = []
        for attribute, (codes, levels) in self.offers.attributes.items():
            for code, level in enumerate(levels):
                here = np.zeros(len(self.offers.customers), dtype=bool)
                here[self.offers.customer[codes == code]] = True
                rows += [
                    (attribute, level, name, n, *told)
                    for name in BY_CUSTOMER
                    for n, told in [mean_of(own[name], here)]
                ]
        names = ["attribute", "group", "measure", "n", "value", "low", "high"]
        table = pd.DataFrame(rows, columns=names)
        return table.assign(note=not_estimable(table["n"]))

    def exposure_by_group(self) -> pd.DataFrame:
        """Return how much each group sees of each item.

        Columns `attribute, group, item, n, shown, shown_low, shown_high, exposure, low, high,
        note`. `shown` is the share of the group's customers who see the item. `exposure` is the
        mean attention that the item gets from the group over what it gets from all: 1 is alike, 2
        twice as much, and 0 means that nobody of the group sees it. Intervals are at 95 %; that of
        the exposure takes the mean of all as known. Under ten customers both are NaN.
        """
        return seen_by_group(self.offers, self.position, self.top)

    def rows(self) -> pd.DataFrame:
        """Return one row for each of the task, in its order.

        Columns `unit, item, score, position, attention, bought`. Read by
        `equipoise.fairness.benefits.exposure` beside the task's groups, with `ranking=rows["item"]`
        and `scores=rows["score"]`, they say which groups stand high in the list of each item.
        """
        return self.offers.keys().assign(
            score=self.scores,
            position=self.position,
            attention=attention(self.position, self.top),
            bought=self.offers.task.y,
        )

    def _coverage(self) -> tuple[object, ...]:
        own, other = (
            coverage(self.offers, each, self.top)
            for each in (self.position, self.baseline_position)
        )
        none = np.nan
        count = len(self.offers.customers)
        return ("coverage", count, own, none, none, other, own - other, none, none)


def rank_offers(
    task: Task,
    scores: ArrayLike | OfferScores,
    *,
    item: str | ArrayLike = "category",
    top: int = 3,
    baseline: ArrayLike | OfferScores | None = None,
    partial: bool = False,
    seed: int,
) -> Ranking:
    """Order each customer's items by score and measure the first `top` against the outcomes.

    Parameters
    ----------
    task : Task
        One row for each customer and item. Its weights are not used.
    scores : OfferScores or array_like of float, shape (n,)
        Higher is shown first.
    item : str or array_like, shape (n,)
        The feature that says which item a row is about, or the items themselves, row for row.
    top : int
        How many items a customer is shown; customers with fewer are shown all they have.
    baseline : OfferScores or array_like of float, shape (n,), optional
        What every result stands beside. If not given: one list for everybody, in the order in
        which the items were bought, which no list made beforehand can beat.
    partial : bool
        Whether customers may lack some items.
    seed : int
        Breaks ties, whatever the order of the rows.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        Where a pair comes twice or lacks, a score is missing or of other rows, or more is to be
        shown than there is.

    References
    ----------
    Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques. ACM TOIS 20.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> from equipoise.models.offers import factor_scores
    >>> task = make_crm(customers=400, seed=7).task("next_category")
    >>> ranking = rank_offers(task, factor_scores(task, factors=6, shrinkage=0.1), seed=1)
    >>> ranking.frame()["measure"].tolist()
    ['precision', 'recall', 'discounted_gain', 'hit_rate', 'coverage']
    """
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    rows = read_rows(task, item, partial=partial)
    top = check_whole("top", top, low=1, next_move="Use for example 3.")
    if top > len(rows.items):
        found = f"{top} of {len(rows.items)}"
        raise InputError("top", "must not exceed the number of items", found, "Use fewer.")
    values = scores_of(rows, scores)
    beside = popularity_of(rows) if baseline is None else scores_of(rows, baseline, "baseline")
    ties = rows.shuffled(seed)
    return Ranking(
        rows,
        values,
        positions(rows, values, ties),
        positions(rows, beside, ties),
        top,
        _said("given scores", scores),
        POPULARITY if baseline is None else _said("given scores", baseline),
        scores.notes if isinstance(scores, OfferScores) else (),
    )


def _said(otherwise: str, scores: ArrayLike | OfferScores) -> str:
    return scores.method if isinstance(scores, OfferScores) else otherwise
