"""Draw a whole CRM from a seed, with or without distortions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise._checks import check_whole
from equipoise.crm._behaviour import RETAIL, draw_latents
from equipoise.crm._campaigns import assign, campaigns_table, members_table
from equipoise.crm._natural import add_natural_differences, draw_tastes
from equipoise.crm._orders import act_on_orders, draw_baseline, draw_extra, orders_table
from equipoise.crm._population import draw_contacts, draw_individuals, with_loyalty_plan
from equipoise.crm._potential import potential_outcomes
from equipoise.crm._records import CRM
from equipoise.crm._schema import CAMPAIGN_DATE
from equipoise.crm._truth import Truth, campaign_truth
from equipoise.crm.distortions import Distortion
from equipoise.exceptions import InputError

__all__ = ["make_crm"]


def make_crm(*, customers: int, seed: int, distortions: Sequence[Distortion] = ()) -> CRM:
    """Draw the customers, orders and campaign of a fictional retailer.

    Parameters
    ----------
    customers : int
        Number of individuals, at least 1. They join over 30 months; those who join after the
        campaign are no members of it.
    seed : int
        Zero or more. The same seed gives the same bytes in every process.
    distortions : sequence of Distortion
        What shall make the records differ from the truth. With none, or with dose 0, the
        world is clean: whatever differs between groups is natural, and nothing differs
        between communities but where they live and which of two equal sources they came by.

    Returns
    -------
    CRM

    Raises
    ------
    InputError
        If a number breaks its rule, or the same distortion is given twice for one group.

    Examples
    --------
    >>> make_crm(customers=500, seed=7)
    CRM(customers=500, seed=7, distortions=none)
    """
    customers = check_whole("customers", customers, low=1, next_move="Use 20000 for a course.")
    seed = check_whole("seed", seed, low=0, next_move="Use a seed such as 7.")
    distortions = _checked(distortions)
    world = _draw_world(seed, customers)
    decided = assign(seed, world.individuals, distortions)
    return CRM(
        seed=seed,
        distortions=distortions,
        tables=_tables(world, decided),
        truth=_truth(world, assign(seed, world.individuals, ())),
    )


@dataclass(frozen=True)
class _World:
    """Everything that is so before the campaign decides whom to contact; rows are customers."""

    individuals: pd.DataFrame
    contacts: pd.DataFrame
    latents: pd.DataFrame
    baseline: pd.DataFrame
    extra: pd.DataFrame
    potential: pd.DataFrame

    @property
    def is_member(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.contacts["joined_date"] < CAMPAIGN_DATE)


def _draw_world(seed: int, customers: int) -> _World:
    individuals = draw_individuals(seed, customers)
    contacts = draw_contacts(seed, individuals)
    lead_source = contacts["lead_source"]
    rates = add_natural_differences(draw_latents(RETAIL, customers, seed), individuals)
    latents = rates.join(draw_tastes(seed, individuals, lead_source))
    baseline = draw_baseline(RETAIL, latents, contacts, seed)
    return _World(
        individuals=individuals,
        contacts=with_loyalty_plan(seed, contacts, latents["orders_per_week"]),
        latents=latents,
        baseline=baseline,
        extra=draw_extra(RETAIL, latents, lead_source, seed),
        potential=potential_outcomes(baseline, latents, seed),
    )


def _tables(world: _World, decided: pd.DataFrame) -> dict[str, pd.DataFrame]:
    contact_id = world.contacts["contact_id"]
    placed = act_on_orders(
        world.baseline,
        world.extra,
        contacted=world.is_member & (decided["status"] == "contacted").to_numpy(),
        orders_if_not_contacted=world.potential["orders_if_not_contacted"].to_numpy(),
        orders_if_contacted=world.potential["orders_if_contacted"].to_numpy(),
    )
    return {
        "individuals": world.individuals,
        "contacts": world.contacts,
        "orders": orders_table(placed, contact_id),
        "campaigns": campaigns_table(),
        "campaign_members": members_table(decided, placed, contact_id, world.is_member),
    }


def _truth(world: _World, undistorted: pd.DataFrame) -> Truth:
    campaign = campaign_truth(world.potential, undistorted["status"], world.contacts)
    latents = world.latents.copy()
    latents.insert(0, "individual_id", world.individuals["individual_id"])
    return Truth(latents=latents, campaign=campaign[world.is_member].reset_index(drop=True))


def _checked(distortions: Sequence[Distortion]) -> tuple[Distortion, ...]:
    """Refuse what is not a distortion, and one distortion with two doses for one group."""
    seen: set[tuple[str, tuple[str, str]]] = set()
    for distortion in distortions:
        if not isinstance(distortion, Distortion):
            raise InputError(
                "distortions",
                "must be distortions",
                repr(distortion),
                "Use parse_distortion to read one from text.",
            )
        key = (distortion.name, distortion.group)
        if key in seen:
            raise InputError(
                "distortions",
                "must name each group once per distortion",
                str(distortion),
                "Keep one of the two doses.",
            )
        seen.add(key)
    return tuple(distortions)
