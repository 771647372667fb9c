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
from equipoise.fairness._tally import CELLS, Tally

__all__ = ["CROSSED", "KEYS", "OWN_COLUMNS", "CountTable", "check_attributes", "completed"]

CROSSED = " × "
"""Between the parts of the name of an intersection."""

KEYS = ("y_true", "y_pred", "score_bin")
# No column of a caller is called like this.
VARIANCE, FOURTH = "\0variance", "\0fourth"
SUMS = ("count", "score", "weight", "weight_squared")
OWN_COLUMNS = (*KEYS, *SUMS, "noise_scale")


@dataclass(frozen=True, eq=False)
class CountTable:
    """Counts of customers by group, outcome and decision; tables of disjoint rows add up.

    Attributes
    ----------
    by : tuple of str
        The sensitive attributes, one column each.
    cells : DataFrame
        Columns `by`, `y_true`, `y_pred`, `count`; all four outcome × decision cells of every
        observed combination of groups are there, empty ones with count 0. Where they were counted:
        `score_bin` (0 for the lowest scores; all bins are there), with `score`, the sum of the
        scores, weighted where rows are; `weight` and `weight_squared`, sums; `noise_scale`, the
        scale b of the noise that was added to the count, whose variance is taken as 2b² (Laplace, or
        two-sided geometric; of normal noise it is the standard deviation over √2).
    bins : int
        Score bins of equal width from 0 to 1; 0 where no scores were counted.
    """

    by: tuple[str, ...]
    cells: pd.DataFrame
    bins: int = 0

    def __repr__(self) -> str:
        return f"CountTable({self.cells['count'].sum():,g} rows, by {_described(self)})"

    def __radd__(self, other: object) -> CountTable:
        return self if other == 0 else NotImplemented  # what `sum` starts from

    def __add__(self, other: Self) -> CountTable:
        if (self.by, self.bins, self._sums) != (other.by, other.bins, other._sums):
            raise InputError(
                "count table",
                f"must be counted by {_described(self)}",
                _described(other),
                "Count both alike.",
            )
        both = pd.concat([_squared(self.cells), _squared(other.cells)])
        summed = both.groupby(self._keys, as_index=False, sort=True).sum()
        return CountTable(self.by, _rooted(summed), self.bins)

    @property
    def is_weighted(self) -> bool:
        """Whether rows stand for other numbers of customers than one."""
        return "weight" in self.cells

    @property
    def is_noised(self) -> bool:
        """Whether noise was added to the counts."""
        return "noise_scale" in self.cells

    @property
    def _keys(self) -> list[str]:
        return [*self.by, *(name for name in KEYS if name in self.cells)]

    @property
    def _sums(self) -> tuple[str, ...]:
        return tuple(name for name in self.cells if name not in self._keys)

    def frame(self) -> pd.DataFrame:
        """Return the counts as a tidy frame."""
        return self.cells.copy()

    def marginal(self, attribute: str) -> pd.DataFrame:
        """Return one row a group of `attribute`, one column an outcome × decision cell."""
        check_columns("attribute", [attribute], self.by)
        tally = self.tally([attribute])
        names = ("true_positives", "false_positives", "false_negatives", "true_negatives")
        whole = tally.rows if not self.is_noised else tally.counts
        frame = pd.DataFrame(whole, index=pd.Index(tally.groups, name=attribute), columns=names)
        return frame[[names[3], names[1], names[2], names[0]]]

    def tally(self, attributes: Sequence[str]) -> Tally:
        """Return sums of every group of an attribute, or of an intersection of several."""
        wide = self._grouped([*attributes, "y_true", "y_pred"])
        groups = list(dict.fromkeys(wide.index.droplevel([-2, -1])))
        names = tuple(
            each if isinstance(each, str) else CROSSED.join(map(str, each)) for each in groups
        )
        cells = {name: _four(wide[name], len(groups)) for name in wide}
        counts = cells.get("weight", cells["count"])
        squares = cells.get("weight_squared", cells["count"])
        none = np.zeros_like(squares, dtype=float)
        variance = cells.get(VARIANCE, none)
        return Tally(
            names,
            cells["count"].astype("int64"),
            counts.astype(float),
            squares.astype(float),
            np.eye(4) * squares[:, :, None],
            np.stack([variance, cells.get(FOURTH, none)]),
        )

    def by_score(self, attributes: Sequence[str]) -> pd.DataFrame:
        """Return sums by group, outcome and score bin, or refuse a table without scores."""
        if not self.bins:
            raise InputError("y_score", "must have been counted", "none", "Pass scores and count.")
        return self._grouped([*attributes, "y_true", "score_bin"])

    def _grouped(self, keys: list[str]) -> pd.DataFrame:
        cells = self.cells.assign(**_cumulants(self.cells))
        return cells.groupby(keys, sort=True)[[*self._sums, *_cumulants(self.cells)]].sum()


def completed(by: Sequence[str], observed: pd.DataFrame, bins: int) -> CountTable:
    """Return the table of observed cells, with what was never observed as zero."""
    keys = [name for name in KEYS if name in observed]
    groups = observed[[*by]].drop_duplicates()
    inner = pd.MultiIndex.from_product(
        [(0, 1), (0, 1), *([range(bins)] if bins else [])], names=keys
    )
    every = groups.merge(inner.to_frame(index=False), how="cross").sort_values([*by, *keys])
    full = every.merge(observed, on=[*by, *keys], how="left").reset_index(drop=True)
    sums = [name for name in OWN_COLUMNS if name in full and name not in keys]
    full[sums] = full[sums].fillna(0)
    full = full[[*by, *keys, *sums]]
    return CountTable(tuple(by), full.astype({"count": observed["count"].dtype}), bins)


def check_attributes(names: list[str]) -> None:
    """Refuse names of attributes that a count table could not hold."""
    if not names:
        raise InputError(
            "groups", "must have at least one attribute", "none", "Name a sensitive attribute."
        )
    for name in names:
        if not isinstance(name, str) or name in OWN_COLUMNS or names.count(name) > 1:
            raise InputError(
                "groups",
                f"must have columns named by different texts, other than {', '.join(OWN_COLUMNS)}",
                repr(name),
                "Rename the column.",
            )


def _four(column: pd.Series, groups: int) -> NDArray[np.float64]:
    """Return a column of the cells (0, 0), (0, 1), (1, 0), (1, 1) of each group, as `CELLS` has them."""
    places = [2 * outcome + decision for outcome, decision in CELLS]
    return np.asarray(column).reshape(groups, 4)[:, places]


def _cumulants(cells: pd.DataFrame) -> dict[str, pd.Series]:
    """Return variance and fourth cumulant of the noise in each count, which add up."""
    if "noise_scale" not in cells:
        return {}
    scale = cells["noise_scale"]
    return {VARIANCE: 2 * scale**2, FOURTH: 12 * scale**4}


def _squared(cells: pd.DataFrame) -> pd.DataFrame:
    squares = {"noise_scale": lambda c: c["noise_scale"] ** 2} if "noise_scale" in cells else {}
    return cells.assign(**squares)


def _rooted(cells: pd.DataFrame) -> pd.DataFrame:
    roots = {"noise_scale": lambda c: np.sqrt(c["noise_scale"])} if "noise_scale" in cells else {}
    return cells.assign(**roots)


def _described(table: CountTable) -> str:
    binned = f" with {table.bins} score bins" if table.bins else ""
    kinds = [kind for kind in ("weighted", "noised") if getattr(table, f"is_{kind}")]
    return f"{list(table.by)}{binned}{''.join(f', {kind}' for kind in kinds)}"
