"""Offers under capacities, budget and contact rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.fairness.benefits import allocation_of
from equipoise.intervals import wilson
from equipoise.models.offers import (
    _planning,
    _prices,
    _solve,
    assign_offers,
    factor_scores,
    popularity_scores,
)
from equipoise.models.offers._earned import total_eur
from equipoise.task import Value


@pytest.fixture
def chance(drawn):
    return np.random.default_rng(0).random(len(drawn))


def cost_of(found, rule: str) -> pd.Series:
    return found.rules().set_index("rule").loc[rule]


def test_everybody_gets_their_best_offer_where_nothing_limits(drawn, chance):
    found = assign_offers(drawn, chance, item="item", seed=0)
    best = chance.reshape(60, 4).argmax(axis=1)
    worth = 10 * chance.reshape(60, 4).max(axis=1) - 1
    table = found.frame()
    assert list(table) == ["unit", "item", "probability", "expected_margin_eur"]
    kept = worth > 0
    assert table["item"].tolist() == [*np.array(list("abcd"))[best[kept]]]
    assert table["expected_margin_eur"].to_numpy() == pytest.approx(worth[kept])
    assert found.gap_eur == 0
    assert found.notes == ()


def test_no_offer_is_made_at_a_loss(drawn):
    found = assign_offers(drawn, np.full(240, 0.05), item="item", seed=0)
    assert found.frame().empty
    assert found.notes == ("no offer is made: none is expected to earn its cost",)
    assert found.totals()["value"].tolist() == [0] * 6
    assert not found.by_group()["offers"].any()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_the_rows_decides_nothing(drawn, seed):
    random = np.random.default_rng(seed)
    scores = random.integers(1, 5, 240) / 5
    order = random.permutation(240)
    asked = {"item": "item", "capacity": {"a": 5, "b": 9}, "budget_eur": 30, "seed": seed}
    one = assign_offers(drawn, scores, **asked)
    other = assign_offers(drawn.take(order), scores[order], **asked)
    assert (one.chosen[order] == other.chosen).all()
    assert one.frame().equals(other.frame())


def test_rules_are_kept_and_their_costs_are_what_they_forbid(drawn, chance):
    days = np.repeat(np.where(np.arange(60) % 3 == 0, 5.0, np.nan), 4)
    found = assign_offers(
        drawn,
        chance,
        item="item",
        capacity={"a": 4, "b": 60},
        budget_eur=20.5,
        min_probability=0.9,
        days_since_contact=days,
        rest_days=30,
        seed=0,
    )
    table = found.frame()
    assert len(table) <= 20
    assert (table["item"] == "a").sum() <= 4
    assert table["probability"].min() >= 0.9
    assert not table["unit"].isin([f"c{k:04d}" for k in range(0, 60, 3)]).any()
    rules = found.rules()
    assert rules["rule"].tolist() == [
        "per_customer",
        "capacity",
        "capacity",
        "budget_eur",
        "min_probability",
        "contact",
    ]
    assert (rules["cost_eur"] >= 0).all()
    assert rules.loc[2, ["setting", "cost_eur", "note"]].tolist() == [
        "b: at most 60",
        0,
        "not at its limit",
    ]
    free = assign_offers(
        drawn, chance, item="item", capacity={"a": 4, "b": 60}, budget_eur=20.5,
        min_probability=0.9, seed=0,
    )  # fmt: skip
    expected = free.frame()["expected_margin_eur"].sum()
    assert cost_of(found, "contact")["margin_without_eur"] == pytest.approx(expected)


def test_more_places_and_more_money_never_earn_less(drawn, chance):
    earned = [
        assign_offers(drawn, chance, item="item", capacity={"a": n, "b": n}, budget_eur=m, seed=0)
        .frame()["expected_margin_eur"]
        .sum()
        for n, m in [(0, 5), (3, 5), (3, 30), (20, 30), (60, np.inf)]
    ]
    assert earned == sorted(earned)


def test_the_budget_of_the_task_holds_unless_another_is_given(posed):
    value = Value(won_per_positive=10, cost_per_contact=1, budget_eur=3)
    task, scores = posed(np.ones((20, 2)), value=value), np.linspace(0.2, 1, 40)
    for given_, offers in ((None, 3), (7.5, 7), (np.inf, 20)):
        found = assign_offers(task, scores, item="item", budget_eur=given_, seed=0)
        assert len(found.frame()) == offers


def test_a_sum_of_cents_pays_for_as_many_contacts_as_it_says(posed):
    task = posed(np.ones((20, 2)), value=Value(won_per_positive=10, cost_per_contact=0.1))
    found = assign_offers(task, np.ones(40), item="item", budget_eur=0.3, seed=0)
    assert len(found.frame()) == 3


def test_who_was_contacted_exactly_so_long_ago_may_be_contacted(posed):
    days = np.repeat([29.0, 30.0, np.nan], 2)
    found = assign_offers(
        posed(np.ones((3, 2))), np.ones(6), item="item", days_since_contact=days, rest_days=30,
        seed=0,
    )  # fmt: skip
    assert found.frame()["unit"].tolist() == ["c0001", "c0002"]


def test_what_has_no_row_is_never_offered(posed):
    task = posed(np.ones((3, 2)), rows=[0, 1, 2, 5])
    found = assign_offers(task, np.ones(4), item="item", per_customer=2, partial=True, seed=0)
    assert found.chosen.tolist() == [True] * 4


def test_totals_stand_beside_those_of_popularity(posed):
    y = np.tile([[1, 0], [1, 0], [0, 1]], (20, 1))
    value = Value(
        won_per_positive=10, cost_per_contact=1, opt_outs_per_contact=0.1, lost_per_opt_out=5
    )
    found = assign_offers(posed(y, value=value), 0.8 * y.ravel(), item="item", seed=0)
    table = found.totals().set_index("measure")
    assert table["value"].to_dict() == pytest.approx(
        {
            "offers": 60,
            "customers": 60,
            "cost_eur": 60,
            "expected_margin_eur": 60 * 7,
            "recorded_margin_eur": 60 * 9,
            "trust_lost_eur": 30,
        }
    )
    assert table.loc["recorded_margin_eur", "baseline"] == 40 * 9 - 20
    assert np.isnan(table.loc["expected_margin_eur", "baseline"])
    low, difference, high = table.loc[
        "recorded_margin_eur", ["difference_low", "difference", "difference_high"]
    ]
    assert 0 < low < difference == 200 < high
    assert table["note"].unique().tolist() == [""]


def test_totals_of_few_customers_are_counted_without_an_interval(posed):
    table = assign_offers(posed(np.eye(4, 2)), np.ones(8), item="item", seed=0).totals()
    row = table.set_index("measure").loc["recorded_margin_eur"]
    assert row["note"] == "not estimable (n=4)"
    assert np.isnan(row["low"]) and np.isfinite(row["value"])


def test_intervals_of_totals_cover_the_truth():
    random, covered = np.random.default_rng(1), 0
    for _ in range(400):
        amounts = np.where(random.random(150) < 0.08, 11.0, -1.0) * (random.random(150) < 0.6)
        _, low, high = total_eur(amounts)
        covered += low <= 150 * 0.6 * (0.08 * 11 - 0.92) <= high
    assert covered / 400 > 0.93


def test_groups_and_items_sum_to_the_offers(drawn, chance):
    found = assign_offers(drawn, chance, item="item", capacity={"c": 7}, per_customer=2, seed=0)
    groups, items = found.by_group(), found.items()
    assert groups["offers"].sum() == items["offers"].sum() == len(found.frame())
    for table in (groups, items):
        total = found.frame()["expected_margin_eur"].sum()
        assert table["expected_margin_eur"].sum() == pytest.approx(total)
    row = groups.iloc[2]
    assert [row["share"], row["low"], row["high"]] == pytest.approx(list(wilson(row["offers"], 30)))
    assert items["capacity"].to_numpy()[2] == 7
    assert items["capacity"].isna().sum() == 3


def test_offers_can_be_read_as_an_allocation(drawn, chance):
    found = assign_offers(drawn, chance, item="item", seed=0)
    table = allocation_of(drawn, found.chosen).frame()
    contacts = table[table["measure"] == "contacts"]
    assert contacts["total"].sum() == len(found.frame())
    assert found.totals()["value"][4] == drawn.profit_eur(found.chosen).sum()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"capacity": {"a": -1}},
            "capacity['a'] must be a whole number of at least 0, got -1. "
            "Use 0 to offer it to nobody; leave it out for no limit.",
        ),
        (
            {"capacity": {"z": 3}},
            "capacity must be a known name, got 'z'. Known: 'a', 'b', 'c', 'd'.",
        ),
        (
            {"capacity": [3]},
            "capacity must map items to numbers, got list. Write {'garden': 500}.",
        ),
        (
            {"capacity": dict.fromkeys("abcd", 0)},
            "capacity must leave at least one offer, got 0 for every item. "
            "Raise one, or leave it out for no limit.",
        ),
        (
            {"budget_eur": 0.99},
            "budget_eur must pay for one contact at least, got 0.99 at 1 a contact. "
            "Raise the budget, or leave it out.",
        ),
        (
            {"per_customer": 0},
            "per_customer must be a whole number of at least 1, got 0. Use 1 or 2.",
        ),
        (
            {"min_probability": 1.2},
            "min_probability must be a number in [0, 1], got 1.2. Give a plain number.",
        ),
        (
            {"rest_days": 30},
            "days_since_contact must be given with rest_days, got nothing. Pass both, or neither.",
        ),
        (
            {"days_since_contact": np.zeros(240)},
            "rest_days must be given with days_since_contact, got nothing. Pass both, or neither.",
        ),
        (
            {"days_since_contact": np.full(240, -1.0), "rest_days": 30},
            "days_since_contact must not be negative, got negative ones in 240 of 240 rows. "
            "Count from the last contact before the offer; leave blank who had none.",
        ),
        (
            {"days_since_contact": np.arange(240), "rest_days": 30},
            "days_since_contact must be one number a customer, got several days for one customer. "
            "Keep the last contact of each customer.",
        ),
        (
            {"days_since_contact": ["new"] * 240, "rest_days": 30},
            "days_since_contact must be numbers, got str. Count the days first.",
        ),
        (
            {"days_since_contact": np.zeros(240), "rest_days": 30},
            "rules must permit at least one offer, got all customers still resting. "
            "Lower rest_days.",
        ),
        (
            {"min_probability": 1.0},
            "rules must permit at least one offer, got all offers below min_probability. "
            "Lower it, or pass probabilities of the outcome.",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(drawn, chance, asked, told):
    with pytest.raises(InputError) as error:
        assign_offers(drawn, chance, item="item", seed=0, **asked)
    assert str(error.value) == told


def test_an_order_and_a_task_without_euros_are_refused(drawn, posed):
    order = factor_scores(drawn, "item", history="bought_before", factors=2, shrinkage=0.1)
    with pytest.raises(InputError, match="Use propensity_scores: an order has no euros"):
        assign_offers(drawn, order, item="item", seed=0)
    with pytest.raises(InputError) as error:
        assign_offers(posed(np.eye(2), value=None), np.ones(4), item="item", seed=0)
    assert str(error.value) == (
        "value must be given to weigh offers, got none. "
        "Add won_per_positive and cost_per_contact to the task file."
    )


def test_example_euros_are_told(posed):
    value = Value(won_per_positive=10, cost_per_contact=1, source="example")
    task = posed(np.ones((12, 2)), value=value)
    found = assign_offers(task, popularity_scores(task, "item"), item="item", seed=0)
    assert found.notes == ("example euros that nobody has confirmed",)


def test_a_gap_to_the_best_is_told(posed, monkeypatch):
    random = np.random.default_rng(8)
    task, scores = posed(np.ones((300, 3))), random.random(900)
    asked = {"item": "item", "capacity": {"a": 40, "b": 50, "c": 60}, "budget_eur": 140, "seed": 0}
    best = assign_offers(task, scores, **asked)
    for module, name in ((_solve, "FIRST_FREE"), (_prices, "SWEEPS")):
        monkeypatch.setattr(module, name, 1)
    monkeypatch.setattr(_solve, "MOST_FREE", 0)
    rough = assign_offers(task, scores, **asked)
    missed = best.solution.margin_eur - rough.solution.margin_eur
    assert 0 <= missed <= rough.gap_eur
    told = f"within {rough.gap_eur:.2f} EUR of the best: too many offers are nearly alike"
    assert rough.notes == (told,)
    assert rough.rules()["note"][0] == "an assignment within the gap may be better"


def test_more_pairs_than_memory_holds_are_refused(drawn, chance, monkeypatch):
    monkeypatch.setattr(_planning, "MOST_CELLS", 200)
    with pytest.raises(InputError) as error:
        assign_offers(drawn, chance, item="item", seed=0)
    assert str(error.value) == (
        "task must have at most 200 pairs of customers and items, got 240. "
        "Assign fewer items at a time."
    )
