"""Claims beside their evidence: models of diffprivlib, and ours, at 4,000 runs a world.

    .venv/bin/python benchmarks/challenge.py [--runs 4000] [--confidence 0.95] [--only NAME]

Each world is drawn twice as often: one half to choose the attack, the other to judge it. Where nothing is
refuted and the noise is of no known kind, a twin of twice the epsilon is drawn as often. The neighbours
of diffprivlib's models are made for the defect that is noted beside them; the others are the worst
case that `challenge` makes from declared bounds.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings

import numpy as np
from diffprivlib.accountant import BudgetAccountant
from diffprivlib.models import GaussianNB, LinearRegression, LogisticRegression

from equipoise.privacy import DiffprivlibLogisticRegression, PrivateLogisticRegression
from equipoise.privacy.evidence import challenge
from equipoise.privacy.queries.mechanisms import (
    GaussianMechanism,
    GeometricMechanism,
    LaplaceMechanism,
    RandomizedResponse,
)

BOUNDS = {"age": (18.0, 98.0), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}


def rows(*values: float, others: int, at: float = 0.0) -> np.ndarray:
    """One column: the given values, after so many others."""
    return np.r_[np.full(others, at), values][:, None]


def with_count_of_50(model: GaussianNB) -> bool:
    return bool(model.class_count_[0] == 50 and model.theta_[0, 0] > 2005)


def weight(model: LogisticRegression) -> float:
    return float(model.coef_[0, 0])


def diffprivlib_models():
    """Yield name, learner, neighbours and how outputs are read; each claims a pure epsilon of 1.

    The logistic regression keeps the number of its iterations, which tells all: its weights alone,
    and all that it keeps.
    """
    quiet = {"epsilon": 1.0, "accountant": BudgetAccountant()}
    zeros = np.zeros(11)
    linear = LinearRegression(bounds_X=(0, 100), bounds_y=(0, 1), fit_intercept=False, **quiet)
    yield (
        "LinearRegression, bounds (0, 100)",
        linear,
        ((rows(100.0, others=10), zeros), (rows(1.0, others=10), zeros)),
        {},
    )
    labels = np.r_[np.zeros(50), np.ones(51)].astype(int)
    changed = np.where(np.arange(101) == 50, 0, labels)
    X = np.full((101, 1), 2000.0)
    yield (
        "GaussianNB, bounds (2000, 2024)",
        GaussianNB(bounds=(2000, 2024), **quiet),
        ((X, labels), (X, changed)),
        {"event": with_count_of_50},
    )
    for norm in (100.0, 1.0):
        learner = LogisticRegression(data_norm=norm, fit_intercept=False, tol=1e-10, **quiet)
        y = np.arange(11) % 2
        worlds = ((rows(norm, others=10), y), (rows(0.0, others=10), y))
        name = f"LogisticRegression, data_norm {norm:g}"
        yield f"{name}, weights", learner, worlds, {"statistic": weight}
    yield f"{name}, all it keeps", learner, worlds, {}


def ours():
    """Yield name and subject; each states its own claim."""
    settings = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS}
    yield "PrivateLogisticRegression", PrivateLogisticRegression(**settings)
    yield "DiffprivlibLogisticRegression", DiffprivlibLogisticRegression(**settings)
    yield "LaplaceMechanism", LaplaceMechanism(sensitivity=1.0, epsilon=1.0)
    yield "GeometricMechanism", GeometricMechanism(sensitivity=1, epsilon=1.0)
    yield "GaussianMechanism", GaussianMechanism(sensitivity=1.0, epsilon=1.0, delta=1e-6)
    yield "RandomizedResponse", RandomizedResponse(epsilon=1.0)


def cases(given):
    """Yield name and a function that runs the challenge."""
    asked = {"runs": given.runs, "confidence": given.confidence}
    for name, learner, neighbours, read in diffprivlib_models():
        extra = {"neighbours": neighbours, "claimed": 1.0, **read}
        yield name, lambda learner=learner, extra=extra: challenge(learner, **extra, **asked)
    for name, subject in ours():
        yield name, lambda subject=subject: challenge(subject, **asked)
        if name == "PrivateLogisticRegression":
            yield (
                f"{name}, steps",
                lambda subject=subject: challenge(subject, view="steps", **asked),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--only", default="", help="part of a name")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{given.runs:,} runs a world, {100 * given.confidence:g} % confidence\n")
    heads = ["what", "claimed", "shown", "ceiling", "tight", "chance", "by", "verdict", "seconds"]
    print(f"| {' | '.join(heads)} | seen |\n|" + "---|" * (len(heads) + 1))
    for name, run in cases(given):
        if given.only not in name:
            continue
        started = time.perf_counter()
        audit = run()
        cells = [
            name,
            f"{audit.promise.epsilon:g}, delta {audit.promise.delta:g}",
            f"{audit.lower_bound:.2f}",
            f"{audit.ceiling:.2f}",
            f"{audit.power:.2f}",
            "–" if math.isnan(audit.chance_to_refute) else f"{audit.chance_to_refute:.2f}",
            audit.chance_by,
            audit.verdict,
            f"{time.perf_counter() - started:.0f}",
            audit.attack,
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
