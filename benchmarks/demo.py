"""What `make demo` needs after the installation: seconds and peak memory of all its processes.

    .venv/bin/python benchmarks/demo.py

The peer is the bare start of the same interpreter with the libraries that any such program loads,
so that the ratio says what the work itself costs on this machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

import psutil

LIBRARIES = "import numpy, pandas, scipy, sklearn.linear_model, matplotlib.figure"


def measured(command: list[str]) -> tuple[float, float]:
    """Return seconds and the largest sum of resident memory (GB) of a command and its children."""
    started, peak = time.perf_counter(), 0
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, _resident(process))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}")
    return time.perf_counter() - started, peak / 1e9


def _resident(process: psutil.Popen) -> int:
    total = 0
    try:
        for part in (process, *process.children(recursive=True)):
            total += part.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "equipoise", "demo", "--out", f"{folder}/demo"]
        peer = [sys.executable, "-c", LIBRARIES]
        for name, command in (("libraries alone", peer), ("demo", demo)):
            seconds, memory = measured(command)
            print(f"{name:16} {seconds:6.1f} s  {memory:5.2f} GB")
    light = "import time; t = time.process_time(); import equipoise; print(time.process_time() - t)"
    best = min(
        float(subprocess.run([sys.executable, "-c", light], capture_output=True, text=True).stdout)
        for _ in range(5)
    )
    print(f"{'import equipoise':16} {best:6.3f} s of CPU, best of 5")


if __name__ == "__main__":
    main()
