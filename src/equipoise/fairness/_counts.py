"""Everything an audit says follows from one count table: groups × outcome × decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from equipoise._checks import check_columns
from equipoise.exceptions import InputError

__all__ = ["CountTable", "count_table"]

_CELL_NAMES = {
    (1, 1): "true_positives",
    (0, 1): "false_positives",
    (1, 0): "false_negatives",
    (0, 0): "true_negatives",
}


@dataclass(frozen=True)
class CountTable:
    """Counts of customers by group, outcome and decision; tables of disjoint rows add up.

    Attributes
    ----------
    by : tuple of str
        The sensitive attributes, one column each.
    cells : DataFrame
        Columns `by`, `y_true`, `y_pred`, `count`; all four outcome × decision cells of every
        observed combination of groups are there, empty ones with count 0.
    """

    by: tuple[str, ...]
    cells: pd.DataFrame

    def __add__(self, other: Self) -> CountTable:
        if self.by != other.by:
            raise InputError(
                "count table",
                f"must be counted by {list(self.by)}",
                list(other.by),
                "Count both alike.",
            )
        both = pd.concat([self.cells, other.cells])
        keys = [*self.by, "y_true", "y_pred"]
        return CountTable(self.by, both.groupby(keys, as_index=False)["count"].sum())

    def frame(self) -> pd.DataFrame:
        """Return the counts as a tidy frame."""
        return self.cells.copy()

    def marginal(self, attribute: str) -> pd.DataFrame:
        """Return one row a group of `attribute`, one column an outcome × decision cell."""
        check_columns("attribute", [attribute], self.by)
        wide = self.cells.pivot_table(
            index=attribute, columns=["y_true", "y_pred"], values="count", aggfunc="sum"
        )
        wide.columns = [_CELL_NAMES[cell] for cell in wide.columns]
        return wide


def count_table(frame: pd.DataFrame, *, by: Sequence[str], y_true: str, y_pred: str) -> CountTable:
    """Count customers by groups, outcome and decision.

    Parameters
    ----------
    frame : DataFrame, shape (n, columns)
        One row a customer.
    by : sequence of str
        Columns of sensitive attributes.
    y_true, y_pred : str
        Columns of outcome and decision, coded 0 and 1.

    Examples
    --------
    >>> table = pd.DataFrame({"band": ["a", "a", "b"], "bought": [1, 0, 1], "asked": [1, 0, 0]})
    >>> count_table(table, by=["band"], y_true="bought", y_pred="asked").marginal("band")
          true_negatives  false_positives  false_negatives  true_positives
    band
    a                  1                0                0               1
    b                  0                0                1               0
    """
    by = list(by)
    check_columns("by", by, frame.columns)
    check_columns("y_true, y_pred", [y_true, y_pred], frame.columns)
    pair = 2 * _binary(frame[y_true], y_true) + _binary(frame[y_pred], y_pred)
    observed = frame[by].astype(str).assign(pair=pair).value_counts().rename("count").reset_index()
    combinations = (
        observed[by].drop_duplicates().merge(pd.DataFrame({"pair": range(4)}), how="cross")
    )
    cells = combinations.merge(observed, how="left", on=[*by, "pair"]).fillna({"count": 0})
    cells = cells.assign(y_true=cells["pair"] // 2, y_pred=cells["pair"] % 2)
    cells = cells.astype({"count": int}).sort_values([*by, "pair"], ignore_index=True)
    return CountTable(tuple(by), cells[[*by, "y_true", "y_pred", "count"]])


def _binary(column: pd.Series, name: str) -> pd.Series:
    levels = set(pd.unique(column))
    if not levels <= {0, 1}:
        odd = sorted(map(repr, levels - {0, 1}))[0]
        raise InputError(
            f"column {name!r}", "must be coded 0 and 1", odd, "Code the positive value as 1."
        )
    return column.astype(int)
