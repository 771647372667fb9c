"""What the processes of a sweep owe to the one that started it: to end with it, and leave nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["dask_setup", "end_with", "removed_with_us"]

# It waits until nobody holds the other end of its input any more.
_REMOVE = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], ignore_errors=True)"


@contextmanager
def removed_with_us(folder: Path) -> Iterator[None]:
    """Remove a folder after the block, or when this process is killed in it, however that is done.

    A process of its own session sees to it, which no signal to a terminal or a group of processes reaches.
    Only where the whole machine or container ends does the folder stay.
    """
    command = [sys.executable, "-I", "-c", _REMOVE, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def end_with(starter: int) -> None:
    """End this process soon after `starter`, its parent, is gone, even where it is gone already.

    A killed sweep cannot tell its workers, and they would wait five minutes for more work. In the
    starter itself nothing is watched.
    """
    if os.getpid() != starter:
        dask_setup(None)
        threading.Thread(target=_watch, args=(starter,), daemon=True).start()


def dask_setup(_: object) -> None:
    """Leave Ctrl-C to the starter, in a worker of dask: it calls this where it loads this module."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _watch(starter: int) -> None:
    while os.getppid() == starter:
        time.sleep(0.5)
    os._exit(1)
