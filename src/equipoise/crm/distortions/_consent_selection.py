"""A group is asked for consent in a way that does not work for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from equipoise.crm._streams import Draws, Flags
from equipoise.crm.distortions._base import Distortion

__all__ = ["ConsentSelection"]


@dataclass(frozen=True, kw_only=True)
class ConsentSelection(Distortion):
    """Members who would have consented to offers or profiling are refused the chance.

    Mechanism: the form does not work for them (its language, its screen reader, its small print),
    so with probability `dose` a member's opt-ins to personalised offers and to profiling are
    recorded as opt-outs. Their behaviour is as before; but no purpose that needs opt-in sees them,
    they get no mail, and every table filtered by consent holds a smaller part of the group.

    Parameters
    ----------
    dose : float
        Share of members whose consent is not obtained, from 0 to 1.
    group : tuple of (column, value)
        Whom the form fails.
    """

    name: ClassVar[str] = "consent_selection"
    summary: ClassVar[str] = (
        "with probability equal to the dose, a member's opt-ins to personalised offers and to profiling "
        "are recorded as opt-outs, so the permitted table holds a smaller part of the group."
    )
    moves: ClassVar[str] = "opt_in_rate"

    def consent_withheld(self, people: pd.DataFrame, draws: Draws) -> Flags:
        """Return the members who are struck."""
        return self.struck(people, draws)
