"""Many private models of the same customers, each with levels within the group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from equipoise.privacy.learning._group_column import GroupColumn
from equipoise.privacy.learning._group_levels import GroupLevels
from equipoise.privacy.learning._many_models import ManyModels

__all__ = ["ManyLevels"]

_Told: TypeAlias = Callable[
    [GroupLevels, NDArray[np.float64], NDArray[np.intp]], NDArray[np.float64]
]


@dataclass(frozen=True)
class ManyLevels(ManyModels):
    """`GroupThresholds` at every epsilon with every seed; its scores are levels in [0, 1].

    `matched` has the score of the same rank among all groups in place of the level.

    Attributes
    ----------
    column : GroupColumn
        The column of the group and its groups.
    levels : tuple of GroupLevels
        The curves of each model: the seeds of the first epsilon, then those of the next.
    """

    column: GroupColumn = field(kw_only=True)
    levels: tuple[GroupLevels, ...] = field(repr=False, kw_only=True)

    def decision_function(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the level of each row by each model, shape (epsilons, seeds, n)."""
        return self._of_rows(X, GroupLevels.levels)

    def matched(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return `GroupLevels.matched` of each row by each model, shape (epsilons, seeds, n)."""
        return self._of_rows(X, GroupLevels.matched)

    def _of_rows(self, X: pd.DataFrame | ArrayLike, told: _Told) -> NDArray[np.float64]:
        codes = self.column.codes(X)
        chances = expit(super().decision_function(X))
        flat = chances.reshape(-1, len(codes))
        found = [told(own, row, codes) for own, row in zip(self.levels, flat, strict=True)]
        return np.array(found).reshape(chances.shape)

    def probabilities(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the level of each row by each model, shape (epsilons, seeds, n)."""
        return self.decision_function(X)
