"""Next best offer on the synthetic CRM."""

from __future__ import annotations

import pytest

from equipoise.crm import make_crm
from equipoise.models.offers import (
    assign_offers,
    factor_scores,
    popularity_scores,
    propensity_scores,
    rank_offers,
)


@pytest.fixture(scope="module")
def task():
    return make_crm(customers=2000, seed=4).task("next_category")


def test_what_a_customer_bought_says_more_than_what_is_popular(task):
    scores = factor_scores(task, factors=6, shrinkage=0.1)
    table = rank_offers(task, scores, top=3, seed=0).frame().set_index("measure")
    assert table.loc["discounted_gain", "difference_low"] > 0
    assert table.loc["coverage", ["value", "baseline"]].tolist() == [1.0, 0.5]


def test_offers_by_propensity_earn_more_than_as_many_by_popularity(task):
    limits = {"kitchen": 100, "textiles": 100}
    scores = propensity_scores(task, model="logistic", seed=0)
    found = assign_offers(task, scores, capacity=limits, budget_eur=15.0, seed=0)
    table = found.totals().set_index("measure")
    assert table.loc["offers", ["value", "baseline"]].tolist() == [300, 300]
    assert table.loc["recorded_margin_eur", "difference_low"] > 0
    again = assign_offers(
        task, popularity_scores(task), capacity=limits, budget_eur=15.0, seed=0
    ).totals()
    assert again["value"][4] == again["baseline"][4]
