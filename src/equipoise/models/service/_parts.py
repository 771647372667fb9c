"""Groups of rows, and what is estimated of one group: customers are the sample, not requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from equipoise._checks import check_columns, suggestion
from equipoise.exceptions import InputError
from equipoise.intervals import MINIMUM_TRIALS, Interval, design_effect, mean_amount, wilson

__all__ = ["CONFIDENCE", "UNKNOWN", "Part", "parts_of", "t_interval"]

CONFIDENCE = 0.95
UNKNOWN = "unknown"
ROUNDING = 1e-24
NONE = Interval(np.nan, np.nan, np.nan)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Part:
    """The rows of one group.

    Attributes
    ----------
    attribute, group : str
    rows : array of int, shape (m,)
        Positions.
    owners : array of int, shape (m,)
        Number of each row's customer.
    """

    attribute: str
    group: str
    rows: NDArray[np.intp]
    owners: NDArray[np.intp]

    @cached_property
    def customers(self) -> int:
        """How many customers have a row."""
        return int(np.count_nonzero(np.bincount(self.owners)))

    @cached_property
    def support(self) -> float:
        """As many customers as equal ones would be: fewer where some have most rows (Kish)."""
        squares = float((np.bincount(self.owners).astype(float) ** 2).sum())
        return len(self.owners) ** 2 / squares if squares else 0.0

    @property
    def note(self) -> str:
        """Why nothing is estimated, or nothing."""
        shown = np.floor(10 * self.support) / 10
        return f"not estimable (n={shown:g})" if self.support < MINIMUM_TRIALS else ""

    def take(self, some: Flags) -> Part:
        """Return the part of some of its rows, whole group or not."""
        return Part(self.attribute, self.group, self.rows[some], self.owners[some])

    def mean(self, values: Floats, most: float) -> Interval:
        """Return the mean of amounts from 0 to `most`; no bounds where that is 0, too."""
        if self.note:
            return NONE
        if most <= 0:
            return Interval(0.0, np.nan, np.nan)
        return mean_amount(values[self.rows], bounds=(0.0, most), clusters=self.owners)

    def share(self, hits: Flags) -> Interval:
        """Return the share of hits."""
        if self.note:
            return NONE
        own, all_rows = hits[self.rows], np.ones(len(self.rows), dtype=bool)
        effect = design_effect(own, all_rows, self.owners)
        return wilson(own.sum() / effect, len(own) / effect)

    def median(self, values: Floats) -> Interval:
        """Return the middle value, with Woodruff's interval: quantiles between which it lies.

        Half of the rows lie below it; how far that half may be off, customers being the sample, says
        which values the middle may be.
        """
        if self.note:
            return NONE
        own = values[self.rows]
        middle = float(np.median(own))
        size = len(own) / design_effect(own <= middle, np.ones(len(own), bool), self.owners)
        half = wilson(size / 2, size)
        low = np.quantile(own, float(half.low), method="lower")
        high = np.quantile(own, float(half.high), method="higher")
        return Interval(middle, float(low), float(high))

    def change(self, values: Floats) -> Interval:
        """Return the mean of changes of either sign; no bounds where all are the same."""
        if self.note:
            return NONE
        own = values[self.rows]
        mean = float(own.mean())
        sums = np.bincount(self.owners, weights=own - mean)
        return t_interval(mean, float((sums**2).sum()) / len(own) ** 2, self.customers)


def t_interval(value: float, variance: float, customers: int) -> Interval:
    """Return Student's interval from a variance over customers that was not corrected for few."""
    if variance <= ROUNDING * max(1.0, value**2):
        return Interval(value, np.nan, np.nan)
    error = np.sqrt(variance * customers / (customers - 1))
    reach = error * float(student.ppf((1 + CONFIDENCE) / 2, customers - 1))
    return Interval(value, value - reach, value + reach)


def parts_of(
    groups: pd.DataFrame, reference: Mapping[str, str], owners: NDArray[np.intp]
) -> Iterator[Part]:
    """Return every group of every attribute, sorted, or refuse an unknown attribute or reference."""
    if not isinstance(reference, Mapping):
        found, move = type(reference).__name__, "Use {'age_band': '30-44'}."
        raise InputError("reference", "must map attributes to groups", found, move)
    check_columns("reference", reference, groups.columns)
    if not reference:
        raise InputError(
            "reference", "must name an attribute", "none", "Use {'age_band': '30-44'}."
        )
    coded = {name: _levels(groups[name]) for name in reference}
    for name, group in reference.items():
        levels = coded[name][1]
        if group not in levels:
            raise InputError(
                f"reference of {name!r}",
                "must be one of its groups",
                repr(group),
                suggestion(group, levels),
            )
    for name, (codes, levels) in coded.items():
        for code, level in enumerate(levels):
            rows = np.flatnonzero(codes == code)
            yield Part(name, level, rows, owners[rows])


def _levels(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Return the group of each row as text; "unknown" where missing, whole numbers as such."""
    codes, values = pd.factorize(column)
    texts = np.array([*(_as_text(value) for value in values), UNKNOWN], dtype=object)
    levels, place = np.unique(texts, return_inverse=True)
    used, shown = np.unique(place[codes], return_inverse=True)
    return shown, [str(level) for level in levels[used]]


def _as_text(value: object) -> str:
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value) if whole else value)  # type: ignore[call-overload]
