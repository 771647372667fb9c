"""The column that says whose group a row is in: declared with the bounds, and no feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_columns, check_number
from equipoise.exceptions import InputError
from equipoise.privacy._bounds import DeclaredBounds, Limits, checked_bounds, is_category
from equipoise.privacy._encoding import BoundedEncoding, as_pandas, declared_codes

__all__ = ["BesideGroup", "GroupColumn", "checked_share"]


@dataclass(frozen=True)
class GroupColumn:
    """A declared column of groups, and what is declared beside it.

    Attributes
    ----------
    name : str
    levels : tuple of str
        Its groups, at least two.
    features : mapping
        Bounds of the other columns.

    Examples
    --------
    >>> column = GroupColumn.of({"age": (18, 98), "band": ("young", "old")}, "band")
    >>> column.codes(pd.DataFrame({"age": [70, 20], "band": ["old", "young"]}))
    array([1, 0])
    """

    name: str
    levels: tuple[str, ...]
    features: Mapping[str, Limits]

    @classmethod
    def of(cls, bounds: DeclaredBounds, group: object) -> Self:
        """Take the group's column out of declared bounds, or refuse what declares none."""
        if not isinstance(bounds, Mapping):
            move = "Write {column: (low, high) or categories, …}, the group's column among them."
            raise InputError("bounds", "must be a mapping by column", "a list", move)
        declared, name = checked_bounds(bounds), str(group)
        check_columns("group", [name], declared)
        levels = declared.pop(name)
        if not is_category(levels) or len(levels) < 2:
            raise InputError(
                f"bounds of {name!r}",
                "must be categories, at least two, for the column of a group",
                levels,
                "List every group that a customer can be in.",
            )
        return cls(name, tuple(levels), checked_bounds(declared))

    def codes(self, X: Any) -> NDArray[np.intp]:
        """Return the place of each row's group among the levels, shape (n,); refuse other groups."""
        X = as_pandas(X)
        if not isinstance(X, pd.DataFrame):
            move = "Pass a frame whose columns have names."
            raise InputError("X", "must be a frame with the group's column", type(X).__name__, move)
        columns = X.set_axis(X.columns.map(str), axis=1)
        check_columns("group", [self.name], columns)
        return declared_codes(f"group {self.name!r}", columns[self.name], self.levels)

    def beside(self, X: Any) -> Any:
        """Return the other columns of a frame; anything else as it is."""
        X = as_pandas(X)
        named = isinstance(X, pd.DataFrame)
        return X.loc[:, X.columns.map(str) != self.name] if named else X

    @property
    def limit(self) -> str:
        """What a guarantee must say about the groups."""
        return f"the groups of {self.name!r}, treated as declared: {', '.join(self.levels)}"


@dataclass(frozen=True)
class BesideGroup(BoundedEncoding):
    """The bounded encoding of all columns but that of the group, which may be there or not."""

    column: GroupColumn = field(kw_only=True)

    @classmethod
    def of_column(cls, column: GroupColumn) -> Self:
        """Return the encoding of the features that are declared beside a group."""
        return cls(column.features, column=column)

    def transform(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the rows as vectors, see `BoundedEncoding.transform`."""
        return super().transform(self.column.beside(X))


def checked_share(name: str, share: object) -> float:
    """Return a share of the squared Gaussian ratio: strictly between 0 and 1."""
    move = "Use for example 0.1."
    number = check_number(name, share, low=0.0, high=1.0, open_low=True, next_move=move)
    if number == 1.0:
        raise InputError(name, "must leave something for the model", "1", move)
    return number
