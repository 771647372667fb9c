"""Levels within groups from noisy counts of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.privacy.learning import _noisy_vector
from equipoise.privacy.learning._group_levels import (
    Equal,
    GroupLevels,
    group_levels,
    is_counted,
    score_counts,
)
from equipoise.privacy.learning._prefix_counts import counts_of, root_sums, spread_of_one

__all__ = ["noisy_levels"]


def noisy_levels(
    scores: NDArray[np.float64],
    codes: NDArray[np.intp],
    outcomes: NDArray[np.int_],
    *,
    groups: int,
    equal: Equal,
    bins: int,
    noise_sd: float,
    rng: np.random.Generator,
) -> GroupLevels:
    """Return the curves from scores to levels, from one noisy vector of counts.

    A row moves the vector by at most `spread_of_one(bins)`, whatever its score and its group. Rows of
    outcome 0 are not counted at all where true positive rates are to be equal.
    """
    kept = is_counted(outcomes, equal)
    exact = root_sums(score_counts(scores[kept], codes[kept], groups=groups, bins=bins))
    counts = counts_of(_noisy_vector.noisy_vector(exact, noise_sd, rng), bins=bins)
    return group_levels(counts, total_sd=noise_sd * spread_of_one(bins))
