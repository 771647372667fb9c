import pytest

from equipoise.crm._schema import CAMPAIGN_DATE, CAMPAIGN_ID, END_DATE, RESPONSE_WINDOW_DAYS


@pytest.fixture(scope="module")
def in_window(clean):
    days = (clean.tables["orders"]["order_date"] - CAMPAIGN_DATE).dt.days
    return clean.tables["orders"][days.between(0, RESPONSE_WINDOW_DAYS - 1)]


def test_everyone_orders_on_the_day_of_joining_and_nobody_before(clean):
    orders = clean.tables["orders"].groupby("contact_id")["order_date"].min()
    joined = clean.tables["contacts"].set_index("contact_id")["joined_date"]
    assert (orders.reindex(joined.index) == joined).all()


def test_orders_are_numbered_by_date_within_the_world(clean):
    orders = clean.tables["orders"]
    assert orders["order_id"].is_unique
    assert orders["order_id"].is_monotonic_increasing
    assert orders["order_date"].is_monotonic_increasing
    assert orders["order_date"].max() <= END_DATE
    assert (orders["amount_eur"] > 0).all()


def test_what_customers_do_in_the_window_is_their_potential_outcome(clean, in_window):
    members = clean.tables["campaign_members"].merge(clean.truth.campaign, on="contact_id")
    contacted = members["status"] == "contacted"
    shown = members["orders_if_contacted"].where(contacted, members["orders_if_not_contacted"])
    assert (members["contact_id"].isin(in_window["contact_id"]) == shown).all()


def test_each_answer_is_one_order_with_the_coupon(clean, in_window):
    members = clean.tables["campaign_members"]
    orders = clean.tables["orders"]
    with_coupon = orders[orders["campaign_id"] == CAMPAIGN_ID]
    assert with_coupon["contact_id"].is_unique
    assert with_coupon.index.isin(in_window.index).all()
    answered = members["contact_id"][members["has_responded"]]
    assert set(answered) == set(with_coupon["contact_id"])


def test_the_coupon_takes_a_fifth_off(clean):
    orders = clean.tables["orders"]
    coupon = orders[orders["campaign_id"].notna()]
    listed = coupon["amount_eur"] + coupon["discount_eur"]
    assert (coupon["discount_eur"] - 0.2 * listed).abs().max() < 0.006


def test_the_campaign_moves_no_order_outside_its_window(clean, distorted):
    columns = ["contact_id", "order_date", "channel", "amount_eur", "discount_eur"]
    elsewhere = []
    for crm in (clean, distorted):
        orders = crm.tables["orders"]
        days = (orders["order_date"] - CAMPAIGN_DATE).dt.days
        outside = orders[~days.between(0, RESPONSE_WINDOW_DAYS - 1)]
        elsewhere.append(outside[columns].reset_index(drop=True))
    assert elsewhere[0].equals(elsewhere[1])
