"""What a group does goes unrecorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from equipoise.crm._streams import Draws, Flags, Whole
from equipoise.crm.distortions._base import Distortion

__all__ = ["LabelBias"]


@dataclass(frozen=True, kw_only=True)
class LabelBias(Distortion):
    """Answers and complaints of members are lost with probability `dose`.

    Mechanism: the coupon is not scanned at the till, the complaint is settled at the counter.
    The order itself is recorded as any order; but the campaign's record says "has not responded",
    and no service case exists. A model of answers underrates the group, a model of complaints
    believes it content.

    Parameters
    ----------
    dose : float
        Share of members' answers and complaints that is lost, from 0 to 1.
    group : tuple of (column, value)
        Whose outcomes go unrecorded.
    """

    name: ClassVar[str] = "label_bias"
    summary: ClassVar[str] = (
        "answers to campaigns and complaints of members go unrecorded with probability equal to the dose; "
        "their orders are recorded."
    )
    moves: ClassVar[str] = "response_rate"

    def outcomes_lost(self, people: pd.DataFrame, draws: Draws, row: Whole, event: Whole) -> Flags:
        """Return the events of members that are struck, each by itself."""
        drawn = draws.uniform_at(self.stream(), row, event)
        return np.asarray(self.members(people)[row] & (drawn < self.dose))
