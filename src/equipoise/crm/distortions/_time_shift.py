"""From a date on, a group buys less than it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from equipoise.crm._streams import Floats
from equipoise.crm.distortions._base import Distortion

__all__ = ["TimeShift"]

LARGEST_DROP = 0.6


@dataclass(frozen=True, kw_only=True)
class TimeShift(Distortion):
    """From 1 October 2025 on, members order at a lower rate: down by `dose` times 60 %.

    Mechanism: the world changes between the campaign that one learns from and the campaign that
    one decides about. Every order of a member keeps its place in the sequence and comes later, so
    fewer lie within any window after the date: fewer answers, more customers lost. What a model
    learnt from last year's records overrates the group this year; a random split of one year's
    records does not show it, a split by time does.

    Parameters
    ----------
    dose : float
        Strength, from 0 (nothing changes) to 1 (60 % fewer orders).
    group : tuple of (column, value)
        Whose rate falls.
    """

    name: ClassVar[str] = "time_shift"
    summary: ClassVar[str] = (
        "from 1 October 2025 on, members order at a rate that is lower by 60 % times the dose, so an "
        "older campaign misstates what the group does now."
    )
    moves: ClassVar[str] = "response_rate"

    def pace_after_shift(self, people: pd.DataFrame) -> Floats:
        """Return 1 for everyone else, and 1 less 60 % of the dose for members."""
        return np.where(self.members(people), 1.0 - LARGEST_DROP * self.dose, 1.0)
