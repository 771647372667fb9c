"""The one place where a vector of sums over customers gets Gaussian noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["beside", "noisy_vector"]


def noisy_vector(
    exact: NDArray[np.float64], noise_sd: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the vector, shape (m,), plus Gaussian noise that is alike in all directions."""
    return exact + noise_sd * rng.standard_normal(len(exact))


def beside(seed: int | None) -> np.random.Generator:
    """Return a generator whose noise has nothing to do with that of `np.random.default_rng(seed)`."""
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
