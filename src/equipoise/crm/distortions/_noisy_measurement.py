"""A group is measured worse than others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from equipoise.crm._streams import Draws, Flags, Whole
from equipoise.crm.distortions._base import Distortion

__all__ = ["NoisyMeasurement"]

ORDERS_UNLINKED = 0.6
HOUSEHOLDS_MISSING = 0.5


@dataclass(frozen=True, kw_only=True)
class NoisyMeasurement(Distortion):
    """Members' orders are not linked to them, and their household size is not known.

    Mechanism: with probability `dose` times 60 % an order of a member is recorded without its
    customer (paid as a guest, the loyalty card not shown), and with probability `dose` times 50 %
    the household size is missing. Orders with a coupon stay linked, for the coupon names the
    customer. So members look like rarer buyers than they are, and features say less about them.

    Parameters
    ----------
    dose : float
        Strength, from 0 (as well as others) to 1 (60 % of orders unlinked).
    group : tuple of (column, value)
        Who is measured worse.
    """

    name: ClassVar[str] = "noisy_measurement"
    summary: ClassVar[str] = (
        "orders of members without a coupon are recorded without their customer with probability 60 % times "
        "the dose, and their household size is missing with probability 50 % times the dose."
    )
    moves: ClassVar[str] = "linked_orders_per_customer"

    def orders_unlinked(
        self, people: pd.DataFrame, draws: Draws, row: Whole, number: Whole
    ) -> Flags:
        """Return the orders of members that are struck, each by itself."""
        drawn = draws.uniform_at(self.stream("order"), row, number)
        return np.asarray(self.members(people)[row] & (drawn < ORDERS_UNLINKED * self.dose))

    def household_lost(self, people: pd.DataFrame, draws: Draws) -> Flags:
        """Return the members whose household size is missing on top of what is missing anyway."""
        drawn = draws.uniform(self.stream("household"))
        return np.asarray(self.members(people) & (drawn < HOUSEHOLDS_MISSING * self.dose))
