"""What generalised features cost a model that has to rank customers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice
from equipoise.exceptions import InputError
from equipoise.intervals import Interval
from equipoise.models import PROPENSITY_MODELS
from equipoise.task import Task

__all__ = ["ModelLoss"]


@dataclass(frozen=True, eq=False)
class ModelLoss:
    """The area under the curve that a model loses where its features are generalised.

    Called with a candidate table it returns the mean loss over seeds, so that
    ``anonymise(..., loss=ModelLoss(task))`` looks for the table that costs the model least. 0 is no
    loss. It can be negative: bands let a linear model bend, and noise that is smoothed away helps.

    Parameters
    ----------
    task : Task
        The model's own table. Columns of the candidate that are features of the task take their
        place; its other columns are not used. What is generalised but is no feature costs nothing.
    seeds : sequence of int
        Each splits the customers anew: three fifths to fit on, the rest to rank. All candidates
        get the same splits.
    model : {"logistic", "hist_gradient_boosting"}

    Notes
    -----
    Both models rank the same rows: those of the candidate that were not fitted on. A suppressed
    customer is ranked by neither, so that this loss does not count who is left out; the limit on
    suppression does. The least loss of many candidates is flattered by chance: measure the chosen
    table again with other seeds. Choosing reads outcomes, which the table then depends on, too.

    Examples
    --------
    >>> import equipoise as eq
    >>> task = eq.make_crm(customers=1_000, seed=7).task("offer_response")
    >>> loss = ModelLoss(task, seeds=range(2))
    >>> loss(task.X)
    0.0
    """

    task: Task
    seeds: Sequence[int] = range(5)
    model: str = "logistic"

    def __post_init__(self) -> None:
        check_choice("model", self.model, PROPENSITY_MODELS)
        if len(self.seeds) < 2:
            next_move = "Use range(5)."
            raise InputError("seeds", "must be at least two", f"{len(self.seeds)}", next_move)

    def __call__(self, table: pd.DataFrame) -> float:
        """Return the mean loss over the seeds."""
        return float(self.frame(table)["loss"].mean())

    def interval(self, table: pd.DataFrame) -> Interval:
        """Return the mean loss with a 95 % interval over the seeds.

        It says how far splits and training move the mean, not what other customers would: the
        seeds share their customers.
        """
        from scipy.stats import t

        losses = self.frame(table)["loss"]
        half = t.ppf(0.975, len(losses) - 1) * losses.std() / math.sqrt(len(losses))
        mean = float(losses.mean())
        return Interval(*map(np.asarray, (mean, mean - half, mean + half)))

    def frame(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return `seed, auc_original, auc, loss`, one row a seed.

        Raises
        ------
        InputError
            Where the rows are not the task's, or no column is a feature of it.
        """
        from sklearn.metrics import roc_auc_score

        X = self._features(table)
        kept = self.task.X.index.isin(X.index)
        # Only kept rows are fitted on and ranked, so what others would hold is never read.
        whole = X.reindex(self.task.X.index)
        rows = []
        for seed, (fit, test, original) in zip(self.seeds, self._originals, strict=True):
            ranked = kept[test]
            y = self.task.y[test[ranked]]
            before = roc_auc_score(y, original[ranked])
            after = roc_auc_score(y, self._scores(whole, fit[kept[fit]], test[ranked], seed))
            rows.append((seed, before, after, before - after))
        return pd.DataFrame(rows, columns=["seed", "auc_original", "auc", "loss"])

    @cached_property
    def _originals(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]:
        """The rows to fit on and to rank, and the scores of the model with the features as they are."""
        found = []
        for seed in self.seeds:
            split = self.task.split(seed=seed)
            test = np.concatenate([split.choose, split.confirm])
            found.append((split.fit, test, self._scores(self.task.X, split.fit, test, seed)))
        return found

    def _scores(
        self, X: pd.DataFrame, fit: NDArray[np.intp], test: NDArray[np.intp], seed: int
    ) -> NDArray[np.float64]:
        numbers = [name for name in X if pd.api.types.is_numeric_dtype(X[name].dtype)]
        others = [name for name in X if name not in numbers]
        used = X.iloc[np.concatenate([fit, test])]
        levels: list[list[object]] = [sorted(used[name].unique()) for name in others]
        pipeline = PROPENSITY_MODELS[self.model](numbers, others, levels, seed)
        pipeline.fit(X.iloc[fit], self.task.y[fit])
        scores: NDArray[np.float64] = pipeline.predict_proba(X.iloc[test])[:, 1]
        return scores

    def _features(self, table: pd.DataFrame) -> pd.DataFrame:
        X = self.task.X
        if not (table.index.is_unique and table.index.isin(X.index).all()):
            next_move = "Anonymise task.X, or a table with the same index."
            raise InputError("table", "must have rows of task.X", "other labels", next_move)
        shared = [name for name in X if name in table]
        if not shared:
            next_move = "Generalise a feature, or use loss='ncp'."
            raise InputError("table", "must hold a feature of the task", list(table), next_move)
        part = X.loc[table.index].copy()
        for name in shared:
            part[name] = _filled(table[name], X[name])
        return part


def _filled(column: pd.Series, original: pd.Series) -> pd.Series:
    """Return a column that a model can read: numbers where it is still exact, text where not."""
    if pd.api.types.is_numeric_dtype(original.dtype) and pd.api.types.is_numeric_dtype(
        column.dtype
    ):
        return column.astype(float).fillna(float(original.median()))
    return column.astype(object).where(column.notna(), "missing").astype(str).astype(object)
