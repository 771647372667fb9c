"""Customers for the learners, and the two learners behind one door."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from equipoise.privacy import DiffprivlibLogisticRegression, PrivateLogisticRegression

BOUNDS = {"age": (18, 98), "spend": (0.0, 500.0), "channel": ("shop", "web", "app")}


def make_customers(n=2000, seed=0):
    """A frame that lies within BOUNDS, and outcomes that depend on it."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "age": rng.integers(18, 99, n),
            "spend": rng.uniform(0, 500, n),
            "channel": rng.choice(["shop", "web", "app"], n),
        }
    )
    odds = 2 * (X["spend"] / 250 - 1) + (X["channel"] == "web") - 0.5
    return X, (rng.random(n) < expit(odds.to_numpy())).astype(int)


@pytest.fixture
def customers():
    return make_customers()


@pytest.fixture(params=[PrivateLogisticRegression, DiffprivlibLogisticRegression])
def learner(request):
    """Make either learner; both take the same arguments."""

    def make(**settings):
        given = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS, "random_state": 0}
        return request.param(**(given | settings))

    return make


@pytest.fixture
def private():
    """Make our own learner."""

    def make(**settings):
        given = {"epsilon": 1.0, "delta": 1e-6, "bounds": BOUNDS, "random_state": 0}
        return PrivateLogisticRegression(**(given | settings))

    return make


@pytest.fixture
def make():
    """Make customers of another number or seed."""
    return make_customers


@pytest.fixture
def grouped():
    """Make customers of two bands, of which the young spend less and so buy less often."""

    def make(n=2000, seed=0):
        X, _ = make_customers(n, seed)
        rng = np.random.default_rng([seed, 1])
        X["band"] = rng.choice(["young", "old", "middle"], n, p=[0.3, 0.5, 0.2])
        less = X["band"].map({"young": 0.5, "old": 1.0, "middle": 0.8})
        X["spend"] = X["spend"] * less
        odds = 2 * (X["spend"] / 250 - 1) + (X["channel"] == "web") - 0.5
        return X, (rng.random(n) < expit(odds.to_numpy())).astype(int)

    return make
