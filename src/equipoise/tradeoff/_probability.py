"""How probable it is that a policy satisfies its limits, on customers that no choice has looked at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.tradeoff._frames import frame_of
from equipoise.tradeoff._measures import DRAWN, LARGER_IS_BETTER
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._result import Sweep

__all__ = ["ALL_LIMITS", "probability"]

ALL_LIMITS = "all limits"
_OVER_GROUPS = ("selection_gap", "opportunity_gap", "reach_gap", "worst_group_tpr")
_CONSERVATIVE = "conservative: a draw adds noise to each group, so extremes over groups look worse"
_DECLARED = "declared, not drawn"


def probability(sweep: Sweep, policy: Policy, limits: Mapping[str, float]) -> pd.DataFrame:
    """Return the share of draws of confirm-customers × seeds in which each limit is satisfied.

    Returns
    -------
    DataFrame
        `limit, asked, probability, draws, note`, one row a limit and, in the last row, all limits in
        the same draw. Epsilon is declared, so it is 1 or 0 without draws. What is missing in a draw
        does not satisfy its limit there. A limit on a measure that is not drawn has no
        probability, and then all limits together have none either.

    Notes
    -----
    A gap is the largest difference between groups. The groups' rates in the sample are noisy, a draw
    adds as much noise again, and the largest of noisy differences lies above the largest of true
    ones. So shares for gaps, and for the rate of the worst-off group, are too low, the more so
    the more and the smaller the groups are: they may deny a limit that holds, and rarely grant one
    that does not. Simulated with contact rates of 0.2 and a limit of 0.10 (`tests/tradeoff`): where
    the true gap is 0.02, the mean share is 1.00 with 2 groups of 1,000, 0.71 with 16 of 500, 0.60
    with 8 of 300 and 0.00 with 16 of 100; where it is 0.12, 0.22, 0.02, 0.05 and 0.00. Nothing
    is added to make up for it.
    """
    told = {name: _held(sweep, policy, name, limit) for name, limit in limits.items()}
    rows = [
        (name, limits[name], _share(held), _size(held), _note(name)) for name, held in told.items()
    ]
    return frame_of("probability", [*rows, _together(told)] if rows else ())


def _held(sweep: Sweep, policy: Policy, name: str, limit: float) -> NDArray[np.bool_] | None:
    """Say in which draws (replicate × seed) a limit is satisfied; None where it has no draws."""
    if name == "epsilon":
        return np.array(policy.epsilon <= limit)
    if name not in DRAWN:
        return None
    values = sweep.drawn(policy, "confirm", name).loc[1:].to_numpy()
    held: NDArray[np.bool_] = values >= limit if name in LARGER_IS_BETTER else values <= limit
    return held


def _together(told: Mapping[str, NDArray[np.bool_] | None]) -> tuple[str, float, float, float, str]:
    lacking = [name for name, held in told.items() if held is None]
    if lacking:
        note = f"not estimable: no draws of {' and '.join(lacking)}"
        return ALL_LIMITS, np.nan, np.nan, 0.0, note
    held = [each for each in told.values() if each is not None]
    joint = np.logical_and.reduce(np.broadcast_arrays(*held))
    note = _CONSERVATIVE if any(name in _OVER_GROUPS for name in told) else ""
    return ALL_LIMITS, np.nan, _share(joint), _size(joint), note


def _share(held: NDArray[np.bool_] | None) -> float:
    return np.nan if held is None else float(held.mean())


def _size(held: NDArray[np.bool_] | None) -> float:
    return 0.0 if held is None or held.ndim == 0 else float(held.size)


def _note(name: str) -> str:
    if name == "epsilon":
        return _DECLARED
    if name not in DRAWN:
        return f"not estimable: no draws of {name}"
    return _CONSERVATIVE if name in _OVER_GROUPS else ""
