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
from equipoise.fairness._counts import CountTable, count_table
from equipoise.fairness._rates import RATES
from equipoise.intervals import MINIMUM_TRIALS, Interval, design_effect, newcombe, wilson, worst_gap

__all__ = ["Audit", "audit", "audit_counts"]

_OUTCOME, _DECISION = "outcome (0 or 1)", "decision (0 or 1)"


@dataclass(frozen=True)
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
        table = pd.DataFrame(rows, columns=["attribute", "group", "n", "metric", "hits", "trials"])
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

    Parameters
    ----------
    y_true : array_like of 0 and 1, shape (n,)
        Recorded outcomes.
    y_pred : array_like of 0 and 1 (or booleans), shape (n,)
        Decisions: 1 where the customer is contacted.
    groups : DataFrame, shape (n, attributes)
        Group of each customer as text.
    reference : mapping of str to str
        For each column of `groups` the group that gaps are measured against.
    unit : array_like, shape (n,), optional
        Customer of each row; intervals widen where customers have several rows.

    Returns
    -------
    Audit

    Examples
    --------
    >>> groups = pd.DataFrame({"band": ["a", "b"] * 50})
    >>> asked = np.tile([1, 0, 1, 1], 25)
    >>> gaps = audit(np.ones(100), asked, groups=groups, reference={"band": "a"}).gaps()
    >>> gaps.query("metric == 'selection_rate'")[["group", "gap", "low", "high"]].round(3)
      group  gap    low   high
    1     b -0.5 -0.634 -0.349
    """
    outcome, decision = np.asarray(y_true), np.asarray(y_pred)
    lengths = {len(outcome), len(decision), len(groups)}
    if len(lengths) > 1:
        raise InputError(
            "y_true, y_pred and groups",
            "must have the same number of rows",
            (len(outcome), len(decision), len(groups)),
            "Pass the rows of the same customers in the same order.",
        )
    table = (
        groups.reset_index(drop=True).astype(str).assign(**{_OUTCOME: outcome, _DECISION: decision})
    )
    counts = count_table(table, by=list(groups), y_true=_OUTCOME, y_pred=_DECISION)
    result = audit_counts(counts, reference=reference)
    if unit is None or pd.Index(np.asarray(unit)).is_unique:
        return result
    return Audit(counts, result.reference, _design_effects(table, list(groups), np.asarray(unit)))


def audit_counts(counts: CountTable, *, reference: Mapping[str, str]) -> Audit:
    """Audit a count table: the same results as `audit` on the rows behind it."""
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
    table: pd.DataFrame, attributes: list[str], unit: NDArray[np.object_]
) -> dict[tuple[str, str, str], float]:
    clusters = pd.factorize(unit)[0]
    outcome, decision = table[_OUTCOME].astype(bool), table[_DECISION].astype(bool)
    cell = np.select(
        [outcome & decision, ~outcome & decision, outcome & ~decision],
        ["true_positives", "false_positives", "false_negatives"],
        "true_negatives",
    )
    effects = {}
    for attribute in attributes:
        for group in table[attribute].unique():
            inside = table[attribute].to_numpy() == group
            for metric, rate in RATES.items():
                hits = inside & np.isin(cell, rate.numerator)
                trials = inside & np.isin(cell, rate.denominator)
                effects[attribute, metric, group] = design_effect(hits, trials, clusters)
    return effects


def _estimable(interval: Interval, notes: pd.Series) -> Interval:
    known = (notes == "").to_numpy()
    return Interval(*(np.where(known, part, np.nan) for part in interval))


def _note(trials: float) -> str:
    return f"not estimable (n={trials:.0f})" if trials < MINIMUM_TRIALS else ""
