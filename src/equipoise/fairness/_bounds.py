"""Gaps where the group of some customers is unknown: what is certain about them, and what is not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_choice, suggestion
from equipoise.exceptions import InputError
from equipoise.fairness._extremes import Counted, gap_limits
from equipoise.fairness._frames import note
from equipoise.fairness._rows import as_text, binary, check_aligned, check_complete, group_codes
from equipoise.fairness.rates import RATES
from equipoise.intervals import MINIMUM_TRIALS

__all__ = ["GapBounds", "gap_bounds"]

Floats = NDArray[np.float64]

TOLERANCE = 1e-6
LIMITS = ("bound_low", "bound_high", "low", "high")


def _masks(metric: str) -> tuple[tuple[Floats, Floats], ...]:
    """Return which of the four cells each share of a rate counts as hits, and which as trials."""
    return RATES[metric](*np.eye(4)).parts


BOUNDED = tuple(metric for metric in RATES if len(_masks(metric)) == 1)
"""Rates that can be bounded: a count over a count, not a mean of several."""


@dataclass(frozen=True, eq=False)
class GapBounds:
    """Bounds on gaps where the group of some customers is unknown.

    Attributes
    ----------
    table : DataFrame
        As `frame` returns it.
    customers, unknown : int
        Rows, and how many of them have no group.
    proxy_values : int or None
        How many values the proxy of the latter has; None where no proxy was used.
    """

    table: pd.DataFrame
    customers: int
    unknown: int
    proxy_values: int | None

    def frame(self) -> pd.DataFrame:
        """Return one row a metric and group.

        Columns `attribute, group, reference, metric, known, unknown, bound_low, bound_high, low,
        high, note`. `known` counts customers in the metric's denominator that are known to belong
        to the group or the reference, `unknown` those in the denominator whose group is unknown.
        `bound_low, bound_high` hold for these customers and say nothing of chance; `low, high` is a
        95 % interval for the gap with both. Each row speaks for itself alone.
        """
        return self.table.copy()

    def explain(self) -> str:
        """Return the bounds in plain words; it follows the numbers alone."""
        lines = [_sentence(row) for row in self.table.to_dict("records")]
        return "\n".join([self._basis(), *(f"- {line}" for line in lines)])

    def _basis(self) -> str:
        if not self.unknown:
            return f"The group of all {self.customers:,} customers is known: bounds are the gaps."
        told = f"The group of {self.unknown:,} of {self.customers:,} customers is unknown. "
        if self.proxy_values is None:
            return told + "Nothing is assumed about them."
        told += "The shares of their proxy values are taken as exact, and nothing else is assumed."
        if self.unknown >= MINIMUM_TRIALS * self.proxy_values:
            return told
        return told + (
            f" There are {self.unknown / self.proxy_values:.1f} of them a proxy value. With so few, "
            "bounds look narrower than they are; the intervals allow for it."
        )


def gap_bounds(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    group: ArrayLike | None,
    *,
    reference: object,
    proxy: ArrayLike | None = None,
    shares: pd.DataFrame | None = None,
    metrics: Iterable[str] | None = None,
) -> GapBounds:
    """Bound each group's gap to a reference where the group of some customers is unknown.

    Without a proxy, the unknown customers may belong to any group. With one, the share of each
    group among the unknown customers of each proxy value is given, and any allocation with these
    shares is possible. The bounds are sharp: the least and the greatest gap that is possible.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,)
        Recorded outcomes and decisions: 0 and 1, or booleans.
    group : array_like, shape (n,), or None
        Group of each customer, missing where unknown; None if nobody's is known. A value such as
        "unknown" is a group of its own: make it missing first. The name of a Series becomes the
        attribute.
    reference : object
        The group that gaps are measured against.
    proxy : array_like, shape (n,), optional
        What is known of everybody of unknown group, such as a postcode.
    shares : DataFrame, shape (proxy values, groups), optional
        Share of each group among the customers of unknown group with a proxy value, from a census
        or from the customers of known group; rows sum to 1.
    metrics : iterable of str, optional
        By default all rates that are one count over another.

    Returns
    -------
    GapBounds
        A row is not estimable where the group or the reference has fewer than ten customers in the
        denominator: the known, and with a proxy its share of the unknown in each proxy value.

    Raises
    ------
    InputError
        Where rows do not match, a value is not 0 or 1, there are fewer than two groups, the reference
        is none of them, one of `proxy` and `shares` is missing, or shares do not fit the customers.

    Notes
    -----
    A bound of zero is a gap of zero that is possible, not one that was found. Bounds of -1 and 1 say
    that the data tell nothing. Where all groups are known, the bounds are the gap itself, and the
    interval is Newcombe's.

    What the bounds hide: shares are taken as exact and as those of these customers. A census tells
    of residents, and customers whose group is known may differ from those whose group is not; with
    wrong shares the true gap can lie outside. With few customers a proxy value, bounds look narrower
    than they are; `low, high` allow for it, and hold more often than stated where the true gap lies
    inside the bounds. They hold less often where many shares equal the rates of their cells exactly.

    References
    ----------
    Manski (1989), Anatomy of the selection problem. Journal of Human Resources 24. Kallus, Mao &
    Zhou (2022), Assessing algorithmic fairness with unobserved protected class using data
    combination. Management Science 68.

    Examples
    --------
    60 % are contacted in band a and 20 % in band b. Where the band of 30 % of the customers is
    missing, their gap of -0.4 may be anything from -0.57 to +0.01:

    >>> row = np.arange(1000)
    >>> band = pd.Series(["a", "b"] * 500, name="band")
    >>> asked = np.where(band == "a", row % 5 < 3, row % 5 < 1)
    >>> told = band.where(row // 10 % 10 < 7)
    >>> asked_for = {"reference": "a", "metrics": ["selection_rate"]}
    >>> shown = ["group", "known", "unknown", "bound_low", "bound_high", "low", "high"]
    >>> gap_bounds(asked, asked, told, **asked_for).frame()[shown].round(2)
      group  known  unknown  bound_low  bound_high   low  high
    0     b    700      300      -0.57        0.01 -0.62  0.07

    A street where nine in ten are of the same band tells more, even if nobody's band is known:

    >>> street = np.where((row // 100 == 0) == (band == "a"), "south", "north")
    >>> shares = pd.DataFrame({"a": [0.9, 0.1], "b": [0.1, 0.9]}, index=["north", "south"])
    >>> bounds = gap_bounds(asked, asked, None, proxy=street, shares=shares, **asked_for)
    >>> bounds.frame()[shown].round(2)
      group  known  unknown  bound_low  bound_high   low  high
    0     b      0     1000      -0.52       -0.12 -0.57 -0.06
    >>> print(bounds.explain())
    The group of 1,000 of 1,000 customers is unknown. The shares of their proxy values are taken as
    exact, and nothing else is assumed.
    - selection_rate, b against a: gap from -0.52 to -0.12 (95 % interval from -0.57 to -0.06):
    lower, whatever the groups of the unknown customers.
    """
    check_aligned(y_true=y_true, y_pred=y_pred, group=group, proxy=proxy)
    asked = [metrics] if isinstance(metrics, str) else metrics
    names = [*(BOUNDED if asked is None else asked)]
    for metric in names:
        check_choice("metrics", metric, BOUNDED)
    if not names:
        cure = suggestion("", BOUNDED)
        raise InputError("metrics", "must name at least one rate", "none", cure)
    cell = 2 * (1 - binary(y_pred, "y_pred")) + 1 - binary(y_true, "y_true")
    column = _column("group", np.full(len(cell), None) if group is None else group)
    rows = _rows(cell, column, _shares(shares, proxy), proxy)
    place = _place(reference, rows.groups)
    parts = [_metric_rows(rows, metric, place) for metric in names]
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "attribute", "group" if column.name is None else str(column.name))
    unknown = int(column.isna().sum())
    return GapBounds(table, len(cell), unknown, None if shares is None else len(rows.unknown))


@dataclass(frozen=True, eq=False)
class _Rows:
    """Customers by group, or by proxy value where it is unknown, and the four cells of a rate."""

    groups: list[str]
    known: Floats
    unknown: Floats
    least: Floats
    most: Floats

    def counted(self, metric: str) -> Counted:
        ((hit, tried),) = _masks(metric)
        missed = tried - hit
        known = np.stack([self.known @ hit, self.known @ missed])
        unknown = np.stack([self.unknown @ mask for mask in (hit, missed, 1 - tried)])
        return Counted(known, unknown, self.least, self.most)


def _rows(
    cell: NDArray[np.int_], column: pd.Series, shares: pd.DataFrame | None, proxy: ArrayLike | None
) -> _Rows:
    missing = np.asarray(column.isna())
    codes, seen = group_codes(column[~missing])
    groups = _groups(seen, shares)
    places = np.array([groups.index(name) for name in seen], dtype=int)
    known = _crossed(places[codes], cell[~missing], len(groups))
    if shares is None or proxy is None:
        unknown = _crossed(np.zeros(missing.sum(), int), cell[missing], int(missing.any()))
        nothing = np.zeros((len(unknown), len(groups)))
        return _Rows(groups, known, unknown, nothing, nothing + 1)
    own, values = _proxies(proxy, missing, shares)
    given = shares.reindex(index=values, columns=groups).to_numpy(float)
    return _Rows(groups, known, _crossed(own, cell[missing], len(values)), given, given)


def _groups(seen: list[str], shares: pd.DataFrame | None) -> list[str]:
    """Return all groups in sorted order, or refuse one that shares lacks, and fewer than two."""
    if shares is not None:
        _check_named("group", seen, shares.columns)
    groups = sorted({*seen, *([] if shares is None else shares.columns)})
    if len(groups) < 2:
        found = ", ".join(map(repr, groups)) or "none"
        cure = "Record it for some customers, or pass proxy and shares."
        raise InputError("group", "must hold at least two groups", found, cure)
    return groups


def _proxies(
    proxy: ArrayLike, missing: NDArray[np.bool_], shares: pd.DataFrame
) -> tuple[NDArray[np.intp], list[str]]:
    """Return the proxy of each row of unknown group as a number, and its values as text."""
    values = _column("proxy", proxy)
    check_complete("proxy", values.isna() & missing, "Give those rows a value of their own, too.")
    codes, levels = group_codes(values[missing])
    _check_named("proxy", levels, shares.index)
    return codes, levels


def _crossed(codes: NDArray[np.intp], cell: NDArray[np.int_], many: int) -> Floats:
    return np.bincount(codes * 4 + cell, minlength=4 * many).reshape(many, 4).astype(float)


def _metric_rows(rows: _Rows, metric: str, place: int) -> pd.DataFrame:
    counted = rows.counted(metric)
    support = np.minimum(counted.support, counted.support[place])
    told = support >= MINIMUM_TRIALS
    trials = counted.known.sum(axis=0)
    limits = zip(LIMITS, gap_limits(counted, place), strict=True)
    frame = pd.DataFrame(
        {
            "group": rows.groups,
            "reference": rows.groups[place],
            "metric": metric,
            "known": (trials + trials[place]).astype(int),
            "unknown": int(counted.unknown[:2].sum()),
            **{name: np.where(told, side, np.nan) for name, side in limits},
            "note": [note(size) for size in support],
        }
    )
    return frame.drop(index=place)


def _column(name: str, values: ArrayLike) -> pd.Series:
    if np.ndim(values) != 1:
        shape = f"shape {np.shape(values)}"
        raise InputError(name, "must be one value a row", shape, "Pass one column.")
    return pd.Series(values)


def _place(reference: object, groups: list[str]) -> int:
    if as_text(reference) not in groups:
        raise InputError(
            "reference", "must be one of the groups", repr(reference), suggestion(reference, groups)
        )
    return groups.index(as_text(reference))


def _shares(shares: pd.DataFrame | None, proxy: ArrayLike | None) -> pd.DataFrame | None:
    """Return shares with proxy values and groups as text and rows that sum to 1, or refuse."""
    if shares is None and proxy is None:
        return None
    if proxy is None:
        raise InputError("proxy", "is required with shares", "None", "Pass a value for each row.")
    if not isinstance(shares, pd.DataFrame):
        rule = "must be a DataFrame with a row for each proxy value and a column for each group"
        found, cure = type(shares).__name__, "Use pd.crosstab(..., normalize='index') of a source."
        raise InputError("shares", rule, found, cure)
    table = shares.set_axis([*map(as_text, shares.index)]).set_axis(
        [*map(as_text, shares.columns)], axis=1
    )
    for names in (table.index, table.columns):
        if not names.is_unique:
            twice, cure = repr(names[names.duplicated()][0]), "Merge those that are the same."
            raise InputError("shares", "must name each proxy value and group once", twice, cure)
    return _check_sums(table)


def _check_sums(given: pd.DataFrame) -> pd.DataFrame:
    """Return shares as numbers that sum to 1 in each row, or refuse."""
    table = given.apply(pd.to_numeric, errors="coerce").astype(float)
    wrong = ~(table >= 0)
    if wrong.any(axis=None):
        row, column = np.argwhere(wrong.to_numpy())[0]
        found = f"{given.iat[row, column]} for {table.index[row]!r} and {table.columns[column]!r}"
        raise InputError("shares", "must be numbers of at least 0", found, "Correct it.")
    off = (table.sum(axis=1) - 1).abs() > TOLERANCE
    if off.any():
        name = off.idxmax()
        found = f"{table.loc[name].sum():.7g} for {name!r}"
        raise InputError(
            "shares", "must sum to 1 in each row", found, "Add the group that it lacks."
        )
    return table.div(table.sum(axis=1), axis=0)


def _check_named(name: str, wanted: list[str], given: pd.Index) -> None:
    lacking = [value for value in wanted if value not in given]
    if lacking:
        cure = suggestion(lacking[0], given)
        raise InputError(name, "must hold only values that shares name", repr(lacking[0]), cure)


def _sentence(row: dict[Hashable, Any]) -> str:
    told = f"{row['metric']}, {row['group']} against {row['reference']}: "
    if row["note"]:
        return f"{told}{row['note']}."
    bound_low, bound_high, low, high = (row[name] for name in LIMITS)
    gap = f"{bound_low:+.2f}"
    if not _is_point(row):
        gap = f"from {gap} to {bound_high:+.2f}"
    return f"{told}gap {gap} (95 % interval from {low:+.2f} to {high:+.2f}): {_verdict(row)}."


def _verdict(row: dict[Hashable, Any]) -> str:
    if row["low"] > 0 or row["high"] < 0:
        side = "higher" if row["low"] > 0 else "lower"
        return side if _is_point(row) else f"{side}, whatever the groups of the unknown customers"
    cannot = "cannot tell the sign"
    if row["bound_low"] <= TOLERANCE - 1 and row["bound_high"] >= 1 - TOLERANCE:
        return f"{cannot} or anything else, since any gap is possible"
    if _is_point(row) or row["bound_low"] > 0 or row["bound_high"] < 0:
        return f"{cannot}, which may be chance"
    return f"{cannot}, which depends on the groups of the unknown customers"


def _is_point(row: dict[Hashable, Any]) -> bool:
    return bool(row["bound_high"] - row["bound_low"] <= TOLERANCE)
