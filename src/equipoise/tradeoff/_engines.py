"""Who runs the batches of a sweep: this process, processes beside it, or a dask cluster."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path

from equipoise._checks import check_whole
from equipoise.exceptions import InputError
from equipoise.tradeoff._batches import Batch, run_batch
from equipoise.tradeoff._cell import Cell
from equipoise.tradeoff._cluster import on_cluster
from equipoise.tradeoff._parts import Prepared
from equipoise.tradeoff._workers import end_with, removed_with_us

__all__ = ["check_engine", "finished"]

_WORTH_PROCESSES = 8.0
"""Seconds of work left: a process imports for about three before it starts."""
_ONE_PER_CORE = "Use -1 for one process per core."
_FEWER = (
    "Probably there was no memory left: use fewer jobs. The same command goes on from the cells that "
    "were kept."
)


def check_engine(jobs: int, scheduler: str | None) -> int:
    """Return the number of processes; refuse what means none, and dask where it is missing."""
    if scheduler is not None:
        from equipoise.crm._scale import check_extra

        check_extra("Sweeping", ["distributed"])
    return -1 if jobs == -1 else check_whole("jobs", jobs, low=1, next_move=_ONE_PER_CORE)


def finished(
    prepared: Prepared, batches: Sequence[Batch], *, jobs: int, scheduler: str | None
) -> Generator[list[Cell]]:
    """Yield the cells of each batch as it finishes, in whatever order; closing it ends all work."""
    if not batches:
        return
    if scheduler is not None:
        yield from on_cluster(prepared, batches, jobs, scheduler)
    elif jobs == 1:
        yield from (run_batch(prepared, batch) for batch in batches)
    elif jobs == -1:
        yield from _as_seems_best(prepared, batches)
    else:
        yield from _in_processes(prepared, batches, jobs)


def _as_seems_best(prepared: Prepared, batches: Sequence[Batch]) -> Iterator[list[Cell]]:
    """Run batches here until so much seems left that starting processes is worth their seconds."""
    started = time.perf_counter()
    for done, batch in enumerate(batches, start=1):
        yield run_batch(prepared, batch)
        left = (time.perf_counter() - started) / done * (len(batches) - done)
        if left > _WORTH_PROCESSES:
            yield from _in_processes(prepared, batches[done:], jobs=-1)
            return


def _in_processes(prepared: Prepared, batches: Sequence[Batch], jobs: int) -> Iterator[list[Cell]]:
    from joblib import Parallel, delayed

    parallel = Parallel(
        backend="loky",
        n_jobs=min(jobs, len(batches)),
        return_as="generator_unordered",
        pre_dispatch="2*n_jobs",
        initializer=end_with,
        initargs=(os.getpid(),),
    )
    try:
        with _laid_out(prepared) as path:
            results = parallel(delayed(_run_laid_out)(path, batch) for batch in batches)
            with closing(results):
                yield from results
    except BrokenProcessPool as problem:
        rule = "must leave each process enough memory"
        raise InputError("jobs", rule, "a process that the system ended", _FEWER) from problem


@contextmanager
def _laid_out(prepared: Prepared) -> Iterator[Path]:
    """Write the prepared customers where the processes of this machine map them into memory."""
    import joblib

    folder = Path(tempfile.mkdtemp(prefix="equipoise-"))  # readable by its owner alone
    with removed_with_us(folder):
        try:
            joblib.dump(prepared, folder / "prepared")
        except OSError as problem:
            rule, found = "must have room for the customers", f"{folder} ({problem.strerror})"
            cure = "Set TMPDIR to a folder with room, or use one job."
            raise InputError("the temporary folder", rule, found, cure) from problem
        yield folder / "prepared"


def _run_laid_out(path: Path, batch: Batch) -> list[Cell]:
    return run_batch(_loaded(path), batch)


@lru_cache(maxsize=1)
def _loaded(path: Path) -> Prepared:
    import joblib

    prepared: Prepared = joblib.load(path, mmap_mode="r")
    return prepared
