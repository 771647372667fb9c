"""Reach: of all customers, who may be contacted, and who is. An audit of the permitted cannot see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import suggestion
from equipoise.exceptions import InputError
from equipoise.fairness._handed_out import Grouped, gaps_to, grouped, notes
from equipoise.fairness._rows import binary, check_aligned
from equipoise.fairness.tables import as_listed
from equipoise.intervals import MINIMUM_TRIALS, wilson
from equipoise.intervals.search import simultaneous
from equipoise.task import Task

__all__ = ["Reach", "reach", "reach_of"]

CONFIDENCE = 0.95
COMPARED = {
    "permitted": "permitted",
    "contacted": "contacted",
    "contacted_of_permitted": "contacted, of those permitted,",
}
UNLAWFUL = "contacted without permission"


@dataclass(frozen=True, eq=False)
class Reach:
    """How many customers of each group are permitted, and how many are contacted.

    Attributes
    ----------
    reference : mapping of str to str
        For each attribute the group that gaps are measured against.
    counts : DataFrame
        Columns `attribute, group, stage, count, of`, in customers.
    """

    reference: Mapping[str, str]
    counts: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a group and stage.

        Columns `attribute, group, stage, count, of, value, low, high, note`; `value` is `count` over
        `of` with Wilson's 95 % interval, NaN where `of` is under ten. The stages:

        - `customers`: those of the group, of all customers whatever their group;
        - `permitted`, `contacted`: of all customers of the group, permitted or not;
        - `contacted_of_permitted`: contacted with permission, of those permitted. It is all that an
          audit of permitted rows sees;
        - `contacted_not_permitted`: of those not permitted. It must be zero: a count without a rate,
          since one is too many, and a note wherever it is not.
        """
        table = self._estimated(CONFIDENCE)
        unlawful = (table["stage"] == "contacted_not_permitted").to_numpy()
        said = np.where(unlawful & (table["count"] > 0), UNLAWFUL, "")
        support = np.where(unlawful, np.inf, table["support"])
        return table.drop(columns="support").assign(note=notes(support, said))

    def gaps(self) -> pd.DataFrame:
        """Return signed gaps: `attribute, group, reference, stage, gap, low, high, note`.

        A gap is the share of the group minus that of the reference, with Newcombe's 95 % interval,
        for the stages `permitted`, `contacted` and `contacted_of_permitted`. Each interval speaks
        for itself alone, and takes groups for independent also where customers count in several.
        """
        return self._gaps(CONFIDENCE)

    def readings(self) -> dict[str, list[str]]:
        """Return plain sentences by attribute; they follow the counts alone.

        Where several groups are compared with a reference, the verdicts of a stage hold for all of
        them at once, so that a long list does not find a difference by its length.
        """
        return {attribute: [*self._sentences(attribute)] for attribute in self.reference}

    def explain(self) -> str:
        """Return the readings as text."""
        return as_listed(self.readings())

    def _estimated(self, confidence: float) -> pd.DataFrame:
        table = self.counts
        rates = wilson(table["count"], table["of"], confidence=confidence)
        known = (table["of"] >= MINIMUM_TRIALS) & (table["stage"] != "contacted_not_permitted")
        value, low, high = (np.where(known, side, np.nan) for side in rates)
        return table.assign(value=value, low=low, high=high, support=table["of"])

    def _gaps(self, confidence: float) -> pd.DataFrame:
        table = self._estimated(confidence)
        return gaps_to(self.reference, table[table["stage"].isin(COMPARED)], "value", by="stage")

    def _sentences(self, attribute: str) -> Iterator[str]:
        own = self.counts[self.counts["attribute"] == attribute]
        compared = own["group"].nunique() - 1
        gaps = self._gaps(simultaneous(max(compared, 1), CONFIDENCE)).query(
            "attribute == @attribute"
        )
        yield from _breaches(own)
        if compared > 1:
            reference = self.reference[attribute]
            yield (
                f"{compared} groups are compared with {reference}; the ranges of a stage hold for "
                "all of them at once."
            )
        for _, part in gaps.groupby("group", sort=False):
            told = {row.stage: row for row in part.itertuples()}
            for row in told.values():
                yield _compared(own, row)
            yield from _unseen(told)


def reach(
    groups: pd.DataFrame,
    *,
    permitted: ArrayLike,
    contacted: ArrayLike,
    reference: Mapping[str, Any],
    unit: ArrayLike | None = None,
) -> Reach:
    """Count who may be contacted and who is, of all customers.

    Rows are read by position; pandas arguments must carry the same index, row for row. It hides
    why somebody is not permitted: who refused, who was never asked, who was asked in vain.

    Parameters
    ----------
    groups : DataFrame (pandas, polars or pyarrow), shape (n, attributes)
        Group of every customer, permitted or not; other values than text are read as text.
    permitted : array_like of 0 and 1 (or booleans), shape (n,)
        1 where consent allows the contact.
    contacted : array_like of 0 and 1 (or booleans), shape (n,)
        1 where the customer is contacted.
    reference : mapping of str to group
        For each column of `groups` the group that gaps are measured against.
    unit : array_like, shape (n,), optional
        Customer of each row. Who has several is permitted, or contacted, if any of them is; who has
        rows in two groups counts in both.

    Returns
    -------
    Reach

    Raises
    ------
    InputError
        Where rows do not match, a value is missing or is not 0 or 1, or a reference is not one of
        the groups.

    References
    ----------
    Wilson (1927), JASA 22. Newcombe (1998), Statistics in Medicine 17, method 10.

    Examples
    --------
    >>> groups = pd.DataFrame({"band": ["a", "b"] * 50})
    >>> may, asked = np.tile([1, 1, 1, 0], 25), np.tile([1, 0, 0, 0], 25)
    >>> found = reach(groups, permitted=may, contacted=asked, reference={"band": "a"})
    >>> found.frame().query("stage == 'permitted'")[["group", "count", "of", "low"]].round(2)
      group  count  of   low
    2     a     50  50  0.93
    3     b     25  50  0.37
    """
    parts, named = grouped(groups, reference, unit)
    check_aligned(groups=groups, permitted=permitted, contacted=contacted)
    may = binary(permitted, "permitted").astype(bool)
    asked = binary(contacted, "contacted").astype(bool)
    tables = [_counted(part, may, asked) for part in parts]
    return Reach(named, pd.concat(tables, ignore_index=True))


def reach_of(task: Task, contacted: ArrayLike) -> Reach:
    """Count reach for a task under a consent policy: of all rows that the task was built of.

    Of the rows that the policy withholds it takes groups, customers and the permission, and keeps
    counts alone. Rows that were dropped when the table was read, as the task's notes say, are not
    among all.

    Parameters
    ----------
    task : Task
        Under a consent policy, as `task.under(policy)` returns it.
    contacted : array_like of 0 and 1 (or booleans), shape (n,)
        For each row of the task, which are those permitted, such as `task.decide(scores, seed=7)`.

    Returns
    -------
    Reach

    Raises
    ------
    InputError
        Where the task is under no policy or has lost the withheld rows, or the contacts do not
        match its rows.

    Examples
    --------
    >>> from equipoise.crm import make_crm
    >>> task = make_crm(customers=500, seed=7).task("offer_response")
    >>> found = reach_of(task, np.ones(len(task))).frame()
    >>> found.query("attribute == 'gender' and stage == 'permitted'")[["group", "count", "of"]]
         group  count   of
    3      man     72  132
    4  unknown      5   13
    5    woman     89  172
    """
    if task.policy is None:
        found = suggestion("", task.file.allowed)
        move = f"Call `task.under(policy)` first. {found}"
        raise InputError("task", "must be under a consent policy", "a task of all rows", move)
    # The one reader of the withheld rows, and of nothing in them but whose they are.
    whole = task.whole
    if whole is None or whole.allowed is None:
        raise InputError(
            "task",
            "must still have the rows that its policy withholds beside it",
            f"{len(task):,} rows taken from it",
            "Pass the task as `under` returns it.",
        )
    check_aligned(task=task.groups, contacted=contacted)
    permitted = whole.allowed[task.policy].to_numpy(dtype=bool)
    asked = np.zeros(len(whole), dtype=int)
    asked[permitted] = binary(contacted, "contacted")
    return reach(
        whole.groups,
        permitted=permitted,
        contacted=asked,
        reference=whole.reference,
        unit=whole.unit.to_numpy(),
    )


def _counted(
    part: Grouped, permitted: NDArray[np.bool_], contacted: NDArray[np.bool_]
) -> pd.DataFrame:
    everybody, may = part.customers(), part.customers(permitted)
    stages = {
        "customers": (everybody, len(np.unique(part.owners))),
        "permitted": (may, everybody),
        "contacted": (part.customers(contacted), everybody),
        "contacted_of_permitted": (part.customers(permitted & contacted), may),
        "contacted_not_permitted": (
            part.customers(~permitted & contacted),
            part.customers(~permitted),
        ),
    }
    tables = [
        pd.DataFrame({"group": [*part.levels], "stage": stage, "count": count, "of": of})
        for stage, (count, of) in stages.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "attribute", part.attribute)
    return table


def _breaches(counts: pd.DataFrame) -> Iterator[str]:
    rows = counts[(counts["stage"] == "contacted_not_permitted") & (counts["count"] > 0)]
    if rows.empty:
        yield "Nobody is contacted without permission."
        return
    named = [
        f"{count:,} of {group}" for count, group in zip(rows["count"], rows["group"], strict=True)
    ]
    yield f"Contacted without permission: {', '.join(named)}. It must be nobody."


def _compared(counts: pd.DataFrame, gap: Any) -> str:
    done = COMPARED[gap.stage]
    if gap.note:
        return f"{gap.group}: how often {done} cannot be compared with {gap.reference}, {gap.note}."
    at = counts[counts["stage"] == gap.stage].set_index("group")
    own, base = (
        f"{count / of:.1%} of {of:,}"
        for count, of in at.loc[[gap.group, gap.reference], ["count", "of"]].to_numpy()
    )
    if gap.low > 0 or gap.high < 0:
        nearer, further = sorted((abs(gap.low), abs(gap.high)))
        way = "more" if gap.gap > 0 else "less"
        return (
            f"{gap.group}: {done} {own}, {_points(gap.gap)} points {way} often than "
            f"{gap.reference} ({base}); the difference lies between {_points(nearer)} and "
            f"{_points(further)} points."
        )
    return (
        f"{gap.group}: {done} {own} against {gap.reference} ({base}): these customers cannot tell "
        f"the two apart. The difference may be anything from {_points(gap.low)} points less to "
        f"{_points(gap.high)} points more."
    )


def _unseen(told: Mapping[str, Any]) -> Iterator[str]:
    """Say where a gap in reach would not be found among permitted customers alone."""
    whole, part = told["contacted"], told["contacted_of_permitted"]
    if (whole.low > 0 or whole.high < 0) and part.low <= 0 <= part.high:
        yield (
            f"{whole.group}: an audit of permitted customers alone cannot tell of this gap in "
            "contacts; it shows only where all customers are counted."
        )


def _points(share: float) -> str:
    return f"{100 * abs(share):.1f}"
