"""What every distortion has: a name, a dose, a group, and hooks where it may act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise._checks import check_number, suggestion
from equipoise.crm._schema import GROUPS
from equipoise.exceptions import InputError

__all__ = ["Distortion"]


@dataclass(frozen=True, kw_only=True)
class Distortion:
    """A known way in which recorded data comes to differ from the truth, for one group.

    A subclass overrides the hooks it needs; each hook's default does nothing. A hook draws
    its random numbers from streams of its own and compares them with the dose, so that dose 0
    is the clean world byte for byte and a larger dose only adds to what a smaller one did.

    Parameters
    ----------
    dose : float
        Strength, from 0 (nothing happens) to 1 (the full effect).
    group : tuple of (column, value)
        Whom it acts on, such as ``("community", "B")``.

    Raises
    ------
    InputError
        If the dose lies outside 0..1, or the population has no such group.
    """

    name: ClassVar[str]
    summary: ClassVar[str]

    dose: float
    group: tuple[str, str]

    def __post_init__(self) -> None:
        dose = check_number(
            "dose",
            self.dose,
            low=0.0,
            high=1.0,
            next_move="Use 0 for the clean world and 1 for the full effect.",
        )
        object.__setattr__(self, "dose", dose)
        object.__setattr__(self, "group", _checked_group(self.group))

    def __str__(self) -> str:
        column, value = self.group
        return f"{self.name}={self.dose!r}:{column}={value}"

    def members(self, individuals: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return which individuals belong to the group."""
        column, value = self.group
        return np.asarray(individuals[column] == value, dtype=bool)

    def left_out_of_campaign(self, individuals: pd.DataFrame, seed: int) -> npt.NDArray[np.bool_]:
        """Return which individuals the campaign leaves out on top of the clean world's choice."""
        return np.zeros(len(individuals), dtype=bool)


def _checked_group(group: object) -> tuple[str, str]:
    match group:
        case (str(column), str(value)):
            pass
        case _:
            raise InputError(
                "group", "must be a pair (column, value)", repr(group), "Use ('community', 'B')."
            )
    if column not in GROUPS:
        raise InputError(
            "group", "must start with a known column", repr(column), suggestion(column, GROUPS)
        )
    if value not in GROUPS[column]:
        raise InputError(
            "group",
            f"must end with a value of {column}",
            repr(value),
            suggestion(value, GROUPS[column]),
        )
    return column, value
