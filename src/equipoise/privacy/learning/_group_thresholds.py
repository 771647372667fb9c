"""A private learner whose scores become levels within the group, from noisy counts of its scores."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from equipoise.exceptions import InputError
from equipoise.privacy._bounds import DeclaredBounds
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning._group_column import BesideGroup, GroupColumn, checked_share
from equipoise.privacy.learning._group_levels import Equal, GroupLevels, check_bins, is_counted
from equipoise.privacy.learning._learner import Customers
from equipoise.privacy.learning._logistic import PrivateLogisticRegression
from equipoise.privacy.learning._many_levels import ManyLevels
from equipoise.privacy.learning._noisy_levels import noisy_levels
from equipoise.privacy.learning._noisy_vector import beside
from equipoise.privacy.learning._prefix_counts import spread_of_one
from equipoise.privacy.learning._sufficient_statistics import SufficientStatisticsClassifier

__all__ = ["GroupThresholds"]

Numbers = NDArray[np.float64]
INNER = (PrivateLogisticRegression, SufficientStatisticsClassifier)


class GroupThresholds(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Private scores turned into levels: one common cut selects the same share of each group.

    The learner is fitted on the features. Then the same customers are counted by group and bin of their
    score, with Gaussian noise, and each group gets an increasing curve from scores to levels: one
    less the share of its rows with a higher score, or of its rows of outcome 1. So "level above 0.8"
    selects a fifth of each group, or of each group's rows of outcome 1. Groups keep their order of
    scores; between groups order changes. At decision time the group must be known.

    Why one epsilon and delta cover it: a row adds one column of a fixed matrix to the counted vector,
    of length at most s, and `rows_per_unit` rows move it by at most so many times s. Bins are
    fixed beforehand; whose score lies in which follows from released weights. So given the weights,
    this is a Gaussian release, and with the learner's it is one whose squared ratio is the sum.

    Parameters
    ----------
    learner : PrivateLogisticRegression or SufficientStatisticsClassifier
        Unfitted. Its epsilon and delta are those of the whole, its bounds declare every column: for
        that of the group its groups as categories. It stays as it is.
    group : str
        The column of the group, which is no feature.
    equal : {"selection_rate", "true_positive_rate"}
        What a common cut makes equal on the rows at hand.
    counts_share : float
        The counts' share of the squared Gaussian ratio, strictly between 0 and 1.
    bins : int
        Bins of score, on a fixed scale of log-odds. Noise grows with their logarithm alone.

    Attributes
    ----------
    guarantee_ : Guarantee
        Add-remove adjacency.
    weights_ : array, shape (encoded columns,)
        Of the learner, for log-odds. Names in `encoding_.names`.
    levels_ : GroupLevels
        The curves.
    pooled_ : tuple of str
        Groups whose noisy count was too small for a curve of their own (below 5 standard deviations of its
        noise): they take the curve of all groups, so their shares may differ.
    counts_sd_ : float
        Standard deviation of the noise on each place of the counted vector; 0 without privacy.
    sensitivities_ : tuple of float
        The most that a customer moves each release by: those of the learner, then the counts.

    References
    ----------
    Hardt, Price & Srebro (2016), Equality of opportunity in supervised learning, for thresholds by
    group. Henzinger, Upadhyay & Upadhyay (2023), Almost tight error bounds on differentially private
    continual counting, for counts that are added up. Dong, Roth & Su (2022), Gaussian differential
    privacy, for the composition.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> band = rng.choice(["old", "young"], 20_000)
    >>> X = pd.DataFrame({"spend": rng.uniform(0, 1, 20_000) + (band == "old"), "band": band})
    >>> y = (rng.random(20_000) < 0.1 + 0.3 * X["spend"]).astype(int)
    >>> learner = PrivateLogisticRegression(
    ...     epsilon=3, delta=1e-6, bounds={"spend": (0, 2), "band": ("old", "young")}, random_state=0
    ... )
    >>> model = GroupThresholds(learner, group="band").fit(X, y)
    >>> selected = model.predict_proba(X)[:, 1] > 0.8
    >>> [round(float(selected[band == name].mean()), 1) for name in ("old", "young")]
    [0.2, 0.2]
    >>> print(model.guarantee_)
    (epsilon 3, delta 1e-06) per row, add-remove
    """

    def __init__(
        self,
        learner: PrivateLogisticRegression | SufficientStatisticsClassifier,
        *,
        group: str,
        equal: Equal = "selection_rate",
        counts_share: float = 0.1,
        bins: int = 64,
    ) -> None:
        self.learner = learner
        self.group = group
        self.equal = equal
        self.counts_share = counts_share
        self.bins = bins

    @property
    def bounds(self) -> DeclaredBounds:
        """The bounds of every column, that of the group among them."""
        return self.learner.bounds

    @property
    def rows_per_unit(self) -> int:
        """The most rows that one customer may have."""
        return self.learner.rows_per_unit

    def fit(self, X: pd.DataFrame, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit the learner, then count the same rows.

        Parameters
        ----------
        X : DataFrame, shape (n, p)
            With the group's column.
        y : array_like of 0 and 1, shape (n,)
        unit : array_like, shape (n,), optional
            Customer of each row; without it every row is its own unit.

        Raises
        ------
        InputError
            Where an argument or a row breaks a rule; an earlier fit then stays as it was.

        Warns
        -----
        ClippedRowsWarning, LargeDeltaWarning
            As for `PrivateLogisticRegression`.
        """
        column, inner = self._parts()
        epsilon, delta, mu = self.learner._asked(self.learner.epsilon)
        customers, codes = self._checked(column, inner, X, y, unit)
        warn_of_large_delta(delta, customers.units, unit=customers.unit)
        rest, counts_sd = self._ratios(mu)
        weights, settled = inner._weights_of(customers, rest)
        promise = self._promise_of(customers, column, (epsilon, delta, mu), settled)
        levels = self._levels_of(customers, codes, weights, counts_sd, self.learner._seed())
        of_learner = inner._sensitivities(customers.encoding, settled)
        self.sensitivities_ = (*of_learner, self._sensitivity())
        self.weights_, self.levels_, self.counts_sd_ = weights, levels, counts_sd
        self.pooled_ = tuple(np.array(column.levels, dtype=object)[levels.pooled])
        self.encoding_, self.column_ = BesideGroup.of_column(column), column
        self.n_features_in_ = len(column.features) + 1
        self.guarantee_, self.classes_ = promise, np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> Numbers:
        """Return one less the level, and the level, of each row, shape (n, 2).

        A level is no chance: of the rows of a group that were counted, so great a share has a lower
        score.
        """
        check_is_fitted(self, "weights_")
        codes = self.column_.codes(X)
        scores = expit(self.encoding_.transform(X) @ self.weights_)
        levels = self.levels_.levels(scores, codes)
        return np.column_stack([1 - levels, levels])

    def predict(self, X: pd.DataFrame) -> NDArray[np.int_]:
        """Return 1 for rows whose level is above one half, shape (n,): half of each group, or nearly."""
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)

    def _parts(self) -> tuple[GroupColumn, Any]:
        """Return the group's column, and the learner without it; refuse settings that cannot be."""
        if type(self.learner) not in INNER:
            raise InputError(
                "learner",
                "must be a PrivateLogisticRegression or a SufficientStatisticsClassifier",
                type(self.learner).__name__,
                "Pass one of these, unfitted.",
            )
        checked_share("counts_share", self.counts_share)
        check_bins(self.bins)
        is_counted(np.zeros(1, dtype=int), self.equal)
        self.learner._check_from_data()
        column = GroupColumn.of(self.learner.bounds, self.group)
        features = [name for name in self.learner._named_from_data() if name != column.name]
        inner = clone(self.learner).set_params(bounds=column.features, bounds_from_data=features)
        return column, inner

    def _checked(
        self, column: GroupColumn, inner: Any, X: Any, y: ArrayLike, unit: ArrayLike | None
    ) -> tuple[Customers, NDArray[np.intp]]:
        codes = column.codes(X)
        return inner._checked(column.beside(X), y, unit), codes

    def _ratios(self, mu: float) -> tuple[float, float]:
        """Return the ratio of the learner, and the noise of the counts that follow it."""
        counts_mu = math.sqrt(self.counts_share) * mu
        return math.sqrt(1 - self.counts_share) * mu, self._sensitivity() / counts_mu

    def _sensitivity(self) -> float:
        return self.rows_per_unit * spread_of_one(self.bins)

    def _levels_of(
        self,
        customers: Customers,
        codes: NDArray[np.intp],
        weights: Numbers,
        counts_sd: float,
        seed: int | None,
    ) -> GroupLevels:
        return noisy_levels(
            expit(customers.rows @ weights),
            codes,
            customers.outcomes,
            groups=len(self._parts()[0].levels),
            equal=self.equal,
            bins=self.bins,
            noise_sd=counts_sd,
            rng=beside(seed),
        )

    def _promise_of(
        self,
        customers: Customers,
        column: GroupColumn,
        asked: tuple[float, float, float],
        settled: Any,
    ) -> Guarantee:
        inner = self.learner._promise_of(customers, *asked, settled)
        of_what = "rows" if self.equal == "selection_rate" else "rows of outcome 1"
        _, counts_sd = self._ratios(asked[2])
        noise = f"Gaussian noise of sd {counts_sd:.4g} on one vector of counts of {of_what}"
        told = f"{inner.mechanism}; after it {noise} by group and bin of score"
        return replace(
            inner,
            mechanism=inner.mechanism if math.isinf(inner.epsilon) else told,
            covers=tuple(
                line.replace("the released weights", "the released weights and levels")
                for line in inner.covers
            ),
            does_not_cover=(*inner.does_not_cover, column.limit),
        )

    def _fit_many(
        self,
        X: pd.DataFrame,
        y: ArrayLike,
        unit: ArrayLike | None,
        epsilons: tuple[float, ...],
        seeds: tuple[int, ...],
    ) -> ManyLevels:
        """Return the single fit of every epsilon and seed, see `fit_many`."""
        column, inner = self._parts()
        asked = [self.learner._asked(epsilon) for epsilon in epsilons]
        customers, codes = self._checked(column, inner, X, y, unit)
        most = max(delta for _, delta, _ in asked)
        warn_of_large_delta(most, customers.units, unit=customers.unit, stacklevel=4)
        ratios = [self._ratios(mu) for *_, mu in asked]
        weights, settled = inner._weights_of_many(customers, [rest for rest, _ in ratios], seeds)
        weights = weights.reshape(len(epsilons), len(seeds), -1)
        seeded = clone(self).set_params(learner__random_state=seeds[0])
        return ManyLevels(
            learner=type(self).__name__,
            epsilons=epsilons,
            seeds=seeds,
            weights=weights,
            encoding=BesideGroup.of_column(column),
            guarantees=tuple(
                seeded._promise_of(customers, column, one, each)
                for one, each in zip(asked, settled, strict=True)
            ),
            column=column,
            levels=tuple(
                self._levels_of(customers, codes, own, counts_sd, seed)
                for of_epsilon, (_, counts_sd) in zip(weights, ratios, strict=True)
                for own, seed in zip(of_epsilon, seeds, strict=True)
            ),
        )
