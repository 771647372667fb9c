"""Guesses of a hidden attribute: from what is known of others, and with what a model says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.privacy.attacks._cells import Bools, Floats
from equipoise.privacy.attacks._shadows import confidence_in, fitted_on, resolution

__all__ = ["Attacker", "every", "level_codes"]

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Attacker:
    """What the attacker has: customers in `known` with everything about them, and a learner's kind.

    Attributes
    ----------
    X, y, sensitive, levels
        Rows, outcomes, the hidden column and the values it can have.
    known : ndarray of bool
        Customers of whom the attacker knows all, none of them a target.
    """

    learner: Any
    X: pd.DataFrame
    y: NDArray[Any]
    sensitive: str
    levels: list[Any]
    known: Bools
    rng: np.random.Generator

    def imputed(self, targets: Bools, known: Bools) -> Floats:
        """Return the probability of each level, shape (targets, levels), learnt from known others.

        It uses everything but the hidden column: what can be guessed about somebody whom the model
        has never seen, without the model.
        """
        from sklearn.ensemble import HistGradientBoostingClassifier

        others, codes = self._features(), self._codes()
        shares = np.zeros((int(targets.sum()), len(self.levels)))
        seen = np.unique(codes[known])
        if len(seen) == 1:
            shares[:, seen] = 1.0
        else:
            trees = HistGradientBoostingClassifier(
                max_iter=40,
                max_depth=3,
                early_stopping=False,
                random_state=int(self.rng.integers(2**31)),
            )
            shares[:, seen] = trees.fit(others[known], codes[known]).predict_proba(others[targets])
        # No value is impossible: none is rarer than half a known customer.
        return np.asarray(np.maximum(shares, 0.5 / known.sum()))

    def asked(self, model: Any, targets: Bools) -> Floats:
        """Return how sure the model is of each target's outcome, under each level put in."""
        rows, outcomes = self.X[targets], self.y[targets]
        columns = []
        for level in self.levels:
            column = pd.Series(level, index=rows.index).astype(self.X[self.sensitive].dtype)
            rows[self.sensitive] = column
            columns.append(confidence_in(model, rows, outcomes))
        sure = np.column_stack(columns)
        return np.maximum(sure, resolution(sure))

    def rehearsed(self) -> Floats:
        """Return how far to trust the imputation and the model, learnt on a model of one's own.

        Half of the known customers fit a shadow model; the imputation for them comes from the others.
        Rare values are in both halves.
        """
        halves = every(2, self.known, self._codes(), self.y, self.rng)
        shadow = fitted_on(self.learner, self.X, self.y, halves, self.rng)
        clues = self._clues(self.imputed(halves, self.known & ~halves), self.asked(shadow, halves))
        return _trust(clues, self._codes()[halves])

    def guesses(self, model: Any, targets: Bools) -> tuple[Bools, Bools]:
        """Return whether each target's level is guessed right without the model, and with it."""
        trust, prior = self.rehearsed(), self.imputed(targets, self.known)
        with_model = self._clues(prior, self.asked(model, targets)) @ trust
        truth = self._codes()[targets]
        return prior.argmax(axis=1) == truth, with_model.argmax(axis=1) == truth

    def _clues(self, prior: Floats, sure: Floats) -> Floats:
        return np.stack([np.log(prior), np.log(sure)], axis=-1)

    def _codes(self) -> Codes:
        return level_codes(self.X[self.sensitive], self.levels)

    def _features(self) -> Floats:
        """Return what else is known, categories as codes, the outcome among it."""
        others = self.X.drop(columns=self.sensitive)
        numbers = {
            name: column.to_numpy(dtype=float, na_value=np.nan)
            if pd.api.types.is_numeric_dtype(column.dtype)
            else np.where(column.isna(), np.nan, pd.factorize(column, sort=True)[0])
            for name, column in others.items()
        }
        outcome = pd.factorize(self.y, sort=True)[0].astype(float)
        return np.column_stack([*numbers.values(), outcome])


def level_codes(column: pd.Series, levels: list[Any]) -> Codes:
    """Return the place of each value among the levels."""
    return np.asarray(pd.Index(levels).get_indexer(pd.Index(column)))


def every(
    step: int, among: Bools, codes: Codes, y: NDArray[Any], rng: np.random.Generator
) -> Bools:
    """Return one in `step` of some customers at random, evenly of each value and outcome."""
    places = rng.permutation(np.flatnonzero(among))
    outcomes = pd.factorize(y, sort=True)[0]
    ordered = places[np.lexsort((outcomes[places], codes[places]))]
    taken = np.zeros(len(among), dtype=bool)
    taken[ordered[rng.integers(step) :: step]] = True
    return taken


def _trust(clues: Floats, truth: Codes) -> Floats:
    """Return the weights of both clues that make the true levels most probable."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    def loss(weights: Floats) -> float:
        scores = clues @ weights
        right = scores[np.arange(len(truth)), truth]
        # Weights far from one need more evidence than a few customers have.
        return float((logsumexp(scores, axis=1) - right).sum() + 0.5 * (weights[0] - 1) ** 2)

    return np.asarray(minimize(loss, np.array([1.0, 1.0]), method="L-BFGS-B").x)
