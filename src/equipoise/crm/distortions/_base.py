"""What every distortion has: a name, a dose, a group, and hooks where it may act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from equipoise._checks import check_number, suggestion
from equipoise.crm._schema import GROUPS
from equipoise.crm._streams import Draws, Flags, Floats, Whole
from equipoise.exceptions import InputError

__all__ = ["Distortion"]


@dataclass(frozen=True, kw_only=True)
class Distortion:
    """A known way in which recorded data comes to differ from the truth, for one group.

    A subclass overrides the hooks it needs; each hook's default does nothing. A hook compares
    random numbers of its own with the dose, so that dose 0 is the clean world byte for byte and a
    larger dose strikes whom a smaller one struck, and more. `people` has one row per customer,
    as `individuals`; `draws` are the same customers; `row` is a customer's position.

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
    moves: ClassVar[str]
    """The measure of `CRM.injected_gap` that shows it."""

    needs_everyone: ClassVar[bool] = False
    """Whether a customer's records depend on other customers, so that no part can be drawn alone."""

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

    def members(self, people: pd.DataFrame) -> Flags:
        """Return who belongs to the group."""
        column, value = self.group
        return np.asarray(people[column] == value, dtype=bool)

    def struck(self, people: pd.DataFrame, draws: Draws, part: str = "") -> Flags:
        """Return which members of the group the dose strikes: each with that probability."""
        return self.members(people) & (draws.uniform(self.stream(part)) < self.dose)

    def stream(self, part: str = "") -> str:
        """Return the name of the stream of random numbers that belongs to this distortion."""
        column, value = self.group
        return f"distortions/{self.name}/{column}={value}/{part}"

    def pace_after_shift(self, people: pd.DataFrame) -> Floats:
        """Return the factor on each customer's order rate from the shift's date on."""
        return np.ones(len(people))

    def own_persuasion(self, people: pd.DataFrame) -> Floats:
        """Return, from 0 to 1, how far each customer is persuaded in the group's own way."""
        return np.zeros(len(people))

    def consent_withheld(self, people: pd.DataFrame, draws: Draws) -> Flags:
        """Return whose consent to offers and profiling is never obtained."""
        return np.zeros(len(people), dtype=bool)

    def left_out(self, people: pd.DataFrame, draws: Draws) -> Flags:
        """Return who is not on the lists of printed mail."""
        return np.zeros(len(people), dtype=bool)

    def outcomes_lost(self, people: pd.DataFrame, draws: Draws, row: Whole, event: Whole) -> Flags:
        """Return which events (answers, complaints) are never recorded; one entry per event."""
        return np.zeros(len(row), dtype=bool)

    def orders_unlinked(
        self, people: pd.DataFrame, draws: Draws, row: Whole, number: Whole
    ) -> Flags:
        """Return which orders are recorded without their customer; one entry per order."""
        return np.zeros(len(row), dtype=bool)

    def household_lost(self, people: pd.DataFrame, draws: Draws) -> Flags:
        """Return whose household size is missing."""
        return np.zeros(len(people), dtype=bool)

    def uses_app(self, people: pd.DataFrame, draws: Draws, recorded: Flags) -> Flags:
        """Return the recorded use of the app, given what it is without this distortion."""
        return recorded

    def never_recorded(self, people: pd.DataFrame, draws: Draws) -> Flags:
        """Return who is missing from every table."""
        return np.zeros(len(people), dtype=bool)


def _checked_group(group: object) -> tuple[str, str]:
    match group:
        case (str(column), str(value)):
            pass
        case _:
            raise InputError(
                "group",
                "must be a pair (column, value)",
                repr(group),
                "Use ('community', 'B').",
            )
    if column not in GROUPS:
        raise InputError(
            "group",
            "must start with a known column",
            repr(column),
            suggestion(column, GROUPS),
        )
    if value not in GROUPS[column]:
        raise InputError(
            "group",
            f"must end with a value of {column}",
            repr(value),
            suggestion(value, GROUPS[column]),
        )
    return column, value
