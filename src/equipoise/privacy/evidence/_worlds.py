"""From what a caller passes to a subject in two worlds, with the claim that they put to the test."""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy.evidence._bug import unwrapped
from equipoise.privacy.evidence._noisy_worlds import function_in_worlds, mechanism_in_worlds
from equipoise.privacy.evidence._setting import Pose
from equipoise.privacy.evidence._trained_worlds import known_size, learner_in_worlds, rows_per_unit

__all__ = ["known_size", "posed", "rows_per_unit"]


def posed(
    subject: Any,
    neighbours: Any,
    *,
    claimed: Guarantee | float | None,
    X: pd.DataFrame | ArrayLike | None,
    y: ArrayLike | None,
    unit: ArrayLike | None,
) -> Pose:
    """Return the subject in its two worlds, or say what is missing."""
    subject = unwrapped(subject)
    if isinstance(neighbours, str):
        check_choice("neighbours", neighbours, ("worst_case", "my_data"))
    elif not isinstance(neighbours, tuple | list) or len(neighbours) != 2:
        move = "Write neighbours=(table, other_table)."
        found = type(neighbours).__name__
        raise InputError("neighbours", "must be a known name or a pair", found, move)
    if inspect.isclass(subject):
        name = subject.__name__
        raise InputError("subject", "must be an instance", f"the class {name}", f"Write {name}(…).")
    if callable(getattr(subject, "fit", None)):
        return learner_in_worlds(subject, neighbours, claimed, X, y, unit)
    if any(callable(getattr(subject, way, None)) for way in ("release", "randomise")):
        return mechanism_in_worlds(subject, neighbours, claimed)
    if callable(subject):
        return function_in_worlds(subject, neighbours, claimed, unit)
    move = "Pass a learner, a mechanism, or a function of (table, rng)."
    raise InputError("subject", "must have fit or release, or be called", repr(subject), move)
