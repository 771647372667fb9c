"""What is so about each customer before any campaign decides about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise.crm._behaviour import Behaviour, draw_latents
from equipoise.crm._calendar import CAMPAIGNS, SHIFT_DATE
from equipoise.crm._consents import BetterOff, Expressed, express
from equipoise.crm._natural import add_natural_differences, draw_tastes
from equipoise.crm._orders import Pace, draw_baseline
from equipoise.crm._population import draw_contacts, draw_individuals, with_loyalty_plan
from equipoise.crm._potential import potential_outcomes
from equipoise.crm._schema import START_DATE
from equipoise.crm._streams import Draws, Floats, Whole, any_of
from equipoise.crm.distortions import Distortion

__all__ = ["Life", "Settings", "live"]


@dataclass(frozen=True)
class Settings:
    """What holds for all customers of a world."""

    behaviour: Behaviour
    better_off: BetterOff
    distortions: tuple[Distortion, ...]


@dataclass(frozen=True, eq=False)
class Life:
    """Who the customers are, what they allow, and what they would do; rows are customers.

    `baseline` has the orders that need no campaign; `potential` both outcomes of each campaign.
    """

    draws: Draws
    individuals: pd.DataFrame
    contacts: pd.DataFrame
    latents: pd.DataFrame
    joined_day: Whole
    expressed: Expressed
    baseline: pd.DataFrame
    potential: list[pd.DataFrame]


def live(draws: Draws, settings: Settings) -> Life:
    """Let some customers join, say what they allow, and order of their own accord."""
    distortions = settings.distortions
    individuals = draw_individuals(draws)
    contacts = draw_contacts(draws, individuals)
    joined_day = (contacts["joined_date"] - START_DATE).dt.days.to_numpy()
    latents = add_natural_differences(draw_latents(settings.behaviour, draws), individuals)
    latents = latents.join(draw_tastes(draws, individuals, contacts["lead_source"]))
    expressed = express(
        draws,
        individuals,
        joined_day,
        latents["privacy_concern"].to_numpy(),
        withheld=any_of(
            draws.customers, (each.consent_withheld(individuals, draws) for each in distortions)
        ),
        better_off=settings.better_off,
    )
    pace = _pace(distortions, individuals)
    baseline = draw_baseline(settings.behaviour, latents, joined_day, pace, draws)
    own = _own_persuasion(distortions, individuals)
    return Life(
        draws=draws,
        individuals=individuals,
        contacts=with_loyalty_plan(draws, contacts, latents["orders_per_week"]),
        latents=latents,
        joined_day=joined_day,
        expressed=expressed,
        baseline=baseline,
        potential=[
            potential_outcomes(plan, baseline, latents, pace, own, draws) for plan in CAMPAIGNS
        ],
    )


def _pace(distortions: Sequence[Distortion], individuals: pd.DataFrame) -> Pace:
    factors = [each.pace_after_shift(individuals) for each in distortions]
    factor = np.prod([np.ones(len(individuals)), *factors], axis=0)
    return Pace(int((SHIFT_DATE - START_DATE).days), factor)


def _own_persuasion(distortions: Sequence[Distortion], individuals: pd.DataFrame) -> Floats:
    """Return how far each customer is persuaded in their group's own way, from 0 to 1."""
    common = [1 - each.own_persuasion(individuals) for each in distortions]
    return np.asarray(1 - np.prod([np.ones(len(individuals)), *common], axis=0))
