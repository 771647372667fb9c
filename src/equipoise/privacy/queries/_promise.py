"""The delta of a query or a mechanism, which asks for a pure promise where it is 0."""

from __future__ import annotations

from equipoise._checks import check_delta, check_number
from equipoise.exceptions import InputError

__all__ = ["checked_delta"]


def checked_delta(delta: object, epsilon: float) -> float:
    """Return delta, where 0 asks for a pure promise; it has no default."""
    if delta is None:
        raise InputError(
            "delta",
            "is required",
            "None",
            "Use 0 for a pure promise, or a value far below 1 / number of customers, such as 1e-6.",
        )
    number = check_number(
        "delta", delta, low=0.0, high=1.0, next_move="Use 0 or a value such as 1e-6."
    )
    return number if number == 0 else check_delta(number, epsilon)
