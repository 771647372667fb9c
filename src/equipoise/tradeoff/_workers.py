"""What a process of a sweep owes to the one that started it: to end with it."""

from __future__ import annotations

import os
import signal
import threading
import time

__all__ = ["end_with"]

_watched: set[int] = set()


def end_with(starter: int) -> None:
    """End this process soon after `starter`, its parent, is gone.

    A killed sweep cannot tell its workers, and they would wait five minutes for more work. Ctrl-C
    reaches them too, but it is the starter that answers it and ends them. In the starter itself, or
    where the starter is no parent (on a cluster), nothing is watched.
    """
    if os.getppid() == starter and starter not in _watched:
        _watched.add(starter)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_watch, args=(starter,), daemon=True).start()


def _watch(starter: int) -> None:
    while os.getppid() == starter:
        time.sleep(0.5)
    os._exit(1)
