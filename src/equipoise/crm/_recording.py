"""What gets written down: the tables of the CRM, as distortions leave them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from equipoise.crm._calendar import CAMPAIGNS, dates
from equipoise.crm._campaigns import campaigns_table, members_table
from equipoise.crm._cases import COMPLAINT, case_table, draw_cases
from equipoise.crm._consents import consent_table
from equipoise.crm._emails import email_table
from equipoise.crm._items import category_tastes, draw_items, items_table
from equipoise.crm._life import Life
from equipoise.crm._orders import with_terms
from equipoise.crm._streams import Flags, Whole, any_of, opaque_numbers
from equipoise.crm._text import coded, taken
from equipoise.crm._world import World
from equipoise.crm.distortions import Distortion

__all__ = ["record", "recorded_customers"]

CASE_EVENT = 1000
"""Complaints are numbered from here where answers and complaints share a stream."""


def record(world: World, distortions: Sequence[Distortion]) -> dict[str, pd.DataFrame]:
    """Return the tables, by customer and time within each.

    Parameters
    ----------
    world : World
        What happened.
    distortions : sequence of Distortion
        Which change what is written down; those that change what happens have already acted.

    Returns
    -------
    dict of str to pandas.DataFrame
        In the order of `TABLES`.
    """
    life = world.life
    kept = recorded_customers(life, distortions)
    contact_id = life.contacts["contact_id"]
    placed = purchases(world)
    items = draw_items(placed, category_tastes(life.draws), life.draws)
    cents = np.bincount(items["order"], items["quantity"] * items["unit_price_cent"])
    placed = placed.assign(cents=cents)
    customer = life.draws.numbers[placed["row"]]
    order_id = coded("O", opaque_numbers(customer, placed["number"].to_numpy()))
    unlinked = _unlinked(life, placed, distortions)
    is_kept = kept[placed["row"]]
    cases = recorded_cases(life, placed, distortions)
    emails = world.mailbox.events()
    consents = consent_table(
        life.draws,
        life.expressed,
        life.individuals["individual_id"],
        world.mailbox.unsubscribed_day,
    )
    return {
        "individuals": _kept(_individuals(life, distortions), kept),
        "contacts": _kept(_contacts(life, distortions), kept),
        "orders": _kept(_orders(world, placed, order_id, unlinked), is_kept),
        "order_items": items_table(items[is_kept[items["order"]]], order_id),
        "campaigns": campaigns_table(),
        "campaign_members": members_table(
            world.decided,
            [member & kept for member in world.is_member],
            _answer_days(world, placed),
            contact_id,
        ),
        "email_events": email_table(emails[kept[emails["row"]]], contact_id),
        "cases": case_table(cases[kept[cases["row"]]], life.draws, contact_id, order_id),
        "consent_events": _kept(consents.drop(columns="row"), kept[consents["row"]]),
    }


def recorded_customers(life: Life, distortions: Sequence[Distortion]) -> Flags:
    """Return who is in the records at all."""
    people, draws = life.individuals, life.draws
    return ~any_of(len(people), (each.never_recorded(people, draws) for each in distortions))


def purchases(world: World) -> pd.DataFrame:
    """Return the orders that were placed, with channel and discount."""
    life = world.life
    return with_terms(
        world.placed,
        life.latents["price_sensitivity"].to_numpy(),
        life.contacts["lead_source"],
        life.draws,
    )


def recorded_cases(
    life: Life, placed: pd.DataFrame, distortions: Sequence[Distortion]
) -> pd.DataFrame:
    """Return the service requests that were logged, as codes, by customer and time."""
    cases = draw_cases(placed, life.individuals["age_band"], life.draws)
    row, event = cases["row"].to_numpy(), CASE_EVENT + cases["number"].to_numpy()
    people, draws = life.individuals, life.draws
    masks = (each.outcomes_lost(people, draws, row, event) for each in distortions)
    lost = any_of(len(cases), masks)
    logged = cases[~(lost & (cases["reason"] == COMPLAINT).to_numpy())]
    order = np.lexsort((logged["number"], logged["day"], logged["row"]))
    return logged.take(order).reset_index(drop=True)


def _individuals(life: Life, distortions: Sequence[Distortion]) -> pd.DataFrame:
    people, draws = life.individuals, life.draws
    lost = any_of(len(people), (each.household_lost(people, draws) for each in distortions))
    return life.individuals.assign(household_size=life.individuals["household_size"].mask(lost))


def _contacts(life: Life, distortions: Sequence[Distortion]) -> pd.DataFrame:
    uses_app = (life.contacts["uses_app"] == "yes").to_numpy()
    for each in distortions:
        uses_app = each.uses_app(life.individuals, life.draws, uses_app)
    return life.contacts.assign(uses_app=taken(("no", "yes"), uses_app.astype("int64")))


def _unlinked(life: Life, placed: pd.DataFrame, distortions: Sequence[Distortion]) -> Flags:
    """Return which orders lack their customer; a coupon names whoever redeems it."""
    row, number = placed["row"].to_numpy(), placed["number"].to_numpy()
    people, draws = life.individuals, life.draws
    masks = (each.orders_unlinked(people, draws, row, number) for each in distortions)
    return np.asarray(any_of(len(placed), masks) & (placed["campaign"] < 0).to_numpy())


def _orders(
    world: World, placed: pd.DataFrame, order_id: pd.Series[str], unlinked: Flags
) -> pd.DataFrame:
    row, campaign = placed["row"].to_numpy(), placed["campaign"].to_numpy()
    lost = np.column_stack(world.answer_lost)[row, campaign]
    scanned = np.where(lost, -1, campaign)
    discount = np.rint(placed["cents"] * placed["discount_share"]).to_numpy()
    contact_id = world.life.contacts["contact_id"].take(row).reset_index(drop=True)
    return pd.DataFrame(
        {
            "order_id": order_id,
            "contact_id": contact_id.mask(unlinked),
            "order_date": dates(placed["day"].to_numpy()),
            "channel": taken(("web", "store"), placed["is_in_store"].to_numpy().astype("int64")),
            "amount_eur": (placed["cents"].to_numpy() - discount) / 100,
            "discount_eur": discount / 100,
            "campaign_id": taken([plan.campaign_id for plan in CAMPAIGNS], scanned),
        }
    )


def _answer_days(world: World, placed: pd.DataFrame) -> list[Whole]:
    """Return for each campaign the day of each customer's recorded answer, or -1."""
    days = np.full((len(CAMPAIGNS), world.life.draws.customers), -1)
    coupons = placed[(placed["campaign"] >= 0).to_numpy()]
    days[coupons["campaign"], coupons["row"]] = coupons["day"]
    return [np.where(lost, -1, day) for lost, day in zip(world.answer_lost, days, strict=True)]


def _kept(table: pd.DataFrame, kept: Flags) -> pd.DataFrame:
    return table if kept.all() else table[kept].reset_index(drop=True)
