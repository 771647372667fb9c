"""An empirical lower bound on epsilon from draws of two neighbouring worlds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

from equipoise.exceptions import InputError

__all__ = ["epsilon_lower_bound"]


def epsilon_lower_bound(
    draws: ArrayLike, neighbours: ArrayLike, *, delta: float, confidence: float = 0.99
) -> float:
    """Return what the true epsilon is at least, with the stated confidence.

    The event that tells the worlds apart best (draws above, or below, a threshold) is chosen on the
    first half of the draws and judged on the second, in both directions. Zero means that this
    attack found nothing; it never means that the mechanism keeps a promise.

    Parameters
    ----------
    draws, neighbours : array_like of float, shape (n,)
        Independent outputs of the mechanism on two tables that differ by one customer. Half of
        each is judged, so a large epsilon needs many.
    delta : float
        The delta of the claim, in [0, 1); 0 where the claim is pure.
    confidence : float
        In (0, 1): that the true epsilon is at least the returned one; each of the two
        Clopper-Pearson bounds is one-sided at half the remaining level.

    Raises
    ------
    InputError
        Where delta or confidence lie outside their ranges, or a world has fewer than two draws or
        one that is not finite.

    References
    ----------
    Jagielski, Ullman & Oprea (2020), Auditing differentially private machine learning.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> claimed_half = rng.laplace(0, 0.5, 20_000), rng.laplace(1, 0.5, 20_000)
    >>> 1.5 < epsilon_lower_bound(*claimed_half, delta=0.0) <= 2.0
    True
    """
    _check_claim(delta, confidence)
    worlds = [_world("draws", draws), _world("neighbours", neighbours)]
    halves = [(world[: len(world) // 2], world[len(world) // 2 :]) for world in worlds]
    level = (1 - confidence) / 2
    best, event = 0.0, None
    for one, other in ((0, 1), (1, 0)):
        for sign in (1.0, -1.0):
            for threshold in np.unique(
                np.quantile(sign * halves[one][0], np.linspace(0.5, 0.999, 60))
            ):
                found = _bound(
                    sign * halves[one][0], sign * halves[other][0], threshold, delta, level
                )
                if found > best:
                    best, event = found, (one, other, sign, threshold)
    if event is None:
        return 0.0
    one, other, sign, threshold = event
    return _bound(sign * halves[one][1], sign * halves[other][1], threshold, delta, level)


def _check_claim(delta: float, confidence: float) -> None:
    if not 0 <= delta < 1:
        raise InputError(
            "delta", "must lie in [0, 1)", delta, "Use the claim's own, 0 if it is pure."
        )
    if not 0 < confidence < 1:
        raise InputError(
            "confidence", "must lie strictly between 0 and 1", confidence, "Use for example 0.99."
        )


def _world(name: str, values: ArrayLike) -> NDArray[np.float64]:
    world = np.asarray(values, dtype=float)
    if world.ndim != 1 or len(world) < 2:
        found = f"shape {world.shape}"
        raise InputError(name, "must be a row of at least two numbers", found, "Draw more often.")
    odd = int((~np.isfinite(world)).sum())
    if odd:
        found = f"NaN or infinity in {odd:,} of {len(world):,}"
        raise InputError(name, "must be finite numbers", found, "Correct the mechanism.")
    return world


def _bound(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    threshold: float,
    delta: float,
    level: float,
) -> float:
    hits, misses = int((one >= threshold).sum()), int((other >= threshold).sum())
    low = beta.ppf(level, hits, len(one) - hits + 1) if hits else 0.0
    high = beta.ppf(1 - level, misses + 1, len(other) - misses) if misses < len(other) else 1.0
    return max(0.0, math.log((low - delta) / high)) if low > delta else 0.0
