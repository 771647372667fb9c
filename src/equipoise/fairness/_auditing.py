"""From rows or counts to an audit, with what would give silently wrong figures refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from equipoise._checks import check_columns, check_whole, suggestion
from equipoise.exceptions import InputError
from equipoise.fairness._audit import REST, Audit
from equipoise.fairness._counting import tabulate
from equipoise.fairness._counts import CountTable
from equipoise.fairness._given import HoldsCounts, table_of
from equipoise.fairness._kept import KeptRows
from equipoise.fairness._rows import (
    as_frame,
    as_text,
    binary_pair,
    check_aligned,
    customers,
    row_weights,
    shares,
)

__all__ = ["audit", "audit_counts"]


def audit(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    groups: pd.DataFrame,
    reference: Mapping[str, Any] | None = None,
    y_score: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    unit: ArrayLike | None = None,
    positive: object = None,
    seed: int = 0,
) -> Audit:
    """Audit decisions for every group of every sensitive attribute.

    Rows are read by position; pandas arguments must carry the same index, row for row.

    Parameters
    ----------
    y_true : array_like, shape (n,)
        Recorded outcomes: 0 and 1, booleans, or any two values if `positive` names one.
    y_pred : array_like, shape (n,)
        Decisions, coded like the outcomes: positive where the customer is contacted.
    groups : DataFrame (pandas, polars or pyarrow), shape (n, attributes)
        Group of each customer; other values than text are read as text ("1", never "1.0").
    reference : mapping of str to group, optional
        For each column of `groups` the group that gaps are measured against, or `REST` for all
        others together. If no `reference` is passed, each group is compared with the rest.
    y_score : array_like of float, shape (n,), optional
        Scores from 0 to 1; they give the area under the curve and calibration by group.
    weights : array_like of float, shape (n,), optional
        How many customers each row stands for. Rates are weighted, and intervals are those of the
        number of customers that the weighted rows amount to.
    unit : array_like, shape (n,), optional
        Customer of each row; intervals widen where customers have several rows.
    positive : object, optional
        The value of outcomes and decisions that stands for 1, such as "yes".
    seed : int
        Of the draws behind noise floors and bootstraps.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        Where rows do not match, a value is missing, an outcome or decision is not 0 or 1, a score
        lies outside 0..1, a weight is negative, or a reference is not one of the groups.

    Examples
    --------
    >>> groups = pd.DataFrame({"band": ["a", "b"] * 50})
    >>> asked = [1, 0, 1, 1] * 25
    >>> gaps = audit([1] * 100, asked, groups=groups, reference={"band": "a"}).gaps()
    >>> gaps.query("metric == 'selection_rate'")[["group", "gap", "low", "high"]].round(3)
      group  gap    low   high
    1     b -0.5 -0.634 -0.349
    """
    groups = as_frame(groups)
    check_aligned(
        y_true=y_true, y_pred=y_pred, groups=groups, y_score=y_score, weights=weights, unit=unit
    )
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    if not len(groups):
        raise InputError("groups", "must have at least one row", "none", "Pass some customers.")
    outcome, decision = binary_pair(y_true=y_true, y_pred=y_pred, positive=positive)
    scores = None if y_score is None else shares(y_score, "y_score")
    weight = None if weights is None else row_weights(weights, "weights")
    counts = tabulate(groups, outcome, decision, scores=scores, weights=weight)
    named = _references(counts, reference)
    owners = None if unit is None else customers(unit)
    kept = KeptRows.of(groups, outcome, decision, customers=owners, weights=weight, scores=scores)
    return Audit(counts, named, kept, seed=seed)


def audit_counts(
    counts: CountTable | pd.DataFrame | HoldsCounts,
    *,
    reference: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Audit:
    """Audit a count table: the same results as `audit` on the rows behind it.

    Parameters
    ----------
    counts : CountTable, DataFrame, or object with `frame()`
        A frame has the columns of `CountTable.cells`; what `privacy.noisy_counts` returns has one.
        With a column `noise_scale` the counts may be negative or broken, every cell must be there, and
        intervals include the noise.
    reference : mapping of str to group, optional
        As in `audit`.
    seed : int
        Of the draws behind noise floors and bootstraps.

    Returns
    -------
    Audit
        Customers with several rows cannot be seen in counts; areas under the curve are those of the
        score bins.

    Raises
    ------
    InputError
        Where the frame is no count table, an attribute has no reference, or one that is none of its
        groups.

    Examples
    --------
    >>> table = pd.DataFrame({"band": ["a"] * 4 + ["b"] * 4, "y_true": [0, 0, 1, 1] * 2})
    >>> table = table.assign(y_pred=[0, 1] * 4, count=[70, 10, 12, 28, 60, 4, 30, 26])
    >>> rates = audit_counts(table).frame().query("metric == 'true_positive_rate'")
    >>> rates[["group", "value", "low", "high"]].round(2)
      group  value   low  high
    4     a   0.70  0.55  0.82
    5     b   0.46  0.34  0.59
    """
    table = counts if isinstance(counts, CountTable) else table_of(counts)
    check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    return Audit(table, _references(table, reference), seed=seed)


def _references(counts: CountTable, reference: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the reference of each attribute as text, or refuse one that is not there."""
    for name in counts.by:
        if (counts.cells[name] == REST).any():
            rule = "must not hold the word for all others together"
            raise InputError(f"group {name!r}", rule, repr(REST), "Rename the group.")
    if reference is None:
        return dict.fromkeys(counts.by, REST)
    if not isinstance(reference, Mapping):
        raise InputError(
            "reference",
            "must say a group for each attribute",
            type(reference).__name__,
            f"Use for example {{{counts.by[0]!r}: {counts.cells[counts.by[0]].iloc[0]!r}}}.",
        )
    check_columns("reference", map(str, reference), counts.by)
    return {name: _reference(counts, name, reference) for name in counts.by}


def _reference(counts: CountTable, name: str, reference: Mapping[str, Any]) -> str:
    levels = sorted(counts.cells[name].unique())
    given = reference.get(name)
    text = as_text(given)
    if given is not None and text in [*levels, REST]:
        return text
    raise InputError(
        f"reference of {name!r}",
        "must be one of its groups",
        repr(given),
        suggestion("" if given is None else given, levels),
    )
