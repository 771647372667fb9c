"""Where nothing satisfies the limits: how little would have to move."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from equipoise.tradeoff._frames import frame_of
from equipoise.tradeoff._measures import LARGER_IS_BETTER
from equipoise.tradeoff._plan import Policy
from equipoise.tradeoff._rule import satisfied
from equipoise.tradeoff._shadow import steps_apart

__all__ = ["relaxations", "relaxed_pair"]


def relaxations(table: pd.DataFrame, limits: Mapping[str, float], goal: str) -> pd.DataFrame:
    """Return, for each limit alone, the smallest change that admits a policy while the others hold."""
    rows = []
    for name, limit in limits.items():
        others = _admitted(table, limits, goal, [name])
        if len(others):
            values = -others[name] if name in LARGER_IS_BETTER else others[name]
            nearest = others.loc[values.idxmin()]
            rows.append((name, limit, float(nearest[name]), str(Policy.of(nearest))))
    return frame_of("relaxations", rows)


def relaxed_pair(table: pd.DataFrame, limits: Mapping[str, float], goal: str) -> pd.DataFrame:
    """Return the two limits that together admit a policy: two rows, or none.

    Of all pairs and policies it is the one that moves the two limits by the fewest steps in all, with
    the steps that shadow prices use (epsilon by factors of 2); any finite change before one that
    lifts a limit altogether.
    """
    ways = [
        (_far(row, limits, pair), row, pair)
        for pair in itertools.combinations(limits, 2)
        for _, row in _admitted(table, limits, goal, pair).iterrows()
    ]
    if not ways:
        return frame_of("relaxed_pair")
    _, row, pair = min(ways, key=lambda way: way[0])
    policy = str(Policy.of(row))
    return frame_of("relaxed_pair", [(n, limits[n], float(row[n]), policy) for n in pair])


def _admitted(
    table: pd.DataFrame, limits: Mapping[str, float], goal: str, free: Sequence[str]
) -> pd.DataFrame:
    """Return the policies that satisfy all limits but those named, which they must have, too."""
    kept = satisfied(table, limits).drop(columns=list(free)).all(axis=1)
    return table[kept & table[[*free, goal]].notna().all(axis=1)]


def _far(row: pd.Series, limits: Mapping[str, float], pair: Sequence[str]) -> tuple[int, float]:
    steps = list(_steps(row, limits, pair))
    finite = [step for step in steps if math.isfinite(step)]
    return len(steps) - len(finite), sum(finite)


def _steps(row: pd.Series, limits: Mapping[str, float], pair: Sequence[str]) -> Iterator[float]:
    for name in pair:
        yield steps_apart(name, limits[name], float(row[name]))
