"""Whether drawn noise is as large, as normal and as fresh as its learner means it to be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import zip_longest

import numpy as np
from scipy.stats import chi2, f, kstest, t

from equipoise.privacy.evidence._rates import Floats

__all__ = ["by_sum", "faults_of", "not_laplace"]

NONE_LEFT = 1e-6  # of the sd that was meant: whoever is moved there is seen
COPY = 1 - 1e-6  # correlation of noise that is the same but for rounding
TINY = 1e-14


def by_sum(runs: Iterable[list[Floats]]) -> list[Floats]:
    """Return the noise of each sum, shape (runs that took it, d), from that of each run."""
    columns = zip_longest(*runs)
    return [np.array([each for each in column if each is not None]) for column in columns]


def faults_of(noise: list[Floats], error: float) -> tuple[bool, tuple[str, ...]]:
    """Return whether some noise can be subtracted or is absent, and all that is wrong with it.

    Parameters
    ----------
    noise : list of array, shape (runs, d) each
        In the sd that was meant. Sound is what is standard normal, or a multiple of it that is not
        smaller, and independent of all other noise.
    error : float
        Probability of finding a fault in sound noise.
    """
    if any(len(part) > 1 and np.array_equal(part[0], part[1]) for part in noise):
        return True, ("The noise is the same in every run: whoever saw it once subtracts it",)
    share = error / 4
    reused, told = _between_sums(noise, share)
    if reused:
        return True, told
    absent, small = _in_all_directions(noise, share)
    if absent:
        return True, (*told, *small)
    return False, (*told, *small, *_between_runs(noise, share), *_not_normal(noise, share))


def _between_sums(noise: list[Floats], error: float) -> tuple[bool, tuple[str, ...]]:
    """Say whether the noise of two sums of the same shape goes together."""
    shapes = [part.shape for part in noise]
    alike = [part.ravel() for part in noise if part.shape == max(set(shapes), key=shapes.count)]
    count = len(alike)
    if count < 2:
        return False, ()
    correlation = float(np.abs(np.corrcoef(alike) - np.eye(count)).max())
    if correlation <= _chance_correlation(alike[0].size, error / (count * (count - 1) / 2)):
        return False, ()
    told = f"The noise of two steps is correlated by {correlation:.2f}, not drawn anew"
    return correlation > COPY, (told,)


def _between_runs(noise: list[Floats], error: float) -> tuple[str, ...]:
    """Say whether the noise of a run predicts that of the next."""
    first = np.concatenate([part[:-1].ravel() for part in noise])
    then = np.concatenate([part[1:].ravel() for part in noise])
    correlation = float(np.corrcoef(first, then)[0, 1])
    if abs(correlation) <= _chance_correlation(first.size, error):
        return ()
    return (f"The noise of one run predicts that of the next: correlation {correlation:.2f}",)


def _chance_correlation(draws: int, error: float) -> float:
    """Return the correlation of independent Gaussian noise that is exceeded so seldom."""
    quantile = t.isf(error / 2, draws - 2)
    return float(quantile / math.sqrt(draws - 2 + quantile**2))


def _in_all_directions(noise: list[Floats], error: float) -> tuple[bool, tuple[str, ...]]:
    """Say whether a direction has less noise than was meant, or none.

    What the other places of a sum do not explain of the noise of one place is, squared and summed
    over runs, chi-square with as many degrees of freedom as there are more runs than other places.
    It vanishes wherever a direction that the place takes part in has no noise. Sums of more places
    than half the runs are judged in blocks; what one block explains of another is not seen.
    """
    blocks = [block for part in noise for block in _blocks(part)]
    places = sum(block.shape[1] for block in blocks)
    least, caught = math.inf, False
    for block in blocks:
        free = len(block) - block.shape[1] + 1
        left = float(_unexplained(block).min())
        least = min(least, math.sqrt(left / free))
        caught |= left < chi2.ppf(error / places, free)
    if not caught:
        return False, ()
    if least < NONE_LEFT:
        return True, ("The noise of a sum is absent in one direction: who moves it there is seen",)
    return False, (f"The noise of a sum is in one direction {least:.2g} times what it should be",)


def _blocks(part: Floats) -> list[Floats]:
    runs, places = part.shape
    return np.array_split(part, math.ceil(places / max(1, runs // 2)), axis=1)


def _unexplained(block: Floats) -> Floats:
    """Return the sum of squares of each place that the others do not explain, shape (d,)."""
    spread, axes = np.linalg.eigh(block.T @ block)
    found: Floats = 1 / (axes**2 / np.maximum(spread, TINY)).sum(axis=1)
    return found


def _not_normal(noise: list[Floats], error: float) -> tuple[str, ...]:
    """Say whether noise has another shape than a normal one, of whatever size in each place.

    A draw over the root mean square of the other runs has Student's distribution.
    """
    ranks = []
    for part in noise:
        others = np.sqrt(_mean_of_others(part**2))
        ranks.append(t.cdf(part / others, len(part) - 1).ravel())
    return _uneven(np.concatenate(ranks), "normal", error)


def not_laplace(noise: Floats, error: float) -> tuple[str, ...]:
    """Say whether noise, shape (runs, d), has another shape than a Laplace one, of whatever scale.

    The size of a draw over the mean size of the other runs has Fisher's distribution.
    """
    sizes = np.abs(noise)
    ranks = f.cdf(sizes / _mean_of_others(sizes), 2, 2 * (len(noise) - 1))
    return _uneven((1 + np.sign(noise) * ranks).ravel() / 2, "Laplace", error)


def _mean_of_others(values: Floats) -> Floats:
    """Return for each place the mean of the values of all other runs, never quite 0."""
    others: Floats = (values.sum(axis=0) - values) / max(1, len(values) - 1)
    return np.maximum(others, TINY)


def _uneven(ranks: Floats, shape: str, error: float) -> tuple[str, ...]:
    found = kstest(ranks, "uniform")
    if found.pvalue >= error:
        return ()
    return (f"The noise is not {shape}: Kolmogorov-Smirnov distance {found.statistic:.2g}",)
