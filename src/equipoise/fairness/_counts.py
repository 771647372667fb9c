"""Everything an audit says follows from one count table: groups × outcome × decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise._checks import check_columns
from equipoise.exceptions import InputError
from equipoise.fairness._rows import binary, group_codes

__all__ = ["CountTable", "count_table", "tabulate"]

CELL_OF_PAIR = {
    (1, 1): "true_positives",
    (0, 1): "false_positives",
    (1, 0): "false_negatives",
    (0, 0): "true_negatives",
}
_OWN_COLUMNS = ("y_true", "y_pred", "count")


@dataclass(frozen=True, eq=False)
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
        wide.columns = [CELL_OF_PAIR[cell] for cell in wide.columns]
        return wide


def count_table(frame: pd.DataFrame, *, by: Sequence[str], y_true: str, y_pred: str) -> CountTable:
    """Count customers by groups, outcome and decision.

    Parameters
    ----------
    frame : DataFrame, shape (n, columns)
        One row a customer.
    by : sequence of str
        Columns of sensitive attributes; their values are counted as text.
    y_true, y_pred : str
        Columns of outcome and decision, coded 0 and 1.

    Returns
    -------
    CountTable

    Raises
    ------
    InputError
        Where a column is unknown, a value is missing, or an outcome or decision is not 0 or 1.

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
    outcome, decision = (binary(frame[name], f"column {name!r}") for name in (y_true, y_pred))
    return tabulate(frame[by], outcome, decision)


def tabulate(
    groups: pd.DataFrame, outcome: NDArray[np.int_], decision: NDArray[np.int_]
) -> CountTable:
    """Count rows, given by position, by all columns of `groups`, outcome and decision."""
    _check_attributes(list(groups))
    coded = [group_codes(groups[name]) for name in groups]
    places = list(range(len(coded)))
    keys = pd.DataFrame(dict(enumerate(codes for codes, _ in coded)))
    observed = keys.assign(pair=2 * outcome + decision).groupby([*places, "pair"]).size()
    complete = observed.unstack("pair", fill_value=0).reindex(columns=range(4), fill_value=0)
    long = complete.stack().rename("count").reset_index()
    named = {
        name: pd.Series(levels, dtype="str").take(long[place]).to_numpy()
        for place, name, (_, levels) in zip(places, groups, coded, strict=True)
    }
    pairs = {"y_true": long["pair"] // 2, "y_pred": long["pair"] % 2, "count": long["count"]}
    return CountTable(tuple(groups), pd.DataFrame(named | pairs))


def _check_attributes(names: list[str]) -> None:
    if not names:
        raise InputError(
            "groups", "must have at least one attribute", "none", "Name a sensitive attribute."
        )
    for name in names:
        if not isinstance(name, str) or name in _OWN_COLUMNS or names.count(name) > 1:
            raise InputError(
                "groups",
                f"must have columns named by different texts, other than {', '.join(_OWN_COLUMNS)}",
                repr(name),
                "Rename the column.",
            )
