"""Sweep: every policy of a plan on the same customers, as tidy frames with a manifest."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from equipoise.task import Task
from equipoise.tradeoff._assembling import frames_of, not_run, warning_of
from equipoise.tradeoff._batches import batches
from equipoise.tradeoff._cell import Cell
from equipoise.tradeoff._engines import check_engine, finished
from equipoise.tradeoff._kept import KeptCells, Wanted, asked_of, wanted_of
from equipoise.tradeoff._manifest import facts_of
from equipoise.tradeoff._parts import Prepared, prepare
from equipoise.tradeoff._plan import Plan
from equipoise.tradeoff._result import Sweep
from equipoise.tradeoff._storage import digest_of

__all__ = ["SweepInterrupted", "sweep"]


class SweepInterrupted(KeyboardInterrupt):
    """Ctrl-C came while a sweep ran; what it had is here.

    Attributes
    ----------
    partial : Sweep
        Every cell of the plan; those that did not run are rows with `status = not_run`.
    """

    def __init__(self, partial: Sweep) -> None:
        waiting = int((partial.rows["status"] == "not_run").sum())
        super().__init__(f"{len(partial.rows) - waiting} of {len(partial.rows)} cells ran")
        self.partial = partial


def sweep(
    task: Task,
    plan: Plan,
    *,
    keep: str | Path | None = None,
    jobs: int = -1,
    scheduler: str | None = None,
    progress: bool = False,
) -> Sweep:
    """Run every policy of the plan on the task.

    Parameters
    ----------
    task : Task
    plan : Plan
        Checked against the task before anything runs.
    keep : str or Path, optional
        A folder for finished cells, one file each, made if need be. A later sweep reuses those whose
        data, settings and software are the same, so a killed sweep goes on where it was and a wider
        plan computes only what is new. A file that was changed is computed again. It holds figures
        of the customers without noise, and may be removed at any time.
    jobs : int
        Processes; 1 is this one alone, -1 is one per core, which start only where so much is left
        to do that they are worth the seconds they take to start. Results do not depend on it.
    scheduler : str, optional
        Address of a dask scheduler such as `tcp://127.0.0.1:8786`, or `local` for a dask cluster of
        `jobs` processes on this machine. A worker runs one batch at a time, so start workers with
        one thread. Results do not depend on it.
    progress : bool
        Show on standard error how many cells were reused and are done, and the time left.

    Returns
    -------
    Sweep
        An internal study: see `Sweep.manifest["internal"]`.

    Raises
    ------
    InputError
        Before anything runs, where the plan does not fit the task, contacts contradict their stated
        probabilities, a part of the customers lacks an outcome, `keep` cannot be written, `jobs` is no
        number of processes, or no scheduler answers. Later, where the system ends a process or a
        cluster loses its workers. What goes wrong with one policy is a row.
    MissingExtraError
        Where a scheduler is asked for and dask is not installed.
    SweepInterrupted
        On Ctrl-C, once the processes were ended; it carries what there is.

    Warns
    -----
    PolicyFailedWarning
        Where a policy broke for a reason that nobody foresaw; its row has `status = failed`.
    KeptCellWarning
        Where a kept cell is damaged, or one cannot be written any more.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=2000, seed=7).task("offer_response")
    >>> plan = Plan([float("inf")], models=["logistic"], mitigations=["none"], seeds=2)
    >>> sweep(task, plan, jobs=1).frame()[["model", "seed", "status"]]
          model  seed status
    0  logistic     0     ok
    1  logistic     1     ok
    """
    jobs = check_engine(jobs, scheduler)
    plan = plan.for_task(task)
    prepared = prepare(task, plan)
    wanted = wanted_of(plan)
    kept = None if keep is None else KeptCells.of(Path(keep), task, plan)
    found = {} if kept is None else _reused(kept, wanted, told=progress)
    reused = len(found)
    try:
        _run(prepared, wanted, found, kept, jobs=jobs, scheduler=scheduler, progress=progress)
    except KeyboardInterrupt:
        raise SweepInterrupted(_assembled(task, prepared, wanted, found, reused)) from None
    return _assembled(task, prepared, wanted, found, reused)


def _reused(kept: KeptCells, wanted: Sequence[Wanted], *, told: bool) -> dict[Wanted, Cell]:
    kept.make()
    found = kept.read(wanted)
    kept.check_room(len(wanted) - len(found))
    if told:
        others = 0 if len(found) == len(wanted) else kept.others(wanted)
        beside = f"; {others} others there are of other policies, data, settings or versions"
        line = f"reused {len(found)} of {len(wanted)} cells in {kept.folder}"
        tqdm.write(f"{line}{beside if others else ''}", file=sys.stderr)
    return found


def _run(
    prepared: Prepared,
    wanted: Sequence[Wanted],
    found: dict[Wanted, Cell],
    kept: KeptCells | None,
    *,
    jobs: int,
    scheduler: str | None,
    progress: bool,
) -> None:
    """Add the cells that are not found yet, and keep each as soon as it is there."""
    todo = batches(prepared.plan, [asked for asked in wanted if asked not in found])
    running = finished(prepared, todo, jobs=jobs, scheduler=scheduler)
    shown = tqdm(
        desc="cells",
        total=len(wanted),
        initial=len(found),
        file=sys.stderr,
        disable=not (progress and todo),
    )
    with warnings.catch_warnings(), closing(running), closing(shown):
        # joblib's advice to whoever interrupts it
        warnings.filterwarnings("ignore", r"\d+ tasks (which were|have been)", UserWarning)
        for cells in running:
            for cell in cells:
                found[asked_of(cell)] = cell
                if kept is not None:
                    kept.add(cell)
            shown.update(len(cells))


def _assembled(
    task: Task,
    prepared: Prepared,
    wanted: Sequence[Wanted],
    found: Mapping[Wanted, Cell],
    reused: int,
) -> Sweep:
    """Return the cells in the order of the plan, whatever order they came in."""
    cells = [found.get(asked) or not_run(prepared.plan, *asked) for asked in wanted]
    for warned in dict.fromkeys(warned for cell in cells for warned in cell.warned):
        warnings.warn(warning_of(*warned), stacklevel=3)
    parts = frames_of(cells)
    facts = facts_of(task, prepared, cells)
    run = {"digest": digest_of(facts, *parts), "cells": {"reused": reused, "of": len(wanted)}}
    return Sweep(*parts, facts | run)
