"""Expected margin: what a policy earns if only so much may be spent on contacts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.models.value._margin import GROSS, expected_margin

MEASURES = ["contacts", "spent_eur", "discount_eur", "profit_eur", "expected_profit_eur"]
MEASURES += ["overstated_eur", "opt_outs", "complaints", "trust_lost_eur"]
EUROS = {"won_per_positive": 35, "discount_per_positive": 14, "cost_per_contact": 0.9}


def chances(drawn, n=400, seed=1, decimals=9):
    scores, y = drawn(n, seed=seed, decimals=decimals)
    return 1 / (1 + np.exp(2 - 1.2 * scores)), y


def values(found) -> pd.Series:
    return found.frame().set_index("measure")["value"]


def test_without_a_budget_the_decision_stands(posed, drawn):
    scores, y = chances(drawn)
    task = posed(y)
    found = expected_margin(task, scores)
    contacted = task.decide(scores, seed=0)
    frame = found.frame()
    assert list(frame) == ["measure", "value", "low", "high", "note"]
    assert frame["measure"].tolist() == MEASURES
    assert (found.contacted == contacted).all()
    told = values(found)
    assert told["contacts"] == 80
    assert told["spent_eur"] == pytest.approx(72)
    assert told["discount_eur"] == pytest.approx(14 * y[contacted].sum())
    assert told["profit_eur"] == pytest.approx(task.profit_eur(contacted).sum())
    assert told["expected_profit_eur"] == pytest.approx((scores * 21 - 0.9)[contacted].sum())
    over = told["expected_profit_eur"] - told["profit_eur"]
    assert told["overstated_eur"] == pytest.approx(over)
    assert found.parameters["budget_eur"] is None
    assert found.notes == ()
    estimated = frame.set_index("measure").loc[["discount_eur", "profit_eur", "overstated_eur"]]
    assert (estimated["low"] < estimated["value"]).all()
    assert (estimated["high"] > estimated["value"]).all()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.9, 400))
def test_a_budget_is_never_overspent_and_the_highest_scores_come_first(posed, drawn, seed, budget):
    scores, y = chances(drawn, n=60, seed=seed, decimals=1)
    task = posed(y, decision={"top_share": 0.7})
    found = expected_margin(task, scores, budget_eur=budget)
    told = values(found)
    assert told["spent_eur"] <= budget * (1 + 1e-9)
    assert told["contacts"] == pytest.approx(min(42, budget // 0.9))
    assert found.contacted.sum() == pytest.approx(told["contacts"])
    taken = scores[found.contacted == 1]
    left = scores[found.contacted == 0]
    if len(taken) and len(left):
        assert taken.min() > left.max()
    order = np.random.default_rng(seed).permutation(60)
    turned = expected_margin(
        posed(y[order], decision={"top_share": 0.7}), scores[order], budget_eur=budget
    )
    assert turned.contacted == pytest.approx(found.contacted[order])
    assert values(turned).tolist() == pytest.approx(told.tolist())


def test_the_task_s_budget_holds_unless_another_is_given(posed, drawn):
    scores, y = chances(drawn)
    task = posed(y, value=EUROS | {"budget_eur": 9})
    found = expected_margin(task, scores)
    assert values(found)["contacts"] == 10
    assert found.parameters["budget_eur"] == 9
    assert found.notes == ("the budget pays for 10 of the 80 contacts that the decision selects",)
    assert values(expected_margin(task, scores, budget_eur=18))["contacts"] == 20
    free = posed(y, value=EUROS | {"cost_per_contact": 0, "budget_eur": 0.01})
    assert values(expected_margin(free, scores))["contacts"] == 80


def test_a_budget_for_just_so_many_contacts_pays_for_them(posed, drawn):
    scores, y = chances(drawn)
    task = posed(y, value=EUROS | {"cost_per_contact": 0.1})
    for count in (1, 3, 7, 29, 57):
        assert values(expected_margin(task, scores, budget_eur=count * 0.1))["contacts"] == count
    assert values(expected_margin(task, scores, budget_eur=0.3))["contacts"] == 3


def test_a_budget_left_over_is_not_spent_on_contacts_that_cost_more_than_they_win(posed, drawn):
    scores, y = chances(drawn)
    task = posed(y, decision={"max_profit": True})
    found = expected_margin(task, scores, budget_eur=10_000)
    assert values(found)["contacts"] == (scores * 21 > 0.9).sum()


def test_trust_lost_stands_apart_from_profit(posed, drawn):
    scores, y = chances(drawn)
    rates = {
        "opt_outs_per_contact": 0.02,
        "lost_per_opt_out": 50,
        "complaints_per_contact": 0.01,
        "lost_per_complaint": 10,
    }
    told = values(expected_margin(posed(y, value=EUROS | rates), scores))
    assert told[["opt_outs", "complaints", "trust_lost_eur"]].tolist() == pytest.approx(
        [1.6, 0.8, 88]
    )
    assert told["profit_eur"] == values(expected_margin(posed(y), scores))["profit_eur"]


def test_a_model_that_promises_too_much_is_found_out_and_an_honest_one_is_not(posed, drawn):
    scores, y = chances(drawn, n=2000)
    task = posed(y)
    honest = expected_margin(task, scores).frame().set_index("measure").loc["overstated_eur"]
    assert honest["low"] < 0 < honest["high"]
    loud = expected_margin(task, scores, probabilities=np.sqrt(scores))
    assert loud.frame().set_index("measure").loc["overstated_eur", "low"] > 0
    assert (loud.contacted == expected_margin(task, scores).contacted).all()


def test_where_the_treatment_is_known_gross_expectations_say_so(posed):
    random = np.random.default_rng(3)
    n = 4000
    left, moved = np.full(n, 0.06), np.full(n, 0.16)
    treated = random.random(n) < 0.7
    y = random.random(n) < np.where(treated, moved, left)
    task = posed(y, treatment=treated.astype(int), probability=0.7)
    scores = random.random(n)
    gross = expected_margin(task, scores, probabilities=moved).frame().set_index("measure")
    assert gross.loc["expected_profit_eur", "note"] == GROSS
    assert gross.loc["overstated_eur", "low"] > 0
    net = expected_margin(task, scores, probabilities=moved, probabilities_if_left=left)
    net = net.frame().set_index("measure")
    assert net.loc["expected_profit_eur", "value"] == pytest.approx(
        800 * (0.16 * 21 - 0.06 * 35 - 0.9)
    )
    assert net.loc["overstated_eur", "low"] < 0 < net.loc["overstated_eur", "high"]
    assert net.loc["profit_eur"].equals(gross.loc["profit_eur"])


def test_few_contacts_have_no_interval(posed, drawn):
    scores, y = chances(drawn)
    frame = expected_margin(posed(y), scores, budget_eur=4).frame().set_index("measure")
    assert frame.loc["profit_eur", "note"] == "not estimable (n=4)"
    assert np.isnan(frame.loc["profit_eur", "low"])


def refusal(call) -> str:
    with pytest.raises(InputError) as refused:
        call()
    return str(refused.value)


def test_what_cannot_be_weighed_is_refused(posed, drawn):
    scores, y = chances(drawn, n=40)
    task = posed(y)
    assert refusal(lambda: expected_margin(task, scores, budget_eur=0.5)) == (
        "budget_eur must pay for one contact at least, got 0.5 at 0.9 a contact. "
        "Raise the budget, or leave it out."
    )
    for budget, shown in ((-3, "-3"), (0, "0"), (np.nan, "nan"), ("9", "'9'")):
        assert refusal(lambda budget=budget: expected_margin(task, scores, budget_eur=budget)) == (
            f"budget_eur must be a number in (0, 1.79769e+308], got {shown}. "
            "Give euros for as many rows as the task has."
        )
    assert refusal(lambda: expected_margin(task, 2 + scores)) == (
        "scores must lie in 0..1, got something else in 40 of 40 rows. "
        "Pass `probabilities` of the positive outcome beside scores that are none."
    )
    assert refusal(lambda: expected_margin(task, scores, probabilities=scores - 2)) == (
        "probabilities must lie in 0..1, got something else in 40 of 40 rows. "
        "Pass probabilities, not ranks or margins."
    )
    assert refusal(lambda: expected_margin(task, scores, probabilities=scores[1:])) == (
        "y and probabilities must have the same number of rows, got 40 and 39. "
        "Pass the rows of the same customers in the same order."
    )
    assert refusal(lambda: expected_margin(posed(y, value=None), scores)).startswith(
        "task must say what an outcome and a contact are worth"
    )
