"""Who waits longer when a model decides the order: the cases of a task, handled day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_whole
from equipoise.intervals import Interval
from equipoise.models.service._cases import FIRST_COME, Whole, opened_days, read_scores
from equipoise.models.service._measures import (
    NO_SPREAD,
    Measure,
    gap_rows,
    level_rows,
    mean_of,
    share_of,
)
from equipoise.models.service._parts import Part, parts_of
from equipoise.models.service._simulate import days_waited, order_of, traffic
from equipoise.task import Task

__all__ = ["Queue", "queue"]

EVERYBODY = "everybody"
NO_CHANGE = "no interval (no order adds capacity)"
GAPS = ["order", "attribute", "group", "reference", "measure", "gap", "low", "high", "note"]
CHANGES = [
    "order", "attribute", "group", "requests", "customers", "change_days", "low", "high",
    "share_longer", "share_shorter", "note",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Queue:
    """The same cases under several orders of handling, at the same daily capacity.

    Attributes
    ----------
    capacity_per_day : int
    seed : int
        Of what decides between cases that nothing else tells apart.
    reference : mapping of str to str
        For each attribute the group that gaps are measured against.
    days : DataFrame, shape (n, orders)
        Days that each case waits under each order, row for row of the task; 0 is the same day.
    table, gap_table, change_table, traffic_table : DataFrame
        What `frame`, `gaps`, `changes` and `traffic` show.
    """

    capacity_per_day: int
    seed: int
    reference: Mapping[str, str]
    days: pd.DataFrame
    table: pd.DataFrame
    gap_table: pd.DataFrame
    change_table: pd.DataFrame
    traffic_table: pd.DataFrame

    @property
    def load(self) -> float:
        """Cases opened a day over the capacity, from the first day to the last one with a case.

        Above 1 more come than can be handled: the queue grows, and waits tell as much of how long
        the season was as of the order.
        """
        opened = self.traffic_table.query("order == @FIRST_COME")["opened"].to_numpy()
        days = int(np.flatnonzero(opened).max()) + 1
        return float(opened.sum() / days / self.capacity_per_day)

    def frame(self) -> pd.DataFrame:
        """Return one row an order, group and measure.

        Columns `order, attribute, group, measure, requests, customers, value, low, high, note`,
        everybody together first. Measures:

        - `mean_days`: from opening to handling; zero is the same day;
        - `same_day`: share handled on the day they were opened;
        - `positives_same_day`: share of those with the positive outcome (of the task of case
          priorities, the recorded escalations) that are handled on that day. It counts those
          reached in time, not those avoided: what an early answer would have prevented is unknown.

        The 95 % intervals take customers as the sample and the queue as given: other customers in
        this queue, not another season. NaN under ten customers.
        """
        return self.table.copy()

    def gaps(self) -> pd.DataFrame:
        """Return signed gaps: `order, attribute, group, reference, measure, gap, low, high, note`.

        A gap is the group minus the reference under the same order.
        """
        return self.gap_table.copy()

    def changes(self) -> pd.DataFrame:
        """Return how much longer each group waits under an order than first come, first served.

        Columns `order, attribute, group, requests, customers, change_days, low, high,
        share_longer, share_shorter, note`. The change is the mean over the group's cases, each
        compared with itself. Over everybody it is zero by its nature, since no order adds capacity:
        what one group gains, others wait for.
        """
        return self.change_table.copy()

    def traffic(self) -> pd.DataFrame:
        """Return `order, day, opened, handled, waiting`: how many wait on the evening of each day.

        `day` is a date, or a number where the task's time is one.
        """
        return self.traffic_table.copy()


def queue(
    task: Task,
    orders: Mapping[str, ArrayLike],
    *,
    capacity_per_day: int,
    seed: int,
    reference: Mapping[str, str] | None = None,
) -> Queue:
    """Handle a task's cases in several orders, so many a day, and say who waits how long.

    Each day the cases opened that day join those that wait, and the first of them are handled:
    those with the highest score, among equal scores those opened first, and by chance what nothing
    tells apart. First come, first served is always beside. Once a case is handled it never returns,
    all cases take the same time, and every day of the calendar is a working day. In an order by
    score, a case with a low score may wait until nobody else does: nothing here puts an end to it.

    Parameters
    ----------
    task : Task
        With a `time`: the date (or the number of the day) on which each case was opened.
    orders : mapping of str to array_like of float, shape (n,)
        By a name of one's own the score of each case, the highest first: a model's held-out
        scores, or the desk's priority as a number. Scores of a model that has seen the cases flatter
        it.
    capacity_per_day : int
        Cases handled a day, at least 1.
    seed : int
    reference : mapping of str to str, optional
        Groups compared, by attribute; those of the task if not given.

    Returns
    -------
    Queue

    Raises
    ------
    InputError
        Where the task has no time, the capacity is below one, a name is taken, scores do not match
        the rows or are missing, or a group is unknown.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=2000, seed=7).task("case_priority")
    >>> urgent = task.X["reason"].isin(["complaint", "damaged"])
    >>> found = queue(task, {"urgent": urgent}, capacity_per_day=1, seed=7)
    >>> found.frame().query("group == 'everybody' and measure == 'same_day'")["order"].tolist()
    ['first_come', 'urgent']
    """
    capacity = check_whole(
        "capacity_per_day", capacity_per_day, low=1, next_move="Use the cases of one working day."
    )
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    opened = opened_days(task)
    scores = {FIRST_COME: None} | read_scores(task, orders)
    named = dict(task.reference if reference is None else reference)
    owners = np.asarray(pd.factorize(task.unit, sort=True)[0])
    parts = list(parts_of(task.groups, named, owners))
    chance = np.random.default_rng(seed).random(len(task))
    days = {
        name: days_waited(opened, order_of(opened, score, chance), capacity)
        for name, score in scores.items()
    }
    everybody = Part(EVERYBODY, EVERYBODY, np.arange(len(task)), owners)
    tables = [_tables(name, days, task, parts, everybody, named) for name in days]
    evenings = [_evenings(name, opened, days[name], task) for name in days]
    return Queue(
        capacity,
        seed,
        named,
        pd.DataFrame(days),
        pd.DataFrame([row for levels, _, _ in tables for row in levels]),
        pd.DataFrame([row for _, gaps, _ in tables for row in gaps], columns=GAPS),
        pd.DataFrame([row for *_, changes in tables for row in changes], columns=CHANGES),
        pd.concat(evenings, ignore_index=True),
    )


Rows = list[dict[str, object]]


def _tables(
    name: str,
    days: Mapping[str, Whole],
    task: Task,
    parts: Sequence[Part],
    everybody: Part,
    reference: Mapping[str, str],
) -> tuple[Rows, Rows, Rows]:
    """Return the levels, gaps and changes of one order."""
    measures = _measures(days[name], task.y == 1)
    compared = [everybody, *parts]
    longer = (days[name] - days[FIRST_COME]).astype(float)
    tables = (
        level_rows(compared, measures),
        gap_rows(parts, measures, reference),
        [] if name == FIRST_COME else [_change(part, longer) for part in compared],
    )
    levels, gaps, changes = ([{"order": name} | row for row in rows] for rows in tables)
    return levels, gaps, changes


def _measures(waited: Whole, positive: NDArray[np.bool_]) -> list[Measure]:
    return [
        mean_of("mean_days", waited.astype(float)),
        share_of("same_day", waited == 0),
        share_of("positives_same_day", waited == 0, positive),
    ]


def _change(part: Part, longer: NDArray[np.float64]) -> dict[str, object]:
    own = longer[part.rows]
    change, why = part.change(longer), NO_SPREAD
    if part.group == EVERYBODY and part.attribute == EVERYBODY:
        change, why = Interval(0.0, np.nan, np.nan), NO_CHANGE
    return {
        "attribute": part.attribute,
        "group": part.group,
        "requests": len(own),
        "customers": part.customers,
        "change_days": change.value,
        "low": change.low,
        "high": change.high,
        "share_longer": float((own > 0).mean()),
        "share_shorter": float((own < 0).mean()),
        "note": "" if np.isfinite(change.low) else part.note or why,
    }


def _evenings(name: str, opened: Whole, waited: Whole, task: Task) -> pd.DataFrame:
    """Return the traffic of one order, with dates where the task has dates."""
    found = traffic(opened, waited)
    if task.time is not None and task.time.dtype.kind == "M":
        found["day"] = pd.Timestamp(0) + pd.to_timedelta(found["day"], unit="D")
    found.insert(0, "order", name)
    return found
