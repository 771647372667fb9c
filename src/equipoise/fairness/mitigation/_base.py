"""What every mitigation shares: checked rows, known groups, coins, and no empty result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from equipoise.exceptions import InputError
from equipoise.fairness._rows import binary, check_aligned
from equipoise.fairness.mitigation._people import Rows, as_rows, checked_rows, known_codes

__all__ = ["Mitigation"]

# Chances that differ by less are the same: a solver's rounding is no difference in treatment.
SAME = 1e-9


@dataclass(eq=False, repr=False)
class Mitigation(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Base of classifiers that are fitted with the group of each row.

    A subclass says how it learns (`_learn`) and how probable it makes a selection (`_chance`).
    """

    estimator: Any
    needs_group_to_decide: ClassVar[bool] = False
    is_randomised: ClassVar[bool] = False
    _remedy: ClassVar[str] = "Use an estimator and features that tell customers apart."

    def fit(self, X: Any, y: ArrayLike, *, group: ArrayLike) -> Self:
        """Fit on rows of customers; what is handed over is copied first.

        Parameters
        ----------
        X : DataFrame or array, shape (n, features)
            What the estimator is trained on.
        y : array_like of 0 and 1, shape (n,)
            Outcomes.
        group : array_like, shape (n,)
            Group of each row, in any coding.

        Returns
        -------
        self

        Raises
        ------
        InputError
            Where rows do not match, a value is missing or a parameter breaks a rule, and where the
            result would decide the same for every row: such a result has no gap and no use. A
            refused fit leaves an earlier one whole.
        """
        found = dict(vars(self))
        try:
            rows = checked_rows(X, y, group)
            validate_data(self, rows.X, skip_check_array=True)
            self.groups_ = rows.groups
            self.classes_ = np.array([0, 1])
            self._check(rows)
            self._learn(rows)
            self._refuse_one_answer(rows)
        except BaseException:
            self.__dict__ = found
            raise
        return self

    def predict(self, X: Any, *, group: ArrayLike | None = None) -> NDArray[np.int_]:
        """Return a decision for each row, 1 for selected; shape (n,).

        Parameters
        ----------
        X : DataFrame or array, shape (n, features)
            Rows like those of the fit.
        group : array_like, optional, shape (n,)
            Group of each row; needed where `needs_group_to_decide`, else not looked at.

        Raises
        ------
        InputError
            Where the group is needed and not given, missing in a row, or was not there when fitted.
        """
        return self._decide(*self._to_decide(X, group))

    def selection_chance(self, X: Any, *, group: ArrayLike | None = None) -> NDArray[np.float64]:
        """Return how probable each row's selection is, shape (n,): 0 or 1 where no coin is thrown.

        It speaks of the decision, not of the customer: it is no propensity. Rates computed from it
        are those that decisions have on average over coins.
        """
        return self._chance(*self._to_decide(X, group))

    def score(self, X: Any, y: ArrayLike, *, group: ArrayLike | None = None) -> float:
        """Return the share of rows whose decision equals the outcome.

        For `cross_validate`, whose other scorers pass no group on to `predict`. It says nothing
        about any group.
        """
        check_aligned(X=X, y=y, group=group)
        return float(np.mean(self.predict(X, group=group) == binary(y, "y")))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _check(self, rows: Rows) -> None:
        """Refuse parameters, and rows that the method cannot use, before anything is trained."""

    def _learn(self, rows: Rows) -> None:
        raise NotImplementedError

    def _chance(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        raise NotImplementedError

    def _decide(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.int_]:
        chance = self._chance(X, codes)
        return ((self._coins(len(chance)) if self.is_randomised else 0.5) < chance).astype(int)

    def _coins(self, n: int) -> NDArray[np.float64]:
        # By position and not by group, so that other names for the groups give the same decisions.
        coins: NDArray[np.float64] = check_random_state(self.random_state).random_sample(n)
        return coins

    def _to_decide(self, X: Any, group: ArrayLike | None) -> tuple[Any, NDArray[np.intp]]:
        check_is_fitted(self)
        validate_data(self, X, reset=False, skip_check_array=True)
        if not self.needs_group_to_decide:
            return as_rows(X), np.zeros(len(X), dtype=np.intp)
        if group is None:
            raise InputError(
                "group",
                "is needed to decide",
                "None",
                "Pass the group of each row, as when fitted.",
            )
        check_aligned(X=X, group=group)
        return as_rows(X), known_codes(group, self.groups_)

    def _refuse_one_answer(self, rows: Rows) -> None:
        chance = self._chance(rows.X, rows.codes)
        rarer = min(chance.sum(), (1 - chance).sum())
        if np.ptp(chance) < SAME or rarer < 1 - SAME:
            found = (
                f"a selection chance of {chance[0]:.3g} in all {len(chance):,} rows of the fit"
                if np.ptp(chance) < SAME
                else f"{chance.sum():,.2f} of {len(chance):,} rows of the fit selected on average"
            )
            rule = "must lead to decisions that differ between customers"
            raise InputError("estimator", rule, found, self._remedy)
