"""Who was contacted, who was not, and why; and who answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise.crm._calendar import CAMPAIGNS, Campaign, dates
from equipoise.crm._streams import Draws, Flags, Whole
from equipoise.crm._text import taken

__all__ = [
    "REASONS",
    "STATUSES",
    "Decided",
    "campaigns_table",
    "decide",
    "members_table",
]

UNDELIVERABLE_SHARE = 0.04
OVER_BUDGET_SHARE = 0.06

STATUSES = ("contacted", "hold_out", "not_targeted")
CONTACTED, HOLD_OUT, NOT_TARGETED = range(3)
REASONS = (
    "eligible",
    "randomised",
    "objected",
    "no_opt_in",
    "undeliverable",
    "over_budget",
    "not_on_past_lists",
    "ranked_low",
)
(
    ELIGIBLE,
    RANDOMISED,
    OBJECTED,
    NO_OPT_IN,
    UNDELIVERABLE,
    OVER_BUDGET,
    NOT_LISTED,
    RANKED_LOW,
) = range(8)


@dataclass(frozen=True, eq=False)
class Decided:
    """What one campaign decided about each customer; codes of `STATUSES` and `REASONS`."""

    status: Whole
    reason: Whole
    is_selected: Flags

    @property
    def contacted(self) -> Flags:
        """Who was contacted."""
        return np.asarray(self.status == CONTACTED)


def decide(
    plan: Campaign,
    is_member: Flags,
    may_not: Flags,
    left_out: Flags,
    ranked_low: Flags,
    draws: Draws,
) -> Decided:
    """Return what the campaign decides about each customer, with the reason.

    Rules select first: nobody who objected to offers by post (or did not opt in to offers by
    e-mail) is selected, and a random share cannot be reached or exceeds the budget, whatever the
    group; then distortions leave out whom they leave out. Apart from all that a hold-out is drawn
    at random from everyone: whoever is in it is not contacted, selected or not. Among the
    selected, therefore, contact is a coin flip with a known probability.

    Parameters
    ----------
    plan : Campaign
        Its kind and the hold-out's probability.
    is_member : numpy.ndarray of bool
        Who had joined before the day; of the others nothing is recorded.
    may_not : numpy.ndarray of bool
        Who objected (post) or did not opt in (e-mail).
    left_out, ranked_low : numpy.ndarray of bool
        Whom distortions leave out.
    draws : Draws
        The customers, row for row.
    """
    name = f"campaigns/{plan.campaign_id}"
    reach = draws.uniform(f"{name}/reach")
    exclusions = {
        OBJECTED if plan.by_post else NO_OPT_IN: may_not,
        UNDELIVERABLE: reach < UNDELIVERABLE_SHARE,
        OVER_BUDGET: reach < UNDELIVERABLE_SHARE + OVER_BUDGET_SHARE,
        NOT_LISTED: left_out,
        RANKED_LOW: ranked_low,
    }
    reason = np.select(list(exclusions.values()), list(exclusions), default=ELIGIBLE)
    is_selected = is_member & (reason == ELIGIBLE)
    hold_out = draws.uniform(f"{name}/hold_out") < plan.hold_out_probability
    status = np.where(hold_out, HOLD_OUT, np.where(is_selected, CONTACTED, NOT_TARGETED))
    return Decided(status, np.where(hold_out, RANDOMISED, reason), is_selected)


def campaigns_table() -> pd.DataFrame:
    """Return the campaigns as they were planned, by date.

    Examples
    --------
    >>> campaigns_table()[["campaign_id", "hold_out_probability"]].tail(1)
              campaign_id  hold_out_probability
    13  summer_coupon_2026                   0.3
    """
    plans = pd.DataFrame(
        {
            "campaign_id": [plan.campaign_id for plan in CAMPAIGNS],
            "name": [plan.name for plan in CAMPAIGNS],
            "type": [plan.type for plan in CAMPAIGNS],
            "start_date": dates(np.array([plan.day for plan in CAMPAIGNS])),
            "end_date": dates(np.array([plan.last_day for plan in CAMPAIGNS])),
            "discount_share": [plan.discount_share for plan in CAMPAIGNS],
            "cost_per_contact_eur": [plan.cost_per_contact_eur for plan in CAMPAIGNS],
            "hold_out_probability": [plan.hold_out_probability for plan in CAMPAIGNS],
        }
    )
    return plans.astype({"campaign_id": "str", "name": "str", "type": "str"})


def members_table(
    decided: Sequence[Decided],
    is_member: Sequence[Flags],
    answer_day: Sequence[Whole],
    contact_id: pd.Series[str],
) -> pd.DataFrame:
    """Return the campaigns' members as the CRM shows them, by customer and campaign.

    Parameters
    ----------
    decided, is_member : sequence
        One entry per campaign, in the order of `CAMPAIGNS`; rows are customers.
    answer_day : sequence of numpy.ndarray
        For each campaign the day of each customer's recorded answer, -1 where there is none.
    contact_id : pandas.Series
        One entry per customer.
    """
    row, place = np.nonzero(np.column_stack(is_member))
    day = np.column_stack(answer_day)[row, place]
    answered = day >= 0
    return pd.DataFrame(
        {
            "campaign_id": taken([plan.campaign_id for plan in CAMPAIGNS], place),
            "contact_id": contact_id.take(row).reset_index(drop=True),
            "status": taken(STATUSES, np.column_stack([d.status for d in decided])[row, place]),
            "reason": taken(REASONS, np.column_stack([d.reason for d in decided])[row, place]),
            "is_selected": np.column_stack([d.is_selected for d in decided])[row, place],
            "has_responded": answered,
            "first_responded_date": dates(day).where(answered),
        }
    )
