"""A delta so large that publishing a row satisfies it."""

from __future__ import annotations

import warnings

from equipoise.exceptions import LargeDeltaWarning

__all__ = ["warn_of_large_delta"]


def warn_of_large_delta(delta: float, n: int, *, stacklevel: int = 3) -> None:
    """Warn where publishing one of `n` rows at random would satisfy delta.

    By default the warning points at whoever called the caller of this function.
    """
    if n and delta >= 1 / n:
        warnings.warn(
            f"delta {delta:g} is at least 1 / {n:,} rows: releasing one customer's row at "
            "random would satisfy it. Use a smaller delta.",
            LargeDeltaWarning,
            stacklevel=stacklevel,
        )
