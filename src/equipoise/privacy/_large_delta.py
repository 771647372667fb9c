"""A delta so large that publishing the data of one unit satisfies it."""

from __future__ import annotations

import warnings

from equipoise.exceptions import LargeDeltaWarning

__all__ = ["warn_of_large_delta"]


def warn_of_large_delta(delta: float, n: int, *, unit: str = "row", stacklevel: int = 3) -> None:
    """Warn where publishing the data of one of `n` units at random would satisfy delta.

    By default the warning points at whoever called the caller of this function.
    """
    if n and delta >= 1 / n:
        warnings.warn(
            f"delta {delta:g} is at least 1 / n, one over the number of units: releasing the data of one "
            f"{unit} at random would satisfy it. Use a smaller delta.",
            LargeDeltaWarning,
            stacklevel=stacklevel,
        )
