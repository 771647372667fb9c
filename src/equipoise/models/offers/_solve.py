"""Who gets which offer: the assignment of greatest margin within the limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from equipoise.models.offers._prices import Limits, Stakes, bound_at, find_prices, stakes_at
from equipoise.models.offers._rows import Codes, Floats

__all__ = ["Solution", "solve"]

Flags = NDArray[np.bool_]

OPTIMAL = 1e-9
"""Part of the margin up to which an assignment counts as the best."""

FIRST_FREE, MOST_FREE = 6_000, 40_000
"""Pairs of class and item that the linear programme settles at first, and at most."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Offers, and how far they can be from the best.

    Attributes
    ----------
    chosen : array of bool, shape (customers, items)
    margin_eur, bound_eur : float
        What the offers are worth, and what no assignment can exceed.
    """

    chosen: Flags
    margin_eur: float
    bound_eur: float

    @property
    def is_exact(self) -> bool:
        """Whether no assignment can be better, but for rounding."""
        return self.bound_eur - self.margin_eur <= OPTIMAL * max(1.0, abs(self.bound_eur))


def solve(
    margins: Floats, *, per_customer: int, capacity: Floats, most: float, seed: int
) -> Solution:
    """Return the offers of greatest margin.

    Customers with the same margins form a class, whose offers are dealt to its customers by chance.
    Prices bound what can be reached, and say of each pair of class and item how much is lost at
    least by deciding against them. Most pairs follow the prices; those with the least at stake are
    settled by a linear programme, whose vertices are whole numbers. Where all others have more at
    stake than what is left between its value and the bound, there is nothing better. If not, those
    pairs are settled, too, unless there are too many: then the bound stays above the value.

    Parameters
    ----------
    margins : array of float, shape (customers, items)
        Euros; minus infinity where an offer is not permitted. No offer below zero is made.
    per_customer : int
    capacity : array of float, shape (items,)
        Infinite where unlimited.
    most : float
        Offers in all; infinite where unlimited.
    seed : int
        Breaks ties.
    """
    random = np.random.default_rng(seed)
    mixed = random.permutation(margins.shape[1])  # else the first of equal items would always win
    worth = np.where(margins > 0, margins, -np.inf)[:, mixed]
    classes, of_customer = _classes(worth, random)
    sizes = np.bincount(of_customer, minlength=len(classes))
    limits = Limits(classes, sizes, min(per_customer, len(mixed)), capacity[mixed], most)
    offers, bound = _by_class(limits)
    chosen = np.empty(margins.shape, dtype=bool)
    chosen[:, mixed] = _dealt(offers, of_customer, random)
    return Solution(chosen, float(margins[chosen].sum()), bound)


def _by_class(limits: Limits) -> tuple[Codes, float]:
    """Return how many customers of each class get each item, and the bound."""
    prices = find_prices(limits)
    bound, stakes = bound_at(limits, prices), stakes_at(limits, prices)
    free = _least(limits, stakes)
    offers = _programme(limits, stakes, free)
    gap = bound - _margin(limits, offers)
    if gap <= OPTIMAL * max(1.0, abs(bound)):
        return offers, bound
    needed = np.isfinite(limits.margins) & (stakes.loss <= gap * (1 + OPTIMAL))
    if (needed & ~free).any():
        if needed.sum() > MOST_FREE:
            return offers, bound
        offers = _programme(limits, stakes, needed | free)
    return offers, _margin(limits, offers)


def _margin(limits: Limits, offers: Codes) -> float:
    return float((np.where(offers > 0, limits.margins, 0) * offers).sum())


def _least(limits: Limits, stakes: Stakes) -> Flags:
    """Return the pairs with the least at stake, so many that the others keep to the limits."""
    possible = np.isfinite(limits.margins)
    losses = np.sort(stakes.loss[possible])
    count = FIRST_FREE
    while count < len(losses):
        free = possible & (stakes.loss <= losses[count])
        if (_rooms(limits, _fixed(limits, stakes, free))[1] >= 0).all():
            return np.asarray(free)
        count *= 4
    return np.asarray(possible)


def _fixed(limits: Limits, stakes: Stakes, free: Flags) -> Codes:
    return np.asarray((stakes.taken & ~free) * limits.sizes[:, None])


def _rooms(limits: Limits, fixed: Codes) -> tuple[Floats, Floats]:
    """Return the places left in each class, and in each item and in all."""
    everybody = limits.sizes.sum()
    of_item = np.minimum(limits.capacity, everybody) - fixed.sum(axis=0)
    in_all = min(limits.most, everybody * limits.per_customer) - fixed.sum()
    of_class = limits.sizes * limits.per_customer - fixed.sum(axis=1)
    return of_class.astype(float), np.append(of_item, in_all)


def _programme(limits: Limits, stakes: Stakes, free: Flags) -> Codes:
    """Settle the free pairs in the best way beside the others, which follow their prices.

    Rows of the programme are classes, items and all pairs: two nested families, so that its
    vertices are whole numbers.
    """
    offers = _fixed(limits, stakes, free).astype(np.intp)
    group, item = np.nonzero(free)
    if not len(group):
        return offers
    of_class, others = _rooms(limits, offers)
    own, place = np.unique(group, return_inverse=True)
    pair, ones = np.arange(len(group)), np.ones(len(group))
    rows = [
        sparse.coo_array((ones, (where, pair)), shape=(many, len(pair)))
        for where, many in ((place, len(own)), (item, free.shape[1]), (np.zeros_like(pair), 1))
    ]
    found = linprog(
        -limits.margins[group, item],
        A_ub=sparse.vstack(rows).tocsr(),
        b_ub=np.concatenate([of_class[own], others]),
        bounds=np.column_stack([np.zeros(len(pair)), limits.sizes[group]]),
        method="highs-ds",
    )
    offers[group, item] = np.rint(found.x)
    return offers


def _classes(worth: Floats, random: np.random.Generator) -> tuple[Floats, Codes]:
    """Return the different rows in an order by chance, and the number of each customer's."""
    order = np.lexsort(worth.T)
    ordered = worth[order]
    new = np.ones(len(worth), dtype=bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    code = np.empty(len(worth), dtype=np.intp)
    code[order] = new.cumsum() - 1
    place = random.permutation(int(new.sum()))
    classes = np.empty((len(place), worth.shape[1]))
    classes[place] = ordered[new]
    return classes, np.asarray(place[code])


def _dealt(offers: Codes, of_customer: Codes, random: np.random.Generator) -> Flags:
    """Deal the offers of each class to its customers like cards, who stand in an order by chance.

    No item has more offers than the class has customers, so nobody is dealt the same one twice.
    """
    chance = random.permutation(len(of_customer))
    customers = chance[np.argsort(of_customer[chance], kind="stable")]
    sizes = np.bincount(of_customer, minlength=len(offers))
    group, item = np.nonzero(offers)
    counts = offers[group, item]
    of_offer, items = np.repeat(group, counts), np.repeat(item, counts)
    totals = offers.sum(axis=1)
    place = np.arange(len(items)) - (totals.cumsum() - totals)[of_offer]
    start = sizes.cumsum() - sizes
    chosen = np.zeros((len(of_customer), offers.shape[1]), dtype=bool)
    chosen[customers[start[of_offer] + place % sizes[of_offer]], items] = True
    return chosen
