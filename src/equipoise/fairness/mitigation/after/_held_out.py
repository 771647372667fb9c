"""A rule by group is learnt on customers whom the estimator was not trained on."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from equipoise._checks import check_number
from equipoise.exceptions import InputError
from equipoise.fairness.mitigation._base import Mitigation
from equipoise.fairness.mitigation._people import Rows, check_outcomes, own
from equipoise.fairness.mitigation._scored import check_estimator

__all__ = ["AfterTraining"]


@dataclass(eq=False, repr=False)
class AfterTraining(Mitigation):
    """Base of mitigations that train on one part of the rows and learn their rule on the other.

    An estimator knows the rows it was trained on too well: a rule learnt there would not fit
    anybody else. With `prefit` the caller has seen to it, and all rows are for the rule.
    """

    needs_group_to_decide: ClassVar[bool] = True
    two_groups_only: ClassVar[bool] = False
    needs_outcomes: ClassVar[tuple[int, ...]] = (0, 1)

    _: KW_ONLY
    prefit: bool = False
    holdout: float = 0.5
    random_state: Any = None

    def _check(self, rows: Rows) -> None:
        if self.two_groups_only and len(rows.groups) > 2:
            raise InputError(
                "group",
                f"must hold two groups for {type(self).__name__}",
                f"{len(rows.groups)}: {', '.join(rows.groups[:6])}",
                "Merge groups, or use SetThresholds, which takes any number.",
            )
        check_outcomes(rows, self.needs_outcomes)
        if self.prefit:
            check_is_fitted(self.estimator)
        elif check_number("holdout", self.holdout, low=0.0, high=1.0, next_move="Use 0.5.") in (
            0,
            1,
        ):
            raise InputError("holdout", "must leave rows in both parts", self.holdout, "Use 0.5.")

    def _learn(self, rows: Rows) -> None:
        held = rows
        self.estimator_ = self.estimator
        if not self.prefit:
            train, held = _split(rows, self.holdout, self._random_of_split())
            self.estimator_ = clone(self.estimator).fit(own(train.X), train.y.copy())
        check_estimator(self.estimator_)
        self.n_held_out_ = len(held)
        self._learn_rule(held)

    def _learn_rule(self, held: Rows) -> None:
        raise NotImplementedError

    def _random_of_split(self) -> np.random.RandomState:
        # One step aside: the split must not share its numbers with the coins, or customers held
        # out would be those with low coins.
        return np.random.RandomState(check_random_state(self.random_state).randint(2**31 - 1))


def _split(rows: Rows, share: float, random: np.random.RandomState) -> tuple[Rows, Rows]:
    """Split each cell of group and outcome by chance, with at least one row of it on each side."""
    keys = random.random_sample(len(rows))
    held = np.zeros(len(rows), dtype=bool)
    for code, name in enumerate(rows.groups):
        for outcome, kind in enumerate(("negative", "positive")):
            cell = np.flatnonzero((rows.codes == code) & (rows.y == outcome))
            if len(cell) == 1:
                raise InputError(
                    f"group {name!r}",
                    f"must have at least two {kind} rows, one to train on and one to hold out",
                    "1",
                    "Merge small groups first, or pass a fitted estimator with prefit=True.",
                )
            count = np.clip(round(share * len(cell)), 1, max(len(cell) - 1, 0))
            held[cell[np.argsort(keys[cell], kind="stable")[:count]]] = True
    return rows.take(np.flatnonzero(~held)), rows.take(np.flatnonzero(held))
