"""The one place where sums over customers get Gaussian noise."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LISTENER", "Silence", "beside", "noised", "noisy_vector"]

# An audit listens from the exact sum, the noisy one and the sd to what the learner goes on with. Of
# this thread alone: a fit in another thread is never answered.
LISTENER: ContextVar[Callable[[NDArray[Any], NDArray[Any], float], NDArray[Any]] | None]
LISTENER = ContextVar("listener", default=None)


def noised(
    exact: NDArray[np.float64], noise_sd: float, noise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return an exact sum plus noise of this sd; within an audit, what its listener answers."""
    released: NDArray[np.float64] = exact + noise_sd * noise
    listener = LISTENER.get()
    return released if listener is None else listener(exact, released, noise_sd)


def noisy_vector(
    exact: NDArray[np.float64], noise_sd: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the vector, shape (m,), plus Gaussian noise that is alike in all directions."""
    return noised(exact, noise_sd, rng.standard_normal(len(exact)))


class Silence(np.random.Generator):
    """A source of noise that is 0 throughout, for studies of what noise costs."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))

    def standard_normal(self, size: Any = None, *_: Any, **__: Any) -> Any:
        """Return zeros."""
        return np.zeros(() if size is None else size)


def beside(seed: int | None) -> np.random.Generator:
    """Return a generator whose noise has nothing to do with that of `np.random.default_rng(seed)`."""
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
