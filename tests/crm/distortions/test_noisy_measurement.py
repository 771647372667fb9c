import numpy as np
import pandas as pd
import pytest

from equipoise.crm import NoisyMeasurement
from equipoise.crm._population import HOUSEHOLD_SIZE_MISSING
from equipoise.crm.distortions._noisy_measurement import HOUSEHOLDS_MISSING, ORDERS_UNLINKED

DOSE = 0.7
GROUP = ("income_band", "high")


@pytest.fixture(scope="module")
def both(draw_tables):
    noisy = NoisyMeasurement(dose=DOSE, group=GROUP)
    return [draw_tables(6000, 3, *each) for each in ((), (noisy,))]


def near(found, share, n):
    return abs(found - share) < 4 * np.sqrt(share * (1 - share) / n)


def test_orders_without_a_coupon_lose_their_customer(both):
    clean, noisy = (tables["orders"] for tables in both)
    people = both[0]["contacts"].merge(both[0]["individuals"], on="individual_id")
    high = people["contact_id"][people["income_band"] == "high"]
    unlinked = noisy["contact_id"].isna()
    of_members, coupon = clean["contact_id"].isin(high), clean["campaign_id"].notna()
    assert not unlinked[~of_members | coupon].any()
    could = of_members & ~coupon
    assert near(unlinked[could].mean(), ORDERS_UNLINKED * DOSE, could.sum())


def test_everything_else_about_an_order_stays_as_it_was(both):
    clean, noisy = (tables["orders"].drop(columns="contact_id") for tables in both)
    pd.testing.assert_frame_equal(clean, noisy)
    pd.testing.assert_frame_equal(both[0]["order_items"], both[1]["order_items"])


def test_household_sizes_go_missing_on_top_of_what_is_missing(both):
    clean, noisy = (tables["individuals"]["household_size"] for tables in both)
    high = both[0]["individuals"]["income_band"] == "high"
    assert noisy.isna()[clean.isna()].all()
    assert (noisy.isna() == clean.isna())[~high].all()
    share = 1 - (1 - HOUSEHOLD_SIZE_MISSING) * (1 - HOUSEHOLDS_MISSING * DOSE)
    assert near(noisy[high].isna().mean(), share, high.sum())
    known = noisy.notna()
    assert (noisy[known] == clean[known]).all()
