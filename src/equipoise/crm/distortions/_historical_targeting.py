"""Past targeting decided whom the campaign asked, and so whose answers exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.crm._streams import uniforms
from equipoise.crm.distortions._base import Distortion

__all__ = ["HistoricalTargeting"]


@dataclass(frozen=True, kw_only=True)
class HistoricalTargeting(Distortion):
    """Eligible members of the group are left out of the campaign with probability `dose`.

    Mechanism: whoever was not on past lists is not on the new list. Nobody who is left out is
    asked, so their answer is never recorded; the CRM shows "has not responded" for them all
    the same. A model trained on these labels learns that the group answers less, although its
    true propensity is unchanged, and finds it again through whatever stands for the group,
    such as the postcode area. Those left out place no order that the campaign would have
    caused and get no coupon.

    The randomised hold-out is not touched: contacted or not, its members keep their place.

    Parameters
    ----------
    dose : float
        Share of the group's eligible members that is left out, from 0 to 1.
    group : tuple of (column, value)
        Whom past targeting passed over.

    Examples
    --------
    >>> passed_over = HistoricalTargeting(dose=0.6, group=("community", "B"))
    >>> str(passed_over)
    'historical_targeting=0.6:community=B'
    >>> HistoricalTargeting(dose=1.5, group=("community", "B"))
    Traceback (most recent call last):
        ...
    equipoise.exceptions.InputError: dose must be a number in [0, 1], got 1.5. Use 0 for ...
    """

    name: ClassVar[str] = "historical_targeting"
    summary: ClassVar[str] = (
        "eligible members of the group are left out of the campaign at random with probability "
        "equal to the dose, so their answers are never recorded."
    )

    def left_out_of_campaign(self, individuals: pd.DataFrame, seed: int) -> npt.NDArray[np.bool_]:
        """Return who is left out: members of the group whose draw lies below the dose."""
        column, value = self.group
        draws = uniforms(seed, f"distortions/{self.name}/{column}={value}", len(individuals))
        return self.members(individuals) & (draws < self.dose)
