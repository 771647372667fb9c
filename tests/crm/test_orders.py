import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.crm._behaviour import RETAIL
from equipoise.crm._calendar import CAMPAIGNS
from equipoise.crm._make import check_settings
from equipoise.crm._orders import (
    FIRST_EXTRA_NUMBER,
    IN_STORE_IF_DIGITAL,
    IN_STORE_IF_PHYSICAL,
    PROMOTED_AT_LEAST,
    PROMOTED_BY_SENSITIVITY,
    PROMOTION_SHARE,
    Pace,
    in_window,
    with_terms,
)
from equipoise.crm._recording import purchases
from equipoise.crm._schema import DAYS
from equipoise.crm._streams import Draws
from equipoise.crm._world import simulate

DAY = st.floats(0.0, float(DAYS))
KEYS = ["row", "number", "day", "list_eur", "is_last_ever"]


@given(
    days=st.lists(DAY, min_size=1, max_size=20),
    shift=st.integers(0, DAYS),
    factor=st.floats(0.4, 1.0),
)
def test_pace_and_day_are_inverses_whatever_the_shift(days, shift, factor):
    pace = Pace(shift, np.full(len(days), factor))
    row = np.arange(len(days))
    there = pace.until(np.array(days), row)
    np.testing.assert_allclose(pace.day(there, row), days, atol=1e-8)


@given(day=DAY, shift=st.integers(0, DAYS), factor=st.floats(0.4, 1.0))
def test_the_factor_holds_after_the_shift_only(day, shift, factor):
    slow, usual = Pace(shift, np.array([factor])), Pace(shift, np.ones(1))
    before = min(day, shift)
    assert slow.until(before) == usual.until(before)
    gained = slow.until(day) - slow.until(before)
    assert gained == pytest.approx(factor * (usual.until(day) - usual.until(before)))


def test_each_customer_has_a_factor_of_their_own():
    pace = Pace(100, np.array([1.0, 0.5]))
    assert pace.within(100, 30)[1] == pytest.approx(pace.within(100, 30)[0] / 2)
    assert pace.within(50, 30)[1] == pace.within(50, 30)[0]


def drawn(seed, customers=80):
    return simulate(Draws(seed, 1, customers), check_settings([], RETAIL, "consent_less"))


def windows(orders):
    return np.column_stack([in_window(orders, plan) for plan in CAMPAIGNS])


WORLDS = settings(max_examples=12)
SEEDS = given(seed=st.integers(0, 10_000))


@WORLDS
@SEEDS
def test_campaigns_move_no_order_outside_their_windows(seed):
    world = drawn(seed)
    before, after = world.life.baseline, world.placed
    outside = [frame[~windows(frame).any(axis=1)][KEYS] for frame in (before, after)]
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in outside))
    assert (after["campaign"][~windows(after).any(axis=1)] == -1).all()


@WORLDS
@SEEDS
def test_only_the_persuaded_and_the_put_off_do_otherwise(seed):
    world = drawn(seed)
    before, after = world.life.baseline, world.placed
    for place, plan in enumerate(CAMPAIGNS):
        potential, contacted = world.life.potential[place], world.decided[place].contacted
        would = potential["orders_if_not_contacted"].to_numpy()
        does = potential["orders_if_contacted"].to_numpy()
        persuaded, put_off = contacted & ~would & does, contacted & would & ~does
        there, here = before[in_window(before, plan)], after[in_window(after, plan)]
        same = [frame[~(persuaded | put_off)[frame["row"]]][KEYS] for frame in (there, here)]
        pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in same))
        assert not put_off[here["row"]].any()
        added = here[persuaded[here["row"]]]
        assert added["row"].tolist() == np.flatnonzero(persuaded).tolist()
        assert (added["number"] == FIRST_EXTRA_NUMBER + place).all()


@WORLDS
@SEEDS
def test_the_coupon_pays_for_the_first_order_of_the_contacted_in_the_window(seed):
    world = drawn(seed)
    for place, plan in enumerate(CAMPAIGNS):
        contacted = world.decided[place].contacted
        eligible = world.placed[in_window(world.placed, plan) & contacted[world.placed["row"]]]
        first = eligible.sort_values(["row", "day", "number"]).groupby("row").head(1)
        paid = world.placed[world.placed["campaign"] == place]
        assert paid.index.tolist() == first.index.tolist()


@WORLDS
@SEEDS
def test_orders_are_sorted_by_customer_and_time_within_the_world(seed):
    placed = drawn(seed).placed
    assert placed["row"].is_monotonic_increasing
    assert (placed.groupby("row")["day"].diff().dropna() >= 0).all()
    assert placed["day"].between(0, DAYS - 1).all()
    assert not placed.duplicated(["row", "number"]).any()
    assert (placed["list_eur"] > 0).all()


def test_everyone_orders_on_the_day_of_joining_and_nobody_before(clean):
    orders = clean.tables["orders"].groupby("contact_id")["order_date"].min()
    joined = clean.tables["contacts"].set_index("contact_id")["joined_date"]
    assert (orders.reindex(joined.index) == joined).all()


def test_nobody_orders_of_their_own_accord_after_the_last_order(small_world):
    orders = small_world.life.baseline
    following = orders["row"].shift(-1) == orders["row"]
    assert not (orders["is_last_ever"] & following).any()
    assert orders["is_last_ever"].any()


def test_what_customers_do_in_the_window_is_their_potential_outcome(clean):
    members = clean.tables["campaign_members"].merge(
        clean.truth.members, on=["campaign_id", "contact_id"], validate="1:1"
    )
    plans = clean.tables["campaigns"]
    orders = clean.tables["orders"][["contact_id", "order_date"]]
    for plan in plans.itertuples():
        buyers = orders["contact_id"][orders["order_date"].between(plan.start_date, plan.end_date)]
        of_plan = members[members["campaign_id"] == plan.campaign_id]
        contacted = of_plan["status"] == "contacted"
        shown = of_plan["orders_if_contacted"].where(contacted, of_plan["orders_if_not_contacted"])
        assert (of_plan["contact_id"].isin(buyers) == shown).all()


def test_each_answer_is_one_order_with_the_coupon(clean):
    orders, members = clean.tables["orders"], clean.tables["campaign_members"]
    with_coupon = orders[orders["campaign_id"].notna()]
    answers = members[members["has_responded"]]
    columns = ["contact_id", "campaign_id", "date"]
    paid = with_coupon.rename(columns={"order_date": "date"})[columns]
    answered = answers.rename(columns={"first_responded_date": "date"})[columns]
    pd.testing.assert_frame_equal(
        paid.sort_values(columns, ignore_index=True),
        answered.sort_values(columns, ignore_index=True),
    )


def test_the_coupon_takes_off_what_its_campaign_promised(clean):
    orders = clean.tables["orders"].merge(clean.tables["campaigns"], on="campaign_id")
    listed = orders["amount_eur"] + orders["discount_eur"]
    assert (orders["discount_eur"] - orders["discount_share"] * listed).abs().max() < 0.0051


def test_promotions_and_channels_have_the_stated_probabilities(small_world):
    life = small_world.life
    own = purchases(small_world)[small_world.placed["campaign"] < 0]
    sensitivity = life.latents["price_sensitivity"].to_numpy()[own["row"]]
    promoted = PROMOTED_AT_LEAST + PROMOTED_BY_SENSITIVITY * sensitivity
    surplus = ((own["discount_share"] == PROMOTION_SHARE) - promoted).sum()
    assert abs(surplus) < 4 * np.sqrt((promoted * (1 - promoted)).sum())
    physical = life.contacts["lead_source"].isin(["store", "referral"]).to_numpy()[own["row"]]
    in_store = np.where(physical, IN_STORE_IF_PHYSICAL, IN_STORE_IF_DIGITAL)
    surplus = (own["is_in_store"] - in_store).sum()
    assert abs(surplus) < 4 * np.sqrt((in_store * (1 - in_store)).sum())


def test_a_coupon_takes_the_place_of_a_promotion():
    draws = Draws(1, 1, 1)
    orders = pd.DataFrame({"row": 0, "number": range(200), "campaign": [-1, 2] * 100})
    terms = with_terms(orders, np.ones(1), pd.Series(["web"]), draws)
    shares = terms["discount_share"].groupby(orders["campaign"]).unique().map(sorted)
    assert shares.to_dict() == {-1: [0.0, PROMOTION_SHARE], 2: [CAMPAIGNS[2].discount_share]}
