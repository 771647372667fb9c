"""What the rates of some groups rest on: sums over rows, and over customers, that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["CELLS", "Tally"]

Floats = NDArray[np.float64]

CELLS = ((1, 1), (0, 1), (1, 0), (0, 0))
"""Outcome and decision of the four cells: true and false positives, false and true negatives."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums of groups; those of disjoint groups add up, so that "the rest" is a difference.

    Attributes
    ----------
    groups : tuple of str, length g
    rows : array of int, shape (g, 4)
        Rows in each cell.
    counts : array, shape (g, 4)
        Sums of weights, of noised counts, or the rows again.
    squares : array, shape (g, 4)
        Sums of squared weights.
    products : array, shape (g, 4, 4)
        Sums over customers of the products of their own counts in any two cells.
    noise : array, shape (2, g, 4)
        Variance and fourth cumulant of the noise in each count; zero where there is none.
    """

    groups: tuple[str, ...]
    rows: NDArray[np.int64]
    counts: Floats
    squares: Floats
    products: Floats
    noise: Floats

    def rest(self) -> Self:
        """Return the sums of all other groups, group by group."""
        parts = ("rows", "counts", "squares", "products")
        others = {name: (whole := getattr(self, name)).sum(axis=0) - whole for name in parts}
        noise = self.noise.sum(axis=1, keepdims=True) - self.noise
        return replace(self, noise=noise, **others)

    def take(self, places: Sequence[int] | NDArray[np.intp]) -> Self:
        """Return the sums of some groups, in the order given."""
        where = np.asarray(places, dtype=int)
        return replace(
            self,
            groups=tuple(self.groups[place] for place in where),
            noise=self.noise[:, where],
            **{n: getattr(self, n)[where] for n in ("rows", "counts", "squares", "products")},
        )
