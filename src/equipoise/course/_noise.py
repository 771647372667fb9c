"""What the errors of an answer tell about the noise that it draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["looks_like_laplace"]


def looks_like_laplace(errors: NDArray[np.float64]) -> bool:
    """Say whether errors round zero have the shape of Laplace noise.

    Its mean error is .707 standard deviations, that of a normal one .798.
    """
    return bool(abs(np.abs(errors).mean() / errors.std() - np.sqrt(0.5)) < 0.04)
