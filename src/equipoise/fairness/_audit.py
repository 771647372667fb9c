"""The audit: rates per group, signed gaps to a named reference, and the worst gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import suggestion
from equipoise.exceptions import InputError
from equipoise.fairness._counts import CELL_OF_PAIR, CountTable, tabulate
from equipoise.fairness._rates import RATES
from equipoise.fairness._rows import binary, check_aligned, customers, group_codes
from equipoise.intervals import MINIMUM_TRIALS, Interval, design_effect, newcombe, wilson, worst_gap

__all__ = ["Audit", "audit", "audit_counts"]

_PAIR_OF_CELL = {cell: 2 * outcome + decision for (outcome, decision), cell in CELL_OF_PAIR.items()}


@dataclass(frozen=True, eq=False)
class Audit:
    """Rates of every group of every attribute, with counts behind them.

    Attributes
    ----------
    counts : CountTable
    reference : mapping of str to str
        For each attribute the group that gaps are measured against.
    effects : mapping
        Design effect by (attribute, metric, group) where customers have several rows; 1 elsewhere.
    """

    counts: CountTable
    reference: Mapping[str, str]
    effects: Mapping[tuple[str, str, str], float] = field(default_factory=dict)

    @cached_property
    def _counted(self) -> pd.DataFrame:
        """One row an attribute, metric and group: `n`, `hits` and `trials`, with a `note`."""
        rows = []
        for attribute in self.counts.by:
            cells = self.counts.marginal(attribute)
            for metric, rate in RATES.items():
                hits, trials = rate.counts(cells)
                for group, n, hit, trial in zip(
                    cells.index, cells.sum(axis=1), hits, trials, strict=True
                ):
                    effect = self.effects.get((attribute, metric, group), 1.0)
                    rows.append((attribute, group, n, metric, hit / effect, trial / effect))
        # Rounded, so that 20 rows over an effect of 2 are ten customers and not 9.999999999999998.
        table = pd.DataFrame(rows, columns=["attribute", "group", "n", "metric", "hits", "trials"])
        table = table.round({"hits": 9, "trials": 9})
        return table.assign(note=[_note(trials) for trials in table["trials"]])

    def frame(self) -> pd.DataFrame:
        """Return one row a group and metric: `attribute, group, n, metric, value, low, high, note`.

        Intervals are Wilson's at 95 %. `n` is the number of rows of the group. A rate whose
        denominator is under ten is NaN, with the reason in `note`: it is not zero.
        """
        table = self._counted
        value, low, high = _estimable(wilson(table["hits"], table["trials"]), table["note"])
        result = table[["attribute", "group", "n", "metric"]]
        return result.assign(value=value, low=low, high=high, note=table["note"])

    def gaps(self) -> pd.DataFrame:
        """Return signed gaps: `attribute, group, reference, metric, gap, low, high, note`.

        A gap is the group's rate minus the rate of the reference, with Newcombe's 95 % interval.
        Each interval speaks for itself alone: for the largest of many use `worst`.
        """
        table = self._counted.assign(reference=self._counted["attribute"].map(self.reference))
        is_reference = table["group"] == table["reference"]
        keys = ["attribute", "metric"]
        base = table.loc[is_reference, [*keys, "hits", "trials"]]
        pairs = table[~is_reference].merge(base, on=keys, suffixes=("", "_base"))
        notes = pd.Series(
            [_note(t) for t in pairs[["trials", "trials_base"]].min(axis=1)], dtype=str
        )
        gap, low, high = _estimable(
            newcombe(pairs["hits"], pairs["trials"], pairs["hits_base"], pairs["trials_base"]),
            notes,
        )
        result = pairs[["attribute", "group", "reference", "metric"]]
        return result.assign(gap=gap, low=low, high=high, note=notes)

    def worst(self) -> pd.DataFrame:
        """Return the largest gap between any two groups: `attribute, metric, gap, low, high, note`.

        The interval is simultaneous over all pairs of groups with at least ten in the denominator.
        """
        rows = []
        for (attribute, metric), part in self._counted.groupby(["attribute", "metric"], sort=False):
            gap, low, high = map(float, worst_gap(part["hits"], part["trials"]))
            note = "" if np.isfinite(gap) else "not estimable (fewer than two groups large enough)"
            rows.append((attribute, metric, gap, low, high, note))
        return pd.DataFrame(rows, columns=["attribute", "metric", "gap", "low", "high", "note"])

    def trials(self) -> pd.DataFrame:
        """Return the denominators behind the intervals: `attribute, group, metric, trials`.

        They are counts of rows, divided by the design effect where customers have several rows.
        """
        return self._counted[["attribute", "group", "metric", "trials"]].copy()


def audit(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    groups: pd.DataFrame,
    reference: Mapping[str, str],
    unit: ArrayLike | None = None,
) -> Audit:
    """Audit decisions for every group of every sensitive attribute.

    Rows are read by position; pandas arguments must carry the same index, row for row.

    Parameters
    ----------
    y_true : array_like of 0 and 1 (or booleans), shape (n,)
        Recorded outcomes.
    y_pred : array_like of 0 and 1 (or booleans), shape (n,)
        Decisions: 1 where the customer is contacted.
    groups : DataFrame, shape (n, attributes)
        Group of each customer; other values than text are read as text ("1", never "1.0").
    reference : mapping of str to str
        For each column of `groups` the group that gaps are measured against.
    unit : array_like, shape (n,), optional
        Customer of each row; intervals widen where customers have several rows.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        Where rows do not match, a value is missing, an outcome or decision is not 0 or 1, or a
        reference is not one of the groups.

    Examples
    --------
    >>> groups = pd.DataFrame({"band": ["a", "b"] * 50})
    >>> asked = np.tile([1, 0, 1, 1], 25)
    >>> gaps = audit(np.ones(100), asked, groups=groups, reference={"band": "a"}).gaps()
    >>> gaps.query("metric == 'selection_rate'")[["group", "gap", "low", "high"]].round(3)
      group  gap    low   high
    1     b -0.5 -0.634 -0.349
    """
    if not isinstance(groups, pd.DataFrame):
        raise InputError(
            "groups",
            "must be a DataFrame with one column an attribute",
            type(groups).__name__,
            "Use for example table[['gender']].",
        )
    check_aligned(y_true=y_true, y_pred=y_pred, groups=groups, unit=unit)
    outcome, decision = binary(y_true, "y_true"), binary(y_pred, "y_pred")
    result = audit_counts(tabulate(groups, outcome, decision), reference=reference)
    clusters = np.empty(0, int) if unit is None else customers(unit)
    if len(np.unique(clusters)) == len(clusters):
        return result
    effects = _design_effects(groups, outcome, decision, clusters)
    return Audit(result.counts, result.reference, effects)


def audit_counts(counts: CountTable, *, reference: Mapping[str, str]) -> Audit:
    """Audit a count table: the same results as `audit` on the rows behind it.

    Raises
    ------
    InputError
        Where an attribute has no reference, or one that is none of its groups.
    """
    for attribute in counts.by:
        levels = sorted(counts.cells[attribute].unique())
        if reference.get(attribute) not in levels:
            raise InputError(
                f"reference of {attribute!r}",
                "must be one of its groups",
                repr(reference.get(attribute)),
                suggestion(reference.get(attribute, ""), levels),
            )
    return Audit(counts, dict(reference))


def _design_effects(
    groups: pd.DataFrame,
    outcome: NDArray[np.int_],
    decision: NDArray[np.int_],
    clusters: NDArray[np.intp],
) -> dict[tuple[str, str, str], float]:
    effects = {}
    for attribute in groups:
        codes, levels = group_codes(groups[attribute])
        for code, group in enumerate(levels):
            inside = np.flatnonzero(codes == code)
            pair = 2 * outcome[inside] + decision[inside]
            own = pd.factorize(clusters[inside])[0]
            for metric, rate in RATES.items():
                hits, trials = (
                    np.isin(pair, [_PAIR_OF_CELL[cell] for cell in cells])
                    for cells in (rate.numerator, rate.denominator)
                )
                effects[attribute, metric, group] = design_effect(hits, trials, own)
    return effects


def _estimable(interval: Interval, notes: pd.Series) -> Interval:
    known = (notes == "").to_numpy()
    return Interval(*(np.where(known, part, np.nan) for part in interval))


def _note(trials: float) -> str:
    return f"not estimable (n={np.floor(10 * trials) / 10:g})" if trials < MINIMUM_TRIALS else ""
