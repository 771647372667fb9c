"""Cells as the tidy frames of a sweep."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.tradeoff._cell import Cell, empty_cell
from equipoise.tradeoff._measures import DRAWN
from equipoise.tradeoff._plan import Plan, Policy
from equipoise.tradeoff._result import POLICY_KEYS
from equipoise.tradeoff._storage import Parts

__all__ = ["frames_of", "not_run", "warning_of"]

_KEYS = (*POLICY_KEYS, "seed", "status")
_PARTS = ("choose", "confirm")
_RATES = ("selection_rate", "true_positive_rate")

Block = tuple[int, Sequence[str], NDArray[np.float64]]


def frames_of(cells: Sequence[Cell]) -> Parts:
    """Return rows, groups, draws and draws of groups; the last two name a cell by its place."""
    rows = pd.DataFrame([cell.row for cell in cells]).astype({"n_train": "float64"})
    groups = [
        {name: cell.row[name] for name in _KEYS} | group for cell in cells for group in cell.groups
    ]
    named = None if groups else [*_KEYS, "part", "group"]
    return rows, pd.DataFrame(groups, columns=named), _draws(cells), _group_draws(cells)


def not_run(plan: Plan, policy: Policy, seed: int) -> Cell:
    """Return the cell of a policy and a seed that an interruption left no time for."""
    return empty_cell(plan, policy, seed, "not_run", "interrupted before it ran")


def warning_of(category: str, text: str) -> Warning:
    """Return a warning that a cell gave, told as `module:Class`; one that is not loaded is plain.

    Nothing is imported for it, since a kept cell is a file that anybody may have written.
    """
    module, _, name = category.partition(":")
    found = getattr(sys.modules.get(module), name, None)
    if isinstance(found, type) and issubclass(found, Warning):
        return found(text)
    return UserWarning(text)


def _draws(cells: Sequence[Cell]) -> pd.DataFrame:
    return _long(
        "part",
        DRAWN,
        [(place, _PARTS, cell.draws) for place, cell in enumerate(cells) if cell.draws.size],
    )


def _group_draws(cells: Sequence[Cell]) -> pd.DataFrame:
    blocks = [
        (place, cell.levels, cell.group_draws.swapaxes(0, 1))
        for place, cell in enumerate(cells)
        if cell.group_draws.size
    ]
    return _long("group", _RATES, blocks)


def _long(label: str, columns: Sequence[str], blocks: Sequence[Block]) -> pd.DataFrame:
    """Return a row a cell, label and replicate, of blocks of shape (labels, replicates, columns)."""
    places, labels, replicates, figures = [], [], [], [np.empty((0, len(columns)))]
    for place, names, block in blocks:
        count, times = block.shape[:2]
        places += [place] * (count * times)
        labels.append(np.repeat(np.array(names, dtype=object), times))
        replicates.append(np.tile(np.arange(times), count))
        figures.append(block.reshape(-1, len(columns)))
    keys = {
        "cell": np.array(places, dtype=np.int64),
        label: pd.array(np.concatenate([[], *labels]), dtype="str"),
        "replicate": np.concatenate([np.empty(0, dtype=np.int64), *replicates]),
    }
    return pd.DataFrame(keys | dict(zip(columns, np.concatenate(figures).T, strict=True)))
