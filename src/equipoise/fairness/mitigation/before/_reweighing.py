"""Before training: weights that make outcome and group independent in the training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.fairness._rows import binary, check_aligned, group_codes
from equipoise.fairness.mitigation._aif360 import without_import_lines

__all__ = ["reweighing"]


def reweighing(y: ArrayLike, group: ArrayLike) -> NDArray[np.float64]:
    """Return AIF360's Reweighing weights, one a row: expected over observed share of its cell.

    The weighted training gap in the outcome is zero by construction; how far the gap of a *model*
    moves depends on what carries it. The weights read outcomes and groups, so they have no place
    before a private learner unless they are made from noisy counts.

    Parameters
    ----------
    y : array_like of 0 and 1, shape (n,)
        Outcomes.
    group : array_like, shape (n,)
        Group of each row; any number of groups, in any coding.

    Returns
    -------
    array of float, shape (n,)
        Positive weights that sum to n.

    Raises
    ------
    InputError
        Where rows do not match, a value is missing, or a group has rows of one outcome only: no
        weight can make it independent.

    References
    ----------
    Kamiran & Calders (2012), Data preprocessing techniques for classification without
    discrimination. Knowledge and Information Systems 33.

    Examples
    --------
    >>> reweighing(np.array([1, 0, 0, 1, 1, 0]), pd.Series(list("aaabbb"))).round(2).tolist()
    [1.5, 0.75, 0.75, 0.75, 0.75, 1.5]
    """
    check_aligned(y=y, group=group)
    outcome = binary(y, "y")
    codes, levels = group_codes(pd.Series(group))
    positives = np.bincount(codes, weights=outcome, minlength=len(levels))
    sizes = np.bincount(codes, minlength=len(levels))
    lacking = np.flatnonzero((positives == 0) | (positives == sizes))
    if len(lacking):
        place = lacking[0]
        raise InputError(
            f"group {levels[place]!r}",
            "must have rows of both outcomes to be reweighed",
            f"{positives[place]:.0f} positive of {sizes[place]}",
            "Merge small groups first.",
        )
    index = pd.Index(codes, name="group")
    with without_import_lines():
        from aif360.sklearn.preprocessing import Reweighing
    frame = pd.DataFrame({"row": np.arange(len(outcome))}, index=index)
    _, weights = Reweighing("group").fit_transform(frame, pd.Series(outcome, index=index))
    return np.asarray(weights, dtype=float)
