"""What chance alone would show: the noise floor of the largest gap, and shrinkage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["noise_floor", "shrunk"]

Counts = tuple[ArrayLike, ArrayLike]
Floats = NDArray[np.float64]
DRAWS = 2000
MOST_DEALT = 10**9
"""numpy deals fewer customers than this."""


def noise_floor(
    parts: Sequence[Counts],
    *,
    noise: ArrayLike = 0.0,
    quantile: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> float:
    """Return how large a gap chance would show between some two groups if none differed.

    Customers are dealt to the groups anew, as many to each as it has: what a permutation of the
    group column, within each denominator, does to the largest gap, drawn from the counts alone. A
    largest gap beyond the 95 % quantile of such deals is rarer than one in twenty.

    Parameters
    ----------
    parts : sequence of (successes, trials), each array_like of shape (groups,)
        Counts of one rate, or of several whose mean is looked at, of the groups that are compared.
        Counts that are not whole (those of weighted rows, or of customers with several rows) are
        rounded to whole customers; groups without any are left out.
    noise : array_like, shape (groups,)
        Standard deviation of what was added to each group's rate, if its counts were noised.
    quantile : float
        How much of chance stays below the floor.
    draws : int
        Deals drawn; the cost does not depend on the number of customers.
    seed : int
        Of the draws.

    Returns
    -------
    float
        NaN with fewer than two groups.

    Examples
    --------
    >>> floors = [noise_floor([([20] * k, [100] * k)]) for k in (2, 16)]
    >>> [round(floor, 2) for floor in floors]
    [0.12, 0.19]
    """
    counts = np.asarray(parts, float)
    known = (np.rint(counts[:, 1]) > 0).all(axis=0)
    if known.sum() < 2:
        return float("nan")
    rng = np.random.default_rng(seed)
    rates = np.mean([_dealt(rng, hits, of, draws) for hits, of in counts[:, :, known]], axis=0)
    scale = np.broadcast_to(np.asarray(noise, float), known.shape)[known] / np.sqrt(2)
    if scale.any():
        rates = rates + rng.laplace(scale=scale, size=rates.shape)
    return float(np.quantile(np.ptp(rates, axis=1), quantile, method="higher"))


def shrunk(successes: ArrayLike, trials: ArrayLike, *, extra: ArrayLike = 0.0) -> Floats:
    """Return each group's rate moved towards the mean of all, the further the less is known of it.

    Empirical Bayes: the spread of the groups' true rates is estimated from the groups themselves.
    Where they differ no more than chance makes them, every rate becomes the common one. Of many
    raw rates the extremes are mostly small groups; of shrunk ones they are those worth a look.

    Parameters
    ----------
    successes, trials : array_like, shape (groups,)
        Counts per group.
    extra : array_like
        Further variance of each rate, such as that of noise in the counts.

    Returns
    -------
    array of float, shape (groups,)
        NaN with fewer than three groups, whose spread cannot be told, or without trials.

    References
    ----------
    DerSimonian & Laird (1986), Meta-analysis in clinical trials. Controlled Clinical Trials 7.
    Efron & Morris (1975), Data analysis using Stein's estimator and its generalizations. JASA 70.

    Examples
    --------
    >>> shrunk([9, 100, 120, 80], [10, 500, 500, 500]).round(2).tolist()
    [0.43, 0.2, 0.24, 0.17]
    """
    hits, of = np.asarray(successes, float), np.asarray(trials, float)
    result = np.full(len(of), np.nan)
    known = of > 0
    if known.sum() < 3:
        return result
    hits, of = hits[known], of[known]
    rate, pooled = hits / of, hits.sum() / of.sum()
    variance = np.maximum(pooled * (1 - pooled) / of, 1e-12)
    variance = variance + np.broadcast_to(np.asarray(extra, float), known.shape)[known]
    weight = 1 / variance
    centre = (weight @ rate) / weight.sum()
    excess = weight @ (rate - centre) ** 2 - (len(of) - 1)
    spread = max(0.0, excess / (weight.sum() - (weight**2).sum() / weight.sum()))
    weight = 1 / (variance + spread)
    centre = (weight @ rate) / weight.sum()
    result[known] = centre + spread / (spread + variance) * (rate - centre)
    return result


def _dealt(rng: np.random.Generator, successes: Floats, trials: Floats, draws: int) -> Floats:
    """Return rates by draw and group, with the same successes dealt to all."""
    of = np.rint(trials).astype(np.int64)
    hits = int(np.rint(successes.sum()))
    hits = min(hits, int(of.sum()))
    if of.sum() >= MOST_DEALT:  # where leaving out whom was dealt already changes nothing
        return np.asarray(rng.binomial(of, hits / of.sum(), size=(draws, len(of))) / of)
    dealt = rng.multivariate_hypergeometric(of, hits, size=draws, method="marginals")
    return np.asarray(dealt / of)
