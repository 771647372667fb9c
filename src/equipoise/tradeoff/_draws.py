"""Bootstrap draws of customers: the same for every policy, and never all in memory at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from equipoise.tradeoff._parts import Part

__all__ = ["REPLICATES", "drawn_sums", "fixed_point"]

REPLICATES = 200
_BLOCK = 2048
"""Customers whose draws are made together; 256 blocks are kept, some 100 megabytes."""
_MOST = 31
"""The most often that a customer is drawn; one in 10^34 would be more often."""

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def drawn_sums(part: Part, columns: Callable[[Codes], Floats], wide: int) -> tuple[Floats, Floats]:
    """Return sums over the permitted rows, weighted by how often each draw takes their customer.

    A draw takes each customer of the whole part as often as a Poisson variable of mean 1 says, with
    all her rows. It depends on the seed of the split, the name of the part and the customer's
    number alone, so policies and consent policies are compared on the same draws.

    Parameters
    ----------
    part : Part
    columns : callable
        Given places of permitted rows, returns what to sum: whole numbers (see `fixed_point`), shape
        (wide, rows). Their sums are exact, so they do not depend on what is summed beside them.
    wide : int

    Returns
    -------
    sums : array of float, shape (groups, 2, wide, replicates)
        By group and outcome, the negative one first.
    rows : array of float, shape (groups, 3, replicates)
        Rows drawn by group: permitted without and with the outcome, and not permitted.
    """
    groups = len(part.levels)
    sums = np.zeros((2 * groups, wide, REPLICATES))
    rows = np.zeros((3 * groups, REPLICATES))
    place = np.full(part.whole_rows, -1)
    place[part.permitted] = np.arange(len(part.permitted))
    for block, segment, run in _runs(part):
        drawn = _block(part.split_seed, part.name, block)
        weights = drawn[part.whole_customers[run] % _BLOCK].astype(float)
        rows[segment] += weights.sum(axis=0)
        if segment < 2 * groups:
            sums[segment] += columns(place[run]) @ weights
    ordered = np.concatenate(
        [rows[: 2 * groups].reshape(groups, 2, -1), rows[2 * groups :, None]], axis=1
    )
    return sums.reshape(groups, 2, wide, -1), ordered


def fixed_point(values: Floats) -> float:
    """Return the power of two by which to scale amounts of rows, so that sums of draws are exact.

    Scaled and rounded, they are whole numbers whose sums stay below 2^53 in every draw: a floating
    sum is then the same in any order, on any number of threads.

    Examples
    --------
    >>> fixed_point(np.array([15.0, -1.0])) == 2.0**42
    True
    """
    most = _MOST * len(values) * float(np.abs(values).max(initial=0.0))
    return 2.0 ** (52 - math.ceil(math.log2(most))) if most > 0 else 1.0


def _runs(part: Part) -> Iterator[tuple[int, int, Codes]]:
    """Yield block of customers, segment and rows of the whole, a run at a time.

    Segments are numbered by group and outcome, those of rows that are not permitted after them.
    """
    groups = len(part.levels)
    segment = 2 * groups + part.whole_codes
    segment[part.permitted] = 2 * part.codes + part.task.y
    blocks = part.whole_customers // _BLOCK
    key = blocks * 3 * groups + segment
    order = np.argsort(key, kind="stable")
    ends = np.flatnonzero(np.diff(key[order], append=-1)) + 1
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        first = order[start]
        yield int(blocks[first]), int(segment[first]), order[start:end]


@lru_cache(maxsize=256)
def _block(seed: int, part: str, number: int) -> NDArray[np.uint8]:
    """Return how often each customer of a block is drawn, shape (customers, replicates)."""
    rng = np.random.default_rng([seed, crc32(part.encode()), number])
    drawn = rng.poisson(1.0, size=(_BLOCK, REPLICATES))
    return np.minimum(drawn, _MOST).astype(np.uint8)
