import numpy as np
import pandas as pd
import pytest

from equipoise.crm import LabelBias

DOSE = 0.4
GROUP = ("gender", "woman")


@pytest.fixture(scope="module")
def both(draw_tables):
    return [draw_tables(6000, 3, *each) for each in ((), (LabelBias(dose=DOSE, group=GROUP),))]


def of_women(tables, name):
    people = tables["contacts"].merge(tables["individuals"], on="individual_id")
    women = people["contact_id"][people["gender"] == "woman"]
    return tables[name][tables[name]["contact_id"].isin(women)]


def near(found, share, n):
    return abs(found - share) < 4 * np.sqrt(share * (1 - share) / n)


def test_the_dose_of_answers_is_lost(both):
    clean, lost = (of_women(tables, "campaign_members")["has_responded"] for tables in both)
    assert not (lost & ~clean).any()
    assert near(lost[clean].mean(), 1 - DOSE, clean.sum())


def test_answers_are_lost_one_by_one(both):
    """Whoever loses one answer does not lose them all."""
    members = of_women(both[0], "campaign_members").assign(
        kept=of_women(both[1], "campaign_members")["has_responded"]
    )
    answered = members[members["has_responded"]].groupby("contact_id")["kept"].agg(["mean", "size"])
    several = answered[answered["size"] > 2]
    assert several["mean"].between(0, 1, inclusive="neither").any()


def test_the_order_is_recorded_without_its_campaign(both):
    clean, lost = (tables["orders"] for tables in both)
    columns = [column for column in clean if column != "campaign_id"]
    pd.testing.assert_frame_equal(clean[columns], lost[columns])
    unscanned = clean["campaign_id"].notna() & lost["campaign_id"].isna()
    missing = both[0]["campaign_members"]["has_responded"].sum()
    missing -= both[1]["campaign_members"]["has_responded"].sum()
    assert unscanned.sum() == missing


def test_the_dose_of_complaints_is_lost_and_no_other_request(both):
    clean, lost = (of_women(tables, "cases") for tables in both)
    is_lost = ~clean["case_id"].isin(lost["case_id"])
    complaint = clean["reason"] == "complaint"
    assert not is_lost[~complaint].any()
    assert near(is_lost[complaint].mean(), DOSE, complaint.sum())


def test_whom_was_contacted_stays_as_it_was(both):
    assert both[0]["campaign_members"]["status"].equals(both[1]["campaign_members"]["status"])
