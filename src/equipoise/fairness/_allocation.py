"""Allocation: who is contacted, who gets the discount, and how many euros reach each group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise.exceptions import InputError
from equipoise.fairness._handed_out import Grouped, alike, finite, gaps_to, grouped, notes
from equipoise.fairness._rows import binary, check_aligned
from equipoise.intervals import Interval, design_effect, wilson
from equipoise.models.value._given import EXAMPLE
from equipoise.models.value._paid import Part, parts_of
from equipoise.task import Task, Value

__all__ = ["CONTACTS", "Allocation", "allocation", "allocation_of"]

CONTACTS = "contacts"
ALIKE = "no interval (the same amount in every row)"
BOTH_SIGNS = "no share (amounts of both signs)"
NOT_POSITIVE = "no share (the total is not positive)"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Allocation:
    """What is handed out, to each group.

    Attributes
    ----------
    reference : mapping of str to str
        For each attribute the group that gaps are measured against.
    table : DataFrame
        What `frame` shows, with the reasons behind its notes in columns of their own.
    """

    reference: Mapping[str, str]
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a group and measure.

        Columns `attribute, group, n, measure, total, share_of_total, share_of_customers, mean, low,
        high, note`. `measure` is `contacts`, in rows, or an amount, in euros. `n` counts customers.

        - `total` is what the rows of the group hold together; zero means that it gets nothing.
        - `share_of_total` is its part of all that is handed out, beside its `share_of_customers`:
          the two are alike for a group that gets as much as it is large. Amounts of both signs, and
          totals that are not positive, have no parts: NaN, with the reason in `note`.
        - `mean` is the mean of a row of the group (of a customer, where each has one row), with a
          95 % interval; NaN under ten customers. Totals and shares are counted, not estimated, and
          are given for small groups, too.
        """
        shown = self.table.drop(columns=["support", "overlaps", "why", "no_share"])
        told = notes(self.table["support"], self.table["why"], self.table["no_share"])
        return shown.assign(note=told)

    def gaps(self) -> pd.DataFrame:
        """Return signed gaps: `attribute, group, reference, measure, gap, low, high, note`.

        A gap is the mean of the group minus the mean of the reference; zero means that both get
        alike. The 95 % interval speaks for itself alone. It is wider where customers have rows in
        several groups, since these then are no independent samples.
        """
        return gaps_to(self.reference, self.table, "mean", by="measure")


def allocation(
    groups: pd.DataFrame,
    *,
    contacted: ArrayLike,
    amounts_eur: Mapping[str, ArrayLike] | None = None,
    reference: Mapping[str, Any],
    unit: ArrayLike | None = None,
) -> Allocation:
    """Say what is handed out to each group: contacts, and amounts of euros.

    Rows are read by position; pandas arguments must carry the same index, row for row. It hides
    who needed or wanted what they got, and whom consent left out before anything was decided.

    Parameters
    ----------
    groups : DataFrame (pandas, polars or pyarrow), shape (n, attributes)
        Group of each row; other values than text are read as text ("1", never "1.0").
    contacted : array_like of 0 and 1 (or booleans), shape (n,)
        1 where the customer is contacted.
    amounts_eur : mapping of str to array_like of float, shape (n,), optional
        Euros by name, such as a discount; negative where a row costs. Intervals rest on the least
        and the most of all rows; an amount that is the same in every row has none.
    reference : mapping of str to group
        For each column of `groups` the group that gaps are measured against.
    unit : array_like, shape (n,), optional
        Customer of each row. Where customers have several, they and not the rows are the sample.
        A customer with rows in two groups counts in both.

    Returns
    -------
    Allocation

    Raises
    ------
    InputError
        Where rows do not match, a value is missing or infinite, a contact is not 0 or 1, or a
        reference is not one of the groups.

    References
    ----------
    Wilson (1927), JASA 22, at the effective sample size of Kish (1965), Survey sampling; gaps, and
    the net of gains and losses, by Zou & Donner (2008), Statistics in Medicine 27.

    Examples
    --------
    >>> groups = pd.DataFrame({"band": ["a", "b"] * 50})
    >>> asked = np.tile([1, 1, 1, 0], 25)
    >>> found = allocation(groups, contacted=asked, reference={"band": "a"}).frame()
    >>> found[["group", "total", "share_of_total", "mean", "low", "high"]].round(2)
      group  total  share_of_total  mean   low  high
    0     a   50.0            0.67   1.0  0.93  1.00
    1     b   25.0            0.33   0.5  0.37  0.63
    """
    parts, named = grouped(groups, reference, unit)
    check_aligned(groups=groups, contacted=contacted)
    contacts = binary(contacted, "contacted")
    amounts = [_Amount(*each) for each in _amounts(groups, amounts_eur or {})]
    return Allocation(named, _handed_out(parts, contacts, amounts))


def allocation_of(task: Task, contacted: ArrayLike) -> Allocation:
    """Say what a decision on a task hands out, by the task's groups, references and euros.

    Besides contacts there are `margin_eur`, what contacted customers with the positive outcome bring
    before cost and discount, and `profit_eur`, what is left of it. Where the task names a discount,
    `discount_eur` is what customers save by it, and `missed_discount_eur` what those would have
    saved who had the positive outcome and were wrongly left out. Without a known treatment, margin
    and profit credit the contact with every outcome; with one they are what contacts add, and
    single groups may be below zero: see `equipoise.task.profit_eur`.

    Parameters
    ----------
    task : Task
        Under a consent policy, its rows are those permitted: `reach_of` tells of the others.
    contacted : array_like of 0 and 1 (or booleans), shape (n,)
        For each row of the task, such as `task.decide(scores, seed=7)`.

    Returns
    -------
    Allocation
        Its notes say where the euros are drafted examples.

    Raises
    ------
    InputError
        Where there are more or fewer contacts than rows, or they are not 0 or 1.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=500, seed=7).task("offer_response")
    >>> allocation_of(task, np.ones(len(task))).frame()["measure"].unique().tolist()
    ['contacts', 'margin_eur', 'profit_eur', 'discount_eur', 'missed_discount_eur']
    """
    check_aligned(task=task.groups, contacted=contacted)
    contacts = binary(contacted, "contacted").astype(bool)
    parts, named = grouped(task.groups, task.reference, task.unit.to_numpy())
    found = Allocation(
        named, _handed_out(parts, contacts.astype(int), _task_amounts(task, contacts))
    )
    if task.value is None or task.value.source == "declared":
        return found
    told = [
        why if measure == CONTACTS else "; ".join(filter(None, (why, EXAMPLE)))
        for measure, why in zip(found.table["measure"], found.table["why"], strict=True)
    ]
    return Allocation(found.reference, found.table.assign(why=told))


class _Amount(NamedTuple):
    """Euros of each row, and perhaps the two parts that they add up from, with bounds of each."""

    name: str
    values: Floats
    parts: tuple[Part, ...] = ()


def _task_amounts(task: Task, contacts: NDArray[np.bool_]) -> list[_Amount]:
    if task.value is None:
        return []
    gross = task.value.model_copy(update={"discount_per_positive": 0.0, "cost_per_contact": 0.0})
    amounts = [
        _Amount("margin_eur", _floats(task.margin_eur(contacts)), _parts(task, gross, contacts)),
        _Amount(
            "profit_eur", _floats(task.profit_eur(contacts)), _parts(task, task.value, contacts)
        ),
    ]
    if task.value.discount_per_positive:
        amounts += [
            _Amount("discount_eur", _floats(task.discount_eur(contacts))),
            _Amount("missed_discount_eur", _floats(task.discount_eur(~contacts))),
        ]
    return amounts


def _floats(euros: Floats | None) -> Floats:
    return np.asarray(euros, dtype=float)


def _parts(task: Task, value: Value, contacts: NDArray[np.bool_]) -> tuple[Part, ...]:
    """Return what contacts win and what is given up, where the task can tell the two apart."""
    if not task.profit_is_incremental:
        return ()
    return tuple(
        Part(part.values * contacts, (min(part.bounds[0], 0.0), max(part.bounds[1], 0.0)))
        for part in parts_of(task, value)
    )


def _amounts(
    groups: pd.DataFrame, amounts: Mapping[str, ArrayLike]
) -> Iterator[tuple[str, Floats]]:
    for name, values in amounts.items():
        if name == CONTACTS:
            move = "Rename the amount."
            raise InputError("amounts_eur", "must have names of their own", repr(name), move)
        shown = f"amounts_eur[{name!r}]"
        check_aligned(**{"groups": groups, shown: values})
        yield name, finite(values, shown)


def _handed_out(
    parts: Sequence[Grouped], contacts: NDArray[np.int_], amounts: Sequence[_Amount]
) -> pd.DataFrame:
    rows = [
        table
        for part in parts
        for table in (_contacts(part, contacts), *(_euros(part, each) for each in amounts))
    ]
    return pd.concat(rows, ignore_index=True)


def _contacts(part: Grouped, contacts: NDArray[np.int_]) -> pd.DataFrame:
    hits, trials = (np.empty(len(part.levels)) for _ in range(2))
    for code in range(len(part.levels)):
        rows = np.flatnonzero(part.codes == code)
        asked, owners = (
            contacts[rows].astype(bool),
            np.unique(part.owners[rows], return_inverse=True),
        )
        effect = design_effect(asked, np.ones(len(rows), dtype=bool), owners[1])
        hits[code], trials[code] = asked.sum() / effect, len(rows) / effect
    rates = part.known(wilson(hits, trials))
    return _measured(part, CONTACTS, contacts.astype(float), rates, "")


def _euros(part: Grouped, amount: _Amount) -> pd.DataFrame:
    name, values, parts = amount
    if alike(values):
        return _measured(part, name, values, part.fixed(float(values[0])), ALIKE)
    means = part.sums_of_means(parts) if parts else part.net_means(values)
    return _measured(part, name, values, means, "")


def _measured(
    part: Grouped, measure: str, values: Floats, means: Interval, why: str
) -> pd.DataFrame:
    totals, n = part.totals(values), part.customers()
    mixed = values.min() < 0 < values.max()
    no_share = BOTH_SIGNS if mixed else NOT_POSITIVE if values.sum() <= 0 else ""
    return part.table(
        measure=measure,
        total=totals,
        share_of_total=np.full(len(n), np.nan) if no_share else totals / totals.sum(),
        share_of_customers=n / n.sum(),
        mean=means.value,
        low=means.low,
        high=means.high,
        why=why,
        no_share=no_share,
    )
