"""How long a sweep may take: tiny batches timed, and scaled to all rows."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise.exceptions import InputError
from equipoise.task import Task
from equipoise.tradeoff._batches import Batch, batches, run_batch
from equipoise.tradeoff._learners import AT_ONCE, LEARNERS
from equipoise.tradeoff._parts import Prepared, prepare
from equipoise.tradeoff._plan import Plan

__all__ = ["Estimate", "estimate"]

FEW_ROWS, MANY_ROWS = 500, 2000
_UNITS = ((5400.0, 3600.0, "h"), (90.0, 60.0, "min"), (0.0, 1.0, "s"))


@dataclass(frozen=True)
class Estimate:
    """How much a plan asks for, and about how long it takes.

    Attributes
    ----------
    cells : int
        Fits: a policy with a seed each.
    policies : int
    seconds : float
        On one core, once a process has started. A rough figure: it may be wrong by a factor of two,
        or more where a learner stops by what it finds.
    """

    cells: int
    policies: int
    seconds: float

    def on(self, cores: int) -> str:
        """Return the estimate in words for so many cores, which share the cells evenly.

        Examples
        --------
        >>> Estimate(cells=270, policies=27, seconds=41.0).on(2)
        '270 fits of 27 policies; about 20 s on 2 cores'
        """
        wall = self.seconds / min(cores, self.cells)
        fits = _counted(self.cells, "fit", "fits")
        policies = _counted(self.policies, "policy", "policies")
        on = _counted(cores, "core", "cores")
        return f"{fits} of {policies}; about {_told(wall)} on {on}"

    def __str__(self) -> str:
        return self.on(os.cpu_count() or 1)


def estimate(task: Task, plan: Plan) -> Estimate:
    """Estimate how long a sweep of this plan takes, by running a little of it.

    One batch of each model and mitigation, with noise and without, is timed on about 500 and 2,000
    rows of customers drawn at random; time is then taken to grow in proportion to rows. Cells are
    counted as if every consent policy permitted as much as the first.

    Parameters
    ----------
    task : Task
    plan : Plan

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        Where the plan does not fit the task, or its customers are too few to split.
    """
    plan = plan.for_task(task)
    whole = task if task.whole is None else task.whole
    wanted = [(policy, seed) for policy in plan.policies() for seed in range(plan.seeds)]
    few, many = (_some(whole, plan, rows) for rows in (FEW_ROWS, MANY_ROWS))
    timed: dict[tuple[str, str, bool], float] = {}
    seconds = 0.0
    for batch in batches(plan, wanted):
        kind = (batch.model, batch.mitigation, math.isinf(batch.asked[0][0]))
        if kind not in timed:
            timed[kind] = _a_cell(few, many, len(whole), batch)
        seconds += timed[kind] * len(batch.asked)
    return Estimate(len(wanted), len(plan.policies()), seconds)


def _some(whole: Task, plan: Plan, rows: int) -> tuple[int, Prepared]:
    """Return about so many rows, prepared: of customers at random, more if these are too few."""
    codes, customers = pd.factorize(whole.unit, sort=True)
    place = np.random.default_rng(plan.split_seed).permutation(len(customers))[codes]
    while rows < len(whole):
        drawn = np.flatnonzero(place < rows / len(whole) * len(customers))
        try:
            return len(drawn), prepare(whole.take(drawn), plan)
        except InputError:
            rows *= 2
    return len(whole), prepare(whole, plan)


def _a_cell(
    few: tuple[int, Prepared], many: tuple[int, Prepared], rows: int, batch: Batch
) -> float:
    """Return the seconds that a cell of a batch takes on so many rows."""
    together = LEARNERS[batch.model].at_once == AT_ONCE
    tiny = batch._replace(
        consent_policy=next(iter(many[1].fit)), asked=batch.asked if together else batch.asked[:1]
    )
    _seconds(few[1], tiny)  # what is done once a process
    low, high = (_seconds(prepared, tiny) for _, prepared in (few, many))
    more = many[0] - few[0]
    slope = max(0.0, high - low) / more if more else 0.0
    return (high + slope * (rows - many[0])) / len(tiny.asked)


def _seconds(prepared: Prepared, batch: Batch) -> float:
    started = time.perf_counter()
    run_batch(prepared, batch)  # keeps warnings to itself
    return time.perf_counter() - started


def _told(seconds: float) -> str:
    """Return a time with about one digit, in a unit that people read."""
    count, name = next((seconds / unit, name) for least, unit, name in _UNITS if seconds >= least)
    step = 5 if count >= 10 else 1
    return f"{max(1, round(count / step) * step)} {name}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
