"""The rows of a randomised or logged campaign as a caller gives them, or the reason they will not do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import check_same_rows
from equipoise.exceptions import InputError
from equipoise.task import Task

__all__ = [
    "RANDOMISED",
    "Campaign",
    "campaign_of",
    "check_stated",
    "check_rows",
    "read_campaign",
    "read_scores",
]

RANDOMISED = "randomised"
"""What a caller says of a campaign whose contacts were drawn with one unknown probability."""

STANDARD_ERRORS, DISTANCE = 6.0, 0.05
"""So far from what was stated, contacts were not made with those probabilities."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Campaign:
    """A campaign, row for row.

    Attributes
    ----------
    y, treated : array of int, shape (n,)
        1 where the outcome is positive, and where the row was contacted.
    probability : array of float, shape (n,)
        With which each row was to be contacted, strictly between 0 and 1.
    codes : array of int, shape (n,), or None
        Number of each row's customer; None where nobody said.
    """

    y: NDArray[np.int_]
    treated: NDArray[np.int_]
    probability: Floats
    codes: NDArray[np.intp] | None

    @property
    def repeated(self) -> NDArray[np.intp] | None:
        """Number of each row's customer; None where every row is a customer of its own."""
        if self.codes is None or int(self.codes.max()) + 1 == len(self.codes):
            return None
        return self.codes

    @property
    def weights(self) -> Floats:
        """How many rows each stands for in its arm, up to a factor that is the arm's own.

        The inverse of the probability of what happened to the row; one where all probabilities are
        the same, since then every row of an arm stands for as many.
        """
        if (self.probability == self.probability[:1]).all():
            return np.ones(len(self.y))
        return 1 / np.where(self.treated == 1, self.probability, 1 - self.probability)


def campaign_of(task: Task, probability: str | None = None) -> Campaign:
    """Return the campaign that a task is about, or say what the task lacks."""
    if task.treatment is None:
        raise InputError(
            "task",
            "must have a treatment",
            "none",
            "Uplift needs a randomised hold-out, or logged contacts with known probabilities: add "
            "treatment and treatment_probability.",
        )
    if task.treatment_probability is not None and probability is not None:
        raise InputError(
            "probability",
            "must be left out where the task has treatment_probability",
            repr(probability),
            "Leave it out.",
        )
    known = task.treatment_probability if probability is None else probability
    return read_campaign(task.y, treatment=task.treatment, probability=known, unit=task.unit)


def check_stated(task: Task) -> None:
    """Refuse a task whose contacts cannot have come from its stated probabilities, if it has them."""
    if task.treatment is None or task.treatment_probability is None:
        return
    codes, customers = pd.factorize(task.unit)
    repeated = len(customers) < len(codes)
    chance = np.asarray(task.treatment_probability, dtype=float)
    _check_agrees(chance, np.asarray(task.treatment), codes if repeated else None)


def read_campaign(
    y: ArrayLike,
    *,
    treatment: ArrayLike,
    probability: ArrayLike | str | None,
    unit: ArrayLike | None = None,
    in_order: bool = True,
) -> Campaign:
    """Return checked rows; pandas arguments must carry the same index.

    Customers are numbered in the order of their names, so that a seed deals the same ones whatever
    the order of the rows; where nobody is dealt that is not worth the time.
    """
    given = {"y": y, "treatment": treatment, "unit": unit}
    by_row = probability is not None and np.ndim(probability) > 0
    check_rows(**given, **({"probability": probability} if by_row else {}))
    outcome, treated = _binary("y", y), _binary("treatment", treatment)
    if treated.all() or not treated.any():
        raise InputError(
            "treatment",
            "must hold both arms",
            f"only {treated[0]}" if len(treated) else "no rows",
            "An effect is a difference: it takes customers who were contacted and who were not.",
        )
    codes = None if unit is None else _customers(unit, in_order)
    chance = _probability(probability, treated)
    _check_agrees(chance, treated, codes)
    return Campaign(outcome, treated, chance, codes)


def check_rows(**parts: ArrayLike | pd.Series | None) -> None:
    """Refuse what is no column, other lengths, and pandas arguments whose indexes differ."""
    given = {name: part for name, part in parts.items() if part is not None}
    for name, part in given.items():
        if np.ndim(part) != 1:
            found = f"shape {np.shape(part)}"
            raise InputError(name, "must be one value a row", found, "Pass one column.")
    check_same_rows(given)


def read_scores(values: ArrayLike, name: str = "scores") -> Floats:
    """Return finite numbers, or refuse."""
    column = pd.Series(values)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(name, "must be numbers", str(column.dtype), "Convert the column first.")
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        found = f"{wrong.sum():,} of {len(numbers):,} rows missing or infinite"
        raise InputError(name, "must be finite", found, "Remove those rows, or score them.")
    return np.asarray(numbers)


def _binary(name: str, values: ArrayLike) -> NDArray[np.int_]:
    column = pd.Series(values)
    if (
        column.dtype.kind in "bui"
        and len(column)
        and not column.hasnans
        and 0 <= column.min() <= column.max() <= 1
    ):
        return np.asarray(column, dtype=int)
    wrong = ~column.isin([0, 1]).to_numpy()
    if wrong.any():
        found = f"{column[wrong].iloc[0]!r} among {wrong.sum():,} of {len(column):,} rows"
        raise InputError(name, "must be 0 or 1", found, "Code it, or remove those rows.")
    return np.asarray(column, dtype=int)


def _customers(unit: ArrayLike, in_order: bool) -> NDArray[np.intp]:
    codes: NDArray[np.intp] = pd.factorize(pd.Series(unit), sort=in_order)[0]
    if (codes < 0).any():
        found = f"{(codes < 0).sum():,} of {len(codes):,} rows without"
        raise InputError("unit", "must not be missing", found, "Say of every row whose it is.")
    return codes


def _probability(probability: ArrayLike | str | None, treated: NDArray[np.int_]) -> Floats:
    if probability is None or (isinstance(probability, str) and probability != RANDOMISED):
        raise InputError(
            "probability",
            "must say how likely each row was to be contacted",
            repr(probability),
            f"Pass a number, or one a row. Only if all were contacted by lot, with one and the "
            f"same probability, say {RANDOMISED!r}: it is then estimated.",
        )
    known = treated.mean() if isinstance(probability, str) else probability
    chance = np.broadcast_to(read_scores(np.atleast_1d(known), "probability"), len(treated))
    outside = ~((chance > 0) & (chance < 1))
    if outside.any():
        raise InputError(
            "probability",
            "must lie strictly between 0 and 1",
            f"{chance[outside][0]:g} among {outside.sum():,} of {len(chance):,} rows",
            "Customers who were always or never contacted cannot be compared: remove them.",
        )
    return chance


def _check_agrees(
    chance: Floats, treated: NDArray[np.int_] | Floats, codes: NDArray[np.intp] | None
) -> None:
    """Refuse probabilities that the contacts cannot have come from, such as the hold-out's share."""
    own = treated - chance
    summed = own if codes is None else np.bincount(codes, weights=own)
    likely = np.sqrt(
        (chance * (1 - chance)).sum() if codes is None else (np.bincount(codes) ** 2).sum() / 4
    )
    if abs(own.mean()) > DISTANCE and abs(summed.sum()) > STANDARD_ERRORS * likely:
        raise InputError(
            "probability",
            "must be that of being contacted, which the contacts agree with",
            f"{chance.mean():.3g} on average where {treated.mean():.3g} were contacted",
            "Check that it is not the share of the hold-out, and that 1 stands for contacted.",
        )
