"""Two policies' largest gaps compared on the same customers, from the rates of each group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.intervals import MINIMUM_TRIALS, Interval
from equipoise.tradeoff._paired import over_seeds_too

__all__ = ["expected_gap_change", "gap_change"]

Floats = NDArray[np.float64]


def expected_gap_change(one: Floats, other: Floats, trials: Floats) -> Interval:
    """Return the mean over seeds of one largest gap less another, with a 95 % interval.

    Parameters
    ----------
    one, other : ndarray, shape (groups, seeds, replicates + 1)
        Rates of each group on the same draws of customers; replicate 0 is the sample itself.
    trials : ndarray, shape (groups,)
        How many trials are behind the rate of each group; those with too few are left out.

    Returns
    -------
    Interval
        Over customers the bounds are the mean of those of `gap_change` with each seed; the distance
        over seeds is Student's t on the variance between them; their squares are added. NaN with
        fewer than two groups, and no bounds with one seed.
    """
    enough = trials >= MINIMUM_TRIALS
    if enough.sum() < 2:
        return Interval(np.nan, np.nan, np.nan)
    pairs = zip(one[enough].swapaxes(0, 1), other[enough].swapaxes(0, 1), strict=True)
    each = np.array([gap_change(own, others, trials[enough]) for own, others in pairs])
    told = over_seeds_too(Interval(*each.mean(axis=0)), each[:, 0])
    return Interval(*map(float, told))


def gap_change(one: Floats, other: Floats, trials: Floats) -> Interval:
    """Return the largest gap of one policy less that of another, over customers alone.

    Draws of a gap are too large, for they drive groups apart, but draws of rates are not. So every
    gap of the one (any group less any other) is compared with every gap of the other, by its
    standard error over draws. Whichever of the one is the largest in truth, its change against the
    largest of the other is at most that against any; so the upper bound is the largest, over gaps of
    the one, of the smallest upper bound, and the search among the gaps of the other is paid for
    (Bonferroni). The lower bound is the same with the two exchanged.

    Parameters
    ----------
    one, other : ndarray, shape (groups, replicates + 1)
    trials : ndarray, shape (groups,)
        One customer who changes is added to the variance of each rate: few may show none by chance.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.normal(0, 0.02, (2, 201)) * (np.arange(201) > 0)
    >>> apart, close = np.array([[0.4], [0.2]]) + shared, np.array([[0.3], [0.2]]) + shared
    >>> value, low, high = gap_change(close, apart, np.array([500, 500]))
    >>> print(f"{value:.2f} [{low:.3f}, {high:.3f}]")
    -0.10 [-0.109, -0.091]
    """
    contrasts = _contrasts(len(one))
    apart = (contrasts @ one[:, 0])[:, None] - contrasts @ other[:, 0]
    draws = np.concatenate([one, other])[:, 1:]
    known = np.isfinite(draws).all(axis=0)
    spread = np.cov(draws[:, known]) + np.diag(np.tile(1 / (trials + 2) ** 2, 2))
    groups = len(one)
    own, others, both = spread[:groups, :groups], spread[groups:, groups:], spread[:groups, groups:]
    variance = (
        _squared(contrasts, own)[:, None]
        + _squared(contrasts, others)
        - 2 * contrasts @ both @ contrasts.T
    )
    reach = -ndtri(0.025 / len(contrasts)) * np.sqrt(np.maximum(variance, 0.0))
    high = (apart + reach).min(axis=1).max()
    low = (apart - reach).max(axis=0).min()
    value = np.ptp(one[:, 0]) - np.ptp(other[:, 0])
    return Interval(float(value), float(low), float(high))


def _contrasts(groups: int) -> Floats:
    """Return every group less every other, shape (pairs, groups)."""
    signs = np.eye(groups)
    ordered = [(k, j) for k in range(groups) for j in range(groups) if k != j]
    return np.array([signs[k] - signs[j] for k, j in ordered])


def _squared(contrasts: Floats, spread: Floats) -> Floats:
    found: Floats = np.einsum("pg,gh,ph->p", contrasts, spread, contrasts)
    return found
