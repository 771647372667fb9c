"""One stream of random numbers for each thing that is drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from equipoise._files import text_digest

__all__ = ["stream", "uniforms"]


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator that `seed` gives to the stream `name`.

    Each column has a stream of its own, so that drawing one more thing never shifts another.
    A distortion moves thresholds only: every customer keeps the same draws at every dose.

    Parameters
    ----------
    seed : int
        The world's seed, zero or more.
    name : str
        What is drawn, such as ``"individuals/gender"``. Its SHA-256 takes part in the seed,
        so the stream is the same in every process.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> float(stream(7, "a").random()) == float(stream(7, "a").random())
    True
    >>> float(stream(7, "a").random()) == float(stream(7, "b").random())
    False
    """
    key = int(text_digest(name)[:16], 16)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,)))


def uniforms(seed: int, name: str, count: int) -> npt.NDArray[np.float64]:
    """Return `count` draws in [0, 1) from the stream `name`."""
    return stream(seed, name).random(count)
