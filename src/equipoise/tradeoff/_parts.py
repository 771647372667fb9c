"""The customers of a sweep, split once: under each consent policy the permitted rows of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS
from equipoise.models.uplift._campaign import check_stated
from equipoise.task import Split, Task
from equipoise.task._splitting import first_later
from equipoise.tradeoff._plan import AS_GIVEN, Plan

__all__ = ["MOST_MEMBERS", "Part", "Prepared", "is_dated", "prepare"]

MOST_MEMBERS = 2000
"""Fit-customers' rows that an attack is tried on, at most."""

PARTS = ("choose", "confirm")
_SHARES = (0.6, 0.2)
_DATED = "rows are dated, so those fitted on differ from others by their dates, too"
_ELSEWHERE = "it is measured on the choose-customers alone"

Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the whole under one consent policy.

    Attributes
    ----------
    name : str
        `choose` or `confirm`.
    task : Task
        The permitted rows; n of them.
    levels : tuple of str
        Groups of the plan's attribute, sorted, over the whole task; g of them.
    whole_codes : array of int, shape (N,)
        Group of every row of the whole in this part, permitted or not.
    whole_customers : array of int, shape (N,)
        Customer of each of them: the number among the customers of this part of the whole, by name,
        so that a draw takes the same customers under every policy and consent policy.
    permitted : array of int, shape (n,)
        Places of the permitted rows among them.
    split_seed : int
        Seed of the split, and of draws.
    members : Task or None
        Rows fitted on that an attack is tried on, beside those of this part.
    no_members : str
        Why there are none.
    """

    name: str
    task: Task
    levels: tuple[str, ...]
    whole_codes: Codes
    whole_customers: Codes
    permitted: Codes
    split_seed: int
    members: Task | None = None
    no_members: str = _ELSEWHERE

    @property
    def codes(self) -> Codes:
        """Group of each permitted row."""
        return self.whole_codes[self.permitted]

    @property
    def customers(self) -> Codes:
        """Customer of each permitted row, numbered as in `whole_customers`."""
        return self.whole_customers[self.permitted]

    @property
    def whole_rows(self) -> int:
        """Rows of the whole in this part, permitted or not."""
        return len(self.whole_codes)

    @property
    def whole_groups(self) -> NDArray[np.int_]:
        """Rows of the whole by group, in the order of `levels`."""
        return np.bincount(self.whole_codes, minlength=len(self.levels))


@dataclass(frozen=True, eq=False)
class Prepared:
    """Customers to fit on, to choose with and to confirm with, by consent policy.

    Attributes
    ----------
    plan : Plan
    fit : mapping of str to Task
    choose, confirm : mapping of str to Part
    refused : mapping of str to str
        Consent policies under which nothing can be measured, and why.
    """

    plan: Plan
    fit: Mapping[str, Task]
    choose: Mapping[str, Part]
    confirm: Mapping[str, Part]
    refused: Mapping[str, str]


class _Sides(NamedTuple):
    """What is the same under every consent policy: rows of the whole by part, and their codes."""

    split: Split
    levels: tuple[str, ...]
    codes: Codes
    customers: Mapping[str, Codes]
    shuffled: Codes | None


@dataclass(frozen=True, eq=False)
class _Permitted:
    """A consent policy's task, and which rows of the whole it has."""

    task: Task
    allowed: NDArray[np.bool_]

    @classmethod
    def of(cls, whole: Task, consent: str) -> Self:
        if consent == (whole.policy or AS_GIVEN) or whole.allowed is None:
            return cls(whole, np.ones(len(whole), dtype=bool))
        return cls(whole.under(consent), whole.allowed[consent].to_numpy(dtype=bool))

    def rows(self, rows: Codes) -> Codes:
        """Return which of some rows of the whole are permitted, as their places among those."""
        return np.flatnonzero(self.allowed[rows])

    def take(self, rows: Codes) -> Task:
        """Return the permitted ones of some rows of the whole."""
        place = np.cumsum(self.allowed) - 1
        return self.task.take(place[rows[self.rows(rows)]])


def prepare(task: Task, plan: Plan) -> Prepared:
    """Split the whole of a task once, and take the permitted rows under each consent policy.

    Parameters
    ----------
    task : Task
    plan : Plan
        As `Plan.for_task` returns it.

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        Where there are too few customers to split, the rows of a consent policy are no longer beside
        the task, or every consent policy leaves a part without one of the outcomes, or with contacts
        that contradict their stated probabilities.
    """
    whole = _whole(task, plan)
    sides = _sides(whole, plan)
    found: dict[str, tuple[Task, Part, Part]] = {}
    problems: dict[str, InputError] = {}
    for consent in plan.consent_policies:
        try:
            found[consent] = _under(_Permitted.of(whole, consent), sides, plan.split_seed)
        except InputError as problem:
            problems[consent] = problem
    if not found:
        raise next(iter(problems.values()))
    return Prepared(
        plan,
        fit={consent: fit for consent, (fit, _, _) in found.items()},
        choose={consent: choose for consent, (_, choose, _) in found.items()},
        confirm={consent: confirm for consent, (_, _, confirm) in found.items()},
        refused={consent: str(problem) for consent, problem in problems.items()},
    )


def _whole(task: Task, plan: Plan) -> Task:
    """Return all rows, or the task's own where they are gone and no other policy is asked for."""
    if task.whole is not None:
        return task.whole
    for consent in plan.consent_policies:
        task.under(consent)
    return task


def _sides(whole: Task, plan: Plan) -> _Sides:
    split = whole.split(seed=plan.split_seed, shares=_SHARES)
    codes, levels = pd.factorize(whole.groups[str(plan.attribute)], sort=True)
    customers = {
        name: pd.factorize(whole.unit.iloc[getattr(split, name)], sort=True)[0] for name in PARTS
    }
    shuffled = None if is_dated(whole) else _shuffled(whole.unit, split.fit, plan.split_seed)
    return _Sides(split, tuple(levels), codes, customers, shuffled)


def is_dated(whole: Task) -> bool:
    """Say whether rows are split by date: they have dates that differ by a day or more."""
    return whole.time is not None and first_later(whole.time, _SHARES[0]) is not None


def _shuffled(unit: pd.Series, rows: Codes, seed: int) -> Codes:
    """Return rows with their customers shuffled, whatever their order in the table."""
    codes, customers = pd.factorize(unit.iloc[rows], sort=True)
    place = np.random.default_rng(seed).permutation(len(customers))
    return rows[np.argsort(place[codes], kind="stable")]


def _under(permitted: _Permitted, sides: _Sides, split_seed: int) -> tuple[Task, Part, Part]:
    """Return what a consent policy permits to fit on, to choose with and to confirm with."""
    check_stated(permitted.task)
    fit = permitted.take(sides.split.fit)
    _check_both(fit, "fit")
    choose, confirm = (_part(permitted, sides, name, split_seed) for name in PARTS)
    members, why = _members(permitted, sides, choose.task.unit.nunique())
    return fit, replace(choose, members=members, no_members=why), confirm


def _part(permitted: _Permitted, sides: _Sides, name: str, split_seed: int) -> Part:
    rows = getattr(sides.split, name)
    own = permitted.take(rows)
    _check_both(own, name)
    where = permitted.rows(rows)
    return Part(
        name, own, sides.levels, sides.codes[rows], sides.customers[name], where, split_seed
    )


def _members(permitted: _Permitted, sides: _Sides, others: int) -> tuple[Task | None, str]:
    """Return the rows of fit-customers that an attack is tried on, or why there are none.

    On neither side may there be fewer customers than a rate needs; `others` are those of the other.
    """
    if sides.shuffled is None:
        return None, _DATED
    members = permitted.take(sides.shuffled[permitted.rows(sides.shuffled)[:MOST_MEMBERS]])
    fewest = min(members.unit.nunique(), others)
    return (members, "") if fewest >= MINIMUM_TRIALS else (None, f"not estimable (n={fewest})")


def _check_both(task: Task, name: str) -> None:
    if len(task) == 0 or task.y.min() == task.y.max():
        raise InputError(
            "task",
            f"must have customers of both outcomes among those to {name} with",
            f"{int(task.y.sum())} positive of {len(task)}",
            "A sweep splits customers three ways; use more of them.",
        )
