"""Task: one decision problem on one table of customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_choice
from equipoise._files import text_digest
from equipoise.exceptions import InputError
from equipoise.task._decision import decide, discount_eur, profit_eur
from equipoise.task._features import marks_of
from equipoise.task._file import TRUST_ROLES, DecisionRule, TaskFile, Value
from equipoise.task._splitting import (
    Split,
    check_shares,
    first_later,
    split_at,
    split_by_customer,
)

__all__ = ["Bounds", "Task"]

Bounds = Mapping[str, tuple[float, float] | tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Task:
    """One decision problem: who, what is predicted, for whom it is watched, what it is worth.

    Attributes
    ----------
    X : DataFrame, shape (n, p)
        What a model may use. Numbers are floats, categories are text; no value is missing.
    y : array of int, shape (n,)
        1 where the outcome is positive, else 0.
    groups : DataFrame, shape (n, g)
        Sensitive attributes as text; `"unknown"` is a level of its own. Never features unless the
        task file lists them as such.
    unit : Series of str, shape (n,)
        Whose row it is: the customer that a guarantee protects and a split keeps together. Named
        as its column, which a guarantee cites.
    file : TaskFile
        What was written down: coding, bounds, references, decision, euros.
    time, weights, treatment, treatment_probability : Series or None
        Optional columns, row for row.
    opted_out, complained : Series of 0 and 1, or None
        Who did so in the days after the contact; where nobody was contacted, in the same days.
    allowed : DataFrame of bool, shape (n, policies), or None
        Which rows each consent policy permits, by the names in `file.allowed`.
    notes : tuple of str
        What reading did to the table (dropped rows, filled blanks, bounds from the data, rows that
        a consent policy withholds), in plain words; every report shows them.
    """

    X: pd.DataFrame
    y: NDArray[np.int_]
    groups: pd.DataFrame
    unit: pd.Series
    file: TaskFile
    time: pd.Series | None = None
    weights: pd.Series | None = None
    treatment: pd.Series | None = None
    treatment_probability: pd.Series | None = None
    opted_out: pd.Series | None = None
    complained: pd.Series | None = None
    allowed: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    # Not set by `__init__`, so that `replace` leaves it behind: changed rows have another whole.
    _whole: Self | None = field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return (
            f"Task({self.name!r}: {len(self):,} rows, {self.X.shape[1]} features, "
            f"base rate {self.y.mean():.4f}, groups {', '.join(self.groups)})"
        )

    @property
    def name(self) -> str:
        """The name written in the task file."""
        return self.file.name

    @property
    def decision(self) -> DecisionRule:
        """How a score becomes an act."""
        return self.file.decision

    @property
    def value(self) -> Value | None:
        """Euros won and lost, or None if the task has none."""
        return self.file.value

    @property
    def policy(self) -> str | None:
        """The consent policy whose rows these are, or None for all rows."""
        return self.file.policy

    @property
    def whole(self) -> Self | None:
        """All rows that the task was built of, or None where they are not beside it any more.

        For counts of whom a policy leaves out: nothing is predicted or decided from withheld rows.
        """
        return self if self.policy is None else self._whole

    @property
    def rows_per_unit(self) -> int:
        """The most rows that one customer may have."""
        return self.file.rows_per_unit

    @property
    def reference(self) -> dict[str, str]:
        """For each attribute the group that gaps are measured against."""
        return {name: group.reference for name, group in self.file.groups.items()}

    @property
    def bounds(self) -> Bounds:
        """(low, high) of each number and the categories of each category; unbounded ones absent."""
        return {
            name: feature.bounds or feature.categories or ()
            for name, feature in self.file.features.items()
            if feature.bounds or feature.categories
        } | {name: (0.0, 1.0) for name in self.X if name not in self.file.features}

    @property
    def unbounded(self) -> tuple[str, ...]:
        """Numbers without bounds: they rule out a finite epsilon, not an audit."""
        return tuple(name for name in self.X if name not in self.bounds)

    @property
    def bounds_from_data(self) -> tuple[str, ...]:
        """What was read off the customers: features by name, and perhaps `rows_per_unit`."""
        names = [
            name
            for name, feature in self.file.features.items()
            if feature.source == "data" and name in self.bounds
        ]
        if self.file.rows_per_unit_source == "data":
            names.append("rows_per_unit")
        return tuple(names)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything a result of this task depends on, as hexadecimal text.

        The rows in their order, each role's cells, the coding, bounds, references, decision and
        euros; not where the table lies, nor the question, nor the columns left out.
        """
        unnamed = {role for role in TRUST_ROLES if getattr(self.file, role) is None}
        written = self.file.model_dump_json(
            by_alias=True, exclude={"source", "question", "excluded", *unnamed}
        )
        return text_digest(
            written,
            self.y.astype("<i8").tobytes(),
            *(_cells(part) for part in self._by_role.values()),
        )

    @property
    def _by_role(self) -> dict[str, pd.DataFrame | pd.Series]:
        """What is given row for row, by attribute, besides `y`."""
        parts = {
            "X": self.X,
            "groups": self.groups,
            "unit": self.unit,
            "time": self.time,
            "weights": self.weights,
            "treatment": self.treatment,
            "treatment_probability": self.treatment_probability,
            "opted_out": self.opted_out,
            "complained": self.complained,
            "allowed": self.allowed,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def noting(self, *notes: str) -> Self:
        """Return the same task with more notes."""
        whole = None if self._whole is None else self._whole.noting(*notes)
        return replace(self, notes=(*self.notes, *notes))._of(whole)

    def decide(self, scores: NDArray[np.float64], *, seed: int) -> NDArray[np.bool_]:
        """Return who is contacted by the task's decision rule."""
        return decide(scores, self.decision, value=self.value, seed=seed)

    @property
    def profit_is_incremental(self) -> bool:
        """Whether profit is what contacts add: the task knows who was treated and how probably."""
        return self.treatment is not None and self.treatment_probability is not None

    def profit_eur(self, contacted: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """Return each row's profit in euros, shape (n,), or None if the task has no euros.

        It is what contacts add where `profit_is_incremental`; else every positive outcome of a
        contacted customer is credited to the contact. See `equipoise.task.profit_eur`.
        """
        if self.value is None:
            return None
        return profit_eur(self.y, contacted, self.value, **self._treated)

    def margin_eur(self, contacted: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """Return each row's margin before discount and cost, or None if the task has no euros."""
        if self.value is None:
            return None
        gross = {"discount_per_positive": 0.0, "cost_per_contact": 0.0}
        return profit_eur(self.y, contacted, self.value.model_copy(update=gross), **self._treated)

    def discount_eur(self, contacted: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """Return what each row saves by the discount, in euros, or None if the task has no euros."""
        if self.value is None:
            return None
        return discount_eur(self.y, contacted, self.value, **self._treated)

    @property
    def _treated(self) -> dict[str, pd.Series | None]:
        return {
            "treatment": self.treatment,
            "treatment_probability": self.treatment_probability,
        }

    def without(self, *features: str) -> Self:
        """Return the same task without some features, and without the columns that mark their blanks.

        Rows, outcome, groups and notes stay as they are.

        Parameters
        ----------
        *features : str
            Names of features; one that is also a sensitive attribute remains in `groups`.

        Raises
        ------
        InputError
            Where a name is no feature, or none would be left.

        Examples
        --------
        >>> from equipoise.crm import make_crm
        >>> task = make_crm(customers=500, seed=7).task("offer_response")
        >>> "postcode_area" in task.without("postcode_area").X
        False
        """
        known = self.file.features
        for name in features:
            check_choice("features", name, known)
        kept = {name: feature for name, feature in known.items() if name not in features}
        if not kept:
            raise InputError(
                "features", "must leave at least one", f"all {len(known)}", "Name fewer."
            )
        gone = {*features, *(mark for name in features for mark in marks_of(name, self.X, known))}
        part = replace(
            self,
            X=self.X[[name for name in self.X if name not in gone]],
            file=self.file.model_copy(update={"features": kept}),
        )
        return part._of(None if self._whole is None else self._whole.without(*features))

    def under(self, policy: str) -> Self:
        """Return the task on the rows that a consent policy permits.

        They are taken from all rows that the task was built of, whatever policy it is under, so
        policies can be compared in any order. For that, a task under a policy keeps the `whole`
        beside its rows: only counts of whom the policy leaves out read it, but whoever is handed
        the task is handed the withheld rows too. `take` leaves them behind.

        Parameters
        ----------
        policy : str
            One of those in `allowed`.

        Returns
        -------
        Task
            Its rows in their order; its notes say how many of how many they are.

        Raises
        ------
        InputError
            Where the policy is unknown or permits no row, or where the task is part of one under
            another policy, since the rows that only this policy permits are no longer there.

        Examples
        --------
        >>> from equipoise.task import TaskFile, build_task
        >>> file = TaskFile(
        ...     name="offer",
        ...     source={"file": "none"},
        ...     unit="id",
        ...     outcome={"column": "bought", "positive": "1", "negative": "0"},
        ...     groups={"gender": {"reference": "man"}},
        ...     features={"age": {"type": "number", "bounds": (0, 120)}},
        ...     allowed={"opt_in": "agreed", "opt_out": "not_refused"},
        ...     policy="opt_in",
        ... )
        >>> frame = pd.DataFrame(
        ...     {
        ...         "id": ["a", "b", "c", "d"],
        ...         "bought": [1, 0, 0, 1],
        ...         "gender": ["man", "woman", "man", "woman"],
        ...         "age": [31, 45, 70, 28],
        ...         "agreed": ["yes", "no", "no", "yes"],
        ...         "not_refused": ["yes", "yes", "no", "yes"],
        ...     }
        ... )
        >>> build_task(frame, file).notes
        ('consent policy opt_in permits 2 of 4 rows',)
        >>> build_task(frame, file).under("opt_out").unit.tolist()
        ['a', 'b', 'd']
        """
        check_choice("policy", policy, self._by_role.get("allowed", ()))
        if policy == self.policy:
            return self
        whole = self.whole
        if whole is None:
            raise InputError(
                "policy",
                f"must stay {self.policy!r} once rows were taken under it",
                repr(policy),
                "Call `under` first, then take the rows.",
            )
        rows = np.flatnonzero(whole._by_role["allowed"][policy])
        if not len(rows):
            raise InputError(
                "policy",
                "must permit at least one row",
                f"{policy!r}, which permits none of {len(whole):,}",
                "Use another policy, or check the column that `allowed` names for it.",
            )
        part = replace(whole.take(rows), file=whole.file.model_copy(update={"policy": policy}))
        told = f"consent policy {policy} permits {len(rows):,} of {len(whole):,} rows"
        return part.noting(told)._of(whole)

    def _of(self, whole: Self | None) -> Self:
        """Return this task, just made, with all the rows that its own were taken from."""
        object.__setattr__(self, "_whole", whole)
        return self

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the same task on some of its rows, in the order given, and no other row beside."""
        parts = {
            name: part.iloc[rows].reset_index(drop=True) for name, part in self._by_role.items()
        }
        return replace(self, y=self.y[rows], **parts)

    def split(self, *, seed: int, shares: tuple[float, float] = (0.6, 0.2)) -> Split:
        """Split the customers once into fit, choose and confirm.

        Where rows have dates that differ, the earlier rows are fitted on (those whose outcome was
        known by the first later date), and the customers of the later ones are chosen or confirmed
        with: a model decides about times that it has not seen, perhaps about customers that it has.
        Without dates no customer is in two parts. Either way nobody is both chosen and confirmed
        with, and a customer's part depends on the seed and on which customers there are, not on the
        order of the rows.

        Parameters
        ----------
        seed : int
            Shuffles the customers.
        shares : tuple of float
            Shares to fit on and to choose with; the rest confirms. Of customers, or, with dates, of
            rows to fit on (as near as whole dates allow) and of the later ones' customers.

        Returns
        -------
        Split
            Row positions, ascending in each part.

        Raises
        ------
        InputError
            Where the shares leave nothing to confirm with, or a part without a customer.
        """
        check_shares(shares)
        date = None if self.time is None else first_later(self.time, shares[0])
        if self.time is None or date is None:
            return split_by_customer(self.unit, seed=seed, shares=shares)
        return split_at(
            self.time,
            date,
            self.unit,
            known_after=self.file.known_after_days,
            seed=seed,
            shares=shares,
        )


def _cells(part: pd.DataFrame | pd.Series) -> bytes:
    hashes: bytes = pd.util.hash_pandas_object(part, index=False).to_numpy().tobytes()
    return hashes
