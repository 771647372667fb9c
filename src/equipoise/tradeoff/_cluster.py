"""Batches of a sweep on a dask cluster, whose workers must have the same code to the line."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from equipoise.exceptions import EquipoiseError, InputError
from equipoise.tradeoff._batches import Batch, run_batch
from equipoise.tradeoff._cell import Cell
from equipoise.tradeoff._kept import software
from equipoise.tradeoff._parts import Prepared

__all__ = ["on_cluster"]

LOCAL = "local"
# Warnings and BLAS threads are a matter of the process, so a worker runs one batch at a time.
_one_at_a_time = threading.Lock()


def on_cluster(
    prepared: Prepared, batches: Sequence[Batch], jobs: int, scheduler: str
) -> Iterator[list[Cell]]:
    """Yield the cells of each batch as it finishes; `local` starts `jobs` workers on this machine.

    The customers go to each worker once. Closing it cancels what has not started.
    """
    distributed: Any = import_module("distributed")
    with _client(scheduler, jobs) as client:
        _check_workers(client, scheduler)
        handed = client.scatter(prepared, broadcast=True, hash=False)
        futures = [
            client.submit(_run_checked, handed, batch, software(), pure=False) for batch in batches
        ]
        try:
            for future in distributed.as_completed(futures, loop=client.loop):
                yield _result(future, scheduler)
                future.release()  # else the cluster holds every cell to the end
        finally:
            client.cancel(futures)


def _result(future: Any, scheduler: str) -> list[Cell]:
    try:
        cells: list[Cell] = future.result()
    except EquipoiseError:
        raise
    except Exception as problem:
        raise _lost(scheduler, problem) from problem
    return cells


@contextmanager
def _client(scheduler: str, jobs: int) -> Iterator[Any]:
    """Connect to a scheduler, or start a cluster of one-threaded processes on this machine."""
    from equipoise.crm._scale import connect

    if scheduler != LOCAL:
        with connect(scheduler) as client:
            yield client
        return
    distributed: Any = import_module("distributed")
    with (
        distributed.LocalCluster(
            n_workers=os.cpu_count() if jobs == -1 else jobs,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.ERROR,
            preload=["equipoise.tradeoff._workers"],
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _check_workers(client: Any, scheduler: str) -> None:
    """Refuse a cluster without workers, or one whose workers would compute with other code."""
    from equipoise.crm import _scale

    try:
        client.wait_for_workers(1, timeout=_scale.CONNECT_SECONDS)
    except TimeoutError as problem:
        cure = f"Start one with `dask worker {scheduler} --nthreads 1`."
        raise InputError(
            "scheduler", "must have workers", f"none at {scheduler}", cure
        ) from problem
    try:
        told = client.run(software)
    except Exception as problem:
        raise _lost(scheduler, problem) from problem
    for worker, code in told.items():
        _check_code(code, software(), worker)


def _check_code(code: str, ours: str, worker: str) -> None:
    if code != ours:
        raise InputError(
            "scheduler",
            "must have workers with this machine's Python, libraries and equipoise, to the line",
            f"others at {worker}",
            "Install the same versions there.",
        )


def _run_checked(prepared: Prepared, batch: Batch, ours: str) -> list[Cell]:
    """Run a batch on a worker, which may have joined after the others were asked for their code."""
    _check_code(software(), ours, "a worker that joined later")
    with _one_at_a_time:
        return run_batch(prepared, batch)


def _lost(scheduler: str, problem: Exception) -> InputError:
    told = " ".join(f"{type(problem).__name__}: {problem}".rstrip(".").split())
    return InputError(
        "scheduler",
        "must have workers that can run equipoise, and that stay",
        f"{told} from {scheduler}",
        "Look into the logs of its workers. The same command goes on from the cells that were kept.",
    )
