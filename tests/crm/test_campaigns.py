import numpy as np
import pytest

from equipoise.crm import HistoricalTargeting, make_crm
from equipoise.crm._campaigns import HOLD_OUT_PROBABILITY
from equipoise.crm._schema import CAMPAIGN_DATE, GROUPS, RESPONSE_WINDOW_DAYS


def test_members_are_those_who_had_joined(clean):
    contacts = clean.tables["contacts"]
    joined = contacts["contact_id"][contacts["joined_date"] < CAMPAIGN_DATE]
    assert clean.tables["campaign_members"]["contact_id"].tolist() == joined.tolist()


def test_the_campaign_records_the_probability_of_its_hold_out(clean):
    assert clean.tables["campaigns"]["hold_out_probability"].tolist() == [HOLD_OUT_PROBABILITY]


def test_every_status_has_its_reason(distorted):
    members = distorted.tables["campaign_members"]
    found = members.groupby("status")["reason"].unique().map(sorted).to_dict()
    assert found == {
        "contacted": ["eligible"],
        "hold_out": ["randomised"],
        "not_targeted": ["not_on_past_lists", "over_budget", "undeliverable"],
    }


def test_answers_are_recorded_for_contacted_customers_only(distorted):
    members = distorted.tables["campaign_members"]
    assert not members["has_responded"][members["status"] != "contacted"].any()
    assert (members["first_responded_date"].notna() == members["has_responded"]).all()
    days = (members["first_responded_date"].dropna() - CAMPAIGN_DATE).dt.days
    assert days.between(0, RESPONSE_WINDOW_DAYS - 1).all()


def test_the_hold_out_has_its_share_in_every_group():
    crm = make_crm(customers=40_000, seed=4)
    members = crm.tables["campaign_members"].merge(crm.truth.campaign, on="contact_id")
    people = members.merge(crm.tables["individuals"], on="individual_id")
    held_out = people["status"] == "hold_out"
    for column in GROUPS:
        by_group = held_out.groupby(people[column]).agg(["mean", "size"])
        error = np.sqrt(HOLD_OUT_PROBABILITY * (1 - HOLD_OUT_PROBABILITY) / by_group["size"])
        assert ((by_group["mean"] - HOLD_OUT_PROBABILITY).abs() < 4 * error).all()


def test_the_hold_out_is_balanced_in_what_nobody_sees():
    crm = make_crm(customers=40_000, seed=4)
    truth = crm.truth.campaign.merge(crm.truth.latents, on="individual_id")
    held_out = (crm.tables["campaign_members"]["status"] == "hold_out").to_numpy()
    for latent in ("orders_per_week", "post_affinity", "price_sensitivity", "has_left"):
        values = truth[latent].astype(float)
        gap = values[held_out].mean() - values[~held_out].mean()
        error = values.std() * np.sqrt(1 / held_out.sum() + 1 / (~held_out).sum())
        assert abs(gap) < 4 * error


def test_distortions_never_touch_the_hold_out(clean, distorted):
    for crm in (clean, distorted):
        assert crm.tables["campaign_members"]["status"].notna().all()
    is_held_out = [c.tables["campaign_members"]["status"] == "hold_out" for c in (clean, distorted)]
    assert is_held_out[0].equals(is_held_out[1])


def estimated_effect(crm):
    """Contacted less hold-out, read off the tables a CRM team has."""
    orders = crm.tables["orders"]
    days = (orders["order_date"] - CAMPAIGN_DATE).dt.days
    buyers = orders["contact_id"][days.between(0, RESPONSE_WINDOW_DAYS - 1)]
    members = crm.tables["campaign_members"]
    ordered = members["contact_id"].isin(buyers).groupby(members["status"])
    arms = ordered.agg(["mean", "var", "size"]).loc[["contacted", "hold_out"]]
    error = np.sqrt((arms["var"] / arms["size"]).sum())
    return arms["mean"]["contacted"] - arms["mean"]["hold_out"], error


def test_the_hold_out_estimates_the_average_effect():
    covered = 0
    for seed in range(30):
        crm = make_crm(customers=3000, seed=seed)
        campaign = crm.truth.campaign
        true = campaign["orders_if_contacted"].mean() - campaign["orders_if_not_contacted"].mean()
        estimate, error = estimated_effect(crm)
        covered += abs(estimate - true) < 1.96 * error
    assert covered >= 26


@pytest.mark.parametrize("dose", [0.3, 1.0])
def test_the_share_left_out_is_the_dose(dose):
    passed_over = HistoricalTargeting(dose=dose, group=("gender", "man"))
    crm = make_crm(customers=20_000, seed=4, distortions=[passed_over])
    people = crm.tables["individuals"].merge(crm.truth.campaign, on="individual_id")
    people = people.merge(crm.tables["campaign_members"], on="contact_id")
    men = people[people["undistorted_contacted"] & (people["gender"] == "man")]
    others = people[people["undistorted_contacted"] & (people["gender"] != "man")]
    assert (men["status"] != "contacted").mean() == pytest.approx(dose, abs=0.03)
    assert (others["status"] == "contacted").all()
