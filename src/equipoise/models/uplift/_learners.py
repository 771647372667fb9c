"""Three ways to learn the effect of a contact from a campaign that some customers were left out of."""

from __future__ import annotations

from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from equipoise.exceptions import InputError
from equipoise.models.uplift._campaign import Campaign, read_campaign
from equipoise.models.uplift._cells import check_cells, dealt

__all__ = ["DoublyRobust", "TransformedOutcome", "TwoModel"]

Floats = NDArray[np.float64]
Features: TypeAlias = "pd.DataFrame | NDArray[Any]"


class UpliftLearner(BaseEstimator):  # type: ignore[misc]
    """Base of learners of effects: rows are checked before anything is learnt."""

    def fit(
        self,
        X: Features,
        y: ArrayLike,
        treatment: ArrayLike,
        probability: ArrayLike | str | None,
        *,
        unit: ArrayLike | None = None,
    ) -> Self:
        """Fit on the rows of a randomised or logged campaign.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            What the base models take.
        y : array_like of 0 and 1, shape (n,)
        treatment : array_like of 0 and 1, shape (n,)
            1 where the row was contacted.
        probability : float, array_like of float, shape (n,), or "randomised"
            With which the row was to be contacted, strictly between 0 and 1. "randomised" says that
            all were contacted by lot with one probability, which is then estimated.
        unit : array_like, shape (n,), optional
            Customer of each row.

        Raises
        ------
        InputError
            Where rows do not match, an arm is missing, a probability is 0, 1 or unknown, or fewer
            than ten customers of either outcome are in either arm.
        """
        campaign = read_campaign(y, treatment=treatment, probability=probability, unit=unit)
        if len(X) != len(campaign.y):
            raise InputError(
                "X and y",
                "must have the same number of rows",
                f"{len(X):,} and {len(campaign.y):,}",
                "Pass the rows of the same customers in the same order.",
            )
        check_cells(campaign)
        self._fit(X, campaign)
        return self

    def predict(self, X: Features) -> Floats:
        """Return the effect of a contact on each row's probability of the outcome, shape (n,).

        Zero means that the contact changes nothing, below zero that it puts the customer off.
        """
        raise NotImplementedError

    def _fit(self, X: Features, campaign: Campaign) -> None:
        raise NotImplementedError


class TwoModel(UpliftLearner):
    """The difference of two outcome models: one of the contacted, one of those left alone.

    Each row counts for the rows of its arm that it stands for, which matters where probabilities
    differ. It predicts each outcome as well as it can and the difference only by the way: what both
    models get wrong in different ways looks like an effect.

    Parameters
    ----------
    classifier : estimator
        Unfitted scikit-learn classifier with `predict_proba`.

    Attributes
    ----------
    left_alone_, contacted_ : estimator
        The fitted models.

    References
    ----------
    Hansotia & Rukstales (2002), Incremental value modeling. Journal of Interactive Marketing 16.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> x, asked = rng.integers(0, 2, 9000), rng.integers(0, 2, 9000)
    >>> bought = (rng.random(9000) < 0.2 + 0.1 * asked + 0.3 * x * asked).astype(int)
    >>> learner = TwoModel(LogisticRegression()).fit(x[:, None], bought, asked, 0.5)
    >>> learner.predict(np.array([[0], [1]])).round(1).tolist()
    [0.1, 0.4]
    """

    def __init__(self, classifier: BaseEstimator) -> None:
        self.classifier = classifier

    def predict(self, X: Features) -> Floats:
        """Return the effect of a contact on each row's probability of the outcome, shape (n,)."""
        check_is_fitted(self)
        difference: Floats = _chances(self.contacted_, X) - _chances(self.left_alone_, X)
        return difference

    def _fit(self, X: Features, campaign: Campaign) -> None:
        self.left_alone_, self.contacted_ = _arms(self.classifier, X, campaign)


class TransformedOutcome(UpliftLearner):
    """A regression on y (T - p) / (p (1 - p)), whose mean given the features is the effect.

    It needs no model of the outcome, and pays with noise: where outcomes are rare or arms unequal
    the transformed outcome varies far more than the effect does.

    Parameters
    ----------
    regression : estimator
        Unfitted scikit-learn regressor.

    Attributes
    ----------
    effects_ : estimator
        The fitted regression.

    References
    ----------
    Jaskowski & Jaroszewicz (2012), Uplift modeling for clinical trial data. ICML workshop.
    Athey & Imbens (2016), Recursive partitioning for heterogeneous causal effects. PNAS 113.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> x, asked = rng.integers(0, 2, 9000), rng.integers(0, 2, 9000)
    >>> bought = (rng.random(9000) < 0.2 + 0.1 * asked + 0.3 * x * asked).astype(int)
    >>> learner = TransformedOutcome(LinearRegression()).fit(x[:, None], bought, asked, 0.5)
    >>> learner.predict(np.array([[0], [1]])).round(1).tolist()
    [0.1, 0.4]
    """

    def __init__(self, regression: BaseEstimator) -> None:
        self.regression = regression

    def predict(self, X: Features) -> Floats:
        """Return the effect of a contact on each row's probability of the outcome, shape (n,)."""
        check_is_fitted(self)
        return np.asarray(self.effects_.predict(X), dtype=float)

    def _fit(self, X: Features, campaign: Campaign) -> None:
        chance = campaign.probability
        target = campaign.y * (campaign.treated - chance) / (chance * (1 - chance))
        self.effects_ = clone(self.regression).fit(X, target)


class DoublyRobust(UpliftLearner):
    """A regression on effects that outcome models predict and observed outcomes correct.

    Two models, of customers who are not scored by them, predict each row's outcome with contact and
    without. What was observed corrects the one that came true, by the inverse of its probability,
    so that the mean of the pseudo-effects is the effect whatever the models say.

    Parameters
    ----------
    classifier, regression : estimator
        Unfitted scikit-learn estimators: of the outcome in an arm, and of the pseudo-effects.
    folds : int
        Parts into which customers are dealt for the outcome models.
    random_state : int
        Deals them.

    Attributes
    ----------
    effects_ : estimator
        The fitted regression.
    pseudo_effects_ : array of float, shape (n,)
        What it was fitted on; the mean estimates the average effect of the rows.

    References
    ----------
    Robins, Rotnitzky & Zhao (1994), JASA 89. Kennedy (2023), Towards optimal doubly robust
    estimation of heterogeneous causal effects. Electronic Journal of Statistics 17.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression, LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> x, asked = rng.integers(0, 2, 9000), rng.integers(0, 2, 9000)
    >>> bought = (rng.random(9000) < 0.2 + 0.1 * asked + 0.3 * x * asked).astype(int)
    >>> learner = DoublyRobust(LogisticRegression(), LinearRegression(), random_state=0)
    >>> learner.fit(x[:, None], bought, asked, 0.5).predict(np.array([[0], [1]])).round(1).tolist()
    [0.1, 0.4]
    """

    def __init__(
        self,
        classifier: BaseEstimator,
        regression: BaseEstimator,
        *,
        folds: int = 3,
        random_state: int,
    ) -> None:
        self.classifier = classifier
        self.regression = regression
        self.folds = folds
        self.random_state = random_state

    def predict(self, X: Features) -> Floats:
        """Return the effect of a contact on each row's probability of the outcome, shape (n,)."""
        check_is_fitted(self)
        return np.asarray(self.effects_.predict(X), dtype=float)

    def _fit(self, X: Features, campaign: Campaign) -> None:
        part = dealt(campaign, self.folds, self.random_state)
        found = np.empty(len(campaign.y))
        for fold in range(self.folds):
            train, test = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
            models = _arms(self.classifier, _rows(X, train), part_of(campaign, train))
            expected = [_chances(model, _rows(X, test)) for model in models]
            found[test] = _pseudo_effects(part_of(campaign, test), *expected)
        self.pseudo_effects_ = found
        self.effects_ = clone(self.regression).fit(X, found)


def part_of(campaign: Campaign, rows: NDArray[np.intp]) -> Campaign:
    """Return some rows of a campaign."""
    codes = None if campaign.codes is None else campaign.codes[rows]
    return Campaign(campaign.y[rows], campaign.treated[rows], campaign.probability[rows], codes)


def _pseudo_effects(campaign: Campaign, left_alone: Floats, contacted: Floats) -> Floats:
    y, treated, chance = campaign.y, campaign.treated, campaign.probability
    corrected = treated * (y - contacted) / chance
    return contacted - left_alone + corrected - (1 - treated) * (y - left_alone) / (1 - chance)


def _arms(model: BaseEstimator, X: Features, campaign: Campaign) -> list[BaseEstimator]:
    """Return the model fitted on those left alone, and on the contacted."""
    fitted = []
    for arm in (0, 1):
        own = np.flatnonzero(campaign.treated == arm)
        weights = campaign.weights[own]
        _check_both(campaign.y[own])
        fitted.append(_weighted(model, _rows(X, own), campaign.y[own], weights / weights.mean()))
    return fitted


def _check_both(y: NDArray[np.int_]) -> None:
    if len(np.unique(y)) < 2:
        raise InputError(
            "campaign",
            "must have both outcomes in both arms of every part",
            f"only {y[0]}" if len(y) else "no rows",
            "Use more customers, or fewer rows of each.",
        )


def _weighted(
    model: BaseEstimator, X: Features, y: NDArray[np.int_], weights: Floats
) -> BaseEstimator:
    fresh = clone(model)
    if np.ptp(weights) == 0:
        return fresh.fit(X, y)
    name = (
        f"{fresh.steps[-1][0]}__sample_weight" if isinstance(fresh, Pipeline) else "sample_weight"
    )
    return fresh.fit(X, y, **{name: weights})


def _rows(X: Features, rows: NDArray[np.intp]) -> Features:
    part: Features = X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]
    return part


def _chances(model: BaseEstimator, X: Features) -> Floats:
    return np.asarray(model.predict_proba(X)[:, 1], dtype=float)
