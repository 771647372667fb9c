"""What only a simulator knows, kept where no feature and no task can read it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

__all__ = ["Truth", "campaign_truth"]


@dataclass(frozen=True, eq=False)
class Truth:
    """The latents of every individual and both outcomes of every campaign member.

    Parameters
    ----------
    latents : pandas.DataFrame
        One row per individual: `individual_id, orders_per_week, dropout_probability,
        mean_order_eur, post_affinity, price_sensitivity`.
    campaign : pandas.DataFrame
        One row per campaign member: `individual_id, contact_id`; `has_left` before the
        campaign; `order_probability_if_contacted` and `..._if_not_contacted`, exact given
        latents and history; `orders_if_contacted` and `orders_if_not_contacted`, of which the
        world shows one; and what the undistorted world decided and recorded:
        `undistorted_status`, `undistorted_contacted`, `undistorted_has_responded`.
    """

    latents: pd.DataFrame
    campaign: pd.DataFrame

    def __repr__(self) -> str:
        return f"Truth(individuals={len(self.latents)}, campaign_members={len(self.campaign)})"

    def frame(self) -> pd.DataFrame:
        """Return one row per individual; missing where there was no campaign to take part in."""
        flags = self.campaign.select_dtypes("bool").columns
        campaign = self.campaign.astype(dict.fromkeys(flags, "boolean"))
        return self.latents.merge(campaign, on="individual_id", how="left", validate="1:1")


def campaign_truth(
    potential: pd.DataFrame, undistorted_status: pd.Series[str], contacts: pd.DataFrame
) -> pd.DataFrame:
    """Return the campaign's truth, one row for each row of `contacts`, in the same order."""
    contacted = undistorted_status == "contacted"
    return pd.concat(
        [
            contacts[["individual_id", "contact_id"]],
            potential,
            pd.DataFrame(
                {
                    "undistorted_status": undistorted_status,
                    "undistorted_contacted": contacted,
                    "undistorted_has_responded": contacted & potential["orders_if_contacted"],
                }
            ),
        ],
        axis=1,
    )
