"""A saved decision beside a sweep: whether it still is what that sweep decides."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from equipoise.exceptions import InputError, StalePolicyError, StalePolicyWarning
from equipoise.tradeoff._choice import choose
from equipoise.tradeoff._policy_file import SavedPolicy, parse_policy
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._words import interval

__all__ = ["read_policy"]


def read_policy(
    path: str | Path, sweep: Sweep | None = None, *, allow_stale: bool = False
) -> SavedPolicy:
    """Read a saved decision, and check it against a sweep.

    Parameters
    ----------
    path : str or Path
        What `Choice.save` wrote.
    sweep : Sweep, optional
        The sweep that the decision should come from. It must have the digest that was saved, and choosing
        again with the saved limits must give the same decision.
    allow_stale : bool
        Warn of what changed instead of refusing.

    Returns
    -------
    SavedPolicy
        As it was saved, stale or not.

    Raises
    ------
    InputError
        Where the file is missing, damaged, edited, or of another kind or version.
    StalePolicyError
        Where the sweep is another one or now decides otherwise, unless `allow_stale`.
    """
    saved = parse_policy(Path(path))
    changes = [] if sweep is None else [*_changes(saved, sweep)]
    if changes and not allow_stale:
        raise StalePolicyError(
            "policy",
            "must be what its sweep decides",
            f"a stale one: {'; '.join(changes)}",
            "Choose again and save that, or pass allow_stale=True.",
        )
    if changes:
        told = f"{Path(path).name} is stale: {'; '.join(changes)}."
        warnings.warn(told, StalePolicyWarning, stacklevel=2)
    return saved


def _changes(saved: SavedPolicy, sweep: Sweep) -> Iterator[str]:
    """Yield what changed since the decision was saved; nothing where it is fresh."""
    digest, task = sweep.manifest["digest"], sweep.manifest["task_digest"]
    other = digest != saved.sweep_digest
    if other:
        yield f"the sweep is {digest[:12]}, it was {saved.sweep_digest[:12]}"
    if task != saved.task_digest:
        yield f"the task is {task[:12]}, it was {saved.task_digest[:12]}"
    try:
        now = choose(sweep, saved.limits, maximise=saved.maximise)
    except InputError as problem:
        yield f"choosing again is refused ({problem})"
        return
    if now.policy != saved.policy:
        yield f"the pick is {_named(now)}, it was {_named(saved)}"
    elif other:
        yield f"the pick stays {_named(saved)}"
    yield from _moved(saved.confirm, now.confirm)


def _named(choice: SavedPolicy) -> str:
    return "none" if choice.policy is None else str(choice.policy)


def _moved(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[str]:
    """Yield each figure on the confirm-customers that is another one now."""
    was, now = (frame.set_index("measure")[["value", "low", "high"]] for frame in (before, after))
    for name in dict.fromkeys([*was.index, *now.index]):
        then, today = (_figure(frame, name) for frame in (was, now))
        if then != today:
            yield f"{name} is {today}, it was {then}"


def _figure(frame: pd.DataFrame, name: str) -> str:
    if name not in frame.index or not np.isfinite(frame.loc[name, "value"]):
        return "not estimable"
    return interval(name, *frame.loc[name])
