"""How complete, valid and fresh records are, for every group, beside the uncertainty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise._checks import check_choice, suggestion
from equipoise.crm._dictionary import TABLE_NAMES
from equipoise.crm._quality_counts import COUNTED, counted_rows, last_confirmation, note
from equipoise.crm._quality_rows import ALL, MISSING, NOT_LINKED, Rows, crm_rows, own_rows
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, newcombe, worst_gap

__all__ = ["Quality", "quality"]

_KEYS = ["table", "column", "measure"]
_SHOWN = [*_KEYS, "group", "n", "value", "low", "high", "note"]


@dataclass(frozen=True, eq=False, repr=False)
class Quality:
    """Shares of complete, valid and fresh records, of every column and group.

    Attributes
    ----------
    by : str or None
        The attribute that groups come from; None where everyone is one group.
    as_of : Timestamp or None
        The date that freshness looks back from; None where nothing says when it was confirmed.
    sizes : mapping of str to int
        Rows of each group in the first table: for a CRM its individuals.
    counted : DataFrame
        `frame` with the counts behind it: `hits` and `trials`, over the design effect where a
        customer has several rows.
    """

    by: str | None
    as_of: pd.Timestamp | None
    sizes: Mapping[str, int]
    counted: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return one row a column, measure and group.

        Returns
        -------
        DataFrame
            `table, column, measure, group, n` (rows), `value, low, high, note`. Measures are
            shares: `completeness` (not missing, of all rows; not where missing means that there is
            nothing to record), `validity` (satisfying the rule, of those not missing; columns
            with a rule only) and `freshness` (confirmed within a year, of all rows); and
            `days_since_verified`, the median in days. Intervals are 95 %, each for itself. With
            fewer than ten in the denominator nothing is stated: the value is NaN, which is not
            zero, and the note says so. Group `not_linked` is rows that are nobody's, `missing`
            is people whose group is unknown.
        """
        return self.counted[_SHOWN].copy()

    def gaps(self, reference: str | None = None) -> pd.DataFrame:
        """Return signed gaps of the shares between each group and a reference.

        Parameters
        ----------
        reference : str, optional
            The group that others are compared with; by default the largest.

        Returns
        -------
        DataFrame
            `table, column, measure, group, reference, gap, low, high, note`: share of the group
            minus share of the reference, with Newcombe's 95 % interval, each for itself. For the
            largest of many use `worst`. Rows that are nobody's are no group here.

        Raises
        ------
        InputError
            If there are no groups, or the reference is none of them.
        """
        reference = self._checked(reference)
        shares = self._shares().assign(reference=reference)
        is_reference = shares["group"] == reference
        base = shares.loc[is_reference, [*_KEYS, "hits", "trials"]]
        pairs = shares[~is_reference].merge(base, on=_KEYS, suffixes=("", "_base"))
        fewer = pairs[["trials", "trials_base"]].min(axis=1)
        known = (fewer >= MINIMUM_TRIALS).to_numpy()
        gap, low, high = newcombe(
            pairs["hits"], pairs["trials"], pairs["hits_base"], pairs["trials_base"]
        )
        return pairs[[*_KEYS, "group", "reference"]].assign(
            gap=np.where(known, gap, np.nan),
            low=np.where(known, low, np.nan),
            high=np.where(known, high, np.nan),
            note=pd.Series(map(note, fewer), dtype="str"),
        )

    def worst(self) -> pd.DataFrame:
        """Return the largest gap between any two groups, the surest first.

        Returns
        -------
        DataFrame
            `table, column, measure, gap, low, high, note`. The interval is simultaneous over all
            pairs of groups of that row, not over the rows: of many columns some differ by chance.

        Raises
        ------
        InputError
            If there are no groups.
        """
        self._checked(None)
        rows = []
        for keys, part in self._shares().groupby(_KEYS, sort=False):
            gap, low, high = map(float, worst_gap(part["hits"], part["trials"]))
            said = "" if np.isfinite(gap) else "not estimable (fewer than two groups large enough)"
            rows.append((*keys, gap, low, high, said))
        found = pd.DataFrame(rows, columns=[*_KEYS, "gap", "low", "high", "note"])
        return found.sort_values(["low", "gap"], ascending=False, kind="stable", ignore_index=True)

    def __repr__(self) -> str:
        columns = len(self.counted[["table", "column"]].drop_duplicates())
        day = "" if self.as_of is None else f", as_of={self.as_of:%Y-%m-%d}"
        return f"Quality(columns={columns}, by={self.by!r}{day}): {self._headline()}"

    def _headline(self) -> str:
        if self.by is None:
            shares = self._shares().rename(columns={"value": "gap"})
            first, words = shares.dropna(subset="gap").nsmallest(1, "gap"), "lowest share"
        else:
            worst = self.worst()
            first, words = worst[worst["low"] > 0].head(1), "surest gap"
        if first.empty:
            return "nothing estimable" if self.by is None else "no gap is sure"
        row = first.iloc[0]
        span = f"{row['gap']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        return f"{words} {span}, {row['measure']} of {row['table']}.{row['column']}"

    def _shares(self) -> pd.DataFrame:
        kept = self.counted["hits"].notna() & (self.counted["group"] != NOT_LINKED)
        return self.counted[kept]

    def _checked(self, reference: str | None) -> str:
        if self.by is None:
            raise InputError(
                "quality", "must have groups to compare", "by=None", "Measure it with by=..."
            )
        if reference is None:
            known = {group: size for group, size in self.sizes.items() if group != MISSING}
            return max(known, key=known.__getitem__, default=ALL)
        return check_choice("reference", reference, self.sizes)


def quality(
    tables: Mapping[str, pd.DataFrame] | pd.DataFrame,
    *,
    by: str | None = None,
    as_of: pd.Timestamp | str | None = None,
    schema: object = None,
    unit: str | None = None,
    verified: str | None = None,
) -> Quality:
    """Measure completeness, validity and freshness of records, for every group.

    A gap here comes before any model: what is missing, wrong or outdated for one group more than
    for another. It says nothing about why, and a value that obeys every rule can still be false.

    Parameters
    ----------
    tables : mapping of str to DataFrame, or DataFrame
        Tables of a CRM under their names in the data dictionary, whose rules are then applied; or
        one table of your own with any columns.
    by : str, optional
        The attribute that groups come from: a column of `individuals`, which may be one that you
        added, or of your own table. Tables that are about nobody are then left out, and so is the
        attribute itself.
    as_of : Timestamp or str, optional
        The date that freshness looks back from; by default the last confirmation recorded.
    schema : mapping or pandera DataFrameSchema, optional
        For your own table: column to rule, where a rule is a pandera check, several in a list, a
        function of the values, or a list of the values allowed. Only the checks of a pandera
        column are used.
    unit : str, optional
        For your own table: the column that says whose row it is; intervals widen where customers
        have several rows. In a CRM it is the individual.
    verified : str, optional
        For your own table: the column that says when a row was last confirmed.

    Returns
    -------
    Quality

    Raises
    ------
    InputError
        If a table or column is unknown, your own table has no column or one name twice, a rule
        does not fit its values, or `as_of` is before the last confirmation, which has overwritten
        those that were known then.

    Examples
    --------
    >>> people = pd.DataFrame({"band": ["a", "b"] * 50, "phone": ["1", None] * 30 + ["1"] * 40})
    >>> found = quality(people, by="band")
    >>> found.frame()[["column", "measure", "group", "n", "value"]]
      column       measure group   n  value
    0  phone  completeness     a  50    1.0
    1  phone  completeness     b  50    0.4
    >>> found
    Quality(columns=1, by='band'): surest gap 0.60 [0.44, 0.72], completeness of table.phone
    """
    parts = list(_rows(tables, schema=schema, unit=unit, by=by, verified=verified))
    looked_back = next((part for part in parts if part.verified), None)
    date = None if looked_back is None else _date(looked_back, as_of)
    sizes = parts[0].group.value_counts()
    levels = list(dict.fromkeys(level for part in parts for level in sorted(part.group.unique())))
    counted = [row for part in parts for row in counted_rows(part, levels or [ALL], date)]
    table = pd.DataFrame(counted, columns=COUNTED)
    return Quality(by, date, sizes.drop(NOT_LINKED, errors="ignore").to_dict(), table)


def _rows(
    tables: Mapping[str, pd.DataFrame] | pd.DataFrame,
    *,
    schema: object,
    unit: str | None,
    by: str | None,
    verified: str | None,
) -> Iterator[Rows]:
    if isinstance(tables, pd.DataFrame):
        _check_columns_once(tables)
        yield own_rows(tables, schema=schema, unit=unit, by=by, verified=verified)
        return
    for name, given in (("schema", schema), ("unit", unit), ("verified", verified)):
        if given is not None:
            raise InputError(
                name,
                "is for a table of your own: those of a CRM follow the data dictionary",
                repr(given),
                "Leave it out, or pass one DataFrame.",
            )
    if not tables:
        raise InputError("tables", "must not be empty", "none", suggestion("", TABLE_NAMES))
    for name in tables:
        check_choice("table", name, TABLE_NAMES)
    yield from crm_rows(tables, by)


def _check_columns_once(table: pd.DataFrame) -> None:
    """Refuse a table with nothing to measure, or with two columns of one name."""
    if not len(table.columns):
        raise InputError("tables", "must have a column", "none", "Pass a table of records.")
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise InputError(
            "tables", "must not repeat a column", repr(twice[0]), "Rename one of them."
        )


def _date(rows: Rows, as_of: pd.Timestamp | str | None) -> pd.Timestamp | None:
    """Return the date to look back from, or refuse one at which other dates were recorded."""
    confirmed = last_confirmation(rows)
    if as_of is None:
        return None if pd.isna(confirmed) else confirmed
    date = pd.to_datetime(as_of, errors="coerce", utc=True).tz_localize(None)
    if pd.isna(date):
        raise InputError("as_of", "must be a date", repr(as_of), "Use for example '2026-03-01'.")
    if date < confirmed:
        raise InputError(
            "as_of",
            f"must not be before the last confirmation, {confirmed:%Y-%m-%d}, "
            "which overwrote what was known earlier",
            f"{date:%Y-%m-%d}",
            "Use a later date.",
        )
    return date
