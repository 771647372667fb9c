"""What the logistic learners share that read a group beside the features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.privacy._encoding import BoundedEncoding
from equipoise.privacy._guarantee import Guarantee
from equipoise.privacy._large_delta import warn_of_large_delta
from equipoise.privacy.learning import _noisy_vector
from equipoise.privacy.learning._descent import Descent
from equipoise.privacy.learning._group_column import BesideGroup, GroupColumn
from equipoise.privacy.learning._learner import Customers, PrivateClassifier
from equipoise.privacy.learning._logistic import planned_for
from equipoise.privacy.learning._many_descent import Cells, run_many
from equipoise.privacy.learning._many_models import ManyModels
from equipoise.privacy.learning._row_count import RowCountSetting, moved_count, rows_declared

__all__ = ["GroupedLogistic", "Known"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """What a descent makes of a first, noisy release about groups.

    Attributes
    ----------
    weights : array, shape (2 × groups,), optional
        How often a row of each cell counts: group by group, outcome 0 then 1.
    pull : array, shape (p, p), optional
        As of a `Path`.
    left_out : tuple of str
        Groups that the release told too little about.
    """

    weights: Numbers | None = None
    pull: Numbers | None = None
    left_out: tuple[str, ...] = ()

    @property
    def largest(self) -> float:
        """The most that a row counts."""
        return 1.0 if self.weights is None else float(self.weights.max())


class GroupedLogistic(PrivateClassifier):
    """Base of learners that release a vector about groups first, and descend after.

    The first release takes a share of the squared Gaussian ratio mu² of epsilon and delta, the
    descent the rest. Settings of the descent may follow from what was released: whatever it was,
    the sums after it are a Gaussian release of the ratio that is left, so all is one of ratio mu.
    """

    _first_release: str
    group: str
    row_count: RowCountSetting

    def fit(self, X: pd.DataFrame, y: ArrayLike, unit: ArrayLike | None = None) -> Self:
        """Fit on rows of customers; see `PrivateLogisticRegression.fit`.

        Parameters
        ----------
        X : DataFrame, shape (n, p)
            With the group's column.
        y, unit : array_like, shape (n,)

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
        customers, codes = self._checked_with_groups(X, y, unit)
        warn_of_large_delta(delta, customers.units, unit=customers.unit)
        first_sd, rest = self._ratios(customers.encoding, mu)
        known = self._known(customers, codes, first_sd)
        rng = self._noise()
        plan = self._plan(customers, rest, rng)
        promise = self._promise_of(customers, epsilon, delta, mu, first_sd, plan)
        weighed = plan.weighed(known.largest)
        weight = None if known.weights is None else known.weights[_cells(customers, codes)]
        weights = weighed.run(customers.rows, customers.outcomes, rng, weight, known.pull)
        self.steps_, self.noise_sd_, self.first_sd_ = plan.steps, weighed.noise_sd, first_sd
        self.squares_sd_ = weighed.squares_sd
        self.sensitivities_ = self._sensitivities(customers.encoding, known, plan)
        self._learnt(known)
        self._keep(customers, weights, promise)
        return self

    def _share(self) -> float:
        """Return the share of the first release, checked as the other settings are."""
        raise NotImplementedError

    def _exact(self, customers: Customers, codes: NDArray[np.intp]) -> Numbers:
        """Return the vector to which the first release adds noise."""
        raise NotImplementedError

    def _first_sensitivity(self, encoding: BoundedEncoding) -> float:
        """Return the most that a customer moves it by."""
        raise NotImplementedError

    def _made_of(self, released: Numbers, first_sd: float, encoding: BoundedEncoding) -> Known:
        """Return what follows from the noisy vector."""
        raise NotImplementedError

    def _learnt(self, known: Known) -> None:
        """Keep what is told of the first release."""
        raise NotImplementedError

    def _known(self, customers: Customers, codes: NDArray[np.intp], first_sd: float) -> Known:
        exact = self._exact(customers, codes)
        released = _noisy_vector.noisy_vector(exact, first_sd, self._noise_beside())
        return self._made_of(released, first_sd, customers.encoding)

    def _column(self) -> GroupColumn:
        return GroupColumn.of(self.bounds, self.group)

    def _encoding(self) -> BesideGroup:
        return BesideGroup.of_column(self._column())

    def _checked_with_groups(
        self, X: Any, y: ArrayLike, unit: ArrayLike | None
    ) -> tuple[Customers, NDArray[np.intp]]:
        self._share()
        codes = self._column().codes(X)
        return self._checked(X, y, unit), codes

    def _ratios(self, encoding: BoundedEncoding, mu: float) -> tuple[float, float]:
        """Return the noise of the first release, and the ratio that is left after it."""
        share = self._share()
        first_sd = self._first_sensitivity(encoding) / (math.sqrt(share) * mu)
        return first_sd, math.sqrt(1 - share) * mu

    def _plan(self, customers: Customers, rest: float, rng: np.random.Generator) -> Descent:
        return planned_for(customers, rest, rng, self.row_count, self.rows_per_unit)

    def _sensitivities(
        self, encoding: BoundedEncoding, known: Known, plan: Descent
    ) -> tuple[float, ...]:
        most = self.rows_per_unit * known.largest
        sums = (most * each for each in plan.moved_by(encoding.norm))
        count = moved_count(self.row_count, plan.noise_sd, self.rows_per_unit)
        return (self._first_sensitivity(encoding), *count, *sums)

    def _promise_of(
        self,
        customers: Customers,
        epsilon: float,
        delta: float,
        mu: float,
        first_sd: float,
        plan: Descent,
    ) -> Guarantee:
        return self._promise(
            epsilon,
            delta,
            customers.unit,
            adjacency="add-remove",
            mechanism=f"Gaussian noise of sd {first_sd:.4g} on {self._first_release}; "
            f"after it {self._descent_told(plan)}",
            not_covered=[*rows_declared(self.row_count), self._column().limit],
            mu=mu,
        )

    def _descent_told(self, plan: Descent) -> str:
        """Return how noise enters the descent, as it is whatever was drawn."""
        if self.row_count == "noised":
            return "Gaussian noise on gradient sums, the sum of squares and the number of rows"
        return (
            f"Gaussian noise of sd {plan.noise_sd:.4g} on each of {plan.steps} gradient sums, "
            f"of sd {plan.squares_sd:.4g} on the sum of squares"
        )

    def _fit_many(
        self,
        X: pd.DataFrame,
        y: ArrayLike,
        unit: ArrayLike | None,
        epsilons: tuple[float, ...],
        seeds: tuple[int, ...],
    ) -> ManyModels:
        """Return the single fit of every epsilon and seed, see `fit_many`."""
        asked = [self._asked(epsilon) for epsilon in epsilons]
        customers, codes = self._checked_with_groups(X, y, unit)
        most = max(delta for _, delta, _ in asked)
        warn_of_large_delta(most, customers.units, unit=customers.unit, stacklevel=4)
        exact = self._exact(customers, codes)
        known, plans, generators, told = [], [], [], []
        for one in asked:
            first_sd, rest = self._ratios(customers.encoding, one[2])
            for seed in seeds:
                released = _noisy_vector.noisy_vector(exact, first_sd, _noisy_vector.beside(seed))
                known.append(self._made_of(released, first_sd, customers.encoding))
                generators.append(np.random.default_rng(seed))
                plans.append(self._plan(customers, rest, generators[-1]))
            told.append((*one, first_sd, plans[-len(seeds)]))
        cells, pulls = _together(known, _cells(customers, codes))
        weights = run_many(
            [plan.weighed(each.largest) for plan, each in zip(plans, known, strict=True)],
            customers.rows,
            customers.outcomes,
            generators,
            cells=cells,
            pulls=pulls,
        )
        return self._many(customers, epsilons, seeds, weights, told)


def _cells(customers: Customers, codes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the cell of group and outcome of each row, shape (n,)."""
    cells: NDArray[np.intp] = 2 * codes + customers.outcomes
    return cells


def _together(known: list[Known], cells: NDArray[np.intp]) -> tuple[Cells | None, Numbers | None]:
    """Return the weights and the pulls of all models, where there are any."""
    weights = [each.weights for each in known if each.weights is not None]
    pulls = [each.pull for each in known if each.pull is not None]
    return (
        Cells(cells, np.array(weights)) if weights else None,
        np.array(pulls) if pulls else None,
    )
