"""The directions in which encoded rows can differ: known from the declaration alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import helmert

from equipoise.privacy._bounds import is_category
from equipoise.privacy._encoding import BoundedEncoding

__all__ = ["free_directions"]


def free_directions(encoding: BoundedEncoding) -> NDArray[np.float64]:
    """Return orthonormal columns, shape (encoded columns, r), that span every possible row.

    The indicators of a feature add up to 0, so k categories need k - 1 directions. Coordinates along
    them keep the norm of a row, and less noise is drawn in fewer directions. The first is the constant.
    """
    wide = [len(v) if is_category(v) else 1 for v in encoding.bounds.values()]
    free = [len(v) - 1 if is_category(v) else 1 for v in encoding.bounds.values()]
    directions = np.zeros((1 + sum(wide), 1 + sum(free)))
    directions[0, 0] = row = column = 1
    for height, width in zip(wide, free, strict=True):
        block = helmert(height).T if width < height else 1.0
        directions[row : row + height, column : column + width] = block
        row, column = row + height, column + width
    return directions
