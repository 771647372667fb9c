"""What happens to some customers, campaign by campaign, before anybody writes it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equipoise.crm._calendar import CAMPAIGNS, Campaign
from equipoise.crm._campaigns import Decided, decide
from equipoise.crm._consents import (
    OFFERS_BY_EMAIL,
    OFFERS_BY_POST,
    given_on,
    refused_on,
    withdrawn_from,
)
from equipoise.crm._emails import Mailbox
from equipoise.crm._life import Life, Settings, live
from equipoise.crm._orders import act_on_orders, draw_extra
from equipoise.crm._rounds import Rounds
from equipoise.crm._streams import Draws, Flags, any_of

__all__ = ["World", "simulate"]


@dataclass(frozen=True, eq=False)
class World:
    """What happened; rows are customers, lists have one entry per campaign.

    `answer_lost` says whose answer would go unrecorded; `placed` has the orders, by customer and
    time, with the campaign whose coupon paid for them (-1 for none).
    """

    life: Life
    is_member: list[Flags]
    decided: list[Decided]
    answer_lost: list[Flags]
    mailbox: Mailbox
    placed: pd.DataFrame


def simulate(draws: Draws, settings: Settings) -> World:
    """Let some customers live through all campaigns."""
    life = live(draws, settings)
    is_member = [life.joined_day < plan.day for plan in CAMPAIGNS]
    answer_lost = [_answer_lost(life, settings, place) for place in range(len(CAMPAIGNS))]
    mailbox = Mailbox(
        draws,
        life.latents["email_affinity"].to_numpy(),
        withdrawn_from(life.expressed, OFFERS_BY_EMAIL),
    )
    rounds = Rounds(life, settings.distortions)
    decided: list[Decided] = []
    for place, plan in enumerate(CAMPAIGNS):
        may_not = _may_not(life, mailbox, plan)
        left_out, ranked_low = rounds.left_out(plan)
        decided.append(decide(plan, is_member[place], may_not, left_out, ranked_low, draws))
        if plan.by_post:
            answers = life.potential[place]["orders_if_contacted"].to_numpy() & ~answer_lost[place]
            rounds.record(plan, is_member[place], decided[place], answers)
        else:
            mailbox.send(place, plan, decided[place].contacted)
    placed = _placed(life, settings, [each.contacted for each in decided])
    return World(life, is_member, decided, answer_lost, mailbox, placed)


def _answer_lost(life: Life, settings: Settings, place: int) -> Flags:
    row = np.arange(life.draws.customers)
    event = np.full_like(row, place)
    people, draws = life.individuals, life.draws
    masks = (each.outcomes_lost(people, draws, row, event) for each in settings.distortions)
    return any_of(len(row), masks)


def _may_not(life: Life, mailbox: Mailbox, plan: Campaign) -> Flags:
    """Return whom the campaign must not contact: post needs no objection, e-mail an opt-in."""
    if plan.by_post:
        return refused_on(life.expressed, OFFERS_BY_POST, plan.day)
    return ~(given_on(life.expressed, OFFERS_BY_EMAIL, plan.day) & mailbox.open_on(plan.day))


def _placed(life: Life, settings: Settings, contacted: Sequence[Flags]) -> pd.DataFrame:
    extras, put_off = [], []
    for place, (potential, reached) in enumerate(zip(life.potential, contacted, strict=True)):
        without = potential["orders_if_not_contacted"].to_numpy()
        with_contact = potential["orders_if_contacted"].to_numpy()
        persuaded = np.flatnonzero(reached & ~without & with_contact)
        extras.append(draw_extra(settings.behaviour, life.latents, place, persuaded, life.draws))
        put_off.append(reached & without & ~with_contact)
    return act_on_orders(life.baseline, extras, put_off, contacted)
