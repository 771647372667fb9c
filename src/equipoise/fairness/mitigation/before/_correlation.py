"""Rewrite the features so that they are uncorrelated with the group."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.fairness._rows import check_complete
from equipoise.fairness.mitigation._people import Rows
from equipoise.fairness.mitigation.before._trained import BeforeTraining

__all__ = ["RemoveCorrelation"]


@dataclass(eq=False, repr=False)
class RemoveCorrelation(BeforeTraining):
    """Train and decide on features from which what group membership predicts is subtracted.

    Each numeric feature loses its linear regression on the groups, that is, its mean by group; the
    overall mean stays. At decision time the group of each row is needed, to subtract the same. No
    coin is thrown.

    What it does not do: it removes correlation, not dependence. Spreads, shapes and combinations
    of features may still tell the groups apart, and outcomes are not touched. Who pays: customers
    of groups whose mean is high are moved down in every feature, whatever the cause of the
    difference, and those of the others up.

    The means are read off the customers without noise, so it has no place before a private learner.

    Parameters
    ----------
    estimator : classifier
        Gets the rewritten features: a DataFrame with the same columns where it was one.
    alpha : float
        How much is subtracted: 1 all of it, 0 nothing.
    threshold : float, optional
        As for `Reweigh`.

    Attributes
    ----------
    estimator_ : classifier
        The trained clone.
    remover_ : fairlearn.preprocessing.CorrelationRemover
        Fitted on the features followed by one column a group.

    References
    ----------
    Bird et al. (2020), Fairlearn: a toolkit for assessing and improving fairness in AI. MSR-TR
    2020-32; the method is CorrelationRemover of its documentation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> X = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]])
    >>> y, group = [0, 0, 1, 0, 1, 1], ["a", "a", "a", "b", "b", "b"]
    >>> model = RemoveCorrelation(LogisticRegression()).fit(X, y, group=group)
    >>> model.features_seen(X, group=group).ravel().round(6).tolist()
    [5.0, 6.0, 7.0, 5.0, 6.0, 7.0]
    """

    needs_group_to_decide: ClassVar[bool] = True

    _: KW_ONLY
    alpha: float = 1.0

    def features_seen(self, X: Any, *, group: Any) -> Any:
        """Return the features as the estimator sees them, a frame where X is one."""
        return self._seen(*self._to_decide(X, group))

    def _check(self, rows: Rows) -> None:
        check_number("alpha", self.alpha, low=0.0, high=1.0, next_move="Use 1 to remove all.")

    def _learn(self, rows: Rows) -> None:
        from fairlearn.preprocessing import CorrelationRemover

        wide = self._with_groups(rows.X, rows.codes)
        places = [*range(self.n_features_in_, wide.shape[1])]
        self.remover_ = CorrelationRemover(sensitive_feature_ids=places, alpha=self.alpha).fit(wide)
        self.estimator_ = clone(self.estimator).fit(self._seen(rows.X, rows.codes), rows.y.copy())

    def _seen(self, X: Any, codes: NDArray[np.intp]) -> Any:
        rewritten = self.remover_.transform(self._with_groups(X, codes))
        if isinstance(X, pd.DataFrame):
            return pd.DataFrame(rewritten, columns=X.columns, index=X.index)
        return rewritten

    def _with_groups(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        one_column_a_group = np.eye(len(self.groups_))[codes]
        return np.hstack([_numbers(X), one_column_a_group])


def _numbers(X: Any) -> NDArray[np.float64]:
    """Return features as finite numbers; a category has no correlation to remove."""
    frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(X)
    for name, column in frame.items():
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise InputError(
                f"feature {name!r}",
                "must be numeric to have its correlation removed",
                str(column.dtype),
                "Encode categories first, for instance one column a value.",
            )
        check_complete(f"feature {name!r}", column.isna(), "Remove those rows, or complete them.")
        if not np.isfinite(column.astype(float)).all():
            move = "Remove those rows, or correct them."
            raise InputError(f"feature {name!r}", "must be finite", "inf", move)
    return np.asarray(frame.astype(float))
