"""Uplift curves beside scikit-uplift: seconds of the processor for the same figures, in one run.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/uplift_curves.py [--rows 1000000]

Ours and theirs take turns, best of a few rounds. Ours also gives the curve and both coefficients with
intervals; "ours, all" is everything that an `UpliftCurve` can say, tenths included. The last column is
the largest difference between the two coefficients, ours and theirs.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklift.metrics import qini_auc_score, uplift_at_k, uplift_auc_score
from sklift.metrics import uplift_curve as their_curve

from equipoise.models.uplift import uplift_curve

ROUNDS, TOP, CHANCE = 3, 0.2, 0.7


def campaign(rows, levels, seed=0):
    """Draw a campaign with a hold-out of three in ten; with `levels` scores are tied."""
    rng = np.random.default_rng(seed)
    scores = rng.random(rows) if levels is None else rng.integers(0, levels, rows) / levels
    treated = (rng.random(rows) < CHANCE).astype(int)
    return (rng.random(rows) < 0.15 + 0.1 * scores * treated).astype(int), scores, treated


def ours(y, scores, treated):
    """Return both coefficients, after the same four figures that theirs works out."""
    curve = uplift_curve(y, scores, treatment=treated, probability=CHANCE)
    curve.frame(), curve.uplift_at(TOP)
    return np.array([curve.qini.value, curve.auuc.value])


def ours_all(y, scores, treated):
    """Return both coefficients, after all that can be asked."""
    curve = uplift_curve(y, scores, treatment=treated, probability=CHANCE)
    curve.frame(), curve.summary(), curve.deciles()
    return np.array([curve.qini.value, curve.auuc.value])


def theirs(y, scores, treated):
    """Return both coefficients of scikit-uplift, after its curve and uplift@k."""
    their_curve(y, scores, treated), uplift_at_k(y, scores, treated, "overall", TOP)
    return np.array([qini_auc_score(y, scores, treated), uplift_auc_score(y, scores, treated)])


def ours_curve(y, scores, treated):
    """Return the curve with its intervals alone."""
    uplift_curve(y, scores, treatment=treated, probability=CHANCE).frame()


CALLS = {"ours, curve": ours_curve, "ours": ours, "ours, all": ours_all, "scikit-uplift": theirs}


def seconds(call, rows):
    """Return what a call gives, and the processor's seconds."""
    started = time.process_time()
    return call(*rows), time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    for told, levels in (("no ties", None), ("1,000 levels of the score", 1000)):
        rows = campaign(asked.rows, levels)
        best, given = dict.fromkeys(CALLS, np.inf), {}
        for _ in range(ROUNDS):
            for name, call in CALLS.items():
                given[name], spent = seconds(call, rows)
                best[name] = min(best[name], spent)
        apart = np.abs(given["ours"] - given["scikit-uplift"]).max()
        print(f"{asked.rows:,} rows, {told}; coefficients at most {apart:.1e} apart")
        for name, spent in best.items():
            ratio = spent / best["scikit-uplift"]
            print(f"  {name:14} {spent:6.3f} s  {ratio:5.2f} of scikit-uplift")


if __name__ == "__main__":
    main()
