"""What a release promises: the parts of a guarantee that every query and mechanism shares."""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise._checks import check_delta, check_number
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import NEVER_COVERED, Adjacency, Guarantee

__all__ = ["SEEDED", "checked_delta", "promised"]

SEEDED = "anybody who knows the seed: a seeded release is for study, not a release"
NOTHING_ADDED = "everything: an infinite epsilon adds no noise and promises nothing"

# Of what no learner covers, what holds for a number that is released, too.
ELSEWHERE = NEVER_COVERED[1:4]
READ_FIRST = (
    "refusals and warnings (missing values, an undeclared category, rows outside the bounds, too many "
    "rows of one customer): they read the data without noise"
)
TIMING = "how long the computation took"


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


def promised(
    epsilon: float,
    delta: float,
    *,
    unit: str,
    adjacency: Adjacency,
    mechanism: str,
    covers: Sequence[str],
    not_covered: Sequence[str] = (),
    mu: float | None = None,
) -> Guarantee:
    """Return the guarantee of a release, with its limits in full."""
    noiseless = math.isinf(epsilon)
    limits = (*((NOTHING_ADDED,) if noiseless else ()), READ_FIRST, *ELSEWHERE, TIMING)
    return Guarantee(
        epsilon=epsilon,
        delta=0.0 if noiseless else delta,
        unit=unit,
        adjacency=adjacency,
        mechanism="none" if noiseless else mechanism,
        covers=() if noiseless else tuple(covers),
        does_not_cover=(*limits, *not_covered),
        mu=None if noiseless else mu,
    )
