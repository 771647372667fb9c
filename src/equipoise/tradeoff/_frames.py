"""The frames of a choice: which columns each has, so that they are the same before and after a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

__all__ = ["FRAMES", "frame_of"]

_FIGURES = ("measure", "value", "low", "high", "note")
_RELAXED = ("limit", "asked", "needed", "policy")
FRAMES: dict[str, tuple[str, ...]] = {
    "confirm": _FIGURES,
    "given_up": _FIGURES,
    "runner_up": ("policy", *_FIGURES),
    "probability": ("limit", "asked", "probability", "draws", "note"),
    "shadow_prices": (
        "limit",
        "asked",
        "direction",
        "step",
        "moved_to",
        "policy",
        "value",
        "low",
        "high",
        "note",
    ),
    "optimism": (
        "measure",
        "on_choose",
        "on_confirm",
        "optimism",
        "low",
        "high",
        "standard_error",
        "in_standard_errors",
        "estimate",
        "note",
    ),
    "relaxations": _RELAXED,
    "relaxed_pair": _RELAXED,
}
_TEXT = {"measure", "note", "policy", "limit", "direction", "step"}


def frame_of(name: str, rows: Iterable[Sequence[Any]] = ()) -> pd.DataFrame:
    """Return rows as the frame of that name: text where it is text, else floats, missing as NaN."""
    columns = FRAMES[name]
    kinds = {column: "str" if column in _TEXT else "float64" for column in columns}
    return pd.DataFrame([*rows], columns=list(columns)).astype(kinds)
