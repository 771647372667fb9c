"""Weigh the training rows so that group and outcome are independent among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise.fairness.mitigation._people import Rows
from equipoise.fairness.mitigation._weights import fitted
from equipoise.fairness.mitigation.before._reweighing import reweighing
from equipoise.fairness.mitigation.before._trained import BeforeTraining

__all__ = ["Reweigh"]


@dataclass(eq=False, repr=False)
class Reweigh(BeforeTraining):
    """Train the estimator on rows weighted by `reweighing`.

    At decision time no group is needed and no coin is thrown: the estimator decides alone.

    What it does not do: it makes group and outcome independent in the weighted *training rows*, by
    construction. It promises nothing about the gap of the trained estimator, which may keep it,
    and reach it through proxies. Who pays: customers whose cell of group and outcome is common
    count for less, so the estimator fits them worse.

    The weights read outcomes and groups, so they have no place before a private learner unless
    they are made from noisy counts.

    Parameters
    ----------
    estimator : classifier
        Its `fit` must take `sample_weight`; in a pipeline the last step's.
    threshold : float, optional
        Selects where the probability of outcome 1 exceeds it. None leaves it to the estimator's
        `predict`, which mostly means one half.

    Attributes
    ----------
    estimator_ : classifier
        The trained clone.
    weights_ : DataFrame, shape (groups, 2)
        The weight of a row by its group and outcome.

    References
    ----------
    Kamiran & Calders (2012), Data preprocessing techniques for classification without
    discrimination. Knowledge and Information Systems 33.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> X = np.array([[0], [1], [2], [3], [0], [1], [2], [3]])
    >>> group = ["a", "a", "a", "a", "b", "b", "b", "b"]
    >>> model = Reweigh(LogisticRegression()).fit(X, [0, 0, 0, 1, 0, 1, 1, 1], group=group)
    >>> model.weights_.round(2)
    outcome     0     1
    group
    a        0.67  2.00
    b        2.00  0.67
    >>> model.predict(X).tolist()
    [0, 0, 1, 1, 0, 0, 1, 1]
    """

    def _learn(self, rows: Rows) -> None:
        names = np.array(rows.groups, dtype=object)[rows.codes]
        weights = reweighing(rows.y, names)
        cells = [pd.Series(names, name="group"), pd.Series(rows.y, name="outcome")]
        self.weights_ = pd.Series(weights).groupby(cells).first().unstack()
        self.estimator_ = fitted(self.estimator, rows.X, rows.y, weights)
