"""How often each kind of check catches each planted bug, and raises a false alarm over sound code.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/planted_bugs.py

takes about ten minutes on one core. Queries are quick: each is released 4 × `--releases` times for a
challenge of its output, which is repeated `--queries` times. Learners are fitted 4 × `--fits` times
for theirs, which is repeated `--learners` times.
"""

from __future__ import annotations

import argparse
import time
import warnings

import pandas as pd

from equipoise.intervals import clopper_pearson
from equipoise.privacy.evidence import detection_table, planted_bugs, sound_twins

CHECKS = ("output", "steps", "sensitivity", "noise", "any of them")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=int, default=40, help="repeats of each query")
    parser.add_argument("--learners", type=int, default=10, help="repeats of each learner")
    parser.add_argument("--releases", type=int, default=1000, help="judged, in each world")
    parser.add_argument("--fits", type=int, default=400, help="judged, in each world")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    began = time.perf_counter()
    everything = planted_bugs() + sound_twins()
    queries = [each for each in everything if each.kind == "query"]
    learners = [each for each in everything if each.kind == "learner"]
    table = pd.concat(
        [
            detection_table(queries, repeats=given.queries, runs=given.releases),
            detection_table(learners, repeats=given.learners, runs=given.fits),
        ]
    )
    for sound, title in ((False, "Caught"), (True, "False alarms")):
        print(f"\n{title}, share of repeats [95 % interval]\n")
        print_table(table[table["sound"] == sound])
    print_pooled(table)
    print(f"\n{(time.perf_counter() - began) / 60:.1f} minutes")


def print_table(table: pd.DataFrame) -> None:
    print(f"| what | repeats | {' | '.join(CHECKS)} |")
    print("|---|---|" + "---|" * len(CHECKS))
    for (kind, name), rows in table.groupby(["kind", "name"], sort=False):
        by_check = rows.set_index("check")
        cells = [shown(by_check.loc[check]) if check in by_check.index else "–" for check in CHECKS]
        print(f"| {kind}: {name} | {rows['repeats'].iloc[0]} | {' | '.join(cells)} |")


def shown(row: pd.Series) -> str:
    return f"{row['rate']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"


def print_pooled(table: pd.DataFrame) -> None:
    print("\nAll together, every repeat counted once:\n\n```")
    for sound, what in ((False, "caught"), (True, "false alarms")):
        for check in CHECKS:
            rows = table[(table["sound"] == sound) & (table["check"] == check)]
            caught, tried = rows["caught"].sum(), rows["repeats"].sum()
            rate, low, high = clopper_pearson(caught, tried)
            print(
                f"{what:12} {check:12} {caught:4} of {tried:4}  {rate:.3f} [{low:.3f}, {high:.3f}]"
            )
    print("```")


if __name__ == "__main__":
    main()
