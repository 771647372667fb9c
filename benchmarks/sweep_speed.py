"""The class preset beside the loop that a user would write: seconds, cores, and a finished sweep again.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/sweep_speed.py [--rows 20000] [--rounds 3]

The same customers, models, mitigations, epsilons and seeds, on one core, in turns. The loop splits,
encodes, reweighs with AIF360, fits with scikit-learn or diffprivlib, sets thresholds with Fairlearn
and measures with scikit-learn and Fairlearn, cell by cell, on the customers to choose and to confirm
with. It is timed on one seed and scaled, once with point estimates alone, and once with the 200
bootstrap draws that intervals take (Fairlearn's own for rates, resampled rows for euros and area).
Ours has the intervals and the draws in either case.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, OneHotEncoder, StandardScaler

import equipoise as eq
from equipoise.crm import make_crm
from equipoise.task import Task

DELTA, ATTRIBUTE, DRAWS = 1e-6, "community", 200


def customers(rows: int) -> Task:
    """Draw a task of so many rows: who answers a coupon, whatever people said about consent."""
    task = make_crm(customers=int(rows * 1.8), seed=7).task("offer_response").under("everyone")
    return task.take(np.arange(rows))


def loop(task: Task, plan: eq.Plan, seeds: range, *, intervals: bool) -> pd.DataFrame:
    """Do what a user would: one cell after the other."""
    return pd.DataFrame(
        [
            _cell(task, policy, seed, intervals=intervals)
            for policy in plan.policies()
            for seed in seeds
        ]
    )


def _cell(task, policy, seed, *, intervals):
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(len(task))
    fit, choose, confirm = np.split(shuffled, [int(0.6 * len(task)), int(0.8 * len(task))])
    group = task.groups[ATTRIBUTE].to_numpy()
    weights, rows = None, fit
    if policy.mitigation == "reweighing":
        weights = _reweighed(task.y[fit], group[fit])
    private = np.isfinite(policy.epsilon)
    if private and weights is not None:  # diffprivlib takes no weights
        rng = np.random.default_rng(seed)
        rows, weights = rng.choice(fit, len(fit), p=weights / weights.sum()), None
    model = _pipeline(task, policy, seed, private)
    named = {} if weights is None else {"logisticregression__sample_weight": weights}
    model.fit(task.X.iloc[rows], task.y[rows], **named)
    if policy.mitigation == "group_thresholds":
        model = _thresholds(model, task.X.iloc[fit], task.y[fit], group[fit])
    told = {"model": policy.model, "mitigation": policy.mitigation, "epsilon": policy.epsilon}
    for name, part in (("choose", choose), ("confirm", confirm)):
        told |= {
            f"{name} {measure}": value
            for measure, value in _measured(
                task, model, part, group[part], policy, seed, intervals
            ).items()
        }
    return told


def _pipeline(task, policy, seed, private):
    numbers = [name for name in task.X if task.X[name].dtype == float]
    texts = [name for name in task.X if name not in numbers]
    categories = [list(task.bounds[name]) for name in texts]
    if policy.model == "private_logistic":
        scaler = MinMaxScaler((-1, 1))
        scaler.fit(pd.DataFrame({name: task.bounds[name] for name in numbers}))
        from sklearn.preprocessing import FunctionTransformer

        scale = FunctionTransformer(scaler.transform)
    else:
        scale = StandardScaler()
    encode = ColumnTransformer(
        [("n", scale, numbers), ("c", OneHotEncoder(categories=categories), texts)],
        sparse_threshold=0,
    )
    if not private:
        return make_pipeline(encode, LogisticRegression(max_iter=1000))
    from diffprivlib.models import LogisticRegression as Private

    learner = Private(epsilon=policy.epsilon, data_norm=1.0, random_state=seed, max_iter=1000)
    return make_pipeline(encode, Normalizer(), learner)


def _reweighed(y, group):
    from aif360.sklearn.preprocessing import Reweighing

    index = pd.Index(group, name="group")
    frame = pd.DataFrame({"x": np.zeros(len(y))}, index=index)
    return np.asarray(Reweighing("group").fit_transform(frame, pd.Series(y, index=index))[1])


def _thresholds(model, X, y, group):
    from fairlearn.postprocessing import ThresholdOptimizer

    optimizer = ThresholdOptimizer(
        estimator=model,
        constraints="demographic_parity",
        objective="balanced_accuracy_score",
        prefit=True,
        predict_method="predict_proba",
    )
    return optimizer.fit(X, y, sensitive_features=group)


def _measured(task, model, part, group, policy, seed, intervals):
    from fairlearn.metrics import (
        MetricFrame,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )

    X, y = task.X.iloc[part], task.y[part]
    if policy.mitigation == "group_thresholds":
        contacted = np.asarray(model.predict(X, sensitive_features=group, random_state=seed))
        scores = model.estimator_.predict_proba(X)[:, 1]
    else:
        scores = model.predict_proba(X)[:, 1]
        contacted = np.zeros(len(part), dtype=int)
        contacted[np.argsort(-scores, kind="stable")[: round(0.2 * len(part))]] = 1
    euros = task.take(part).profit_eur(contacted.astype(bool))
    top = np.argsort(-scores)[: len(part) // 10]
    rates = {"selected": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate}
    booted = {"n_boot": DRAWS, "ci_quantiles": [0.025, 0.975], "random_state": 0}
    by_group = MetricFrame(
        metrics=rates,
        y_true=y,
        y_pred=contacted,
        sensitive_features=group,
        **(booted if intervals else {}),
    )
    found = {
        "auc": roc_auc_score(y, scores),
        "average_precision": average_precision_score(y, scores),
        "lift": y[top].mean() / y.mean(),
        "profit": 1000 * euros.mean(),
        "selection gap": by_group.difference()["selected"],
        "opportunity gap": by_group.difference()["tpr"],
        "least tpr": by_group.group_min()["tpr"],
    }
    if intervals:
        by_group.difference_ci()
        rng = np.random.default_rng(0)
        draws = [rng.integers(len(part), size=len(part)) for _ in range(DRAWS)]
        areas = [roc_auc_score(y[drawn], scores[drawn]) for drawn in draws]
        found["auc low"], found["auc high"] = np.quantile(areas, [0.025, 0.975])
        profits = [1000 * euros[drawn].mean() for drawn in draws]
        found["profit low"], found["profit high"] = np.quantile(profits, [0.025, 0.975])
    return found


def seconds(call):
    """Return what a call gives, and the seconds of the clock."""
    started = time.perf_counter()
    given = call()
    return given, time.perf_counter() - started


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    task = customers(asked.rows)
    plan = eq.Plan.preset("class", delta=DELTA, attribute=ATTRIBUTE)
    print(f"{task!r}\n{plan.cells} cells of {len(plan.policies())} policies\n")
    times: dict[str, float] = {}
    for _ in range(asked.rounds):
        for name, call in {
            "ours, one core": lambda: eq.sweep(task, plan, jobs=1),
            "ours, two cores": lambda: eq.sweep(task, plan, jobs=2),
            "loop, point estimates": lambda: loop(task, plan, range(1), intervals=False),
        }.items():
            _, taken = seconds(call)
            taken *= plan.seeds if name.startswith("loop") else 1
            times[name] = min(taken, times.get(name, np.inf))
            print(f"  {name:24} {taken:8.1f} s", file=sys.stderr)
    times["loop, with intervals"] = plan.seeds * _with_intervals(task, plan)
    table = pd.DataFrame({"seconds": times})
    table["times ours on one core"] = table["seconds"] / times["ours, one core"]
    print(f"Seconds of the clock, best of {asked.rounds}; loops are one seed, times {plan.seeds}.")
    print(table.round(1).to_string())
    efficiency = times["ours, one core"] / times["ours, two cores"] / 2
    print(f"\nParallel efficiency of two processes: {efficiency:.2f}\n")
    print(_where(task, plan).round(2).to_string(index=False))
    print(f"\n{_resumed(asked.rows)}")


def _with_intervals(task, plan):
    """Return the seconds of one seed of the loop with intervals, from three of its epsilons."""
    few = eq.Plan.preset(
        "class", delta=DELTA, attribute=ATTRIBUTE, epsilons=(0.3, 2.0, float("inf"))
    )
    _, taken = seconds(lambda: loop(task, few, range(1), intervals=True))
    return taken * len(plan.policies()) / len(few.policies())


def _where(task, plan):
    """Say where the ratio comes from: milliseconds a cell, by what the cell asks for."""
    rows = eq.sweep(task, plan, jobs=1).frame()
    own = 1000 * rows.groupby(["model", "mitigation"], sort=False)["seconds"].mean()
    theirs = {}
    for model, mitigation in own.index:
        one = eq.Plan(
            epsilons=(1.0, float("inf")),
            delta=DELTA,
            models=[model],
            mitigations=[mitigation],
            attribute=ATTRIBUTE,
        )
        _, taken = seconds(lambda one=one: loop(task, one, range(1), intervals=False))
        theirs[model, mitigation] = 1000 * taken / len(one.policies())
    table = own.rename("ours, ms a cell").to_frame()
    table["loop, ms a cell"] = pd.Series(theirs)
    table["ratio"] = table["loop, ms a cell"] / table["ours, ms a cell"]
    return table.reset_index()


def _resumed(rows):
    """Return what it takes to start, and to come back to a sweep that is finished."""
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        make_crm(customers=int(rows * 1.8), seed=7).write(world)
        command = [sys.executable, "-m", "equipoise", "sweep", str(world / "offer_response.yaml"),
                   "--preset", "class", "--delta", str(DELTA), "--attribute", ATTRIBUTE,
                   "--out", str(Path(folder) / "s.parquet")]  # fmt: skip
        start = [sys.executable, "-c", "import equipoise as eq, equipoise.tradeoff, sys\n"
                 f"eq.read_task({str(world / 'offer_response.yaml')!r})"]  # fmt: skip
        told = []
        for name, call in (
            ("first run", command),
            ("the same again", command),
            ("imports and reading the task alone", start),
        ):
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            _, taken = seconds(
                lambda call=call, quiet=quiet: subprocess.run(
                    call, check=True, env=os.environ, **quiet
                )
            )
            told.append(f"{name} {taken:.1f} s")
        return "Resuming a finished sweep: " + ", ".join(told)


if __name__ == "__main__":
    main()
