"""Part of a group is not in the records at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from equipoise.crm._streams import Draws, Flags
from equipoise.crm.distortions._base import Distortion

__all__ = ["UnderRepresentation"]

LARGEST_LOSS = 0.9


@dataclass(frozen=True, kw_only=True)
class UnderRepresentation(Distortion):
    """Members are missing from every table with probability `dose` times 90 %.

    Mechanism: they buy where no customer is recorded. No table mentions them; only the truth knows
    that they are there. At dose 1 a group that is half of the customers is 9 % of the records.
    What is recorded about the members who remain is as true as before; there is less of it.

    Parameters
    ----------
    dose : float
        Strength, from 0 (everyone is recorded) to 1 (nine in ten members are missing).
    group : tuple of (column, value)
        Who is missing.
    """

    name: ClassVar[str] = "under_representation"
    summary: ClassVar[str] = (
        "members are missing from every table with probability 90 % times the dose; only the truth knows "
        "them."
    )
    moves: ClassVar[str] = "record_share"

    def never_recorded(self, people: pd.DataFrame, draws: Draws) -> Flags:
        """Return the members who are missing."""
        drawn = draws.uniform(self.stream())
        return np.asarray(self.members(people) & (drawn < LARGEST_LOSS * self.dose))
