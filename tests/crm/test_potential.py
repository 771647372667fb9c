import numpy as np
import pandas as pd
import pytest

from equipoise.crm._behaviour import RETAIL
from equipoise.crm._calendar import CAMPAIGNS, COURSE_CAMPAIGN
from equipoise.crm._life import live
from equipoise.crm._make import check_settings
from equipoise.crm._orders import Pace
from equipoise.crm._potential import PUT_OFF_IF_NO_AFFINITY, potential_outcomes
from equipoise.crm._schema import DAYS
from equipoise.crm._streams import Draws
from equipoise.crm.distortions import TimeShift

CUSTOMERS = 100_000
MAIL = next(plan for plan in CAMPAIGNS if plan.campaign_id == "sale_email_2026")


@pytest.fixture(scope="module")
def life():
    return live(Draws(2, 1, CUSTOMERS), check_settings([], RETAIL, "consent_less"))


def members_of(life, plan):
    frame = life.potential[CAMPAIGNS.index(plan)]
    return frame[life.joined_day < plan.day]


@pytest.mark.parametrize("plan", [CAMPAIGNS[2], MAIL, COURSE_CAMPAIGN], ids=lambda p: p.campaign_id)
@pytest.mark.parametrize("arm", ["if_contacted", "if_not_contacted"])
def test_probabilities_are_those_of_the_outcomes(life, plan, arm):
    campaign = members_of(life, plan)
    probability, outcome = campaign[f"order_probability_{arm}"], campaign[f"orders_{arm}"]
    deciles = pd.qcut(probability.rank(method="first"), 10, labels=False)
    surplus = (outcome - probability).groupby(deciles).sum()
    spread = np.sqrt((probability * (1 - probability)).groupby(deciles).sum())
    assert (surplus.abs() <= 4 * spread).all()


def test_probabilities_hold_after_a_time_shift_too():
    slower = TimeShift(dose=1.0, group=("gender", "woman"))
    shifted = live(Draws(2, 1, 40_000), check_settings([slower], RETAIL, "consent_less"))
    campaign = members_of(shifted, COURSE_CAMPAIGN)
    women = (shifted.individuals["gender"] == "woman")[campaign.index]
    for arm in ("if_contacted", "if_not_contacted"):
        probability = campaign[f"order_probability_{arm}"][women]
        surplus = (campaign[f"orders_{arm}"][women] - probability).sum()
        assert abs(surplus) < 4 * np.sqrt((probability * (1 - probability)).sum())


def test_whoever_left_never_orders_unprompted(life):
    campaign = members_of(life, COURSE_CAMPAIGN)
    assert not campaign["orders_if_not_contacted"][campaign["has_left"]].any()
    assert (campaign["order_probability_if_not_contacted"][campaign["has_left"]] == 0).all()
    assert campaign["orders_if_contacted"][campaign["has_left"]].any()


@pytest.mark.parametrize("plan", [MAIL, COURSE_CAMPAIGN], ids=lambda p: p.campaign_id)
def test_those_who_dislike_the_mail_are_put_off_with_the_stated_probability(life, plan):
    campaign = members_of(life, plan)
    would = campaign[campaign["orders_if_not_contacted"]]
    name = "post_affinity" if plan.by_post else "email_affinity"
    affinity = life.latents[name].to_numpy()[would.index]
    probability = PUT_OFF_IF_NO_AFFINITY[plan.type] * (1 - affinity)
    surplus = (~would["orders_if_contacted"] - probability).sum()
    assert abs(surplus) < 4 * np.sqrt((probability * (1 - probability)).sum())


def test_a_contact_persuades_many_and_puts_off_a_few(life):
    campaign = members_of(life, COURSE_CAMPAIGN)
    effect = campaign["orders_if_contacted"].astype(int) - campaign["orders_if_not_contacted"]
    assert 0.03 < effect.mean() < 0.10
    assert 0.002 < (effect < 0).mean() < 0.02


def test_the_effect_is_not_the_response(life):
    campaign = members_of(life, COURSE_CAMPAIGN)
    response = campaign["order_probability_if_contacted"]
    effect = response - campaign["order_probability_if_not_contacted"]
    by_response = effect.groupby(pd.qcut(response, 10, labels=False)).mean()
    assert by_response.iloc[-1] < by_response.max()


def outcomes(weight):
    draws = Draws(2, 1, 5000)
    life = live(draws, check_settings([], RETAIL, "consent_less"))
    pace = Pace(DAYS, np.ones(5000))
    own = np.full(5000, weight)
    return potential_outcomes(COURSE_CAMPAIGN, life.baseline, life.latents, pace, own, draws), life


def test_a_groups_own_way_is_mixed_in_by_its_weight():
    common, half, own = (
        outcomes(weight)[0]["order_probability_if_contacted"] for weight in (0.0, 0.5, 1.0)
    )
    np.testing.assert_allclose(half, (common + own) / 2, rtol=1e-12)
    assert not np.allclose(common, own)


def test_in_their_own_way_tastes_count_the_other_way_round():
    def slope(weight):
        frame, life = outcomes(weight)
        unprompted = frame["order_probability_if_not_contacted"]
        new = frame["has_left"] & (unprompted == 0)
        tastes = life.latents["price_sensitivity"] + life.latents["post_affinity"]
        persuaded = frame["order_probability_if_contacted"]
        return np.corrcoef(tastes[new], persuaded[new])[0, 1]

    assert slope(0.0) > 0.4
    assert slope(1.0) < -0.4


def test_a_groups_own_way_moves_no_unprompted_order():
    common, own = outcomes(0.0)[0], outcomes(1.0)[0]
    for name in ("has_left", "orders_if_not_contacted", "order_probability_if_not_contacted"):
        assert common[name].equals(own[name])


def test_nobody_moves_back_and_forth_as_the_weight_grows():
    steps = np.array([outcomes(w)[0]["orders_if_contacted"] for w in (0, 0.25, 0.5, 0.75, 1)])
    assert (np.abs(np.diff(steps.astype(int), axis=0)).sum(axis=0) <= 1).all()
