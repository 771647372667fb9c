"""Rows as bounded vectors: by what was declared alone, never by what the data look like."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_columns
from equipoise.exceptions import ClippedRowsWarning, InputError
from equipoise.privacy._bounds import (
    DeclaredBounds,
    Limits,
    category_text,
    checked_bounds,
    is_category,
)

__all__ = [
    "BoundedEncoding",
    "DeclaredBounds",
    "as_pandas",
    "columns_of_array",
    "declared_codes",
    "level_codes",
]

CLIPPED_SHARE = 0.01
ROUNDING = 1e-12  # the norm of a row is computed in floating point: the bound stays above it


@dataclass(frozen=True)
class BoundedEncoding:
    """Map rows to vectors whose norm is at most `norm`, whoever the rows belong to.

    A number is clipped to its bounds and mapped to [-1, 1]. A category becomes one indicator per
    declared value less 1/k each, so that its squared norm is 1 - 1/k. The first column is a
    constant for the intercept, a fifth of the features' squared norm.

    Attributes
    ----------
    bounds : mapping
        By feature, as `BoundedEncoding.of` checked them.
    by_place : bool
        Whether they were declared as a list, which fits arrays only.

    Examples
    --------
    >>> encoding = BoundedEncoding.of({"age": (18, 98), "channel": ("shop", "web")})
    >>> encoding.transform(pd.DataFrame({"age": [58, 98], "channel": ["web", "shop"]})).round(3)
    array([[ 0.548,  0.   , -0.5  ,  0.5  ],
           [ 0.548,  1.   ,  0.5  , -0.5  ]])
    >>> round(encoding.norm, 3)
    1.342
    """

    bounds: Mapping[str, Limits]
    by_place: bool = False

    @classmethod
    def of(cls, bounds: DeclaredBounds) -> BoundedEncoding:
        """Check declared bounds: a mapping by column, or a list of (low, high) for arrays."""
        return cls(checked_bounds(bounds), by_place=not isinstance(bounds, Mapping))

    @cached_property
    def features_norm(self) -> float:
        """The largest norm of a row without its constant."""
        squares = [1 - 1 / len(v) if is_category(v) else 1.0 for v in self.bounds.values()]
        return math.sqrt(sum(squares))

    @property
    def constant(self) -> float:
        """The value of the intercept column."""
        return self.features_norm / math.sqrt(5)

    @property
    def norm(self) -> float:
        """The largest norm of a row: what one row can move a gradient by."""
        return math.hypot(self.features_norm, self.constant) * (1 + ROUNDING)

    @property
    def names(self) -> list[str]:
        """Names of the encoded columns."""
        encoded = ["intercept"]
        for name, limits in self.bounds.items():
            encoded += [f"{name} = {v}" for v in limits] if is_category(limits) else [name]
        return encoded

    def transform(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the rows as vectors, shape (n, len(names)).

        Columns of a frame are found by name; those of an array stand in the order of the bounds, or
        where they are declared by their numbers 0, 1, …

        Warns
        -----
        ClippedRowsWarning
            Where more than one row in a hundred lies outside the declared bounds.
        """
        frame = self._frame(X)
        blocks = [np.full((len(frame), 1), self.constant)]
        outside = np.zeros(len(frame), dtype=bool)
        for name, limits in self.bounds.items():
            if is_category(limits):
                blocks.append(_indicators(name, frame[name], limits))
                continue
            low, high = float(limits[0]), float(limits[1])
            values = _numbers(name, frame[name])
            outside |= (values < low) | (values > high)
            within = (np.clip(values, low, high) - low) / (high - low)
            blocks.append(np.clip(2 * within - 1, -1, 1)[:, None])
        _warn_of_clipped(outside)
        return np.hstack(blocks)

    def _frame(self, X: pd.DataFrame | ArrayLike) -> pd.DataFrame:
        X = as_pandas(X)
        if isinstance(X, pd.DataFrame):
            return self._checked_frame(X.set_axis(X.columns.map(str), axis=1))
        rows = X if isinstance(X, np.ndarray) else np.asarray(X, dtype=object)
        if rows.ndim != 2 or rows.shape[1] != len(self.bounds):
            raise InputError(
                "X",
                f"must be a table of {len(self.bounds)} columns, as bounds are",
                f"shape {rows.shape}",
                "Declare bounds for each column.",
            )
        return pd.DataFrame(rows, columns=columns_of_array(self.bounds))

    def _checked_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.by_place:
            raise InputError(
                "bounds",
                "must be a mapping by column for a frame",
                f"a list of {len(self.bounds)}",
                "Write {column: (low, high), …}.",
            )
        check_columns("bounds", self.bounds, frame.columns)
        undeclared = [name for name in frame if name not in self.bounds]
        if undeclared:
            raise InputError(
                "bounds",
                "must be declared for every feature",
                f"none for {undeclared[0]!r}",
                "Declare (low, high) or categories, or leave the column out.",
            )
        if not frame.columns.is_unique:
            twice = frame.columns[frame.columns.duplicated()][0]
            raise InputError("X", "must not repeat a column", repr(twice), "Name each once.")
        return frame


def columns_of_array(bounds: Mapping[str, Limits]) -> list[str]:
    """Return the names of an array's columns, in order: keys that are their numbers say which they mean."""
    are_places = {str(place) for place in range(len(bounds))} == set(bounds)
    return sorted(bounds, key=int) if are_places else list(bounds)


def as_pandas(X: Any) -> Any:
    """Return tables of other libraries as pandas frames, whose columns are found by name."""
    return X.to_pandas() if hasattr(X, "to_pandas") and hasattr(X, "columns") else X


def _warn_of_clipped(outside: NDArray[np.bool_]) -> None:
    if outside.sum() > CLIPPED_SHARE * len(outside):
        warnings.warn(
            f"{outside.sum():,} of {len(outside):,} rows lie outside the declared bounds and were "
            "clipped. Check that the bounds describe these customers.",
            ClippedRowsWarning,
            stacklevel=3,
        )


def _numbers(name: str, column: pd.Series) -> NDArray[np.float64]:
    try:
        of = getattr(column.dtype, "categories", column).dtype
        if of.kind in "mMc":
            raise TypeError("neither dates nor complex numbers have bounds")
        values: NDArray[np.float64] = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError, OverflowError) as problem:
        raise InputError(
            f"feature {name!r}",
            "must hold numbers as its bounds do",
            column.dtype,
            "Convert it to numbers, or declare categories.",
        ) from problem
    if not np.isfinite(values).all():
        odd = ~np.isfinite(values)
        raise _incomplete(f"feature {name!r}", "must hold finite numbers", odd, " or infinite")
    return values


def _incomplete(what: str, rule: str, where: NDArray[np.bool_], kind: str = "") -> InputError:
    return InputError(
        what,
        rule,
        f"{where.sum():,} missing{kind}",
        "Declare how missing values are treated before anything private is fitted.",
    )


def _indicators(name: str, column: pd.Series, levels: Sequence[str]) -> NDArray[np.float64]:
    codes = declared_codes(f"feature {name!r}", column, levels)
    indicators: NDArray[np.float64] = np.eye(len(levels))[codes] - 1 / len(levels)
    return indicators


def declared_codes(what: str, column: pd.Series, levels: Sequence[str]) -> NDArray[np.intp]:
    """Return the place of each value among the levels; refuse missing and undeclared ones."""
    missing = column.isna().to_numpy()
    if missing.any():
        raise _incomplete(what, "must hold a category in every row", missing)
    codes = level_codes(column, levels)
    if (codes < 0).any():
        raise InputError(
            what,
            "must hold only its declared categories",
            repr(category_text(column[codes < 0].iloc[0])),
            "Add it to the declared categories, or map it to one of them.",
        )
    return codes


def level_codes(column: pd.Series, levels: Sequence[str]) -> NDArray[np.intp]:
    """Return the place of each value among the levels, -1 where it is none of them."""
    places = {level: place for place, level in enumerate(levels)}
    mixed = column.dtype == object and pd.api.types.infer_dtype(column) != "string"
    # Objects of mixed types are not merged: 1 equals True.
    codes, distinct = (np.arange(len(column)), column) if mixed else pd.factorize(column)
    lookup = np.array([places.get(category_text(value), -1) for value in distinct], dtype=np.intp)
    return lookup[codes]
