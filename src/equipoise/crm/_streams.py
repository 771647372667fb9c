"""Random numbers by name, customer and event, so that no draw can shift another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gammaincinv, ndtri

from equipoise._files import text_digest

__all__ = ["Draws", "Flags", "Floats", "Whole", "any_of", "levels", "opaque_numbers"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

CUSTOMER_STEP = np.uint64(0x9E3779B97F4A7C15)
EVENT_STEP = np.uint64(0xD1B54A32D192ED03)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
UNIT = 2.0**-52
EVENTS_PER_CUSTOMER = 1024


@dataclass(frozen=True, eq=False)
class Draws:
    """The random numbers of some customers of one world.

    A draw depends on the seed, the stream's name, the customer's number and the event's number,
    and on nothing else: not on who else is drawn, in which order, or on what a distortion does.
    So every world with the same seed gives a customer the same draws (common random numbers), the
    first customers of a larger world are those of a smaller one, and any part of a world can be
    drawn by itself.

    Parameters
    ----------
    seed : int
        The world's seed, zero or more.
    first : int
        Number of the first customer; customers count from 1.
    customers : int
        How many customers, numbered on from `first`.

    References
    ----------
    Salmon, Moraes, Dror and Shaw (2011), Parallel random numbers: as easy as 1, 2, 3 (counter-based
    generators). Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators (the
    mixing function, here applied twice).

    Examples
    --------
    >>> few, many = Draws(7, 3, 2), Draws(7, 1, 100)
    >>> few.uniform("age").tolist() == many.uniform("age")[2:4].tolist()
    True
    """

    seed: int
    first: int
    customers: int

    @property
    def numbers(self) -> Words:
        """The customers' numbers, shape (customers,)."""
        return np.arange(self.first, self.first + self.customers, dtype=np.uint64)

    def uniform(self, name: str, event: int = 0) -> Floats:
        """Return one number strictly between 0 and 1 for each customer."""
        return _uniform(self._key(name), self.numbers, np.uint64(event))

    def uniform_at(self, name: str, row: Whole, event: Whole) -> Floats:
        """Return one number strictly between 0 and 1 for each event.

        `row` is the customer's position (from 0) and `event` the number of the event among that
        customer's events of this stream; both have shape (events,).
        """
        return _uniform(self._key(name), self.numbers[row], event.astype(np.uint64))

    def normal(self, name: str) -> Floats:
        """Return one standard normal number for each customer."""
        return np.asarray(ndtri(self.uniform(name)))

    def gamma(self, name: str, shape: float) -> Floats:
        """Return one gamma number with scale 1 for each customer."""
        return np.asarray(gammaincinv(shape, self.uniform(name)))

    def gamma_at(self, name: str, shape: float, row: Whole, event: Whole) -> Floats:
        """Return one gamma number with scale 1 for each event."""
        return np.asarray(gammaincinv(shape, self.uniform_at(name, row, event)))

    def beta(self, name: str, a: float, b: float) -> Floats:
        """Return one beta number for each customer."""
        return np.asarray(betaincinv(a, b, self.uniform(name)))

    def pick(self, name: str, shares: npt.ArrayLike) -> Whole:
        """Return a level's position for each customer.

        `shares` has one row for all, or one row for each customer; each row sums to 1.
        """
        return levels(self.uniform(name), shares)

    def _key(self, name: str) -> np.uint64:
        return np.uint64(int(text_digest(str(self.seed), name)[:16], 16))


def any_of(count: int, masks: Iterable[Flags]) -> Flags:
    """Return what any of the masks strikes; nothing where there is none."""
    return np.asarray(reduce(np.logical_or, masks, np.zeros(count, dtype=bool)))


def opaque_numbers(customer: Words, event: Whole) -> Words:
    """Return a number for each event that no other event has, and that shows no customer at sight.

    Events are numbered below 1,024, or two customers could share a number.
    """
    with np.errstate(over="ignore"):
        word = customer * np.uint64(EVENTS_PER_CUSTOMER) + event.astype(np.uint64)
        word *= CUSTOMER_STEP
        _mix(word)
    return word


def levels(uniform: Floats, shares: npt.ArrayLike) -> Whole:
    """Turn uniform numbers into positions of levels that occur with the given shares."""
    edges = np.cumsum(np.atleast_2d(shares), axis=1)[:, :-1]
    place = np.zeros(len(uniform), dtype=np.int64)
    for column in range(edges.shape[1]):
        place += uniform >= edges[:, column]
    return place


def _uniform(key: np.uint64, customer: Words, event: Words | np.uint64) -> Floats:
    with np.errstate(over="ignore"):
        word = customer * CUSTOMER_STEP + event * EVENT_STEP
        _mix(word)
        word += key
        _mix(word)
    word >>= np.uint64(12)
    uniform = word.astype(np.float64)
    uniform += 0.5
    uniform *= UNIT
    return uniform


def _mix(word: Words) -> None:
    word ^= word >> np.uint64(30)
    word *= FIRST_FACTOR
    word ^= word >> np.uint64(27)
    word *= SECOND_FACTOR
    word ^= word >> np.uint64(31)
