import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.crm import DISTORTIONS, UnderRepresentation, make_crm
from equipoise.crm._schema import END_DATE, START_DATE, TABLES

KEYS = {
    "individuals": "individual_id",
    "contacts": "contact_id",
    "orders": "order_id",
    "order_items": "order_item_id",
    "campaigns": "campaign_id",
    "cases": "case_id",
    "consent_events": "consent_event_id",
}
REFERENCES = [
    ("contacts", "individual_id", "individuals"),
    ("orders", "contact_id", "contacts"),
    ("orders", "campaign_id", "campaigns"),
    ("order_items", "order_id", "orders"),
    ("campaign_members", "contact_id", "contacts"),
    ("campaign_members", "campaign_id", "campaigns"),
    ("email_events", "contact_id", "contacts"),
    ("email_events", "campaign_id", "campaigns"),
    ("cases", "contact_id", "contacts"),
    ("cases", "order_id", "orders"),
    ("consent_events", "individual_id", "individuals"),
]
LATER = {("cases", "closed_date"), ("consent_events", "expires_at")}
BORN = ("individuals", "birth_date")


@pytest.fixture(scope="module")
def everything_distorted():
    """All nine at once, each on a group of its own."""
    groups = [
        ("gender", "woman"),
        ("community", "C"),
        ("age_band", "60+"),
        ("community", "B"),
        ("income_band", "low"),
        ("gender", "man"),
        ("age_band", "18-29"),
        ("community", "A"),
        ("gender", "unknown"),
    ]
    kinds = zip(DISTORTIONS.values(), groups, strict=True)
    distortions = [kind(dose=0.7, group=group) for kind, group in kinds]
    return make_crm(customers=2000, seed=12, distortions=distortions)


@pytest.fixture(params=["clean", "distorted", "everything_distorted"])
def tables(request):
    return request.getfixturevalue(request.param).tables


def test_the_tables_are_those_of_the_schema(tables):
    assert tuple(tables) == TABLES
    for table in tables.values():
        assert isinstance(table.index, pd.RangeIndex)
        assert table.index.start == 0


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_keys_are_unique_and_never_missing(tables, name, key):
    assert tables[name][key].is_unique
    assert tables[name][key].notna().all()


@pytest.mark.parametrize(("name", "column", "there"), REFERENCES)
def test_whatever_is_referred_to_exists(tables, name, column, there):
    named = tables[name][column].dropna()
    assert named.isin(tables[there][column]).all()
    may_be_missing = (name, column) in [("orders", "contact_id"), ("orders", "campaign_id")]
    assert may_be_missing or tables[name][column].notna().all()


def test_dates_lie_within_the_world(tables):
    for name, table in tables.items():
        for column in table.select_dtypes("datetime64"):
            dates = table[column].dropna()
            assert dates.max() <= END_DATE or (name, column) in LATER
            assert dates.min() >= START_DATE or (name, column) == BORN


@pytest.mark.parametrize(
    ("name", "date"),
    [("orders", "order_date"), ("email_events", "event_date"), ("cases", "opened_date")],
)
def test_tables_are_sorted_by_customer_then_time(tables, name, date):
    table = tables[name].dropna(subset="contact_id")
    assert table["contact_id"].is_monotonic_increasing
    assert (table.groupby("contact_id")[date].diff().dropna() >= pd.Timedelta(0)).all()


def test_items_add_up_to_the_order_to_the_cent(tables):
    items, orders = tables["order_items"], tables["orders"]
    cost = (items["quantity"] * items["unit_price_eur"]).groupby(items["order_id"]).sum()
    cents = 100 * (orders["amount_eur"] + orders["discount_eur"])
    found = 100 * cost.reindex(orders["order_id"]).to_numpy()
    assert (np.rint(found) == np.rint(cents)).all()
    np.testing.assert_allclose(found, np.rint(found), atol=1e-6)
    np.testing.assert_allclose(cents, np.rint(cents), atol=1e-6)


def test_items_stand_in_the_order_of_the_orders(tables):
    place = pd.Index(tables["orders"]["order_id"]).get_indexer(tables["order_items"]["order_id"])
    assert (np.diff(place) >= 0).all()


def test_amounts_and_discounts_make_sense(tables):
    orders = tables["orders"]
    assert (orders["amount_eur"] > 0).all()
    assert (orders["discount_eur"] >= 0).all()
    assert (
        orders["discount_eur"] <= 0.2 * (orders["amount_eur"] + orders["discount_eur"]) + 0.005
    ).all()


def test_whoever_redeemed_a_coupon_is_named(tables):
    orders = tables["orders"]
    assert orders["contact_id"][orders["campaign_id"].notna()].notna().all()


def test_types_do_not_depend_on_the_distortions(clean, everything_distorted):
    for name in TABLES:
        assert clean.tables[name].dtypes.equals(everything_distorted.tables[name].dtypes)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), customers=st.integers(1, 3))
def test_tables_of_the_smallest_worlds_have_the_same_types(clean, seed, customers):
    tables = make_crm(customers=customers, seed=seed).tables
    for name in TABLES:
        assert tables[name].dtypes.equals(clean.tables[name].dtypes), name


def test_tables_without_a_single_customer_have_the_same_types(clean):
    lost = [
        UnderRepresentation(dose=1.0, group=("gender", value))
        for value in ("woman", "man", "unknown")
    ]
    empty = next(
        crm
        for crm in (make_crm(customers=2, seed=seed, distortions=lost) for seed in range(20))
        if crm.tables["individuals"].empty
    )
    for name in TABLES:
        assert name == "campaigns" or empty.tables[name].empty
        assert empty.tables[name].dtypes.equals(clean.tables[name].dtypes), name
    assert len(empty.truth.latents) == 2


def test_no_table_holds_what_only_the_truth_knows(clean):
    truth = set(clean.truth.latents) | set(clean.truth.members)
    shared = {"individual_id", "contact_id", "campaign_id"}
    for name, table in clean.tables.items():
        assert not (set(table) & truth) - shared, name
        assert "need" not in table


def test_order_ids_show_neither_the_customer_nor_the_order(clean):
    orders = clean.tables["orders"]
    assert orders["order_id"].str.fullmatch("O[0-9a-f]{16}").all()
    sorted_ids = orders["order_id"].rank()
    assert abs(np.corrcoef(sorted_ids, np.arange(len(orders)))[0, 1]) < 4 / np.sqrt(len(orders))
