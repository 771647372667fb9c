"""Regret: nobody earns more than the oracle, and every policy knows how much less it earns."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.models.value._regret import Regret, regret
from equipoise.task import Task, TaskFile, Value

VALUE = Value(won_per_positive=35, discount_per_positive=14, cost_per_contact=0.9)
FILE = TaskFile(
    name="campaign",
    source={"file": "none"},
    unit="id",
    outcome={"column": "ordered", "positive": "1", "negative": "0"},
    groups={"band": {"reference": "a"}},
    features={"x": {"type": "number", "bounds": (-9, 9)}},
    value=VALUE,
)
COLUMNS = [
    "policy",
    "contacts",
    "share",
    "profit_eur",
    "low",
    "high",
    "per_1000_eur",
    "share_of_oracle",
    "regret_eur",
    "regret_low",
    "regret_high",
    "regret_same_contacts_eur",
    "note",
]


def posed(with_contact, without, *, unit=None, value=VALUE):
    n = len(with_contact)
    task = Task(
        X=pd.DataFrame({"x": np.zeros(n)}),
        y=np.zeros(n, dtype=int),
        groups=pd.DataFrame(index=range(n)),
        unit=pd.Series(np.arange(n) if unit is None else unit, name="id"),
        file=FILE.model_copy(update={"value": value}),
    )
    truth = {
        "order_probability_if_contacted": with_contact,
        "order_probability_if_not_contacted": without,
    }
    return task, pd.DataFrame(truth)


def drawn(seed, n, unit=None):
    rng = np.random.default_rng(seed)
    without = rng.beta(1, 6, n)
    with_contact = np.clip(without + rng.beta(1, 4, n) - 0.05, 0, 1)
    task, truth = posed(with_contact, without, unit=unit)
    return rng, task, truth, 21 * with_contact - 35 * without - 0.9


def by_name(found):
    return found.frame().set_index("policy")


def test_the_table_by_hand():
    # Contacts earn 9.1, 0.15, -3.4 and -12.4 euros more than leaving alone.
    task, truth = posed([0.56, 0.05, 0.05, 0.45], [0.05, 0.0, 0.10143, 0.6], value=VALUE)
    gains = 21 * truth.iloc[:, 0] - 35 * truth.iloc[:, 1] - 0.9
    found = regret(task, {"first and last": [True, False, False, True]}, truth)
    frame = by_name(found)
    assert [*found.frame()] == COLUMNS and found.most_contacts is None
    assert frame.index.tolist() == ["first and last", "oracle", "everybody", "nobody"]
    assert frame["contacts"].tolist() == [2, 2, 4, 0]
    expected = [gains[0] + gains[3], gains[0] + gains[1], gains.sum(), 0]
    np.testing.assert_allclose(frame["profit_eur"], expected)
    np.testing.assert_allclose(frame["regret_eur"], expected[1] - np.array(expected))
    np.testing.assert_allclose(frame["share_of_oracle"], np.array(expected) / expected[1])
    same = [gains[1] - gains[3], 0, 0, 0]
    np.testing.assert_allclose(frame["regret_same_contacts_eur"], same, atol=1e-9)
    assert frame["low"].isna().all() and set(frame["note"]) == {"no interval (n=4)"}


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.data())
def test_no_choice_within_the_budget_earns_more_than_the_oracle(seed, n, data):
    _, task, truth, gains = drawn(seed, n)
    most = data.draw(st.integers(1, n))
    found = regret(task, {}, truth, budget=most / n)
    choices = (
        gains[list(rows)].sum() for k in range(most + 1) for rows in combinations(range(n), k)
    )
    assert found.most_contacts == most
    assert by_name(found).loc["oracle", "profit_eur"] == pytest.approx(max(choices))


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0, 1))
def test_regret_is_never_negative_and_as_many_others_are_a_part_of_it(seed, n, sure):
    rng, task, truth, gains = drawn(seed, n)
    chance = np.where(rng.random(n) < sure, rng.random(n) < 0.5, rng.random(n)).astype(float)
    frame = by_name(regret(task, {"drawn": chance}, truth))
    assert (frame["regret_eur"] >= -1e-9).all()
    assert (frame["regret_same_contacts_eur"] >= 0).all()
    assert (frame["regret_same_contacts_eur"] <= frame["regret_eur"] + 1e-9).all()
    assert frame.loc["drawn", "profit_eur"] == pytest.approx(chance @ gains)
    assert (
        frame.loc["nobody", ["contacts", "profit_eur", "low", "high"]].fillna(0).tolist() == [0] * 4
    )
    assert frame.loc["oracle", "regret_eur"] == 0


def test_as_many_by_chance_are_measured_against_parts_of_rows():
    task, truth = posed([0.9, 0.5, 0.1], [0.0, 0.0, 0.0])
    frame = by_name(regret(task, {"coin": np.full(3, 0.5)}, truth))
    gains = 21 * np.array([0.9, 0.5, 0.1]) - 0.9
    best = gains[0] + 0.5 * gains[1]
    expected = best - 0.5 * gains.sum()
    assert frame.loc["coin", "regret_same_contacts_eur"] == pytest.approx(expected)


def test_a_policy_above_the_budget_stays_with_a_note():
    _, task, truth, _ = drawn(1, 100)
    frame = by_name(regret(task, {"half": np.full(100, 0.5)}, truth, budget=0.2))
    told = "contacts more than the budget allows"
    assert frame["note"].to_dict() == {"half": told, "oracle": "", "everybody": told, "nobody": ""}
    assert frame.loc["oracle", "contacts"] == 20


def test_the_budget_of_the_task_holds_where_none_is_given():
    _, _, truth, _ = drawn(1, 100)
    value = VALUE.model_copy(update={"budget_eur": 9.1})
    limited, _ = posed(*truth.to_numpy().T, value=value)
    assert regret(limited, {}, truth).most_contacts == 10
    assert regret(limited, {}, truth, budget=0.3).most_contacts == 30
    free = value.model_copy(update={"cost_per_contact": 0.0})
    assert regret(posed(*truth.to_numpy().T, value=free)[0], {}, truth).most_contacts is None
    large = value.model_copy(update={"budget_eur": 1e6})
    assert regret(posed(*truth.to_numpy().T, value=large)[0], {}, truth).most_contacts == 100


def test_a_world_in_which_nobody_is_worth_a_contact():
    task, truth = posed(np.full(20, 0.2), np.full(20, 0.2))
    frame = by_name(regret(task, {}, truth))
    assert frame.loc["oracle", ["contacts", "profit_eur"]].tolist() == [0, 0]
    assert frame["share_of_oracle"].isna().all()
    assert frame.loc["everybody", "regret_eur"] == pytest.approx(20 * (0.2 * 14 + 0.9))


def test_intervals_are_over_customers_and_not_their_rows():
    rng, task, truth, _ = drawn(3, 200)
    twice = np.repeat(np.arange(200), 2)
    repeated, longer = posed(*truth.to_numpy()[twice].T, unit=twice)
    chosen = rng.random(200) < 0.4
    names = ["profit_eur", "low", "high", "regret_eur", "regret_low", "regret_high"]
    once = by_name(regret(task, {"some": chosen}, truth))[names]
    both = by_name(regret(repeated, {"some": chosen[twice]}, longer))[names]
    np.testing.assert_allclose(both, 2 * once)


def test_intervals_hold_what_policies_earn_of_other_customers():
    held = []
    for seed in range(150):
        _, task, truth, _ = drawn(seed, 300)
        chosen = truth["order_probability_if_contacted"].to_numpy() > 0.3
        row = by_name(regret(task, {"likely": chosen}, truth)).loc["likely"]
        held.append(
            (
                row["low"],
                row["profit_eur"],
                row["high"],
                row["regret_low"],
                row["regret_high"],
                row["regret_eur"],
            )
        )
    low, profit, high, regret_low, regret_high, lost = np.array(held).T
    assert 0.9 <= np.mean((low <= profit.mean()) & (profit.mean() <= high)) <= 0.99
    assert 0.9 <= np.mean((regret_low <= lost.mean()) & (lost.mean() <= regret_high)) <= 0.99


def test_seeds_are_averaged_with_the_interval_of_their_spread():
    found = {}
    for seed in (1, 2, 3):
        rng, task, truth, _ = drawn(seed, 50)
        found[seed] = regret(task, {"some": rng.random(50) < 0.4}, truth)
    frame = Regret.over_seeds(found).set_index("policy")
    profits = np.array([by_name(each).loc["some", "profit_eur"] for each in found.values()])
    half = 4.302653 * profits.std(ddof=1) / np.sqrt(3)
    row = frame.loc["some"]
    assert row["seeds"] == 3 and row["note"] == ""
    np.testing.assert_allclose(
        row[["profit_eur", "low", "high"]].astype(float),
        profits.mean() + np.array([0, -half, half]),
        rtol=1e-6,
    )
    alone = Regret.over_seeds({1: found[1]})
    assert alone["low"].isna().all() and set(alone["note"]) == {"not estimable (seeds=1)"}


def refusal(call, *args, **asked):
    with pytest.raises(InputError) as caught:
        call(*args, **asked)
    return str(caught.value)


def test_seeds_of_other_policies_are_refused():
    _, task, truth, _ = drawn(1, 20)
    one, other = (regret(task, {name: np.ones(20)}, truth) for name in ("one", "other"))
    assert refusal(Regret.over_seeds, {1: one, 2: other}) == (
        "results must have the same policies in every seed, got others in seed 2. Compute each "
        "seed with the same names in the same order."
    )
    assert refusal(Regret.over_seeds, {}) == (
        "results must hold at least one seed, got none. Pass for example {7: regret(...)}."
    )


def test_bad_input_is_refused():
    _, task, truth, _ = drawn(1, 20)
    assert refusal(regret, task, {"oracle": np.ones(20)}, truth) == (
        "policies must not have the names oracle, everybody and nobody, got 'oracle'. Rename it: "
        "these three are always in the table."
    )
    assert refusal(regret, task, {"some": np.ones(3)}, truth) == (
        "policies['some'] must have one value for each row of the task, got 3 for 20 rows. Pass "
        "the rows of the same task in the same order."
    )
    assert refusal(regret, task, {}, truth, budget=0.01) == (
        "budget must pay for one contact at least, got 0.01 of 20 rows. Use 0.05 or more."
    )
    for odd in (0, 1.5, float("nan"), "half"):
        assert refusal(regret, task, {}, truth, budget=odd) == (
            f"budget must be a number in (0, 1], got {odd!r}. Pass a share of the rows such as "
            "0.2, or None for no limit."
        )
    without, _ = posed(*truth.to_numpy().T, value=None)
    assert refusal(regret, without, {}, truth) == (
        "task must have euros, got value: None. Write won_per_positive and cost_per_contact under "
        "`value` in the task file."
    )
