"""Audits beside their peers: seconds and memory, in one run on the same customers.

    python benchmarks/audit_speed.py [--rows 1000000] [--memory 10000000]

Four rates of sixteen groups, with a thousand bootstraps where the peer can do them; AIF360 (without
intervals), Fairlearn (a few bootstraps, per bootstrap), and a bare pandas grouping of the same columns.
Then the memory of an audit of many more rows, in processes of their own.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import equipoise as eq
from equipoise.fairness import audit_counts, count_table

GROUPS = 16
BOOTSTRAPS = 1000
FAIRLEARN_BOOTSTRAPS = 2
REPEATS = 5


def customers(rows: int, seed: int = 7) -> pd.DataFrame:
    """Return rows with a group as text, an outcome and a decision."""
    rng = np.random.default_rng(seed)
    names = np.array([f"segment {k:02d}" for k in range(GROUPS)])
    outcome = rng.random(rows) < 0.2
    return pd.DataFrame(
        {
            "segment": pd.Series(names[rng.integers(GROUPS, size=rows)], dtype="str"),
            "y": outcome.astype(np.int64),
            "d": (rng.random(rows) < 0.1 + 0.2 * outcome).astype(np.int64),
        }
    )


def seconds(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the shortest of several runs."""
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def ours(table: pd.DataFrame) -> eq.fairness.Audit:
    return eq.audit(
        table["y"], table["d"], groups=table[["segment"]], reference={"segment": "segment 00"}
    )


def intervals(table: pd.DataFrame) -> None:
    audited = ours(table)
    audited.frame(), audited.gaps()


def aif360(table: pd.DataFrame) -> tuple[float, ...]:
    """Return four rates of one group against the others; AIF360 compares two."""
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import ClassificationMetric

    coded = table.assign(segment=pd.factorize(table["segment"])[0].astype(float))
    true, decided = (
        BinaryLabelDataset(
            df=coded[["segment", name]].rename(columns={name: "label"}),
            label_names=["label"],
            protected_attribute_names=["segment"],
        )
        for name in ("y", "d")
    )
    others = [{"segment": float(k)} for k in range(1, GROUPS)]
    metric = ClassificationMetric(
        true, decided, unprivileged_groups=others, privileged_groups=[{"segment": 0.0}]
    )
    rates = (
        metric.selection_rate,
        metric.true_positive_rate,
        metric.false_positive_rate,
        metric.precision,
    )
    return tuple(rate(privileged=True) for rate in rates)


def fairlearn(table: pd.DataFrame, bootstraps: int | None) -> None:
    from fairlearn.metrics import (
        MetricFrame,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import precision_score

    more = {} if bootstraps is None else {"n_boot": bootstraps, "ci_quantiles": [0.025, 0.975]}
    MetricFrame(
        metrics={
            "selection": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate,
            "precision": precision_score,
        },
        y_true=table["y"], y_pred=table["d"], sensitive_features=table["segment"],
        random_state=7 if bootstraps else None, **more,
    )  # fmt: skip


def compared(rows: int) -> pd.DataFrame:
    table = customers(rows)
    audited = ours(table)
    bare = seconds(lambda: table.groupby(["segment", "y", "d"]).size())
    own, audited_s = seconds(lambda: ours(table).counts), seconds(lambda: intervals(table))
    boots = seconds(lambda: audited.bootstrap(BOOTSTRAPS))
    small = ours(customers(rows // 100))
    few = seconds(lambda: small.bootstrap(BOOTSTRAPS))
    aif = seconds(lambda: aif360(table), 3)
    plain = seconds(lambda: fairlearn(table, None), 1)
    resampled = seconds(lambda: fairlearn(table, FAIRLEARN_BOOTSTRAPS), 1)
    each = (resampled - plain) / FAIRLEARN_BOOTSTRAPS
    per_draw = (own + boots) / BOOTSTRAPS  # counting included
    lines = [
        ("bare pandas grouping of the three columns", bare, ""),
        ("count table of an audit", own, f"{own / bare:.2f} × the bare grouping (aim: ≤ 3)"),
        ("audit: rates and gaps", audited_s, f"{audited_s / bare:.2f} × the bare grouping"),
        (f"{BOOTSTRAPS:,} bootstraps", boots, f"{boots / few:.2f} × those of 1 % of the rows"),
        ("AIF360, four rates of one group", aif, f"{aif / audited_s:.0f} × our audit (aim: ≥ 20)"),
        ("Fairlearn, four rates", plain, f"{plain / audited_s:.0f} × our audit"),
        ("Fairlearn, one bootstrap", each, f"{each / per_draw:,.0f} × ours (aim: ≥ 1,000)"),
    ]
    return pd.DataFrame(lines, columns=["what", "seconds", "beside"])


def memory(rows: int) -> pd.DataFrame:
    """Return the largest resident memory of an audit in memory, and of one streamed from Parquet."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "rows.parquet")
        _child("write", path, rows)
        for what, task in (
            ("libraries alone", "import"),
            ("the rows read into pandas", "read"),
            ("the rows in memory, audited", "audit"),
            ("streamed from Parquet, audited", "stream"),
        ):
            lines.append((what, *_child(task, path, rows)))
    return pd.DataFrame(lines, columns=["what", "GiB", "seconds"])


def _child(task: str, path: str, rows: int) -> tuple[float, float]:
    command = [sys.executable, __file__, "--child", task, path, str(rows)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    gigabytes, took = done.stdout.split()
    return float(gigabytes), float(took)


def child(task: str, path: str, rows: int) -> None:
    started = time.perf_counter()
    if task == "write":
        import pyarrow as pa
        import pyarrow.parquet as pq

        parts = [customers(min(10**6, rows - start), start) for start in range(0, rows, 10**6)]
        with pq.ParquetWriter(path, pa.Table.from_pandas(parts[0]).schema) as writer:
            for part in parts:
                writer.write_table(pa.Table.from_pandas(part.astype({"y": "int64", "d": "int64"})))
    elif task in ("read", "audit"):
        table = pd.read_parquet(path)
        if task == "audit":
            started = time.perf_counter()
            intervals(table)
    elif task == "stream":
        counts = count_table(path, by=["segment"], y_true="y", y_pred="d")
        audit_counts(counts, reference={"segment": "segment 00"}).gaps()
    print(f"{peak_gigabytes():.3f} {time.perf_counter() - started:.2f}")


def peak_gigabytes() -> float:
    """Return the largest resident memory of this process; what its parent held does not count."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--memory", type=int, default=10_000_000)
    parser.add_argument("--child", nargs=3)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    if asked.child:
        child(asked.child[0], asked.child[1], int(asked.child[2]))
        return
    with pd.option_context("display.width", 200, "display.max_colwidth", 90):
        print(f"{asked.rows:,} rows, {GROUPS} groups; the shortest of {REPEATS} runs")
        print(compared(asked.rows).round({"seconds": 4}).to_string(index=False))
        print(f"\n{asked.memory:,} rows, largest resident memory of a process")
        print(memory(asked.memory).to_string(index=False))


if __name__ == "__main__":
    main()
