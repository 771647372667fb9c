"""A private boosted additive model, by interpret, from our declaration alone."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.privacy._bounds import Limits, is_category
from equipoise.privacy._encoding import BoundedEncoding
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning._boosting_engine import BoostingNoise, boosted
from equipoise.privacy.learning._learner import PrivateClassifier
from equipoise.privacy.learning._row_count import N_IS_DECLARED

__all__ = ["PrivateExplainableBoosting"]

NO_NOISE = 1e9  # the ratio of customers to noise at infinite epsilon: interpret cannot draw none
STEP_COLUMNS = ["feature", "low", "high", "categories", "log_odds"]


class PrivateExplainableBoosting(PrivateClassifier):
    """One step function a feature, boosted on noisy sums (DP-EBM), for relations that are not straight.

    interpret cuts each feature into bins by a noisy histogram, then goes round the features, splits the
    bins at random and adds Gaussian noise to the sum of residuals of each side. All of it composes to
    one Gaussian release, calibrated exactly. Its settings are its defaults; nothing is tuned.

    Parameters
    ----------
    epsilon, delta, bounds, bounds_from_data, rows_per_unit, random_state
        As for `PrivateLogisticRegression`.

    Attributes
    ----------
    guarantee_ : Guarantee
        Add-remove adjacency.
    additive_ : AdditiveScores
        The intercept, cuts and scores: all that is kept of the fit.
    weights_ : array, shape (1 + steps,)
        The intercept and the score of every step, feature by feature.
    noise_ : BoostingNoise
        Standard deviations of the noise on counts and on sums.

    Notes
    -----
    What was read in interpret-core 0.7.8, and what is done about it. It reads bounds off the data where
    none are given: the declared ones are always given. It finds categories by looking for them, so that
    a rare one can show by being there: here a category is handed over as its place among the declared
    ones, a number with bounds. It cuts bins by the exact number of rows: named as not covered. It states
    that number in `bag_weights_`: no attribute of it is kept but noisy tables. It protects one row,
    present or absent: the noise is multiplied by `rows_per_unit`. It adds the epsilons of bins and of
    boosting, and its calibration is inexact at a large epsilon: here both compose as Gaussians, the sds
    are prescribed, and each fit compares what was drawn with them.

    At infinite epsilon it has a billionth of the noise at epsilon 4, and promises nothing.

    References
    ----------
    Nori, Caruana, Bu, Shen & Kulkarni (2021), Accuracy, interpretability, and differential privacy via
    explainable boosting. ICML.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (2000, 2))
    >>> y = (np.abs(X[:, 0]) > 0.5).astype(int)
    >>> bounds = [(-1, 1), (-1, 1)]
    >>> model = PrivateExplainableBoosting(epsilon=3, delta=1e-6, bounds=bounds, random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.8
    True
    >>> print(model.guarantee_)
    (epsilon 3, delta 1e-06) per row, add-remove
    """

    _released = "the released step functions"

    def _silenced(self) -> None:
        return None  # the library draws the noise

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit on rows of customers; see `PrivateLogisticRegression.fit`.

        Raises
        ------
        InputError
            Where an argument or a row breaks a rule; an earlier fit then stays as it was.

        Warns
        -----
        ClippedRowsWarning, LargeDeltaWarning
            As for `PrivateLogisticRegression`.
        """
        epsilon, delta, mu = self._asked(self.epsilon)
        customers = self._checked(X, y, unit)
        warn_of_large_delta(delta, customers.units, unit=customers.unit)
        limits = _limits(customers.encoding)
        ratio = min(mu / self.rows_per_unit, NO_NOISE)
        noise = BoostingNoise.planned(features=len(limits), ratio=ratio)
        coded = _coded(customers.rows, customers.encoding)
        additive = boosted(
            coded, customers.outcomes, limits=limits, noise=noise, seed=self.random_state
        )
        promise = self._promise(
            epsilon,
            delta,
            customers.unit,
            adjacency="add-remove",
            mechanism=f"Gaussian noise of sd {noise.bins_sd:.4g} on counts of bins and of sd "
            f"{noise.sums_sd:.4g} on sums of residuals (interpret-core)",
            not_covered=(N_IS_DECLARED,),
            mu=mu,
        )
        self.additive_, self.noise_ = additive, noise
        self._keep(customers, np.concatenate([[additive.intercept], *additive.scores]), promise)
        return self

    def steps(self) -> pd.DataFrame:
        """Return the model as a table, one row a step.

        Returns
        -------
        DataFrame
            Columns feature, low and high (a number's range, high not included; missing for categories),
            categories (tuple of those in the step; missing for numbers), and log_odds (what the step
            adds; 0 is no effect).
        """
        features = self.encoding_.bounds.items()
        tables = [
            _step_table(name, limits, cuts, scores)
            for (name, limits), cuts, scores in zip(
                features, self.additive_.cuts, self.additive_.scores, strict=True
            )
        ]
        return pd.concat(tables, ignore_index=True)

    def _scores_of(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.additive_.of(_coded(rows, self.encoding_))


def _step_table(
    name: str, limits: Limits, cuts: NDArray[np.float64], scores: NDArray[np.float64]
) -> pd.DataFrame:
    if is_category(limits):
        step = np.searchsorted(cuts, np.arange(len(limits)), side="right")
        met = np.unique(step)
        levels = [tuple(np.array(limits)[step == place].tolist()) for place in met]
        table = pd.DataFrame({"low": np.nan, "high": np.nan, "categories": levels})
        return table.assign(feature=name, log_odds=scores[met])[STEP_COLUMNS]
    low, high = float(limits[0]), float(limits[1])
    edges = low + (np.concatenate([[-1.0], cuts, [1.0]]) + 1) / 2 * (high - low)
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "log_odds": scores})
    return table.assign(feature=name, categories=None)[STEP_COLUMNS]


def _limits(encoding: BoundedEncoding) -> list[tuple[float, float]]:
    """Return the limits of each coded column: [-1, 1], or half a place beyond the categories."""
    return [
        (-0.5, len(limits) - 0.5) if is_category(limits) else (-1.0, 1.0)
        for limits in encoding.bounds.values()
    ]


def _coded(rows: NDArray[np.float64], encoding: BoundedEncoding) -> NDArray[np.float64]:
    """Return one column a feature, shape (n, features): the number, or the place of the category."""
    coded = np.empty((len(rows), len(encoding.bounds)))
    first = 1
    for place, limits in enumerate(encoding.bounds.values()):
        width = len(limits) if is_category(limits) else 1
        block = rows[:, first : first + width]
        coded[:, place] = block.argmax(axis=1) if is_category(limits) else block[:, 0]
        first += width
    return coded
