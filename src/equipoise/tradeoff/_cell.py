"""One cell of a sweep: a policy with one seed, and what was measured of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.tradeoff._learners import LEARNERS
from equipoise.tradeoff._measures import MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._plan import Plan, Policy

__all__ = ["Cell", "empty_cell", "keys_of"]


@dataclass(frozen=True, eq=False)
class Cell:
    """What one policy gave with one seed.

    Attributes
    ----------
    row : dict
        Keys, measures on the choose-customers, `n_train`, `seconds` and `note`.
    groups : list of dict
        Part, group, sizes, rates with intervals and trials, reach.
    draws : array, shape (2, replicates + 1, measures drawn)
        Of the choose- and the confirm-customers; empty unless the cell is ok.
    group_draws : array, shape (replicates + 1, groups, 2)
        Selection rate and true positive rate of the confirm-customers; empty unless the cell is ok.
    levels : tuple of str
        Names of the groups.
    guarantee : dict or None
        What the model promises if it alone is released; None where that is nothing.
    warned : tuple of (str, str)
        Warnings as `module:Class` and text, for the process that gives them.
    """

    row: dict[str, Any]
    groups: list[dict[str, Any]]
    draws: NDArray[np.float64]
    group_draws: NDArray[np.float64]
    levels: tuple[str, ...]
    guarantee: dict[str, Any] | None
    warned: tuple[tuple[str, str], ...] = ()


def keys_of(plan: Plan, policy: Policy, seed: int, status: str) -> dict[str, Any]:
    """Return what a row is found by; delta is 0 where nothing of it is spent."""
    pure = math.isinf(policy.epsilon) or LEARNERS[policy.model].pure
    return {
        "model": policy.model,
        "mitigation": policy.mitigation,
        "epsilon": policy.epsilon,
        "delta": 0.0 if pure else plan.delta,
        "consent_policy": policy.consent_policy,
        "attribute": plan.attribute,
        "seed": seed,
        "status": status,
    }


def empty_cell(
    plan: Plan,
    policy: Policy,
    seed: int,
    status: str,
    reason: str,
    warned: tuple[tuple[str, str], ...] = (),
) -> Cell:
    """Return the cell of what was refused, failed or did not run: no figure, and why."""
    missing = dict.fromkeys((*MEASURES, *PROFIT_BOUNDS, "n_train", "seconds"), math.nan)
    row = keys_of(plan, policy, seed, status) | missing | {"note": reason}
    nothing = np.empty((0, 0, 0))
    return Cell(row, [], nothing, nothing, (), None, warned)
