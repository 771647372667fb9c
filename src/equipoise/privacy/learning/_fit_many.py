"""One pass over the customers, many private models: every epsilon with every seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd
from numpy.typing import ArrayLike

from equipoise.exceptions import InputError
from equipoise.privacy.learning._many_models import ManyModels, checked_epsilons, checked_seeds

__all__ = ["fit_many"]


class _FitsMany(Protocol):
    def _fit_many(
        self,
        X: pd.DataFrame | ArrayLike,
        y: ArrayLike,
        unit: ArrayLike | None,
        epsilons: tuple[float, ...],
        seeds: tuple[int, ...],
    ) -> ManyModels: ...


def fit_many(
    learner: _FitsMany,
    X: pd.DataFrame | ArrayLike,
    y: ArrayLike,
    *,
    epsilons: Sequence[float],
    seeds: Sequence[int],
    unit: ArrayLike | None = None,
) -> ManyModels:
    """Fit one learner at every epsilon with every seed, looking at the customers as rarely as it can.

    A learner that releases noisy sums, or one noisy minimiser, computes these once and draws the
    noise of each model after. For study: each model alone has its guarantee, all together do not.

    Parameters
    ----------
    learner : private learner
        Its settings are used but for epsilon and random_state. It stays as it was.
    X, y, unit
        As for its `fit`.
    epsilons : sequence of float
        Positive; infinity is the learner without noise.
    seeds : sequence of int
        The `random_state` of each model.

    Raises
    ------
    InputError
        Where the learner cannot fit many at once, or an argument or a row breaks a rule.

    Examples
    --------
    >>> import numpy as np
    >>> from equipoise.privacy.learning import SufficientStatisticsClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (5000, 2))
    >>> y = (rng.random(5000) < 1 / (1 + np.exp(-3 * X[:, 0]))).astype(int)
    >>> learner = SufficientStatisticsClassifier(epsilon=1, delta=1e-6, bounds=[(-1, 1)] * 2)
    >>> many = fit_many(learner, X, y, epsilons=[0.1, 1, float("inf")], seeds=range(20))
    >>> many.weights.shape
    (3, 20, 3)
    """
    if not hasattr(learner, "_fit_many"):
        raise InputError(
            "learner",
            "must be able to fit many models at once",
            type(learner).__name__,
            "Fit clones of it one by one.",
        )
    return learner._fit_many(X, y, unit, checked_epsilons(epsilons), checked_seeds(seeds))
