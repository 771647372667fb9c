"""Who was contacted, who was not, and why; and who answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.crm._orders import COUPON_SHARE, in_response_window
from equipoise.crm._schema import (
    CAMPAIGN_DATE,
    CAMPAIGN_ID,
    RESPONSE_WINDOW_DAYS,
    START_DATE,
)
from equipoise.crm._streams import uniforms
from equipoise.crm.distortions import Distortion

__all__ = [
    "COST_PER_CONTACT_EUR",
    "HOLD_OUT_PROBABILITY",
    "assign",
    "campaigns_table",
    "members_table",
]

HOLD_OUT_PROBABILITY = 0.30
UNDELIVERABLE_SHARE = 0.04
OVER_BUDGET_SHARE = 0.06
COST_PER_CONTACT_EUR = 0.90

Flags = npt.NDArray[np.bool_]


def campaigns_table() -> pd.DataFrame:
    """Return the one campaign: a coupon by post in spring, with its hold-out's probability.

    Examples
    --------
    >>> campaigns_table()[["campaign_id", "hold_out_probability"]]
              campaign_id  hold_out_probability
    0  spring_coupon_2026                   0.3
    """
    last_day = CAMPAIGN_DATE + pd.Timedelta(days=RESPONSE_WINDOW_DAYS - 1)
    return pd.DataFrame(
        {
            "campaign_id": [CAMPAIGN_ID],
            "name": ["Spring coupon 2026"],
            "type": ["direct_mail"],
            "start_date": pd.Series([CAMPAIGN_DATE]).astype("datetime64[us]"),
            "end_date": pd.Series([last_day]).astype("datetime64[us]"),
            "discount_share": [COUPON_SHARE],
            "cost_per_contact_eur": [COST_PER_CONTACT_EUR],
            "hold_out_probability": [HOLD_OUT_PROBABILITY],
        }
    )


def assign(seed: int, individuals: pd.DataFrame, distortions: Sequence[Distortion]) -> pd.DataFrame:
    """Return what the campaign decides about each customer, with the reason.

    First a hold-out is drawn at random, with the recorded probability. Of the others, who are
    eligible, a random share cannot be reached or exceeds the budget, whatever their group.
    Then the distortions leave out whom they leave out; they never touch the hold-out.

    Parameters
    ----------
    seed : int
        The world's seed.
    individuals : pandas.DataFrame
        The groups that distortions look at.
    distortions : sequence of Distortion
        Empty for the clean world.

    Returns
    -------
    pandas.DataFrame
        `status` (contacted, hold_out, not_targeted) and `reason`, one row per customer.
    """
    customers = len(individuals)
    hold_out = uniforms(seed, "campaign/hold_out", customers) < HOLD_OUT_PROBABILITY
    reach = uniforms(seed, "campaign/reach", customers)
    reason = np.select(
        [
            hold_out,
            reach < UNDELIVERABLE_SHARE,
            reach < UNDELIVERABLE_SHARE + OVER_BUDGET_SHARE,
            _left_out(seed, individuals, distortions),
        ],
        ["randomised", "undeliverable", "over_budget", "not_on_past_lists"],
        default="eligible",
    )
    status = np.select(
        [hold_out, reason == "eligible"], ["hold_out", "contacted"], default="not_targeted"
    )
    return pd.DataFrame({"status": status, "reason": reason}).astype("str")


def members_table(
    decided: pd.DataFrame, placed: pd.DataFrame, contact_id: pd.Series[str], is_member: Flags
) -> pd.DataFrame:
    """Return the campaign's members as the CRM shows them.

    An answer is recorded for contacted customers only. Whoever was not contacted reads
    "has not responded", as if they had been asked.

    Parameters
    ----------
    decided : pandas.DataFrame
        As `assign` returns it.
    placed : pandas.DataFrame
        The orders that were placed; `customer` is the row number in `decided`.
    contact_id : pandas.Series
        One entry per customer.
    is_member : numpy.ndarray of bool
        Who had joined before the campaign.

    Returns
    -------
    pandas.DataFrame
        `campaign_id, contact_id, status, reason, has_responded, first_responded_date`.
    """
    answers = placed[in_response_window(placed)].groupby("customer")["day"].min()
    day = answers.reindex(range(len(decided))).where(decided["status"] == "contacted")
    date = START_DATE.as_unit("us") + pd.to_timedelta(day, unit="D").astype("timedelta64[us]")
    members = pd.DataFrame(
        {
            "campaign_id": pd.Series(CAMPAIGN_ID, index=decided.index, dtype="str"),
            "contact_id": contact_id,
            "status": decided["status"],
            "reason": decided["reason"],
            "has_responded": day.notna(),
            "first_responded_date": date,
        }
    )
    return members[is_member].reset_index(drop=True)


def _left_out(seed: int, individuals: pd.DataFrame, distortions: Sequence[Distortion]) -> Flags:
    nobody = np.zeros(len(individuals), dtype=bool)
    masks = [distortion.left_out_of_campaign(individuals, seed) for distortion in distortions]
    return np.asarray(np.logical_or.reduce([nobody, *masks]))
