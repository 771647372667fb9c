"""Many private models of the same customers: every epsilon with every seed, for study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from equipoise._checks import check_epsilon, check_whole
from equipoise.exceptions import InputError
from equipoise.privacy._encoding import BoundedEncoding, as_pandas
from equipoise.privacy._guarantee import Guarantee

__all__ = ["ManyModels", "checked_epsilons", "checked_seeds", "named_as_fitted"]

Value = TypeVar("Value")


@dataclass(frozen=True)
class ManyModels:
    """The weights of one learner at every epsilon with every seed.

    Each guarantee is of one model released alone. All of them together are a study of noise: models of
    one seed share their noise, which cancels, so that two of them together promise nothing.

    Attributes
    ----------
    learner : str
        Name of the learner.
    epsilons : tuple of float
        Infinity is the same learner without noise.
    seeds : tuple of int
    weights : array, shape (epsilons, seeds, encoded columns)
        Those of the same learner fitted alone with that epsilon and `random_state`.
    encoding : BoundedEncoding
        Names the columns.
    guarantees : tuple of Guarantee
        One an epsilon.
    columns : list of str, optional
        Of the frame that was fitted on: columns of arrays are taken in this order. None after a fit on
        arrays.

    See Also
    --------
    fit_many : Makes it.
    """

    learner: str
    epsilons: tuple[float, ...]
    seeds: tuple[int, ...]
    weights: NDArray[np.float64] = field(repr=False)
    encoding: BoundedEncoding = field(repr=False)
    guarantees: tuple[Guarantee, ...] = field(repr=False)
    columns: Sequence[str] | None = field(default=None, repr=False)

    def decision_function(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the score of each row by each model, shape (epsilons, seeds, n)."""
        rows = self.encoding.transform(named_as_fitted(X, self.columns))
        # One model at a time: its scores are the same to the last bit whichever others there are.
        scores: NDArray[np.float64] = (self.weights[..., None, :] @ rows.T)[..., 0, :]
        return scores

    def probabilities(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the probability of outcome 1 of each row by each model, shape (epsilons, seeds, n).

        For learners of an outcome of 0 and 1.
        """
        chances: NDArray[np.float64] = expit(self.decision_function(X))
        return chances

    def auc(self, X: pd.DataFrame | ArrayLike, y: ArrayLike) -> pd.DataFrame:
        """Return how well each model ranks rows it was not fitted on, read without noise.

        Returns
        -------
        DataFrame
            Columns epsilon, seed and auc: the chance that a row of outcome 1 gets the higher score
            of two; .5 is a ranking by chance. A study of customers: not a release.
        """
        from sklearn.metrics import roc_auc_score

        scores = self.decision_function(X)
        found = [roc_auc_score(y, one) for one in scores.reshape(-1, scores.shape[-1])]
        return pd.DataFrame(self._models()).assign(auc=found)

    def frame(self) -> pd.DataFrame:
        """Return one row a model and encoded column: epsilon, seed, column, weight."""
        names = self.encoding.names
        models = pd.DataFrame(self._models())
        repeated = models.loc[models.index.repeat(len(names))].reset_index(drop=True)
        columns = {"column": np.tile(names, len(models)), "weight": self.weights.ravel()}
        return repeated.assign(**columns)

    def _models(self) -> dict[str, NDArray[np.generic]]:
        return {
            "epsilon": np.repeat(self.epsilons, len(self.seeds)),
            "seed": np.tile(self.seeds, len(self.epsilons)),
        }


def named_as_fitted(X: Any, columns: Sequence[str] | None) -> Any:
    """Return an array as a frame with the columns that were fitted on, in their order."""
    X = as_pandas(X)
    if columns is None or isinstance(X, pd.DataFrame) or np.shape(X)[1:] != (len(columns),):
        return X
    return pd.DataFrame(X, columns=list(columns))


def checked_epsilons(epsilons: Sequence[float]) -> tuple[float, ...]:
    """Return the epsilons, each checked; refuse none at all."""
    epsilons = epsilons if np.ndim(epsilons) else ()
    checked = tuple(check_epsilon(epsilon) for epsilon in epsilons)
    return _some("epsilons", checked, "Give a list with at least one epsilon.")


def checked_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    """Return the seeds as whole numbers of at least 0; refuse none at all."""
    seeds = seeds if np.ndim(seeds) else ()
    checked = tuple(check_whole("seeds", s, low=0, next_move="Use range(20).") for s in seeds)
    return _some("seeds", checked, "Use range(20).")


def _some(parameter: str, values: tuple[Value, ...], next_move: str) -> tuple[Value, ...]:
    if not values:
        raise InputError(parameter, "must not be empty", "none", next_move)
    return values
