"""The penalty on differences of mean score between groups, from noisy sums of their rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equipoise.privacy._encoding import BoundedEncoding
from equipoise.privacy.learning._directions import free_directions

__all__ = ["group_sums", "pull_between"]

Numbers = NDArray[np.float64]

FEWEST_SD = 5.0  # a group with fewer rows than so many sd of noise on their number is left out


def group_sums(rows: Numbers, codes: NDArray[np.intp], groups: int) -> Numbers:
    """Return the sum of the rows of each group, one after the other, shape (groups × r,).

    A row adds itself to one place, so k rows move the vector by at most k times their norm. The first
    column is constant: its sum tells the number of rows.
    """
    return np.concatenate([rows[codes == code].sum(axis=0) for code in range(groups)])


def pull_between(
    sums: Numbers, *, noise_sd: float, penalty: float, encoding: BoundedEncoding
) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return the quadratic form of the penalty, shape (p, p), and which groups are left out of it.

    With w the weights, half of w' pull w is penalty × n / 2 × the sum over groups of their share
    times (mean score of the group - mean score of all)². Groups are left out whose number of rows
    is below 1, or below 5 standard deviations of its noise: nobody knows where they lie.
    """
    directions = free_directions(encoding)
    each = sums.reshape(-1, directions.shape[1])
    counts = each[:, 0] / encoding.constant
    lacking = counts < max(1.0, FEWEST_SD * noise_sd / encoding.constant)
    if lacking.all():
        return np.zeros((len(directions),) * 2), lacking
    means = each[~lacking] / counts[~lacking, None]
    shares = counts[~lacking] / counts[~lacking].sum()
    apart = (means - shares @ means) @ directions.T
    weighed = penalty * counts[~lacking, None] * apart
    pull: Numbers = apart.T @ weighed
    return (pull + pull.T) / 2, lacking
