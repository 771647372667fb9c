"""Rows as a mitigation gets them: checked, coded, and copied before any library sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import suggestion
from equipoise.exceptions import InputError
from equipoise.fairness._rows import binary, check_aligned, group_codes

__all__ = ["Rows", "as_rows", "check_outcomes", "checked_rows", "known_codes", "own"]


@dataclass(frozen=True)
class Rows:
    """Features, outcomes 0 or 1, and groups as places in a sorted list of their names."""

    X: Any
    y: NDArray[np.int_]
    codes: NDArray[np.intp]
    groups: list[str]

    def __len__(self) -> int:
        return len(self.y)

    def take(self, places: NDArray[np.intp]) -> Self:
        """Return these rows, copied."""
        features = self.X.iloc[places] if isinstance(self.X, pd.DataFrame) else self.X[places]
        return type(self)(features, self.y[places], self.codes[places], self.groups)


def checked_rows(X: Any, y: ArrayLike, group: ArrayLike) -> Rows:
    """Return copies of the rows of a fit, or refuse what libraries accept in silence."""
    check_aligned(X=X, y=y, group=group)
    codes, groups = group_codes(_one_column(group))
    outcomes = binary(y, "y").copy()
    if len(groups) < 2:
        found = f"{len(groups)} ({', '.join(groups)})" if groups else "none"
        raise InputError("group", "must hold at least two groups", found, "Pass all customers.")
    if np.ptp(outcomes) == 0:
        found = f"{outcomes[0]} in all {len(outcomes):,} rows"
        raise InputError("y", "must hold both outcomes", found, "Pass all customers.")
    return Rows(own(as_rows(X)), outcomes, codes, groups)


def known_codes(group: ArrayLike, groups: list[str]) -> NDArray[np.intp]:
    """Return the place of each row's group among those of the fit; refuse any other by name."""
    codes, levels = group_codes(_one_column(group))
    places: NDArray[np.intp] = pd.Index(groups).get_indexer(levels)
    if (places < 0).any():
        stranger = levels[int(np.argmax(places < 0))]
        rule = "must hold groups that were there when fitted"
        raise InputError("group", rule, repr(stranger), suggestion(stranger, groups))
    return places[codes]


def check_outcomes(rows: Rows, needed: tuple[int, ...]) -> None:
    """Refuse a group without rows of an outcome that a method needs in every group."""
    positives = np.bincount(rows.codes, weights=rows.y, minlength=len(rows.groups))
    sizes = np.bincount(rows.codes, minlength=len(rows.groups))
    of_outcome = (sizes - positives, positives)
    kind = {(0, 1): "both outcomes", (0,): "a negative outcome", (1,): "a positive outcome"}
    for place, name in enumerate(rows.groups):
        if any(of_outcome[outcome][place] == 0 for outcome in needed):
            raise InputError(
                f"group {name!r}",
                f"must have rows of {kind[needed]}",
                f"{positives[place]:.0f} positive of {sizes[place]}",
                "Merge small groups first.",
            )


def as_rows(X: Any) -> Any:
    """Return features as a frame or an array."""
    return X if isinstance(X, pd.DataFrame) else np.asarray(X)


def own(X: Any) -> Any:
    """Return a copy of features to hand over: whoever writes into it changes nobody else's."""
    return X.copy(deep=True) if isinstance(X, pd.DataFrame) else X.copy()


def _one_column(group: ArrayLike) -> pd.Series:
    if np.ndim(group) != 1:
        found = f"shape {np.shape(group)}"
        raise InputError("group", "must be one value a row", found, "Pass one column.")
    column = pd.Series(group)
    return column if column.name is not None else column.rename("group")
