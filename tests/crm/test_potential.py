import numpy as np
import pandas as pd
import pytest

from equipoise.crm import make_crm


@pytest.fixture(scope="module")
def campaign():
    return make_crm(customers=40_000, seed=2).truth.campaign


@pytest.mark.parametrize("arm", ["if_contacted", "if_not_contacted"])
def test_probabilities_are_those_of_the_outcomes(campaign, arm):
    probability = campaign[f"order_probability_{arm}"]
    outcome = campaign[f"orders_{arm}"]
    bands = pd.cut(probability, [0, 0.02, 0.05, 0.1, 0.2, 0.4, 1.0], include_lowest=True)
    surplus = (outcome - probability).groupby(bands).sum()
    spread = np.sqrt((probability * (1 - probability)).groupby(bands).sum())
    assert (surplus.abs() < 4 * spread).all()


def test_whoever_left_never_orders_unprompted(campaign):
    assert not campaign["orders_if_not_contacted"][campaign["has_left"]].any()


def test_a_contact_persuades_many_and_puts_off_a_few(campaign):
    effect = campaign["orders_if_contacted"].astype(int) - campaign["orders_if_not_contacted"]
    assert 0.02 < effect.mean() < 0.05
    assert 0.002 < (effect < 0).mean() < 0.02


def test_the_effect_is_not_the_response(campaign):
    response = campaign["order_probability_if_contacted"]
    effect = response - campaign["order_probability_if_not_contacted"]
    assert abs(np.corrcoef(effect, response)[0, 1]) < 0.4
    by_response = effect.groupby(pd.qcut(response, 10, labels=False)).mean()
    assert by_response.iloc[-1] < by_response.max()
