import pandas as pd
import pytest

from equipoise.crm._calendar import COURSE_CAMPAIGN
from equipoise.crm._group_counts import GROUP_MEASURES, counts_by_group, with_rates
from equipoise.crm._schema import GROUPS


@pytest.fixture(scope="module")
def counts(distorted):
    return counts_by_group(distorted.tables).set_index(["attribute", "group", "measure"])


def test_every_group_has_every_measure(counts):
    assert len(counts) == sum(map(len, GROUPS.values())) * len(GROUP_MEASURES)
    assert (counts["hits"] <= counts["n"]).all()


def test_each_attribute_counts_everyone_who_had_joined_once(distorted, counts):
    joined = (distorted.tables["contacts"]["joined_date"] < COURSE_CAMPAIGN.start_date).sum()
    totals = counts.xs("ordered", level="measure")["n"].groupby("attribute").sum()
    assert set(totals) == {joined}


def test_contact_is_counted_as_in_the_records(distorted, counts):
    gap = distorted.injected_gap("community", measure="contact_rate").set_index("group")
    mine = counts.loc["community"].xs("contacted", level="measure")
    assert (mine["n"] == gap["n"]).all()
    pd.testing.assert_series_equal(
        mine["hits"] / mine["n"], gap["recorded_rate"], check_names=False, check_dtype=False
    )


def test_a_group_of_nobody_has_no_rate():
    counts = pd.DataFrame({"hits": [0, 1], "n": [0, 4]})
    assert with_rates(counts)["value"].isna().tolist() == [True, False]
