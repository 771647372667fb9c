"""The best of many overstates itself where it was chosen, and not where it was not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from equipoise.tradeoff import Policy, choose
from equipoise.tradeoff._optimism import expected_optimism, optimism

CUSTOMERS, POLICIES, DRAWS = 6_000, 24, 60
# A fifth is contacted; one in five of them answers, which earns 15 € less 1 €; the rest cost 1 €.
TRUTH = 1_000 * 0.2 * (0.2 * 15 - 1)
ERROR = 1_000 * np.sqrt((0.2 * (0.2 * 14**2 + 0.8 * 1**2) - (TRUTH / 1_000) ** 2) / CUSTOMERS)


def customers(rng, policies=POLICIES, draws=DRAWS):
    """Return euros per 1,000 customers of equal policies, and on draws of the customers.

    Each policy contacts its own fifth; they agree on many, as models of the same customers do.
    """
    euros = 15.0 * (rng.random(CUSTOMERS) < 0.2) - 1.0
    shared, own = rng.standard_normal(CUSTOMERS), rng.standard_normal((policies, CUSTOMERS))
    score = np.sqrt(0.7) * shared + np.sqrt(0.3) * own
    first = CUSTOMERS // 5
    profit = euros * (score >= np.partition(score, -first, axis=1)[:, [-first]])
    weights = rng.poisson(1.0, (draws, CUSTOMERS))
    drawn = profit @ weights.T / weights.sum(axis=1)
    return 1_000 * np.c_[profit.mean(axis=1), drawn]


def swept(base, choosing, confirming):
    """Put profits, shape (policies, draws + 1), into a made-up sweep of one seed."""
    drawn = np.stack([choosing, confirming], axis=1).ravel()
    rows = base.rows.assign(profit_eur=choosing[:, 0])
    return dataclasses.replace(base, rows=rows, draws=base.draws.assign(profit_eur=drawn))


def test_the_best_of_24_equal_policies_overstates_itself_by_about_one_standard_error(sweep_of):
    base = sweep_of([{}] * POLICIES, replicates=DRAWS)
    rng = np.random.default_rng(5)
    told = []
    for _ in range(30):
        choice = choose(swept(base, customers(rng), customers(rng)), {})
        told.append(choice.optimism.iloc[0])
    error = np.array([row["standard_error"] for row in told])
    on_choose, on_confirm, found, expected = (
        np.array([row[name] for row in told])
        for name in ("on_choose", "on_confirm", "optimism", "estimate")
    )
    assert 0.9 < np.mean((on_choose - TRUTH) / error) < 1.4
    assert 0.9 < np.mean([row["in_standard_errors"] for row in told]) < 1.4
    assert found == pytest.approx(on_choose - on_confirm)
    assert 0.9 < np.mean(expected / error) < 1.4
    covered = [row["low"] <= row["on_choose"] - row["on_confirm"] <= row["high"] for row in told]
    assert all(covered)


def test_on_the_confirm_customers_the_best_of_many_neither_flatters_nor_belittles_itself(sweep_of):
    """Of 250 choices the mean is off by 0.06 standard errors of one; of 3,000 it was -0.003."""
    base = sweep_of([{}] * POLICIES, replicates=2)
    policies = [Policy.of(row) for row in base.policies().to_dict("records")]
    rng = np.random.default_rng(8)
    shown = []
    for _ in range(250):
        choosing, confirming = customers(rng, draws=2), customers(rng, draws=2)
        best = int(choosing[:, 0].argmax())
        feasible = [policies[best], *policies[:best], *policies[best + 1 :]]
        told = optimism(swept(base, choosing, confirming), feasible, "profit_eur").iloc[0]
        shown.append((told["on_choose"], told["on_confirm"]))
    on_choose, on_confirm = (np.mean(shown, axis=0) - TRUTH) / ERROR
    assert abs(on_confirm) < 0.18
    assert on_choose == pytest.approx(1.17, abs=0.15)


def test_a_limit_that_costs_nothing_seldom_has_a_price(sweep_of):
    base = sweep_of([{"epsilon": 1.0}, {"epsilon": 2.0}], replicates=DRAWS)
    rng = np.random.default_rng(6)
    notes = []
    for _ in range(30):
        choice = choose(swept(base, customers(rng, 2), customers(rng, 2)), {"epsilon": 1})
        notes.append(choice.shadow_prices["note"][0])
    assert notes.count("") <= 4  # 5 % of those that pick the other policy, and about 15 do
    assert notes.count("not resolvable: the interval contains zero") >= 8
    assert notes.count("0: the pick stays the same") >= 8


def test_the_optimism_is_told_in_euros_and_in_standard_errors(sweep_of):
    points = [{"profit_eur": 110.0}, {"profit_eur": 100.0}]
    confirm = [{"profit_eur": 98.0}, {"profit_eur": 100.0}]
    choice = choose(sweep_of(points, confirm=confirm, seeds=2, spread=6.0), {})
    (told,) = choice.optimism.to_dict("records")
    assert (told["measure"], told["note"]) == ("profit_eur", "")
    assert told["optimism"] == pytest.approx(12.0)
    assert told["low"] < 12.0 < told["high"]
    assert told["standard_error"] == pytest.approx(6 / np.sqrt(2), rel=0.15)  # two seeds' mean
    assert told["in_standard_errors"] == pytest.approx(12 / told["standard_error"])
    sentence = next(r for r in choice.reasons if r.startswith("The best of 2"))
    assert sentence == (
        "The best of 2 tends to flatter itself on the customers it was chosen on. There it shows 110 in "
        "profit in € per 1,000 decisions, on the confirm-customers 98. The difference, "
        f"+12 [{told['low']:.0f}, {told['high']:.0f}], is told apart from nothing. From the "
        f"choose-customers alone one would expect {told['estimate']:.0f}; a standard error of the first "
        f"figure is {told['standard_error']:.0f}."
    )


def test_a_single_policy_flatters_nothing_and_nobody_says_so(sweep_of):
    choice = choose(sweep_of([{}]), {})
    assert choice.optimism["estimate"].tolist() == [0.0]
    assert not any("flatter" in reason for reason in choice.reasons)


def test_what_is_not_estimable_is_not_zero(sweep_of):
    sweep = sweep_of([{"profit_eur": 1.0}, {"profit_eur": 2.0}])
    lost = sweep.draws["profit_eur"].where(sweep.draws["part"] == "choose")
    choice = choose(dataclasses.replace(sweep, draws=sweep.draws.assign(profit_eur=lost)), {})
    assert choice.optimism["note"].tolist() == ["not estimable (too few customers)"]
    assert choice.optimism.drop(columns=["measure", "note"]).isna().all(axis=None)


@pytest.mark.parametrize("apart", [0.0, 1.0, 3.0, 30.0])
def test_the_estimate_follows_how_far_the_policies_are_apart(apart):
    rng = np.random.default_rng(7)
    expected, found = [], []
    for _ in range(600):
        true = apart * rng.standard_normal(12)
        means = true + rng.standard_normal(12)
        best = means.argmax()
        found.append(means[best] - true[best])
        expected.append(expected_optimism(means, rng.standard_normal((60, 12))))
    assert np.mean(expected) == pytest.approx(np.mean(found), abs=0.15)
