"""Cells that share work, run together: one fit of many models, one measuring of them all."""

from __future__ import annotations

import math
import time
import traceback
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from equipoise.exceptions import EquipoiseError, PolicyFailedWarning
from equipoise.tradeoff._cell import Cell, empty_cell, keys_of
from equipoise.tradeoff._fitted import Models, Setting
from equipoise.tradeoff._learners import LEARNERS
from equipoise.tradeoff._measures import MEASURES, PROFIT_BOUNDS
from equipoise.tradeoff._measuring import Measured, measured
from equipoise.tradeoff._parts import Part, Prepared
from equipoise.tradeoff._plan import Plan, Policy

__all__ = ["Batch", "batches", "run_batch"]

Asked = tuple[tuple[float, int], ...]
Heard = list[warnings.WarningMessage]
Value = TypeVar("Value")


class Batch(NamedTuple):
    """Cells of one model and mitigation under one consent policy, by epsilon and seed."""

    consent_policy: str
    model: str
    mitigation: str
    asked: Asked

    def policy(self, epsilon: float) -> Policy:
        """Return the policy of those of its cells that have this epsilon."""
        return Policy(self.model, self.mitigation, epsilon, self.consent_policy)


def batches(plan: Plan, wanted: Collection[tuple[Policy, int]]) -> list[Batch]:
    """Return the wanted cells in batches, which depend on nothing but plan and cells.

    A batch has all finite epsilons of a few seeds, or several seeds at infinity, where there is no
    noise and a learner fits all of them at once; at most as many cells as the learner says.

    Examples
    --------
    >>> plan = Plan(epsilons=[1, math.inf], delta=1e-6, models=["private_logistic"],
    ...             mitigations=["none"], seeds=2)
    >>> wanted = [(policy, seed) for policy in plan.policies() for seed in range(2)]
    >>> [batch.asked for batch in batches(plan, wanted)]
    [((1.0, 0), (1.0, 1)), ((inf, 0), (inf, 1))]
    """
    sought = set(wanted)
    families = dict.fromkeys(policy._replace(epsilon=math.nan) for policy in plan.policies())
    return [
        Batch(family.consent_policy, family.model, family.mitigation, asked)
        for family in families
        for noisy in (True, False)
        for asked in _cut(_alike(plan, family, sought, noisy), LEARNERS[family.model].at_once)
    ]


def _alike(
    plan: Plan, family: Policy, sought: Collection[tuple[Policy, int]], noisy: bool
) -> dict[tuple[float, ...], list[int]]:
    """Return the seeds that are asked for at the same epsilons, by these epsilons."""
    epsilons = [epsilon for epsilon in plan.epsilons if math.isfinite(epsilon) == noisy]
    alike: dict[tuple[float, ...], list[int]] = {}
    for seed in range(plan.seeds):
        own = tuple(e for e in epsilons if (family._replace(epsilon=e), seed) in sought)
        alike.setdefault(own, []).append(seed)
    return alike


def _cut(alike: Mapping[tuple[float, ...], Sequence[int]], most: int) -> Iterator[Asked]:
    """Yield at most so many cells at a time: seeds whole as long as one has no more than that."""
    for epsilons, seeds in alike.items():
        for part in _parts(epsilons, most):
            for some in _parts(seeds, most // len(part)):
                yield tuple((epsilon, seed) for epsilon in part for seed in some)


def _parts(values: Sequence[Value], most: int) -> list[Sequence[Value]]:
    return [values[first : first + most] for first in range(0, len(values), most)]


def run_batch(prepared: Prepared, batch: Batch) -> list[Cell]:
    """Fit and measure the cells of a batch, on one core; what goes wrong is a row with its reason.

    A batch that breaks is run again cell by cell, so that one broken cell costs no other. Warnings
    are kept with every cell of what they were given in: a worker's own would be lost.

    Returns
    -------
    list of Cell
        In the order of `batch.asked`; `seconds` is an equal share of the time of all that ran.
    """
    withheld = prepared.refused.get(batch.consent_policy)
    reason = withheld or LEARNERS[batch.model].lacking.get(batch.mitigation)
    if reason is not None:
        return [
            empty_cell(prepared.plan, batch.policy(epsilon), seed, "refused", reason)
            for epsilon, seed in batch.asked
        ]
    with threadpool_limits(1):
        return _run(prepared, batch)


def _run(prepared: Prepared, batch: Batch) -> list[Cell]:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UserWarning)
        try:
            return _measured(prepared, batch, heard)
        except Exception as problem:
            if len(batch.asked) == 1:
                return [_wrong(prepared.plan, batch, problem, heard)]
    return [cell for one in batch.asked for cell in _run(prepared, batch._replace(asked=(one,)))]


def _wrong(plan: Plan, batch: Batch, problem: Exception, heard: Heard) -> Cell:
    """Return the cell of what was refused or failed; a failure is warned of with its place."""
    ((epsilon, seed),) = batch.asked
    policy = batch.policy(epsilon)
    if isinstance(problem, EquipoiseError):
        return empty_cell(plan, policy, seed, "refused", str(problem), _told(heard))
    told = f"{type(problem).__name__}: {problem}"
    reason = told.encode(errors="backslashreplace").decode()  # a message need not be UTF-8
    where = "".join(traceback.format_exception(problem)).rstrip()
    where = where.encode(errors="backslashreplace").decode()
    warned = f"{policy} failed with seed {seed}: {reason}\n{where}"
    heard_of = (*_told(heard), (_name(PolicyFailedWarning), warned))
    return empty_cell(plan, policy, seed, "failed", reason, heard_of)


def _measured(prepared: Prepared, batch: Batch, heard: Heard) -> list[Cell]:
    """Return the cells of a batch, all fitted and measured at once."""
    started = time.perf_counter()
    plan, consent = prepared.plan, batch.consent_policy
    fit, parts = prepared.fit[consent], (prepared.choose[consent], prepared.confirm[consent])
    setting = Setting(str(plan.attribute), parts[0].levels, plan.delta, plan.split_seed)
    models = LEARNERS[batch.model].fit(fit, batch.mitigation, batch.asked, setting)
    seeds = [seed for _, seed in batch.asked]
    choose, confirm = (_measures(part, models, seeds) for part in parts)
    shared = {
        "n_train": len(fit),
        "seconds": (time.perf_counter() - started) / len(seeds),
    }
    told = _told(heard)
    return [
        Cell(
            _row(plan, batch, place, choose) | shared | {"note": "; ".join(choose.notes[place])},
            [*choose.groups[place], *confirm.groups[place]],
            np.stack([choose.draws[place], confirm.draws[place]]),
            confirm.group_draws[place],
            parts[0].levels,
            None if promise is None else promise.as_dict(),
            told,
        )
        for place, promise in enumerate(models.guarantees)
    ]


def _measures(part: Part, models: Models, seeds: Sequence[int]) -> Measured:
    members = None if part.members is None else models.scores(part.members)
    return measured(part, models.scores(part.task), seeds, members)


def _row(plan: Plan, batch: Batch, place: int, choose: Measured) -> dict[str, Any]:
    epsilon, seed = batch.asked[place]
    figures = {name: float(choose.measures[name][place]) for name in (*MEASURES, *PROFIT_BOUNDS)}
    return keys_of(plan, batch.policy(epsilon), seed, "ok") | figures


def _told(heard: Heard) -> tuple[tuple[str, str], ...]:
    """Return the warnings, each once, as text that goes through a file."""
    return tuple(dict.fromkeys((_name(one.category), str(one.message)) for one in heard))


def _name(category: type[Warning]) -> str:
    return f"{category.__module__}:{category.__qualname__}"
