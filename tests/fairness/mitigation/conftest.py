"""Customers whose groups differ, and each mitigation in a setting that is fast to fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB
from threadpoolctl import threadpool_limits

from equipoise.exceptions import InputError
from equipoise.fairness.mitigation import (
    ConstrainTraining,
    FlipNearThreshold,
    MixDecisions,
    MixScores,
    RemoveCorrelation,
    Reweigh,
    SearchMultipliers,
    SetThresholds,
)

# The fewest rounds and the coarsest grids that still decide something.
QUICK = {
    Reweigh: {},
    RemoveCorrelation: {},
    ConstrainTraining: {"max_iterations": 3, "random_state": 0},
    SearchMultipliers: {"grid_size": 8},
    MixDecisions: {"random_state": 0},
    MixScores: {"random_state": 0},
    FlipNearThreshold: {"random_state": 0, "n_thresholds": 9, "n_margins": 4, "bound": 0.2},
    SetThresholds: {"random_state": 0, "grid_size": 100},
}


class Customers(NamedTuple):
    X: pd.DataFrame
    y: pd.Series
    group: pd.Series

    def rates(self, chance: np.ndarray) -> pd.DataFrame:
        """Return the rates of selection, and among positives and negatives, of each group."""
        chance = pd.Series(chance, index=self.y.index)
        among = {"all": self.y >= 0, "positive": self.y == 1, "negative": self.y == 0}
        return pd.DataFrame(
            {name: chance[rows].groupby(self.group[rows]).mean() for name, rows in among.items()}
        )

    def gaps(self, chance: np.ndarray) -> pd.Series:
        rates = self.rates(chance)
        return rates.max() - rates.min()

    def take(self, places: np.ndarray) -> Customers:
        return Customers(*(part.iloc[places].reset_index(drop=True) for part in self))


def drawn(n: int, groups: str = "ab", seed: int = 0) -> Customers:
    """Draw customers: the first group scores higher, and what it does is easier to foresee."""
    random = np.random.default_rng(seed)
    place = random.integers(0, len(groups), n)
    recent = random.normal(size=n) + (place == 0)
    often = random.normal(size=n)
    doubt = np.where(place == 0, 0.6, 1.6) * random.normal(size=n)
    return Customers(
        pd.DataFrame({"recent": recent, "often": often}),
        pd.Series((recent + 0.5 * often + doubt > 0.4).astype(int), name="bought"),
        pd.Series(np.array(list(groups))[place], name="band"),
    )


@pytest.fixture(scope="session", autouse=True)
def one_core() -> Iterator[None]:
    """Let no solver start threads: on shared cores they wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def draw() -> Callable[..., Customers]:
    return drawn


@pytest.fixture(scope="session")
def few() -> Customers:
    """300 customers in the groups a and b."""
    return drawn(300)


@pytest.fixture(scope="session")
def refusal_of() -> Callable[[Any, Customers], str]:
    """Fit what must be refused, and give the message."""

    def told(model: Any, rows: Customers) -> str:
        with pytest.raises(InputError) as refusal:
            model.fit(rows.X, rows.y, group=rows.group)
        return str(refusal.value)

    return told


def quick(kind: type, estimator: Any = None, **changes: Any) -> Any:
    """Make one of the mitigations, fast to fit, with these changes."""
    return kind(GaussianNB() if estimator is None else estimator, **(QUICK[kind] | changes))


@pytest.fixture(scope="session", params=QUICK, ids=lambda kind: kind.__name__)
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Make one of the mitigations, as `quick` does."""
    return partial(quick, request.param)


@pytest.fixture(scope="session")
def fitted(make: Callable[..., Any], few: Customers) -> Any:
    """Give that mitigation fitted on `few`; not to be changed."""
    return make().fit(few.X, few.y, group=few.group)


@pytest.fixture(
    scope="session",
    params=[kind for kind in QUICK if kind.needs_group_to_decide],
    ids=lambda kind: kind.__name__,
)
def deciding_by_group(request: pytest.FixtureRequest, few: Customers) -> Any:
    """Give one of those that need the group to decide, fitted on `few`."""
    return quick(request.param).fit(few.X, few.y, group=few.group)
