"""Prices: what a place in each item, and a euro of budget, is worth when places are short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.models.offers._rows import Codes, Floats

__all__ = ["Limits", "Stakes", "bound_at", "find_prices", "stakes_at"]

SWEEPS = 200
SAMPLE = 10_000
SAME = 1e-10


@dataclass(frozen=True, eq=False)
class Limits:
    """Customers with the same margins as one class, and what limits their offers.

    Attributes
    ----------
    margins : array of float, shape (classes, items)
        Euros of each offer; minus infinity where it is not permitted.
    sizes : array of int, shape (classes,)
        Customers of each class.
    per_customer : int
        At most the number of items.
    capacity : array of float, shape (items,)
        Infinite where unlimited.
    most : float
        Offers in all; infinite where unlimited.
    """

    margins: Floats
    sizes: Codes
    per_customer: int
    capacity: Floats
    most: float


@dataclass(frozen=True, eq=False)
class Stakes:
    """What is at stake in each pair of class and item at given prices, shape (classes, items).

    Attributes
    ----------
    taken : array of bool
        Whether a customer of the class would take the item, left alone with the prices.
    loss : array of float
        Euros by which the bound falls if one customer does the opposite; not negative.
    """

    taken: np.ndarray
    loss: Floats


def find_prices(limits: Limits) -> Floats:
    """Return prices, shape (items + 1,), that nearly minimise `bound_at`; the last is of any offer.

    One price after the other is set as low as it can be while no more customers want the item, at
    the other prices, than there are places. Each such step minimises the bound along one price.

    References
    ----------
    Bertsekas (1988), The auction algorithm: a distributed relaxation method for the assignment
    problem. Annals of Operations Research 14.
    """
    prices = np.zeros(len(limits.capacity) + 1)
    if len(limits.sizes) > 2 * SAMPLE:
        prices = find_prices(_some(limits))
    bound = bound_at(limits, prices)
    short = np.flatnonzero(limits.capacity < limits.sizes.sum()).tolist()
    for _ in range(SWEEPS):
        for item in short:
            prices[item] = _cleared(_worth(limits, prices, item), limits, limits.capacity[item])
        if np.isfinite(limits.most):
            top = _top(limits.margins - prices[:-1], limits.per_customer)
            prices[-1] = _cleared(top, limits, limits.most)
        before, bound = bound, bound_at(limits, prices)
        if before - bound <= SAME * max(1.0, abs(bound)):
            break
    return prices


def _some(limits: Limits) -> Limits:
    """Return a sample of the classes, which stand in an order by chance, and its part of places."""
    sizes = limits.sizes[:SAMPLE]
    part = sizes.sum() / limits.sizes.sum()
    return Limits(
        limits.margins[:SAMPLE],
        sizes,
        limits.per_customer,
        limits.capacity * part,
        limits.most * part,
    )


def bound_at(limits: Limits, prices: Floats) -> float:
    """Return what no assignment within the limits can exceed, in euros; any prices bound it."""
    net = limits.margins - prices[:-1] - prices[-1]
    best = np.maximum(_top(net, limits.per_customer), 0).sum(axis=1) @ limits.sizes
    caps = np.append(limits.capacity, limits.most)
    priced = prices > 0
    return float(best + caps[priced] @ prices[priced])


def stakes_at(limits: Limits, prices: Floats) -> Stakes:
    """Return who takes what at the prices, and how much each choice matters."""
    net = limits.margins - prices[:-1] - prices[-1]
    last, following = _last_and_next(net, limits.per_customer)
    order = np.argsort(-net, axis=1, kind="stable")[:, : limits.per_customer]
    taken = np.zeros(net.shape, dtype=bool)
    np.put_along_axis(taken, order, True, axis=1)
    taken &= net > 0
    return Stakes(taken, np.where(taken, net - following[:, None], last[:, None] - net))


def _worth(limits: Limits, prices: Floats, item: int) -> Floats:
    """Return up to which price each class wants an item, at the other prices, shape (classes, 1)."""
    net = limits.margins - prices[:-1] - prices[-1]
    net[:, item] = -np.inf
    rival, _ = _last_and_next(net, limits.per_customer)
    return np.asarray(limits.margins[:, [item]] - prices[-1] - rival[:, None])


def _cleared(worth: Floats, limits: Limits, places: float) -> float:
    """Return the lowest price at which no more than so many want it."""
    sizes = np.broadcast_to(limits.sizes[:, None], worth.shape)[worth > 0]
    wanted = worth[worth > 0]
    if sizes.sum() <= places:
        return 0.0
    order = np.argsort(-wanted)
    first_out = np.searchsorted(sizes[order].cumsum(), places, side="right")
    return float(wanted[order[first_out]])


def _top(net: Floats, count: int) -> Floats:
    if count >= net.shape[1]:
        return net
    return np.asarray(np.partition(net, net.shape[1] - count, axis=1)[:, -count:])


def _last_and_next(net: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the least of the `count` highest of each row, and the highest below; zero or more."""
    items = net.shape[1]
    if count >= items:
        last = net.min(axis=1) if count == items else np.zeros(len(net))
        return np.maximum(last, 0), np.zeros(len(net))
    ordered = np.partition(net, (items - count - 1, items - count), axis=1)
    return np.maximum(ordered[:, -count], 0), np.maximum(ordered[:, -count - 1], 0)
