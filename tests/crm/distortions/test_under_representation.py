import numpy as np
import pytest

from equipoise.crm import UnderRepresentation
from equipoise.crm.distortions._under_representation import LARGEST_LOSS

GROUP = ("community", "B")


@pytest.fixture(scope="module")
def both(draw_tables):
    missing = UnderRepresentation(dose=0.8, group=GROUP)
    return [draw_tables(4000, 3, *each) for each in ((), (missing,))]


def test_members_are_missing_with_ninety_per_cent_of_the_dose(both):
    counts = [tables["individuals"]["community"].value_counts() for tables in both]
    share = 1 - counts[1]["B"] / counts[0]["B"]
    expected = LARGEST_LOSS * 0.8
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / counts[0]["B"])
    assert counts[1]["A"] == counts[0]["A"]


def test_no_table_mentions_whoever_is_missing(both):
    clean, struck = both
    kept = set(struck["individuals"]["individual_id"])
    contacts = clean["contacts"]
    gone = contacts[~contacts["individual_id"].isin(kept)]
    orders = clean["orders"]
    gone_orders = orders["order_id"][orders["contact_id"].isin(gone["contact_id"])]
    ids = {
        "individual_id": gone["individual_id"],
        "contact_id": gone["contact_id"],
        "order_id": gone_orders,
    }
    for name, table in struck.items():
        for column in set(ids) & set(table):
            assert not table[column].isin(ids[column]).any(), (name, column)


def test_what_is_recorded_about_the_others_is_the_same(both):
    clean, struck = both
    keys = {"individual_id": "individuals", "contact_id": "contacts", "order_id": "orders"}
    for name in ("individuals", "contacts", "orders", "order_items", "cases", "consent_events"):
        key = next(
            each for each in ("order_id", "contact_id", "individual_id") if each in clean[name]
        )
        ids = struck[keys[key]][key]
        same = clean[name][clean[name][key].isin(ids)].reset_index(drop=True)
        assert same.equals(struck[name]), name
