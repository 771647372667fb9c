"""Past targeting decided whom the campaign asked, and so whose answers exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from equipoise.crm._streams import Draws, Flags
from equipoise.crm.distortions._base import Distortion

__all__ = ["HistoricalTargeting"]


@dataclass(frozen=True, kw_only=True)
class HistoricalTargeting(Distortion):
    """Members of the group are left out of printed campaigns with probability `dose`.

    Mechanism: whoever was not on past lists is not on the new list; it is the same people each
    time. Nobody who is left out is asked, so their answer is never recorded; the CRM shows "has
    not responded" for them all the same. A model trained on these labels learns that the group
    answers less, although its true propensity is unchanged, and finds it again through whatever
    stands for the group, such as the postcode area. Those left out place no order that a
    campaign would have caused and get no coupon.

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
        "members of the group are left out of every printed campaign, at random with probability "
        "equal to the dose, so their answers are never recorded."
    )

    moves: ClassVar[str] = "response_rate"

    def left_out(self, people: pd.DataFrame, draws: Draws) -> Flags:
        """Return the members who are struck: the same people for every campaign."""
        return self.struck(people, draws)
