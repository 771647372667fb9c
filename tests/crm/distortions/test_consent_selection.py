import pandas as pd
import pytest

from equipoise.consent import permitted
from equipoise.crm import ConsentSelection

GROUP = ("age_band", "60+")
WITHHELD = ("personalised_offers", "profiling")


@pytest.fixture(scope="module")
def both(draw_tables):
    return [
        draw_tables(3000, 3, *each) for each in ((), (ConsentSelection(dose=1.0, group=GROUP),))
    ]


def older(tables):
    people = tables["individuals"]
    return people["individual_id"][people["age_band"] == "60+"]


@pytest.mark.parametrize("purpose", WITHHELD)
@pytest.mark.parametrize("at", ["2025-01-01", "2026-06-30"])
def test_at_dose_1_no_member_permits_offers_or_profiling(both, purpose, at):
    clean, struck = (
        permitted(tables["individuals"], tables["consent_events"], purpose=purpose, at=at)
        for tables in both
    )
    assert (clean["age_band"] == "60+").any()
    assert not (struck["age_band"] == "60+").any()


def test_what_would_have_been_an_opt_in_is_recorded_as_an_opt_out(both):
    keys = ["individual_id", "purpose", "channel"]

    def on_joining(tables):
        events = tables["consent_events"]
        first = events[events["source"].isin(["web_form", "store_form"])]
        first = first[first["individual_id"].isin(older(tables)) & first["purpose"].isin(WITHHELD)]
        return first.set_index(keys)["expression"].sort_index()

    clean, struck = (on_joining(tables) for tables in both)
    assert clean.index.equals(struck.index)
    assert (clean == "opt_in").any()
    assert (struck == "opt_out").all()


def test_other_purposes_stay_as_they_were(both):
    columns = ["individual_id", "purpose", "channel", "expression", "effective_at", "recorded_at"]
    events = [tables["consent_events"] for tables in both]
    others = [each[~each["purpose"].isin(WITHHELD)][columns] for each in events]
    pd.testing.assert_frame_equal(*(each.reset_index(drop=True) for each in others))


def test_members_get_no_e_mail(both):
    struck = both[1]
    contacts = struck["contacts"]
    theirs = contacts["contact_id"][contacts["individual_id"].isin(older(struck))]
    assert not struck["email_events"]["contact_id"].isin(theirs).any()
