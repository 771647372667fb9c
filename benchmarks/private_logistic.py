"""Private logistic regression beside its peers: area under the curve and seconds, in one run.

    .venv/bin/python benchmarks/private_logistic.py [task.yaml]

Without a task it uses simulated customers. Every learner gets the same encoded rows of the same
customers; promises differ, so unit, adjacency and delta are printed with each line. diffprivlib's
replace-one promise at epsilon is compared at the same nominal epsilon, and at twice of it, which is
what our add-remove promise implies.
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

import equipoise as eq
from equipoise.models import propensity

SEEDS = range(10)
EPSILONS = (0.3, 1.0, 3.0, float("inf"))
DELTA = 1e-6


def learners(task, epsilon, seed):
    """Return name, unfitted learner and promise of everything compared at one epsilon."""
    shared = {
        "bounds": task.bounds,
        "bounds_from_data": task.bounds_from_data,
        "random_state": seed,
    }
    ours = eq.privacy.PrivateLogisticRegression(epsilon=epsilon, delta=DELTA, **shared)
    peer = eq.privacy.DiffprivlibLogisticRegression
    yield "equipoise", ours
    yield "diffprivlib, same epsilon", peer(epsilon=epsilon, **shared)
    yield "diffprivlib, twice epsilon", peer(epsilon=2 * epsilon, **shared)


def main() -> None:
    warnings.simplefilter("ignore")
    if len(sys.argv) > 1:
        task = eq.read_task(sys.argv[1])
    else:
        task = eq.make_crm(customers=20_000, seed=7).task("offer_response")
    print(f"{task!r}, {len(SEEDS)} splits 60/40 by customer, delta {DELTA:g} where it is not 0\n")
    rows = []
    for seed in SEEDS:
        split = task.split(seed=seed)
        fit, test = task.take(split.fit), task.take(np.r_[split.choose, split.confirm])
        plain = propensity(task).fit(fit.X, fit.y)
        rows.append(("scikit-learn, no bounds", np.inf, _auc(plain, test), 0.0, "none"))
        for epsilon in EPSILONS:
            for name, learner in learners(task, epsilon, seed):
                started = time.perf_counter()
                learner.fit(fit.X, fit.y, unit=fit.unit)
                seconds = time.perf_counter() - started
                rows.append((name, epsilon, _auc(learner, test), seconds, str(learner.guarantee_)))
    table = pd.DataFrame(rows, columns=["learner", "epsilon", "auc", "seconds", "promise"])
    grouped = table.groupby(["learner", "epsilon"], sort=False)
    summary = grouped["auc"].agg(["mean", "std"]).round(4).join(grouped["promise"].first())
    print(summary.reset_index().to_string(index=False))
    seconds = table.groupby("learner")["seconds"].median()
    ratio = seconds["diffprivlib, same epsilon"] / seconds["equipoise"]
    print(
        f"\nOne fit takes diffprivlib {ratio:.1f} times as long as equipoise (medians of one run)."
    )


def _auc(model, test) -> float:
    return roc_auc_score(test.y, model.predict_proba(test.X)[:, 1])


if __name__ == "__main__":
    main()
