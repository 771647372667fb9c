"""What every mechanism is given: a sensitivity, a generator for study, a confidence."""

from __future__ import annotations

import math

import numpy as np

from equipoise._checks import check_number
from equipoise.exceptions import InputError

__all__ = ["checked_confidence", "checked_rng", "checked_sensitivity"]


def checked_sensitivity(sensitivity: object) -> float:
    """Return a sensitivity as a float: positive and finite."""
    number = check_number(
        "sensitivity",
        sensitivity,
        low=0.0,
        open_low=True,
        next_move="Work out how far one unit can move the value.",
    )
    if math.isinf(number):
        move = "Clip each unit's contribution to declared bounds first."
        raise InputError("sensitivity", "must be finite", number, move)
    return number


def checked_rng(rng: object) -> np.random.Generator | None:
    """Return a numpy generator or None; a seed is neither."""
    if rng is None or isinstance(rng, np.random.Generator):
        return rng
    move = "Use None for a release, or np.random.default_rng(seed) for study."
    raise InputError("rng", "must be a numpy Generator or None", repr(rng), move)


def checked_confidence(confidence: object) -> float:
    """Return a confidence as a float in [0, 1)."""
    number = check_number("confidence", confidence, low=0.0, next_move="Use for example 0.95.")
    if number >= 1:
        rule = "must lie in [0, 1)"
        raise InputError("confidence", rule, number, "No bound holds for all noise.")
    return number
