"""Rates by group of many decisions about the same rows, as audits one by one would state them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.fairness._estimates import Estimates, estimates_of
from equipoise.fairness._frames import CONFIDENCE
from equipoise.fairness._tally import Tally
from equipoise.fairness.rates import RATES
from equipoise.intervals import MINIMUM_TRIALS

__all__ = ["GroupRates", "rates_of_decisions"]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


class GroupRates(NamedTuple):
    """A rate of each group under each of several decisions; all of shape (decisions, groups).

    `value`, `low` and `high` are NaN where `support`, the independent customers in the denominator,
    is under ten; `trials` are the denominators behind the intervals.
    """

    value: Floats
    low: Floats
    high: Floats
    trials: Floats
    support: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rates are estimable."""
        return self.support >= MINIMUM_TRIALS

    def gaps(self) -> Floats:
        """Return the largest gap between estimable groups, shape (decisions,); NaN under two."""
        two = self.known.sum(axis=1) > 1
        widest = np.fmax.reduce(self.value, axis=1) - np.fmin.reduce(self.value, axis=1)
        return np.where(two, widest, np.nan)


def rates_of_decisions(
    codes: Codes,
    outcome: NDArray[np.int_],
    decisions: NDArray[np.bool_],
    *,
    groups: int,
    rates: Sequence[str],
    customers: Codes | None = None,
) -> dict[str, GroupRates]:
    """Return what `audit(...).frame()` and `.trials()` say of one attribute, decision by decision.

    Parameters
    ----------
    codes : array of int, shape (n,)
        Group of each row, from 0 to `groups` - 1; a group may have no row.
    outcome : array of 0 and 1, shape (n,)
    decisions : array of bool, shape (decisions, n)
    groups : int
    rates : sequence of str
        Names in `RATES`, of shares.
    customers : array of int, shape (n,), optional
        Number of each row's customer; intervals widen where customers have several rows.

    Examples
    --------
    >>> outcome, decided = np.tile([0, 1], 20), np.arange(40) < [[8], [40]]
    >>> told = rates_of_decisions(
    ...     np.zeros(40, dtype=int), outcome, decided, groups=1, rates=["selection_rate"]
    ... )
    >>> told["selection_rate"].value.ravel().tolist()
    [0.2, 1.0]
    """
    cells = _cells(2 * codes + outcome, decisions, 2 * groups).reshape(-1, 4)
    tally = Tally(
        ("",) * len(cells),
        cells.astype(np.int64),
        cells,
        cells,
        np.eye(4) * cells[:, :, None],
        np.zeros((2, *cells.shape)),
    )
    if customers is not None and len(np.unique(customers)) < len(customers):
        tally = _with_customers(tally, codes, outcome, decisions, customers, groups)
    shown = np.zeros(len(cells), dtype=bool)
    found = {name: estimates_of(tally, RATES[name], shown) for name in rates}
    return {name: _shaped(each, len(decisions)) for name, each in found.items()}


def _cells(place: Codes, decisions: NDArray[np.bool_], places: int) -> Floats:
    """Return rows in the four cells of `CELLS`, shape (decisions, groups, 4).

    Places are numbered by group and then by outcome, the negative one first.
    """
    rows = np.bincount(place, minlength=places).reshape(-1, 2)
    positive = np.array([np.bincount(place[each], minlength=places) for each in decisions])
    contacted = positive.reshape(len(decisions), -1, 2)
    both = np.stack([contacted, rows - contacted], axis=2)[..., ::-1]
    return both.reshape(*contacted.shape[:2], 4).astype(float)


def _with_customers(
    tally: Tally,
    codes: Codes,
    outcome: NDArray[np.int_],
    decisions: NDArray[np.bool_],
    customers: Codes,
    groups: int,
) -> Tally:
    """Return the tally with sums over customers of products of their own cells."""
    owners, place = np.unique(codes * (int(customers.max()) + 1) + customers, return_inverse=True)
    group = np.zeros(len(owners), dtype=np.intp)
    group[place] = codes
    products = np.empty((len(decisions), groups, 4, 4))
    for own, each in zip(products, decisions, strict=True):
        (cells,) = _cells(2 * place + outcome, each[None], 2 * len(owners))
        for one in range(4):
            for other in range(one, 4):
                summed = np.bincount(group, cells[:, one] * cells[:, other], groups)
                own[:, one, other] = own[:, other, one] = summed
    parts = (tally.groups, tally.rows, tally.counts, tally.squares)
    return Tally(*parts, products.reshape(-1, 4, 4), tally.noise)


def _shaped(found: Estimates, decisions: int) -> GroupRates:
    (part,) = found.parts
    sides = (*found.at(CONFIDENCE), part.trials, found.support)
    return GroupRates(*(np.asarray(side).reshape(decisions, -1) for side in sides))
