"""Groups, whose rows they are, and means with intervals: what allocation, exposure and reach share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_columns, suggestion
from equipoise.exceptions import InputError
from equipoise.fairness._rows import as_frame, check_aligned, customers, group_codes
from equipoise.intervals import MINIMUM_TRIALS, Interval, difference, wilson
from equipoise.intervals.repeated import effective_trials

__all__ = ["Grouped", "alike", "finite", "gaps_to", "grouped", "notes"]

Floats = NDArray[np.float64]

ROUNDING = 1e-9
Z_SQUARED = NormalDist().inv_cdf(0.975) ** 2


class _Pairs(NamedTuple):
    """Each pair of group and customer: its group, its rows, and its place by row."""

    group: NDArray[np.intp]
    place: NDArray[np.intp]
    rows: Floats


@dataclass(frozen=True, eq=False)
class Grouped:
    """The groups of one attribute, row by row.

    Attributes
    ----------
    attribute : str
    levels : tuple of str, length g
        The groups, sorted.
    codes, owners : array of int, shape (n,)
        Number of each row's group, and of its customer.
    """

    attribute: str
    levels: tuple[str, ...]
    codes: NDArray[np.intp]
    owners: NDArray[np.intp]

    @cached_property
    def support(self) -> Floats:
        """Independent customers of each group: fewer than there are where few have most rows."""
        own = self._own
        return np.asarray(np.bincount(self.codes) ** 2 / np.bincount(own.group, own.rows**2))

    def customers(self, where: NDArray[np.bool_] | None = None) -> NDArray[np.int_]:
        """Return how many customers of each group have a row, or one of those in `where`."""
        own = self._own
        there = own.group if where is None else own.group[np.unique(own.place[where])]
        return np.bincount(there, minlength=len(self.levels))

    def totals(self, values: Floats) -> Floats:
        """Return the sum of each group, shape (g,)."""
        return np.asarray(np.bincount(self.codes, weights=values))

    def known(self, estimate: Interval) -> Interval:
        """Return an estimate by group as NaN where a group has too few customers."""
        enough = self.support >= MINIMUM_TRIALS
        return Interval(*(np.where(enough, side, np.nan) for side in estimate))

    def means(self, values: Floats, bounds: tuple[float, float]) -> Interval:
        """Return the mean of each group with its 95 % interval, shape (g,).

        The mean is read as a rate between the bounds and gets Wilson's interval at the sample size
        that the variance of its customers' amounts amounts to. A group that happens to lack the
        rare large amounts has too small a variance, and an interval far too short: so the spread of
        all rows is added to every group's own, with the weight of ten customers.
        """
        low, high = bounds
        own = self._own
        sums = np.bincount(own.place, weights=(values - low) / (high - low))
        of, squares = self.totals(np.ones(len(values))), np.bincount(own.group, own.rows**2)
        rate = np.bincount(own.group, sums) / of
        spread = (sums - sums.sum() / len(values) * own.rows) ** 2
        size = effective_trials(
            rate * of,
            of,
            deviation=np.bincount(own.group, (sums - rate[own.group] * own.rows) ** 2)
            + MINIMUM_TRIALS * spread.sum() / (own.rows**2).sum() * (squares / of) ** 2,
            by_row=0.0,
            by_customer=squares,
        )
        told = wilson(np.minimum(rate, 1) * size, size)
        return self.known(Interval(*(low + (high - low) * np.asarray(side) for side in told)))

    def net_means(self, values: Floats) -> Interval:
        """Return the mean of each group with its 95 % interval, of amounts of either sign.

        The bounds are the least and the most of all rows. Gains and losses are measured apart, each
        from zero: read between its ends, a profit of many small losses and few large gains would
        get an interval that is far too short.
        """
        least, most = float(values.min()), float(values.max())
        if least >= 0 or most <= 0:
            return self.means(values, (least, most))
        return self.sums_of_means(
            [(np.maximum(values, 0), (0.0, most)), (np.minimum(values, 0), (least, 0.0))]
        )

    def sums_of_means(self, parts: Sequence[tuple[Floats, tuple[float, float]]]) -> Interval:
        """Return the mean of each group, of amounts in two parts that have bounds of their own.

        How far the two depend on each other is seen in their customers: mostly a row that has one
        of them does not have the other, so both err to the same side.
        """
        told = [
            self.fixed(bounds[0], sure=True) if bounds[0] == bounds[1] else self.means(part, bounds)
            for part, bounds in parts
        ]
        value, low, high = (np.array(side) for side in zip(*told, strict=True))
        joint = 2 * Z_SQUARED * self._covariance(*(part for part, _ in parts))
        total = value.sum(axis=0)
        below, above = (
            np.sqrt(np.maximum((side**2).sum(axis=0) + joint, (side**2).max(axis=0)))
            for side in (value - low, high - value)
        )
        return Interval(total, total - below, total + above)

    def _covariance(self, one: Floats, other: Floats) -> Floats:
        """Return, of each group, how the means of two amounts go together over customers."""
        own, of = self._own, np.bincount(self.codes)
        apart = [
            np.bincount(own.place, part) - (self.totals(part) / of)[own.group] * own.rows
            for part in (one, other)
        ]
        return np.asarray(np.bincount(own.group, apart[0] * apart[1]) / of**2)

    def fixed(self, value: float, *, sure: bool = False) -> Interval:
        """Return the mean of what is the same in every row: there is no spread to make bounds of.

        Where it is `sure` that no row can have another amount, it is its own bounds.
        """
        same = np.full(len(self.levels), value)
        none = same if sure else np.full(len(self.levels), np.nan)
        return self.known(Interval(same, none, none))

    def table(self, **columns: object) -> pd.DataFrame:
        """Return one row a group: `attribute, group`, how many customers, and more columns."""
        known = {"attribute": self.attribute, "group": [*self.levels]}
        sizes = {"n": self.customers(), "support": self.support, "overlaps": self.overlaps}
        return pd.DataFrame(known | sizes | columns)

    @cached_property
    def overlaps(self) -> bool:
        """Whether some customer has rows in several groups."""
        return len(self._own.group) > len(np.unique(self.owners))

    @cached_property
    def _own(self) -> _Pairs:
        many = int(self.owners.max()) + 1
        pairs, place, rows = np.unique(
            self.codes * many + self.owners, return_inverse=True, return_counts=True
        )
        return _Pairs(pairs // many, place, rows.astype(float))


def grouped(
    groups: pd.DataFrame, reference: Mapping[str, Any], unit: ArrayLike | None
) -> tuple[tuple[Grouped, ...], dict[str, str]]:
    """Return every attribute's groups and its reference as text, or refuse."""
    groups = as_frame(groups)
    _check_groups(groups)
    check_aligned(groups=groups, unit=unit)
    check_columns("reference", map(str, reference), map(str, groups.columns))
    owners = np.arange(len(groups)) if unit is None else customers(unit)
    parts, named = [], {}
    for name in groups:
        codes, levels = group_codes(groups[name])
        parts.append(Grouped(name, tuple(levels), codes, owners))
        named[name] = _reference(name, reference.get(name), levels)
    return tuple(parts), named


def finite(values: ArrayLike, name: str) -> Floats:
    """Return one finite number a row, or refuse."""
    if np.ndim(values) != 1:
        shape = f"shape {np.shape(values)}"
        raise InputError(name, "must be one number a row", shape, "Pass one column.")
    column = pd.Series(values)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(name, "must be numbers", str(column.dtype), "Convert the column first.")
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    wrong = int((~np.isfinite(numbers)).sum())
    if wrong:
        found = f"missing or infinite ones in {wrong:,} of {len(numbers):,} rows"
        raise InputError(name, "must be finite numbers", found, "Complete or remove those rows.")
    return np.asarray(numbers)


def alike(values: Floats) -> bool:
    """Say whether all values are the same, but for rounding."""
    return bool(np.ptp(values) <= ROUNDING * np.abs(values).max())


def notes(support: ArrayLike, *more: ArrayLike) -> list[str]:
    """Return row by row why a mean is not stated, and whatever else there is to say."""
    few = [_too_few(size) for size in np.asarray(support, float)]
    said = [few, *(np.broadcast_to(np.asarray(each), len(few)).tolist() for each in more)]
    return ["; ".join(filter(None, row)) for row in zip(*said, strict=True)]


def gaps_to(
    reference: Mapping[str, str], table: pd.DataFrame, value: str, by: str | None = None
) -> pd.DataFrame:
    """Return gaps to the reference: `attribute, group, reference, gap, low, high, note`.

    Parameters
    ----------
    reference : mapping of str to str
        Group by attribute.
    table : DataFrame
        Columns `attribute, group, support, low, high`, the value, and perhaps `by`, `overlaps`, and
        `why`: reasons beside too few customers for which nothing is stated.
    value, by : str
        Columns of what is compared, and of what distinguishes several such values.
    """
    keys = ["attribute", *([by] if by else [])]
    table = table.assign(reference=table["attribute"].map(reference))
    own = table["group"] == table["reference"]
    pairs = table[~own].merge(table[own], on=keys, how="left", suffixes=("", "_base"))
    gap, low, high = difference(
        Interval(pairs[value], pairs["low"], pairs["high"]),
        Interval(pairs[f"{value}_base"], pairs["low_base"], pairs["high_base"]),
        dependent=pairs.get("overlaps", False),
    )
    support = pairs[["support", "support_base"]].min(axis=1)
    result = pairs[["attribute", "group", "reference", *([by] if by else [])]]
    return result.assign(gap=gap, low=low, high=high, note=notes(support, pairs.get("why", "")))


def _too_few(support: float) -> str:
    shown = np.floor(10 * support) / 10
    return f"not estimable (n={shown:g})" if support < MINIMUM_TRIALS else ""


def _check_groups(groups: pd.DataFrame) -> None:
    if not groups.size:
        found = f"{len(groups):,} and {groups.shape[1]:,}"
        raise InputError("groups", "must have rows and attributes", found, "Pass some customers.")
    names = list(groups)
    for name in names:
        if not isinstance(name, str) or names.count(name) > 1:
            rule = "must have columns named by different texts"
            raise InputError("groups", rule, repr(name), "Rename the column.")


def _reference(attribute: str, given: object, levels: list[str]) -> str:
    text = "" if given is None else group_codes(pd.Series([given], name="reference"))[1][0]
    if given is None or text not in levels:
        raise InputError(
            f"reference of {attribute!r}",
            "must be one of its groups",
            repr(given),
            suggestion(text, levels),
        )
    return text
