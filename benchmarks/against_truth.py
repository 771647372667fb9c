"""Measured gaps beside injected ones, for every distortion and dose of the synthetic CRM.

    python benchmarks/against_truth.py [--customers 5000] [--seeds 40]

Each distortion acts on community B, which by nature is like community A. The gap of B to A is measured
in the records as anybody would, by the measure that the distortion moves, and stands beside the gap
that was injected, which the simulator knows exactly. An interval speaks of customers like those seen,
so coverage is that of the injected gap in expectation: its mean over the seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd

from equipoise import crm
from equipoise.fairness import beside_truth

KINDS = (
    crm.HistoricalTargeting,
    crm.UnderRepresentation,
    crm.NoisyMeasurement,
    crm.ProxyColumn,
    crm.LabelBias,
    crm.ConsentSelection,
    crm.TimeShift,
    crm.GroupSpecificBehaviour,
    crm.FeedbackLoop,
)
DOSES = (0.0, 0.3, 0.6, 1.0)
B = ("community", "B")


def rows(customers: int, seeds: int) -> Iterator[dict[str, object]]:
    for seed in range(seeds):
        clean = crm.make_crm(customers=customers, seed=seed)
        for kind in KINDS:
            for dose in DOSES:
                world = clean.with_distortions(kind(dose=dose, group=B))
                found = beside_truth(world, B[0], reference="A", measure=kind.moves)
                yield {"distortion": kind.name, "dose": dose} | found.set_index("group").loc[
                    "B"
                ].to_dict()


def summary(found: pd.DataFrame) -> pd.DataFrame:
    keys = ["distortion", "measure", "dose"]
    known = found["note"] == ""
    expected = found.groupby(keys)["injected_gap"].transform("mean")
    inside = (found["low"] <= expected) & (expected <= found["high"])
    clear = (found["low"] > 0) | (found["high"] < 0)
    told = found.assign(
        coverage=np.where(known, inside, np.nan), clear=np.where(known, clear, np.nan)
    )
    means = told.groupby(keys, sort=False)[
        ["injected_gap", "measured_gap", "coverage", "clear"]
    ].mean()
    means["note"] = told.groupby(keys, sort=False)["note"].first()
    return means.reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=40)
    asked = parser.parse_args()
    table = summary(pd.DataFrame(rows(asked.customers, asked.seeds)))
    print(f"{asked.customers:,} customers, {asked.seeds} seeds; gap of community B to A")
    with pd.option_context("display.width", 160, "display.max_rows", 100):
        print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
