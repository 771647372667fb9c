"""Counts that look harmless: how many of a part of the customers have the secret."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from equipoise.exceptions import InputError
from equipoise.privacy.attacks._cells import Bools

__all__ = ["random_parts"]

MOST_TRIES = 200


def random_parts(
    table: pd.DataFrame,
    quasi_identifiers: Sequence[str],
    *,
    counts: int,
    at_least: int,
    rng: np.random.Generator,
) -> Bools:
    """Return which customers each count is about, shape (counts, n).

    Each is a condition such as "women or unknown, in area K01 or K03": every column allows a random
    half of its values. Only different parts of at least `at_least` customers, and no less than that
    away from everybody, are counted: the rule of a careful publisher.
    """
    levels = [pd.factorize(table[name], use_na_sentinel=False) for name in quasi_identifiers]
    parts: dict[bytes, Bools] = {}
    for _ in range(MOST_TRIES * counts):
        allowed = [rng.random(len(values)) < 0.5 for _, values in levels]
        part = np.logical_and.reduce(
            [keep[codes] for keep, (codes, _) in zip(allowed, levels, strict=True)]
        )
        # One column at random may be left out of the condition.
        if len(levels) > 1 and rng.random() < 0.5:
            left_out = int(rng.integers(len(levels)))
            chosen = [k for k in range(len(levels)) if k != left_out]
            part = np.logical_and.reduce([allowed[k][levels[k][0]] for k in chosen])
        if at_least <= part.sum() <= len(part) - at_least:
            parts.setdefault(part.tobytes(), part)
        if len(parts) == counts:
            return np.array(list(parts.values()))
    raise InputError(
        "counts",
        f"must be possible as different counts of at least {at_least} customers",
        f"{counts:,}, found {len(parts):,}",
        "Ask for fewer counts, or lower at_least, or name more quasi-identifiers.",
    )
