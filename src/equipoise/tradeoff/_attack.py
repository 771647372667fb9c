"""Whether a model's losses tell who it was fitted on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["attack_advantage"]

_LEAST = 1e-12
"""A probability nearer to 0 or 1 counts as this far away, so that every loss is finite."""


def attack_advantage(
    members: ArrayLike, member_scores: ArrayLike, others: ArrayLike, other_scores: ArrayLike
) -> float:
    """Return by how much an attack by loss finds members more often than it suspects others.

    It takes for members all whose log loss is at most the members' mean: the true positive rate
    less the false positive rate. Zero is no better than guessing; it may be below. It is one simple
    attack without knowledge of other models, so a small figure is no proof of privacy.

    Parameters
    ----------
    members, others : array_like of 0 and 1
        Outcomes of rows that were fitted on, and of rows like them that were not.
    member_scores, other_scores : array_like of float
        Their probabilities of the positive outcome.

    References
    ----------
    Yeom, Giacomelli, Fredrikson & Jha (2018), Privacy risk in machine learning. CSF.

    Examples
    --------
    >>> attack_advantage([1, 0, 1, 0], [0.9, 0.1, 0.9, 0.4], [1, 0], [0.4, 0.1])
    0.25
    """
    inside, outside = _losses(members, member_scores), _losses(others, other_scores)
    cut = inside.mean()
    return float((inside <= cut).mean() - (outside <= cut).mean())


def _losses(outcomes: ArrayLike, scores: ArrayLike) -> NDArray[np.float64]:
    chance = np.clip(np.asarray(scores, float), _LEAST, 1 - _LEAST)
    return np.asarray(-np.log(np.where(np.asarray(outcomes) == 1, chance, 1 - chance)))
