"""Rows as bounded vectors: by what was declared alone, never by what the data look like."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_columns
from equipoise.exceptions import ClippedRowsWarning, InputError

__all__ = ["BoundedEncoding", "DeclaredBounds"]

Limits = tuple[float, float] | Sequence[str]
DeclaredBounds = Mapping[str, Limits] | Sequence[tuple[float, float]]

CLIPPED_SHARE = 0.01


@dataclass(frozen=True)
class BoundedEncoding:
    """Map rows to vectors whose norm is at most `norm`, whoever the rows belong to.

    A number is clipped to its bounds and mapped to [-1, 1]. A category becomes one indicator per
    declared value less 1/k each, so that its squared norm is 1 - 1/k. The first column is a
    constant for the intercept, a fifth of the features' squared norm.

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

    @classmethod
    def of(cls, bounds: DeclaredBounds) -> BoundedEncoding:
        """Check declared bounds: a mapping by column, or a list of (low, high) for arrays."""
        if not isinstance(bounds, Mapping):
            bounds = {f"column {place}": pair for place, pair in enumerate(bounds)}
        if not bounds:
            raise InputError(
                "bounds", "must be declared for every feature", "none", "Give (low, high) for each."
            )
        return cls({name: _limits(name, limits) for name, limits in bounds.items()})

    @property
    def features_norm(self) -> float:
        """The largest norm of a row without its constant."""
        return math.sqrt(
            sum(1 - 1 / len(v) if _is_category(v) else 1.0 for v in self.bounds.values())
        )

    @property
    def constant(self) -> float:
        """The value of the intercept column."""
        return self.features_norm / math.sqrt(5)

    @property
    def norm(self) -> float:
        """The largest norm of a row: what one row can move a gradient by."""
        return math.hypot(self.features_norm, self.constant)

    @property
    def names(self) -> list[str]:
        """Names of the encoded columns."""
        encoded = ["intercept"]
        for name, limits in self.bounds.items():
            encoded += [f"{name} = {v}" for v in limits] if _is_category(limits) else [name]
        return encoded

    def transform(self, X: pd.DataFrame | ArrayLike) -> NDArray[np.float64]:
        """Return the rows as vectors, shape (n, len(names)).

        Warns
        -----
        ClippedRowsWarning
            Where more than one row in a hundred lies outside the declared bounds.
        """
        frame = self._frame(X)
        blocks = [np.full((len(frame), 1), self.constant)]
        outside = np.zeros(len(frame), dtype=bool)
        for name, limits in self.bounds.items():
            if _is_category(limits):
                blocks.append(_indicators(name, frame[name], [str(v) for v in limits]))
                continue
            low, high = float(limits[0]), float(limits[1])
            values = _numbers(name, frame[name])
            outside |= (values < low) | (values > high)
            blocks.append((2 * (np.clip(values, low, high) - low) / (high - low) - 1)[:, None])
        if outside.mean() > CLIPPED_SHARE:
            warnings.warn(
                f"{outside.sum():,} of {len(frame):,} rows lie outside the declared bounds and were "
                "clipped. Check that the bounds describe these customers.",
                ClippedRowsWarning,
                stacklevel=3,
            )
        return np.hstack(blocks)

    def _frame(self, X: pd.DataFrame | ArrayLike) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame):
            check_columns("bounds", self.bounds, X.columns)
            undeclared = [str(name) for name in X if name not in self.bounds]
            if undeclared:
                raise InputError(
                    "bounds",
                    "must be declared for every feature",
                    f"none for {undeclared[0]!r}",
                    "Declare (low, high) or categories, or leave the column out.",
                )
            return X
        rows = np.asarray(X)
        if rows.ndim != 2 or rows.shape[1] != len(self.bounds):
            raise InputError(
                "X",
                f"must have {len(self.bounds)} columns as bounds do",
                rows.shape,
                "Declare each.",
            )
        return pd.DataFrame(rows, columns=list(self.bounds))


def _is_category(limits: Limits) -> bool:
    return isinstance(limits[0], str)


def _limits(name: str, limits: Limits) -> Limits:
    if len(limits) and all(isinstance(value, str) for value in limits):
        if len(set(limits)) < len(limits):
            raise InputError(
                f"bounds of {name!r}", "must not repeat a category", list(limits), "Name each once."
            )
        return tuple(str(value) for value in limits)
    try:
        low, high = (float(value) for value in limits)
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(
            f"bounds of {name!r}",
            "must be finite numbers, low then high, or a list of categories",
            limits,
            "Write what is known without looking at the data.",
        )
    return low, high


def _numbers(name: str, column: pd.Series) -> NDArray[np.float64]:
    try:
        values: NDArray[np.float64] = column.to_numpy(dtype=float)
    except (TypeError, ValueError) as problem:
        raise InputError(
            f"feature {name!r}",
            "must hold numbers as its bounds do",
            column.dtype,
            "Declare categories.",
        ) from problem
    if not np.isfinite(values).all():
        raise InputError(
            f"feature {name!r}",
            "must hold finite numbers",
            f"{(~np.isfinite(values)).sum():,} missing or infinite",
            "Declare how missing values are treated before anything private is fitted.",
        )
    return values


def _indicators(name: str, column: pd.Series, levels: list[str]) -> NDArray[np.float64]:
    codes = pd.Categorical(column.astype(str), categories=levels).codes
    if (codes < 0).any():
        unseen = column[codes < 0].iloc[0]
        raise InputError(
            f"feature {name!r}",
            "must hold only its declared categories",
            repr(unseen),
            "Add it to the declared categories, or map it to one of them.",
        )
    indicators: NDArray[np.float64] = np.eye(len(levels))[codes] - 1 / len(levels)
    return indicators
