"""An empirical lower bound on epsilon from draws of two neighbouring worlds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.privacy.evidence._event import chosen_event
from equipoise.privacy.evidence._rates import AnyNoise, check_confidence, check_own_delta

__all__ = ["epsilon_lower_bound"]


def epsilon_lower_bound(
    draws: ArrayLike, neighbours: ArrayLike, *, delta: float, confidence: float = 0.99
) -> float:
    """Return what the true epsilon is at least, with the stated confidence.

    The event that tells the worlds apart best (draws above or below a threshold, near to or far from
    their middle) is chosen on the first half of the draws and judged on the second, in both
    directions. Zero means that this attack found nothing; it never means that the mechanism keeps a
    promise.

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
        Where delta or confidence lie outside their ranges, or a world has fewer than two draws, or
        one that is not a finite number.

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
    reading = AnyNoise(check_own_delta(delta))
    level = (1 - check_confidence(confidence)) / 2
    one, other = _world("draws", draws), _world("neighbours", neighbours)
    first, second = ((world[: len(world) // 2], world[len(world) // 2 :]) for world in (one, other))
    event = chosen_event((first[0], second[0]), level=level, reading=reading)
    return event.seen((first[1], second[1])).epsilon(level, reading)


def _world(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        world = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as problem:
        found, move = type(values).__name__, "Pass a list or an array of what was released."
        raise InputError(name, "must be a row of numbers", found, move) from problem
    if world.ndim != 1 or len(world) < 2:
        found = f"shape {world.shape}"
        raise InputError(name, "must be a row of at least two numbers", found, "Draw more often.")
    odd = int((~np.isfinite(world)).sum())
    if odd:
        found = f"NaN or infinity in {odd:,} of {len(world):,}"
        raise InputError(name, "must be finite numbers", found, "Correct the mechanism.")
    return world
