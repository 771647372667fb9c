"""What a process of a sweep owes to the one that started it: to end with it, and to leave nothing."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

__all__ = ["dask_setup", "end_with"]

_watched: set[int] = set()
_left_behind: set[Path] = set()


def end_with(starter: int, folder: Path | None = None) -> None:
    """End this process soon after `starter`, its parent, is gone; then remove the starter's folder.

    A killed sweep cannot tell its workers, and they would wait five minutes for more work; nor can
    it remove the customers that it laid out for them. Ctrl-C reaches workers too, but it is the
    starter that answers it and ends them. In the starter itself, or where the starter is no parent
    (on a cluster), nothing is watched.
    """
    if os.getppid() != starter:
        return
    if folder is not None:
        _left_behind.add(folder)
    if starter not in _watched:
        _watched.add(starter)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_watch, args=(starter,), daemon=True).start()


def dask_setup(_: object) -> None:
    """Leave Ctrl-C to the starter, in a worker of dask: it calls this where it loads this module."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _watch(starter: int) -> None:
    while os.getppid() == starter:
        time.sleep(0.5)
    for folder in _left_behind:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
