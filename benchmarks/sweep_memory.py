"""A sweep of a million customers on the command line: seconds, and memory summed over all processes.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/sweep_memory.py [--customers 1000000]

The peer is pandas reading the same Parquet file, so that the ratio says what the sweep itself takes.
Memory that processes share, such as the customers mapped into it, is counted once for each.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from demo import measured

SWEEP = ["--epsilons", "0.3,1,3,inf", "--delta", "1e-8", "--models", "logistic,private_logistic",
         "--mitigations", "none,reweighing,group_thresholds", "--seeds", "3"]  # fmt: skip


def write_customers(path: Path, customers: int) -> None:
    """Write a table of so many customers in four groups, a fifth of whom answer."""
    rng = np.random.default_rng(0)
    numbers = {f"number_{k}": rng.uniform(0, 100, customers).round(1) for k in range(8)}
    frame = pd.DataFrame(numbers)
    frame["region"] = rng.choice(["north", "south", "east", "west"], customers)
    frame["channel"] = rng.choice(["shop", "web", "phone"], customers)
    odds = (frame["number_0"] - frame["number_1"]) / 40 + (frame["region"] == "west") - 1.8
    frame["answered"] = np.where(rng.random(customers) < 1 / (1 + np.exp(-odds)), "yes", "no")
    frame["id"] = [f"c{k}" for k in range(customers)]
    frame.to_parquet(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    customers = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as folder:
        table, task = Path(folder) / "customers.parquet", Path(folder) / "task.yaml"
        write_customers(table, customers)
        about = ["--outcome", "answered", "--positive", "yes", "--groups", "region", "--unit", "id"]
        describe = [sys.executable, "-m", "equipoise", "describe", str(table), *about]
        describe += ["--out", str(task)]
        subprocess.run(describe, check=True, stdout=subprocess.DEVNULL)
        reading = f"import pandas; print(len(pandas.read_parquet({str(table)!r})))"
        sweep = [sys.executable, "-W", "ignore", "-m", "equipoise", "sweep", str(task), *SWEEP]
        out = ["--no-keep", "--out", f"{folder}/s.parquet"]
        print(f"{customers:,} customers; 2 models, 3 mitigations, 4 epsilons, 3 seeds")
        for name, command in (
            ("pandas reads the table", [sys.executable, "-c", reading]),
            ("sweep, one process", [*sweep, *out, "--jobs", "1"]),
            ("sweep, two processes", [*sweep, *out, "--jobs", "2"]),
        ):
            seconds, memory = measured(command)
            print(f"{name:24} {seconds:7.1f} s  {memory:5.2f} GB", flush=True)


if __name__ == "__main__":
    main()
