"""What a simulated coverage is held against."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scipy.stats import binom


@pytest.fixture
def at_least() -> Callable[[float, int], float]:
    """Return the coverage that `repeats` draws of a true coverage `share` fall below once in 10^4."""

    def bound(share: float, repeats: int) -> float:
        return float(binom.ppf(1e-4, repeats, share)) / repeats

    return bound
