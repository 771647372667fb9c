"""Who waits, and whose request the first contact settles: by group, and among requests alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from equipoise._checks import check_number
from equipoise.models.service._alike import cells_of
from equipoise.models.service._measures import (
    GAPS,
    Measure,
    gap_rows,
    level_rows,
    mean_of,
    median_of,
    share_of,
)
from equipoise.models.service._parts import parts_of
from equipoise.models.service._requests import Requests, read_requests

__all__ = ["Waiting", "waiting"]


@dataclass(frozen=True, eq=False)
class Waiting:
    """How long each group waits, and what becomes of its requests.

    Attributes
    ----------
    reference : mapping of str to str
        For each attribute the group that gaps are measured against.
    alike : tuple of str
        Columns by which requests are compared with their like.
    table, gap_table : DataFrame
        What `frame` and `gaps` show.
    """

    reference: Mapping[str, str]
    alike: tuple[str, ...]
    table: pd.DataFrame
    gap_table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a group and measure.

        Columns `attribute, group, measure, requests, customers, value, low, high, note`, with 95 %
        intervals whose sample is the customers; NaN under ten, with the number in `note`. Measures:

        - `mean_hours`, `median_hours` until the first answer; zero is at once. The mean hangs on few
          long waits: of 25 customers its interval covers in 92 of a hundred samples. The median
          tells of the middle request only;
        - `longer_than_<hours>h`: share that waited longer than so many hours;
        - `first_contact_resolved`: share settled by the first contact;
        - `escalated`: share that went to the next level.
        """
        return self.table.copy()

    def gaps(self) -> pd.DataFrame:
        """Return signed gaps to the reference, as they are and among requests alike.

        Columns `attribute, group, reference, measure, among, gap, low, high, share_compared, note`.
        A gap is the group minus the reference: above zero the group waits longer, is settled or
        escalates more often. `among` is `all requests`, or those of the `same` columns: there each
        request of the group is compared with the reference's of the same cell, and
        `share_compared` says how many have any. The first gap less the second is what the mix of
        cells makes. What the second hides: who gets which priority, or has no choice but to write,
        is taken for granted.
        """
        return self.gap_table.copy()

    def explain(self) -> str:
        """Return the gaps of the mean wait as plain sentences, one a line."""
        return "\n".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        shown = self.gap_table.query("measure == 'mean_hours'")
        for (_, group, reference), rows in shown.groupby(
            ["attribute", "group", "reference"], sort=False
        ):
            parts = [_told(row) for row in rows.itertuples()]
            yield f"{group} against {reference}: {'; '.join(parts)}."


def waiting(
    requests: pd.DataFrame,
    *,
    reference: Mapping[str, str],
    unit: str = "individual_id",
    hours: str = "waiting_hours",
    resolved: str | None = "first_contact_resolved",
    escalated: str | None = "is_escalated",
    alike: str | Sequence[str] = ("origin", "priority"),
    longer_than_hours: float = 24.0,
) -> Waiting:
    """Say how long each group waits, and how often its requests are settled or escalate.

    Groups that choose different ways in wait differently although nobody is served worse: who
    calls is answered at once. So every gap is stated twice, as it is and among requests alike. Neither
    is the right one: the first is what the group lives through, the second is what the desk does.

    Parameters
    ----------
    requests : DataFrame
        One row a request, such as `requests_of(crm.tables)`, or any table with the named columns.
    reference : mapping of str to str
        For each column of groups to compare, the group that gaps are measured against. A missing
        group is "unknown".
    unit : str
        Column of the customer.
    hours : str
        Column of hours until the first answer, at least 0.
    resolved, escalated : str or None
        Columns of true and false (or 1 and 0); None where there is none.
    alike : str or sequence of str
        Columns whose combinations make requests alike; empty for the raw gaps alone.
    longer_than_hours : float
        Waits above it are counted as long.

    Returns
    -------
    Waiting

    Raises
    ------
    InputError
        Where a column or a reference is unknown, a value is missing, or a wait is negative.

    References
    ----------
    Wilson (1927), JASA 22, at the effective sample size of Kish (1965), Survey sampling; medians by
    Woodruff (1952), JASA 47; gaps by Zou & Donner (2008), Statistics in Medicine 27, and among
    requests alike by Kitagawa (1955), JASA 50.

    Examples
    --------
    Of group a one in two calls, of group b four in five; callers wait an hour less than writers:

    >>> way = np.repeat(["call", "write", "call", "write"], [50, 50, 80, 20])
    >>> requests = pd.DataFrame(
    ...     {
    ...         "who": range(200),
    ...         "band": np.repeat(["a", "b"], 100),
    ...         "way": way,
    ...         "hours": np.where(way == "call", 1.0, 2.0) + np.tile([-0.5, 0.5], 100),
    ...     }
    ... )
    >>> named = {"unit": "who", "hours": "hours", "resolved": None, "escalated": None}
    >>> found = waiting(requests, reference={"band": "a"}, alike=["way"], **named)
    >>> found.gaps().query("measure == 'mean_hours'")[["among", "gap", "low", "high"]].round(1)
              among  gap  low  high
    0  all requests -0.3 -0.5  -0.1
    1      same way  0.0 -0.2   0.2
    """
    least = check_number("longer_than_hours", longer_than_hours, low=0.0)
    alike = (alike,) if isinstance(alike, str) else tuple(alike)
    flags = {"first_contact_resolved": resolved, "escalated": escalated}
    read = read_requests(requests, unit=unit, hours=hours, flags=flags, alike=alike)
    parts = list(parts_of(requests, reference, read.owners))
    measures = _measures(read, least)
    cells = cells_of(requests, alike) if alike else None
    same = f"same {', '.join(alike)}"
    gaps = gap_rows(parts, measures, reference, cells=cells, same=same)
    return Waiting(
        dict(reference),
        alike,
        pd.DataFrame(level_rows(parts, measures)),
        pd.DataFrame(gaps, columns=GAPS),
    )


def _measures(read: Requests, least: float) -> list[Measure]:
    return [
        mean_of("mean_hours", read.hours),
        median_of("median_hours", read.hours),
        share_of(f"longer_than_{least:.12g}h", read.hours > least),
        *(share_of(name, hits) for name, hits in read.flags.items()),
    ]


def _told(row: Any) -> str:
    if np.isnan(row.gap):
        return f"{row.among}: {row.note}"
    more = "longer" if row.gap >= 0 else "shorter"
    if np.isnan(row.low):
        return f"{row.among}: {abs(row.gap):.1f} hours {more}, {row.note}"
    unsure = ", which can be chance" if row.low <= 0 <= row.high else ""
    return f"{row.among}: {abs(row.gap):.1f} hours {more} [{row.low:+.1f}, {row.high:+.1f}]{unsure}"
