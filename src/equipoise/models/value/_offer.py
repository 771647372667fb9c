"""A retention offer that an unknown share of the customers who would leave accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from equipoise._checks import check_number
from equipoise.exceptions import InputError

__all__ = ["Offer"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Offer:
    """What an incentive keeps and costs; the share that accepts is Beta distributed.

    Attributes
    ----------
    kept_eur : float
        Lifetime value less the incentive: what an accepted offer keeps.
    contact_eur : float
        Cost of a contact.
    wasted_eur : float
        Incentive and contact: what a customer costs who would have stayed.
    alpha, beta : float
        Of the distribution of the share that accepts.
    """

    kept_eur: float
    contact_eur: float
    wasted_eur: float
    alpha: float
    beta: float

    @classmethod
    def of(
        cls,
        clv_eur: float,
        incentive_eur: float,
        contact_cost_eur: float,
        accept_alpha: float,
        accept_beta: float,
    ) -> Self:
        """Return the offer, or refuse what cannot be one."""
        move, most = "Write euros of one customer as a plain number.", np.finfo(float).max
        incentive = check_number("incentive_eur", incentive_eur, low=0, high=most, next_move=move)
        contact = check_number(
            "contact_cost_eur", contact_cost_eur, low=0, high=most, next_move=move
        )
        clv = check_number("clv_eur", clv_eur, low=0, high=most, open_low=True, next_move=move)
        beta = [
            check_number(
                name, value, low=0, high=most, open_low=True, next_move="Use for example 6 and 14."
            )
            for name, value in (("accept_alpha", accept_alpha), ("accept_beta", accept_beta))
        ]
        if clv <= incentive:
            raise InputError(
                "incentive_eur",
                "must be below the lifetime value that it keeps",
                f"{incentive:g} of {clv:g}",
                "Lower the incentive: at this one nobody is worth keeping.",
            )
        return cls(clv - incentive, contact, incentive + contact, *beta)

    def turning(self, positives: Floats, negatives: Floats) -> Floats:
        """Return from which share of acceptance on it pays to contact so many of both; 1 if never."""
        wasted = self.wasted_eur * negatives
        never, none = np.full(len(wasted), np.inf), wasted > 0
        each = np.divide(wasted, positives, out=never, where=positives > 0)
        each = np.where(none, each, 0.0)
        return np.asarray(np.clip((each + self.contact_eur) / self.kept_eur, 0, 1))

    def above(self, share: Floats) -> Floats:
        """Return how probable it is that more than the share accepts."""
        return np.asarray(1 - betainc(self.alpha, self.beta, share))

    def kept(self, share: Floats) -> Floats:
        """Return what contacting one who would leave adds, in euros, where more than the share accepts.

        It is the mean over all shares of acceptance, with nothing added at those below.
        """
        mean = self.alpha / (self.alpha + self.beta)
        accepted = mean * (1 - betainc(self.alpha + 1, self.beta, share))
        return np.asarray(self.kept_eur * accepted - self.contact_eur * self.above(share))

    def wasted(self, share: Floats) -> Floats:
        """Return what contacting one who would have stayed costs, over the same shares."""
        return np.asarray(self.wasted_eur * self.above(share))
