"""How often each kind of check catches each planted bug, and raises a false alarm over sound code.

    .venv/bin/python benchmarks/planted_bugs.py [--queries 40] [--learners 10] [--runs 1000]

Queries are quick and are repeated more often. Learners are fitted four times as often as `--runs` says
for one challenge of their output; it is halved for them.
"""

from __future__ import annotations

import argparse
import warnings

import pandas as pd

from equipoise.intervals import clopper_pearson
from equipoise.privacy.evidence import detection_table, planted_bugs, sound_twins

CHECKS = ("output", "steps", "sensitivity", "noise", "any of them")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=40, help="repeats of each query")
    parser.add_argument("--learners", type=int, default=10, help="repeats of each learner")
    parser.add_argument("--runs", type=int, default=1000)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    everything = planted_bugs() + sound_twins()
    queries = [each for each in everything if each.kind == "query"]
    learners = [each for each in everything if each.kind == "learner"]
    table = pd.concat(
        [
            detection_table(queries, repeats=given.queries, runs=given.runs),
            detection_table(learners, repeats=given.learners, runs=given.runs // 2),
        ]
    )
    for sound, title in ((False, "Caught"), (True, "False alarms")):
        print(f"\n{title}, share of repeats [95 % interval]\n")
        print_table(table[table["sound"] == sound])
    print_pooled(table)


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
    print("\nAll together, every repeat counted once\n")
    for (sound, check), rows in table.groupby(["sound", "check"], sort=False):
        caught, tried = rows["caught"].sum(), rows["repeats"].sum()
        rate, low, high = clopper_pearson(caught, tried)
        what = "false alarms" if sound else "caught"
        print(f"{what:12} {check:12} {caught:4} of {tried:4}  {rate:.3f} [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
