"""Work shared out by dask, if it is installed and asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from equipoise.exceptions import InputError, MissingExtraError

__all__ = ["check_dask", "check_extra", "connect", "each_with_dask"]

CURE = 'Install it with: pip install "equipoise[scale]"'
CONNECT_SECONDS = 10


def check_dask(wanted: bool, scheduler: str | None) -> None:
    """Refuse a scheduler without dask, and dask where it is not installed; import neither."""
    if scheduler is not None and not wanted:
        raise InputError("scheduler", "must come with dask", scheduler, "Ask for dask, too.")
    if wanted:
        check_extra("Drawing", ["dask"] if scheduler is None else ["dask", "distributed"])


def check_extra(act: str, needed: Iterable[str]) -> None:
    """Refuse to do `act` with dask where a library that it needs is not installed; import none."""
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"{act} with dask needs {', '.join(missing)}. {CURE}")


def each_with_dask(
    act: Callable[[int], None], numbers: Iterable[int], scheduler: str | None
) -> None:
    """Run `act` on each number as a task of its own, on dask's default scheduler or another."""
    dask: Any = import_module("dask")
    tasks = [dask.delayed(act, pure=False)(number) for number in numbers]
    if scheduler is None:
        dask.compute(*tasks)
        return
    with connect(scheduler) as client:
        client.gather(client.compute(tasks))


def connect(scheduler: str) -> Any:
    """Return a client of a dask scheduler; refuse one that does not answer within seconds."""
    distributed: Any = import_module("distributed")
    try:
        with ThreadPoolExecutor(1) as thread:  # a notebook has a loop of its own
            thread.submit(asyncio.run, _greet(scheduler)).result()
        return distributed.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except Exception as problem:  # what else answers there may say anything
        raise InputError(
            "scheduler",
            "must be the address of a dask scheduler that answers",
            scheduler or "nothing",
            "Start one with `dask scheduler`, or leave it out.",
        ) from problem


async def _greet(scheduler: str) -> None:
    """Ask a scheduler who it is: a client that gets no answer would print, and wait on, as it ends."""
    distributed: Any = import_module("distributed")
    kind = distributed.Security().get_connection_args("client")
    rpc = distributed.core.rpc(scheduler, timeout=CONNECT_SECONDS, connection_args=kind)
    try:
        told = await asyncio.wait_for(rpc.identity(), CONNECT_SECONDS)
    finally:
        await rpc.close_rpc()
    if told["type"] != "Scheduler":
        raise ValueError(told["type"])
