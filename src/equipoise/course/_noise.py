"""What the errors of an answer tell about the noise that it draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["has_light_tails", "looks_like_laplace"]

LEAST_EXCESS = 0.3  # of the kurtosis: a sum of ten Laplace variables has as much, a normal one 0


def looks_like_laplace(errors: NDArray[np.float64]) -> bool:
    """Say whether errors round zero have the shape of Laplace noise.

    Its mean error is .707 standard deviations, that of a normal one .798.
    """
    return bool(abs(np.abs(errors).mean() / errors.std() - np.sqrt(0.5)) < 0.04)


def has_light_tails(errors: NDArray[np.float64]) -> bool:
    """Say whether errors round zero fall off as fast as normal ones, so that no epsilon holds far out.

    Noise whose probability changes by at most a factor over one step falls off like an exponential, and
    that leaves an excess kurtosis.
    """
    return bool((errors**4).mean() / (errors**2).mean() ** 2 - 3 < LEAST_EXCESS)
