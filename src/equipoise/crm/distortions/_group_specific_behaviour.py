"""What persuades most customers does not persuade this group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from equipoise.crm._streams import Floats
from equipoise.crm.distortions._base import Distortion

__all__ = ["GroupSpecificBehaviour"]


@dataclass(frozen=True, kw_only=True)
class GroupSpecificBehaviour(Distortion):
    """Members are persuaded in a way of their own; `dose` is how far.

    Mechanism: the probability of being persuaded by a campaign is, for members, a mixture of the
    common formula (weight 1 - `dose`) and the group's own (weight `dose`), in which liking mail
    and waiting for discounts count the other way round, on a lower level. One set of coefficients
    cannot be right for both; a model fitted to all follows the larger part (aggregation).

    Parameters
    ----------
    dose : float
        Weight of the group's own formula, from 0 to 1.
    group : tuple of (column, value)
        Who differs.
    """

    name: ClassVar[str] = "group_specific_behaviour"
    summary: ClassVar[str] = (
        "members are persuaded by their own formula with weight equal to the dose: mail affinity and "
        "price sensitivity count the other way round, on a lower level."
    )
    moves: ClassVar[str] = "response_rate"

    def own_persuasion(self, people: pd.DataFrame) -> Floats:
        """Return the dose for members and 0 for everyone else."""
        return np.where(self.members(people), self.dose, 0.0)
