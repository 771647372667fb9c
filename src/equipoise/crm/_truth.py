"""What only a simulator knows, kept where no feature and no task can read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise.crm._calendar import CAMPAIGNS, COURSE_CAMPAIGN, dates
from equipoise.crm._campaigns import STATUSES
from equipoise.crm._streams import Flags
from equipoise.crm._text import taken
from equipoise.crm._world import World

__all__ = ["Truth", "world_truth"]

EFFECTS = ("lost_cause", "persuadable", "sleeping_dog", "sure_thing")


@dataclass(frozen=True, eq=False)
class Truth:
    """The latents of every individual and both outcomes of every campaign member.

    Parameters
    ----------
    latents : pandas.DataFrame
        One row per individual, recorded or not: `individual_id, contact_id, is_recorded,
        orders_per_week, dropout_probability, mean_order_eur, post_affinity, email_affinity,
        price_sensitivity, privacy_concern`, and `left_date`, the date of the order after which
        the customer left for good (missing while they have not).
    members : pandas.DataFrame
        One row per individual and campaign that they could take part in: `campaign_id,
        individual_id, contact_id`; `has_left` before the campaign;
        `order_probability_if_contacted` and `..._if_not_contacted`, exact given latents and
        history; `orders_if_contacted` and `orders_if_not_contacted`, of which the world shows one;
        `effect` (persuadable, sure_thing, lost_cause, sleeping_dog), which of the four these two
        make; and what the undistorted world decided and recorded: `undistorted_status`,
        `undistorted_contacted`, `undistorted_has_responded`.
    """

    latents: pd.DataFrame
    members: pd.DataFrame

    def __repr__(self) -> str:
        return f"Truth(individuals={len(self.latents)}, campaign_members={len(self.members)})"

    @property
    def campaign(self) -> pd.DataFrame:
        """The members of the course's campaign, the spring coupon of 2026."""
        rows = self.members[self.members["campaign_id"] == COURSE_CAMPAIGN.campaign_id]
        return rows.drop(columns="campaign_id").reset_index(drop=True)

    def frame(self) -> pd.DataFrame:
        """Return one row per individual; missing where there was no campaign to take part in."""
        flags = self.campaign.select_dtypes("bool").columns
        campaign = self.campaign.astype(dict.fromkeys(flags, "boolean")).drop(columns="contact_id")
        return self.latents.merge(campaign, on="individual_id", how="left", validate="1:1")


def world_truth(world: World, clean: World, recorded: Flags) -> Truth:
    """Return the truth about a world, given the same customers' undistorted one."""
    life = world.life
    latents = life.latents.assign(left_date=_left_date(world))
    latents.insert(0, "individual_id", life.individuals["individual_id"])
    latents.insert(1, "contact_id", life.contacts["contact_id"])
    latents.insert(2, "is_recorded", recorded)
    return Truth(latents=latents, members=_members(world, clean))


def _members(world: World, clean: World) -> pd.DataFrame:
    row, place = np.nonzero(np.column_stack(world.is_member))
    individuals, contacts = world.life.individuals, world.life.contacts
    potential = {
        name: np.column_stack([each[name] for each in world.life.potential])[row, place]
        for name in world.life.potential[0]
    }
    with_contact, without = (
        potential["orders_if_contacted"],
        potential["orders_if_not_contacted"],
    )
    status = np.column_stack([each.status for each in clean.decided])[row, place]
    contacted = np.column_stack([each.contacted for each in clean.decided])[row, place]
    would = np.column_stack([each["orders_if_contacted"] for each in clean.life.potential])
    return pd.DataFrame(
        {
            "campaign_id": taken([plan.campaign_id for plan in CAMPAIGNS], place),
            "individual_id": individuals["individual_id"].take(row).reset_index(drop=True),
            "contact_id": contacts["contact_id"].take(row).reset_index(drop=True),
            **potential,
            "effect": taken(EFFECTS, 2 * without + with_contact),
            "undistorted_status": taken(STATUSES, status),
            "undistorted_contacted": contacted,
            "undistorted_has_responded": contacted & would[row, place],
        }
    )


def _left_date(world: World) -> pd.Series[pd.Timestamp]:
    last = world.life.baseline[world.life.baseline["is_last_ever"]]
    left = dates(last["day"].to_numpy()).set_axis(last["row"].to_numpy())
    return left.reindex(range(world.life.draws.customers))
