"""An innocent column tells who belongs to a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from equipoise.crm._streams import Draws, Flags
from equipoise.crm.distortions._base import Distortion

__all__ = ["ProxyColumn"]


@dataclass(frozen=True, kw_only=True)
class ProxyColumn(Distortion):
    """Use of the app comes to stand for the group.

    Mechanism: with probability `dose` the column `uses_app` says of a customer, member or not,
    whether they belong to the group, instead of whether they use the app. Behaviour is as before.
    At dose 1 the column is the group under another name, so leaving the group's own column out of
    a model removes nothing.

    Parameters
    ----------
    dose : float
        Share of all customers for whom the column is the group, from 0 to 1.
    group : tuple of (column, value)
        What the column comes to say.
    """

    name: ClassVar[str] = "proxy_column"
    summary: ClassVar[str] = (
        "with probability equal to the dose, `uses_app` says whether a customer belongs to the group "
        "instead of whether they use the app."
    )
    moves: ClassVar[str] = "uses_app_rate"

    def uses_app(self, people: pd.DataFrame, draws: Draws, recorded: Flags) -> Flags:
        """Return membership for those who are struck, and what was recorded for the others."""
        struck = draws.uniform(self.stream()) < self.dose
        return np.where(struck, self.members(people), recorded)
