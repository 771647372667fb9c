import numpy as np
import pandas as pd
import pytest

from equipoise.crm import make_crm
from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._margin_counts import margin_counts
from equipoise.crm._margins import margins_table, season_table
from equipoise.crm._margins_published import MARGINS, NO_FIGURE


@pytest.fixture(scope="module")
def counts(town):
    return margin_counts(town.tables, town.truth)


@pytest.fixture(scope="module")
def table(counts):
    return margins_table(counts).set_index("margin")


def test_every_margin_is_counted(counts):
    keys = {key for margin in MARGINS for key in (margin.key, margin.minus) if key}
    assert keys <= set(counts.index)


def test_a_figure_has_a_source_and_a_range_has_a_figure():
    for margin in MARGINS:
        assert (margin.figure == NO_FIGURE) == (margin.source == ""), margin.key
        assert (margin.low is None) == (margin.high is None), margin.key
        assert margin.low is None or margin.figure != NO_FIGURE, margin.key


def test_counts_of_two_halves_add_up(draw_tables):
    whole, first, second = (
        draw_tables(customers, 3, first=start)
        for customers, start in ((600, 1), (250, 1), (350, 251))
    )
    truth = make_crm(customers=1, seed=3).truth  # no member is in the halves' records

    def counted(tables):
        return margin_counts(tables, truth).drop(index=["anyway", "put_off"])

    together = counted(first) + counted(second)
    pd.testing.assert_frame_equal(together, counted(whole))


def test_the_coupon_is_counted_as_the_records_have_it(town, counts):
    members = town.tables["campaign_members"]
    own = members[members["campaign_id"] == COURSE_CAMPAIGN.campaign_id]
    contacted = own[own["status"] == "contacted"]
    assert counts.loc["redeemed", ["hits", "n"]].tolist() == [
        contacted["has_responded"].sum(),
        len(contacted),
    ]


def test_the_lift_counts_the_outcome_that_the_truth_shows(town, counts):
    members = town.tables["campaign_members"]
    own = members[(members["campaign_id"] == COURSE_CAMPAIGN.campaign_id) & members["is_selected"]]
    truth = town.truth.campaign.set_index("contact_id")
    for status, outcome in (
        ("contacted", "orders_if_contacted"),
        ("hold_out", "orders_if_not_contacted"),
    ):
        asked = own.loc[own["status"] == status, "contact_id"]
        assert counts.loc[f"bought_{status}", "n"] == len(asked)
        assert counts.loc[f"bought_{status}", "hits"] == truth.loc[asked, outcome].sum()


def test_a_difference_has_both_denominators(table):
    what = "Coupon lift: orders within 30 days, contacted less held out, of those selected"
    assert " and " in table.loc[what, "n"]


def test_the_table_says_how_it_compares(table):
    what = "Second order within a year of the first"
    assert table.loc[what, "compares"].startswith("above. ")
    assert table.loc["Requests settled at the first contact", "compares"].startswith("close. ")
    assert table.loc["Service requests per order", "compares"].startswith("agrees. ")
    assert table.loc["Opted in to profiling", "published"] == NO_FIGURE


def test_churn_lies_where_the_text_says(counts):
    assert 0.3 < counts.loc["churned", "hits"] / counts.loc["churned", "n"] < 0.6


def test_margins_of_one_customer_are_nothing_to_count_not_zero():
    crm = make_crm(customers=1, seed=1)
    here = margins_table(margin_counts(crm.tables, crm.truth))["here"]
    assert (here == "nothing to count").any()
    assert not here.str.contains("nan").any()


def test_the_season_of_a_file_is_near_the_stipulated_one(counts):
    season = season_table(counts)
    assert season["month"].tolist()[::11] == ["January", "December"]
    here, stipulated = (season[name].astype(float) for name in ("here", "stipulated"))
    # Printed coupons of March, May and September bring orders of their own.
    quiet = np.ones(12, dtype=bool)
    quiet[[2, 4, 8]] = False
    assert np.abs(here - stipulated)[quiet].max() < 0.12
    assert (here - stipulated)[~quiet].between(-0.05, 0.25).all()
    assert here.mean() == pytest.approx(1, abs=0.01)
