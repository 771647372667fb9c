import pandas as pd
import pytest

from equipoise.crm import UnderRepresentation, make_crm
from equipoise.crm._calendar import COURSE_CAMPAIGN

KEYS = ["campaign_id", "contact_id"]


def test_the_frame_has_a_row_for_everyone_and_says_who_was_no_member(clean):
    frame = clean.truth.frame()
    joined = clean.tables["contacts"]["joined_date"] < COURSE_CAMPAIGN.start_date
    assert frame["individual_id"].equals(clean.tables["individuals"]["individual_id"])
    assert (frame["orders_if_contacted"].notna() == joined).all()
    assert frame["contact_id"].notna().all()


def test_the_truth_has_a_row_for_every_member_of_every_campaign(clean):
    members = clean.tables["campaign_members"]
    pd.testing.assert_frame_equal(clean.truth.members[KEYS], members[KEYS])


def test_the_courses_campaign_is_one_of_them(clean):
    members = clean.truth.members
    of_course = members[members["campaign_id"] == COURSE_CAMPAIGN.campaign_id]
    assert clean.truth.campaign["contact_id"].tolist() == of_course["contact_id"].tolist()
    assert "campaign_id" not in clean.truth.campaign


def test_a_distortion_of_the_records_leaves_the_truth_as_it_was(clean, distorted):
    pd.testing.assert_frame_equal(clean.truth.frame(), distorted.truth.frame())
    pd.testing.assert_frame_equal(clean.truth.members, distorted.truth.members)


def test_the_undistorted_record_is_what_the_clean_twin_recorded(clean, distorted):
    recorded = clean.tables["campaign_members"]
    truth = distorted.truth.members
    assert (truth["undistorted_status"] == recorded["status"]).all()
    assert (truth["undistorted_contacted"] == (recorded["status"] == "contacted")).all()
    assert (truth["undistorted_has_responded"] == recorded["has_responded"]).all()


@pytest.mark.parametrize(
    ("effect", "without", "with_contact"),
    [
        ("lost_cause", False, False),
        ("persuadable", False, True),
        ("sleeping_dog", True, False),
        ("sure_thing", True, True),
    ],
)
def test_the_effect_is_named_by_the_two_outcomes(clean, effect, without, with_contact):
    members = clean.truth.members
    found = members["effect"] == effect
    outcomes = members["orders_if_not_contacted"] == without
    outcomes &= members["orders_if_contacted"] == with_contact
    assert found.any()
    assert (found == outcomes).all()


def test_whoever_left_before_a_campaign_had_left(clean):
    members = clean.truth.members.merge(clean.truth.latents, on=["individual_id", "contact_id"])
    members = members.merge(clean.tables["campaigns"], on="campaign_id")
    assert (members["has_left"] == (members["left_date"] < members["start_date"])).all()
    assert members["has_left"].any()


def test_the_truth_knows_whom_the_records_miss():
    missing = UnderRepresentation(dose=1.0, group=("community", "B"))
    crm = make_crm(customers=1000, seed=3, distortions=[missing])
    latents = crm.truth.latents
    assert len(latents) == 1000
    recorded = latents["individual_id"].isin(crm.tables["individuals"]["individual_id"])
    assert (latents["is_recorded"] == recorded).all()
    assert 0 < (~recorded).sum() < 1000


def test_the_community_moves_no_latent(town):
    latents = town.truth.latents.set_index("individual_id").select_dtypes("float")
    community = town.tables["individuals"].set_index("individual_id")["community"]
    by_community = latents.groupby(community).agg(["mean", "sem"])
    assert len(latents.columns) == 7
    for name in latents:
        means, errors = by_community[name]["mean"], by_community[name]["sem"]
        for other in ("B", "C"):
            spread = (errors[other] ** 2 + errors["A"] ** 2) ** 0.5
            assert abs(means[other] - means["A"]) < 4 * spread


def test_its_text_is_short(clean):
    rows = len(clean.tables["campaign_members"])
    assert repr(clean.truth) == f"Truth(individuals=4000, campaign_members={rows})"
