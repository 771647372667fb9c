"""Private learners beside each other: how well they rank at one promise, and what noise costs them.

    .venv/bin/python benchmarks/private_learners.py [telco_churn.csv]

Every learner gets the same rows and the same declared bounds. Learners differ in what they promise: some
protect presence (add-remove), some only values (replace-one); some have a delta, some none. So there are two
tables: at the same nominal epsilon, and at the same replace-one promise, for which an add-remove learner is
fitted at half the epsilon and a smaller delta. The promise is printed with each line. Ten seeds draw the
noise, and for Telco the split as well; simulated customers are all fitted on, and others are scored. Without
a table, only the simulated customers are used.
"""

from __future__ import annotations

import math
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

import equipoise as eq
from equipoise.privacy.learning import (
    DiffprivlibLogisticRegression,
    OutputPerturbedLogisticRegression,
    PrivateExplainableBoosting,
    PrivateLogisticRegression,
    SufficientStatisticsClassifier,
    fit_many,
)

SEEDS = range(10)
EPSILONS = (0.3, 1.0, 3.0)
DELTA = 1e-6
LEARNERS = {
    "gradient descent (default)": (PrivateLogisticRegression, DELTA),
    "sufficient statistics": (SufficientStatisticsClassifier, DELTA),
    "boosting (interpret)": (PrivateExplainableBoosting, DELTA),
    "output, Gaussian": (OutputPerturbedLogisticRegression, DELTA),
    "output, pure": (OutputPerturbedLogisticRegression, None),
    "diffprivlib, safe setting": (DiffprivlibLogisticRegression, None),
}
REPLACE_ONE = {"output, Gaussian", "output, pure", "diffprivlib, safe setting"}
NUMBERS = {"tenure": (0, 72), "MonthlyCharges": (18, 119), "TotalCharges": (0, 9000)}


def asked(name, epsilon, *, alike):
    """Return the epsilon and delta to fit at, for one nominal epsilon or one replace-one promise."""
    delta = LEARNERS[name][1]
    if not alike or name in REPLACE_ONE or math.isinf(epsilon):
        return epsilon, delta
    return epsilon / 2, delta / (1 + math.exp(epsilon / 2))


def telco(path):
    """Return the bounds, and rows to fit on and to score by seed."""
    table = pd.read_csv(path)
    table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce").fillna(0)
    X = table.drop(columns=["customerID", "Churn"])
    y = (table["Churn"] == "Yes").to_numpy(int)
    categories = {c: sorted(X[c].astype(str).unique()) for c in X if c not in NUMBERS}

    def split(seed):
        fit, test = train_test_split(
            np.arange(len(y)), test_size=0.4, stratify=y, random_state=seed
        )
        return (X.iloc[fit], y[fit], None), (X.iloc[test], y[test])

    return NUMBERS | categories, split


def crm():
    """Return the same of the customers whom 100,000 simulated ones allow to be used, and of others."""
    task, fresh = (eq.make_crm(customers=100_000, seed=s).task("offer_response") for s in (7, 8))
    fit, test = (task.X, np.asarray(task.y), task.unit), (fresh.X, np.asarray(fresh.y))
    return task.bounds, lambda seed: (fit, test)


def compared(customers, epsilons, *, alike):
    """Return one row a learner and epsilon: AUC over seeds, the price of noise, the promise, seconds."""
    bounds, split = customers
    found = []
    for seed in SEEDS:
        (X, y, unit), (X_test, y_test) = split(seed)
        for name, (kind, _) in LEARNERS.items():
            for epsilon in (*epsilons, math.inf):
                at, delta = asked(name, epsilon, alike=alike)
                learner = kind(epsilon=at, delta=delta, bounds=bounds, random_state=seed)
                started = time.perf_counter()
                learner.fit(X, y, unit=unit)
                seconds = time.perf_counter() - started
                auc = roc_auc_score(y_test, learner.decision_function(X_test))
                promise = learner.guarantee_.as_replace_one() if alike else learner.guarantee_
                found.append((epsilon, name, auc, seconds, str(promise)))
    table = pd.DataFrame(found, columns=["epsilon", "learner", "auc", "seconds", "promise"])
    grouped = table.groupby(["epsilon", "learner"], sort=False)
    summary = grouped["auc"].agg(["mean", "std"]).join(grouped["seconds"].median())
    summary = summary.join(grouped["promise"].first()).reset_index()
    summary = summary.sort_values("epsilon", kind="stable")
    without = summary.loc[np.isinf(summary["epsilon"])].set_index("learner")["mean"]
    summary.insert(4, "lost to noise", summary["learner"].map(without) - summary["mean"])
    return summary


def many_at_once():
    """Return seconds for 20 epsilons times 20 seeds, against one diffprivlib fit times 400."""
    rng = np.random.default_rng(0)
    columns = {f"x{place}": rng.uniform(-1, 1, 100_000) for place in range(20)}
    X = pd.DataFrame(columns)
    y = (rng.random(100_000) < 1 / (1 + np.exp(-X @ rng.normal(0, 1, 20)))).to_numpy(int)
    bounds = dict.fromkeys(columns, (-1, 1))
    peers = []
    for seed in range(3):
        peer = DiffprivlibLogisticRegression(epsilon=1.0, bounds=bounds, random_state=seed)
        started = time.perf_counter()
        peer.fit(X, y)
        peers.append(time.perf_counter() - started)
    rows = []
    for name in ("sufficient statistics", "output, Gaussian", "output, pure"):
        kind, delta = LEARNERS[name]
        learner = kind(epsilon=1.0, delta=delta, bounds=bounds)
        started = time.perf_counter()
        fit_many(learner, X, y, epsilons=np.geomspace(0.1, 10, 20), seeds=range(20))
        seconds = time.perf_counter() - started
        rows.append((name, seconds, 400 * np.median(peers) / seconds))
    return pd.DataFrame(rows, columns=["learner", "seconds for 400 models", "times as fast"])


def main() -> None:
    warnings.simplefilter("ignore")
    worlds = [("simulated customers, 35,000 to fit on", crm(), (1.0,))]
    if len(sys.argv) > 1:
        worlds.insert(0, ("Telco, 4,225 customers to fit on", telco(sys.argv[1]), EPSILONS))
    print(
        "20 epsilons times 20 seeds at 100,000 rows of 20 columns, against 400 fits of diffprivlib"
    )
    print(many_at_once().round(2).to_string(index=False))
    for world, customers, epsilons in worlds:
        for alike in (False, True):
            promise = "the same replace-one promise" if alike else "the same nominal epsilon"
            print(f"\n{world}, at {promise}")
            table = compared(customers, epsilons, alike=alike)
            print(table.round(4).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
