import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from equipoise.crm._calendar import CAMPAIGNS, COURSE_CAMPAIGN
from equipoise.crm._campaigns import (
    CONTACTED,
    HOLD_OUT,
    NOT_TARGETED,
    OVER_BUDGET_SHARE,
    REASONS,
    STATUSES,
    UNDELIVERABLE_SHARE,
    campaigns_table,
    decide,
)
from equipoise.crm._consents import OFFERS_BY_EMAIL, OFFERS_BY_POST, given_on, refused_on
from equipoise.crm._schema import GROUPS
from equipoise.crm._streams import Draws

SMALLEST_P = 1e-4
MAILING = CAMPAIGNS[0]
FLAGS = st.lists(st.booleans(), min_size=30, max_size=30).map(np.array)


@pytest.fixture(scope="module")
def people(town):
    """One row per campaign member, with what the CRM and the truth say."""
    rows = town.tables["campaign_members"].merge(
        town.truth.members, on=["campaign_id", "contact_id"], validate="1:1"
    )
    rows = rows.merge(town.tables["individuals"], on="individual_id")
    rows = rows.merge(town.tables["campaigns"], on="campaign_id")
    return rows.merge(town.truth.latents.drop(columns="contact_id"), on="individual_id")


def of_course(people):
    return people[people["campaign_id"] == COURSE_CAMPAIGN.campaign_id]


def decided(plan=COURSE_CAMPAIGN, customers=50_000, **flags):
    nobody, everyone = np.zeros(customers, dtype=bool), np.ones(customers, dtype=bool)
    given = {"is_member": everyone, "may_not": nobody, "left_out": nobody, "ranked_low": nobody}
    return decide(plan, **{**given, **flags}, draws=Draws(5, 1, customers))


def test_members_are_those_who_had_joined(clean):
    members, plans = clean.tables["campaign_members"], clean.tables["campaigns"]
    contacts = clean.tables["contacts"]
    for plan in plans.itertuples():
        joined = contacts["contact_id"][contacts["joined_date"] < plan.start_date]
        of_plan = members["contact_id"][members["campaign_id"] == plan.campaign_id]
        assert of_plan.tolist() == joined.tolist()


def test_members_are_sorted_by_customer_and_campaign(clean):
    members = clean.tables["campaign_members"]
    start = members["campaign_id"].map(
        clean.tables["campaigns"].set_index("campaign_id")["start_date"]
    )
    assert members["contact_id"].is_monotonic_increasing
    assert (start.groupby(members["contact_id"]).diff().dropna() > pd.Timedelta(0)).all()


def test_the_campaigns_are_recorded_as_planned(clean):
    table = clean.tables["campaigns"]
    pd.testing.assert_frame_equal(table, campaigns_table())
    assert table["campaign_id"].tolist() == [plan.campaign_id for plan in CAMPAIGNS]
    days = (table["end_date"] - table["start_date"]).dt.days + 1
    assert days.tolist() == [plan.window_days for plan in CAMPAIGNS]
    assert (table["hold_out_probability"] > 0).all()


def test_every_status_has_its_reason(distorted):
    members = distorted.tables["campaign_members"].merge(distorted.tables["campaigns"])
    found = members.groupby(["type", "status"])["reason"].unique().map(sorted).to_dict()
    by_chance = ["over_budget", "undeliverable"]
    assert found == {
        ("direct_mail", "contacted"): ["eligible"],
        ("direct_mail", "hold_out"): ["randomised"],
        ("direct_mail", "not_targeted"): ["not_on_past_lists", "objected", *by_chance],
        ("email", "contacted"): ["eligible"],
        ("email", "hold_out"): ["randomised"],
        ("email", "not_targeted"): ["no_opt_in", *by_chance],
    }


@given(is_member=FLAGS, may_not=FLAGS, left_out=FLAGS, ranked_low=FLAGS, place=st.integers(0, 13))
def test_rules_decide_in_their_order(is_member, may_not, left_out, ranked_low, place):
    plan = CAMPAIGNS[place]
    flags = {
        "is_member": is_member,
        "may_not": may_not,
        "left_out": left_out,
        "ranked_low": ranked_low,
    }
    found = decided(plan, customers=30, **flags)
    reason = np.array(REASONS)[found.reason]
    drawn = found.status != HOLD_OUT
    refusal = "objected" if plan.by_post else "no_opt_in"
    assert (reason[~drawn] == "randomised").all()
    assert (reason[drawn & may_not] == refusal).all()
    assert not (reason == refusal)[~may_not].any()
    by_chance = np.isin(reason, ["undeliverable", "over_budget"])
    listed = drawn & ~may_not & ~by_chance
    assert (reason[listed & left_out] == "not_on_past_lists").all()
    assert (reason[listed & ~left_out & ranked_low] == "ranked_low").all()
    assert not found.is_selected[may_not | left_out | ranked_low | ~is_member].any()
    assert (found.contacted == (drawn & found.is_selected)).all()
    assert ((found.status == NOT_TARGETED) == (drawn & ~found.is_selected)).all()


def test_some_cannot_be_reached_and_some_exceed_the_budget():
    found = decided()
    listed = found.status != HOLD_OUT
    for name, share in [("undeliverable", UNDELIVERABLE_SHARE), ("over_budget", OVER_BUDGET_SHARE)]:
        hit = found.reason[listed] == REASONS.index(name)
        assert abs(hit.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(hit))


@pytest.mark.parametrize("plan", CAMPAIGNS, ids=lambda plan: plan.campaign_id)
def test_the_hold_out_has_its_probability(people, plan):
    held_out = (people["status"] == "hold_out")[people["campaign_id"] == plan.campaign_id]
    share = plan.hold_out_probability
    assert abs(held_out.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(held_out))


def test_among_the_selected_contact_is_a_coin_flip_with_known_probability(people):
    selected = people[people["is_selected"]]
    assert (selected["status"] != "not_targeted").all()
    for _, rows in selected.groupby("campaign_id"):
        share = 1 - rows["hold_out_probability"].iloc[0]
        contacted = rows["status"] == "contacted"
        assert abs(contacted.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(rows))


@pytest.mark.parametrize("column", [*GROUPS, "is_selected", "effect"])
def test_the_hold_out_is_independent_of_groups_rules_and_effects(people, column):
    rows = of_course(people)
    held_out = rows["status"] == "hold_out"
    table = pd.crosstab(rows[column], held_out)
    assert stats.chi2_contingency(table).pvalue > SMALLEST_P


@pytest.mark.parametrize(
    "latent",
    [
        "orders_per_week",
        "dropout_probability",
        "mean_order_eur",
        "post_affinity",
        "email_affinity",
        "price_sensitivity",
        "privacy_concern",
        "has_left",
        "order_probability_if_contacted",
        "order_probability_if_not_contacted",
    ],
)
def test_the_hold_out_is_balanced_in_what_nobody_sees(people, latent):
    rows = of_course(people)
    held_out = rows["status"] == "hold_out"
    values = rows[latent].astype(float)
    assert stats.ks_2samp(values[held_out], values[~held_out]).pvalue > SMALLEST_P


def test_hold_outs_of_two_campaigns_are_independent(people):
    held_out = people.assign(held_out=people["status"] == "hold_out").pivot(
        index="contact_id", columns="campaign_id", values="held_out"
    )
    old = held_out.dropna().astype(float)
    correlation = old.corr().to_numpy()[np.triu_indices(len(CAMPAIGNS), 1)]
    # The largest of 91 correlations: 4.5 standard errors are exceeded once in 1,600 worlds.
    assert np.abs(correlation).max() < 4.5 / np.sqrt(len(old))


def test_objections_and_missing_opt_ins_are_honoured(small_world):
    said = small_world.life.expressed
    for plan, found in zip(CAMPAIGNS, small_world.decided, strict=True):
        if plan.by_post:
            assert not (found.contacted & refused_on(said, OFFERS_BY_POST, plan.day)).any()
        else:
            assert given_on(said, OFFERS_BY_EMAIL, plan.day)[found.contacted].all()


def test_nobody_is_contacted_before_joining(small_world):
    for plan, found in zip(CAMPAIGNS, small_world.decided, strict=True):
        assert (small_world.life.joined_day[found.status == CONTACTED] < plan.day).all()


def test_answers_are_recorded_for_contacted_customers_within_the_window(distorted):
    members = distorted.tables["campaign_members"].merge(distorted.tables["campaigns"])
    assert set(members["status"]) == set(STATUSES)
    assert not members["has_responded"][members["status"] != "contacted"].any()
    assert (members["first_responded_date"].notna() == members["has_responded"]).all()
    answered = members.dropna(subset="first_responded_date")
    assert (answered["first_responded_date"] >= answered["start_date"]).all()
    assert (answered["first_responded_date"] <= answered["end_date"]).all()


def test_distortions_never_touch_the_hold_out(clean, distorted):
    held_out = [c.tables["campaign_members"]["status"] == "hold_out" for c in (clean, distorted)]
    assert held_out[0].equals(held_out[1])
