import pandas as pd

from equipoise.crm import make_crm
from equipoise.crm._schema import CAMPAIGN_DATE


def test_the_frame_has_a_row_for_everyone_and_says_who_was_no_member(clean):
    frame = clean.truth.frame()
    joined = (clean.tables["contacts"]["joined_date"] < CAMPAIGN_DATE).to_numpy()
    assert frame["individual_id"].equals(clean.tables["individuals"]["individual_id"])
    assert (frame["orders_if_contacted"].notna() == joined).all()
    assert (frame["contact_id"].notna() == joined).all()


def test_a_distortion_leaves_the_truth_as_it_was(clean, distorted):
    pd.testing.assert_frame_equal(clean.truth.frame(), distorted.truth.frame())


def test_the_undistorted_record_is_what_the_clean_twin_recorded(clean, distorted):
    recorded = clean.tables["campaign_members"]
    truth = distorted.truth.campaign
    assert (truth["undistorted_status"] == recorded["status"]).all()
    assert (truth["undistorted_has_responded"] == recorded["has_responded"]).all()


def test_the_community_moves_no_latent():
    crm = make_crm(customers=40_000, seed=8)
    latents = crm.truth.latents.set_index("individual_id")
    community = crm.tables["individuals"].set_index("individual_id")["community"]
    by_community = latents.groupby(community).agg(["mean", "sem"])
    for name in latents:
        means, errors = by_community[name]["mean"], by_community[name]["sem"]
        spread = (errors["B"] ** 2 + errors["A"] ** 2) ** 0.5
        assert abs(means["B"] - means["A"]) < 4 * spread


def test_its_text_is_short(clean):
    assert repr(clean.truth).startswith("Truth(individuals=4000, campaign_members=3")
