"""A pytest plugin round nbval: the one run of each solution also serves time, memory and network.

    PYTHONPATH=tests/notebooks python -m pytest -p nbval_limits -p no:randomly -W default \
        --nbval-lax --nbval-current-env --nbval-cell-timeout 120 notebooks/solutions

Everything is pinned to one core and one thread a library. Kernels run in a copy of notebooks/, like
the build. After the cells of a notebook comes an item that judges memory and network, and after the
last notebook one that judges the time of all.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import tempfile
import threading
import time
from pathlib import Path

import nbval.plugin
import psutil
import pytest
from lesson_kernel import copied_notebooks, kernel_environment, requests_made

SECONDS_A_LESSON = 30  # three lessons: 90 s in all
MEMORY_MB = 700
EVERY_SECONDS = 0.05

_SCRATCH = pytest.StashKey[Path]()
_BEFORE = pytest.StashKey[tuple[dict[str, str], set[int] | None]]()


class Watch(threading.Thread):
    """What a kernel and the processes it starts use, seen from outside."""

    def __init__(self, pid: int, began: float) -> None:
        super().__init__(daemon=True)
        self.kernel = psutil.Process(pid)
        self.began = began
        self.seconds = 0.0
        self.peak_mb = 0.0
        self.strangers: set[str] = set()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            tree = [self.kernel, *self.kernel.children(recursive=True)]
            self.peak_mb = max(self.peak_mb, sum(map(_resident, tree)) / 1e6, _high_water(tree[0]))
            self.strangers |= {stranger for process in tree for stranger in _strangers(process)}

    def stop(self) -> None:
        self.seconds = time.perf_counter() - self.began
        self.over.set()
        self.join()
        self.look()


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _high_water(process: psutil.Process) -> float:
    """Give the kernel's own peak, which no polling can miss, where the system keeps it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _strangers(process: psutil.Process) -> set[str]:
    with contextlib.suppress(psutil.Error):
        return {
            str(connection.raddr.ip)
            for connection in process.net_connections("inet")
            if connection.raddr and not ipaddress.ip_address(connection.raddr.ip).is_loopback
        }
    return set()


WATCHES: dict[str, Watch] = {}
_BEGAN: dict[str, float] = {}


class OverLimit(Exception):
    """A solution is right but takes too much; its message is all there is to say."""


class Limit(pytest.Item):
    """An item that is no cell."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        return str(excinfo.value)


class MemoryAndNetwork(Limit):
    """Judges one notebook after its cells."""

    def runtest(self) -> None:
        watch = WATCHES[self.path.stem]
        made = requests_made(self.config.stash[_SCRATCH])
        if watch.peak_mb >= MEMORY_MB:
            raise OverLimit(f"it took {watch.peak_mb:.0f} MB, more than {MEMORY_MB} MB")
        if watch.strangers:
            raise OverLimit(f"it was connected to {', '.join(sorted(watch.strangers))}")
        if made:
            raise OverLimit(f"it tried to reach another machine: {', '.join(made)}")

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.path.stem}: {self.name}"


class Time(Limit):
    """Judges all notebooks of the run together."""

    def runtest(self) -> None:
        allowed = SECONDS_A_LESSON * len(WATCHES)
        taken = sum(watch.seconds for watch in WATCHES.values())
        if taken >= allowed:
            raise OverLimit(
                f"{len(WATCHES)} solutions took {taken:.0f} s; the limit is {allowed} s"
            )

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


def pytest_configure(config: pytest.Config) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="equipoise-solutions-"))
    config.stash[_SCRATCH] = scratch
    config.stash[_BEFORE] = dict(os.environ), _pin_to_one_core()
    os.environ.update(kernel_environment(scratch))
    folder = str(copied_notebooks(scratch))

    class InACopy(nbval.plugin.RunningKernel):  # type: ignore[misc]
        def __init__(self, name: str, cwd: str | None = None, startup_timeout: float = 60) -> None:
            super().__init__(name, cwd=folder, startup_timeout=startup_timeout)

    nbval.plugin.RunningKernel = InACopy


def pytest_unconfigure(config: pytest.Config) -> None:
    import shutil

    environment, cores = config.stash[_BEFORE]
    os.environ.clear()
    os.environ.update(environment)
    if cores is not None:
        os.sched_setaffinity(0, cores)
    nbval.plugin.RunningKernel = nbval.plugin.RunningKernel.__base__
    shutil.rmtree(config.stash[_SCRATCH], ignore_errors=True)


def _pin_to_one_core() -> set[int] | None:
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    return cores


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    with_limits: list[pytest.Item] = []
    for item, following in zip(items, [*items[1:], None], strict=True):
        with_limits.append(item)
        if following is None or following.parent is not item.parent:
            with_limits.append(MemoryAndNetwork.from_parent(item.parent, name="memory and network"))
    if items:
        with_limits.append(Time.from_parent(session, name="the time of all solutions"))
    items[:] = with_limits


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    lesson = item.path.stem
    if isinstance(item, MemoryAndNetwork) and lesson in WATCHES:
        WATCHES[lesson].stop()
    _BEGAN.setdefault(lesson, time.perf_counter())
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    kernel = getattr(item.parent, "kernel", None)
    lesson = item.path.stem
    if kernel is not None and lesson not in WATCHES:
        WATCHES[lesson] = Watch(kernel.km.provisioner.pid, _BEGAN[lesson])
        WATCHES[lesson].start()
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("solutions, each run once on one core")
    for lesson, watch in WATCHES.items():
        terminalreporter.line(f"{lesson:<16} {watch.seconds:5.1f} s  {watch.peak_mb:5.0f} MB")
    total = sum(watch.seconds for watch in WATCHES.values())
    terminalreporter.line(f"{'all':<16} {total:5.1f} s")
