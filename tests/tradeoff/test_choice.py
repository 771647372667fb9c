"""A choice keeps its limits, says why, and is measured where it did not look."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.tradeoff import Policy, choose
from equipoise.tradeoff.facts import nearest_limit

INF = float("inf")


def test_the_best_within_the_limits_is_picked(sweep_of):
    result = sweep_of(
        [
            {"profit_eur": 9.0, "selection_gap": 0.3},
            {"profit_eur": 7.0, "selection_gap": 0.1, "epsilon": 2.0},
            {"profit_eur": 8.0, "selection_gap": 0.1, "epsilon": 1.0, "auc": 0.4},
            {"profit_eur": 6.0, "selection_gap": 0.1, "epsilon": 1.0},
        ]
    )
    choice = choose(result, {"epsilon": 2, "selection_gap": 0.1})
    assert choice.policy == Policy("m2", "none", 1.0)
    assert choice.limits == {"epsilon": 2.0, "selection_gap": 0.1}
    assert choice.reasons[:2] == (
        "3 of 4 policies satisfy epsilon ≤ 2 and selection_gap ≤ 0.1 on the choose-customers.",
        "m2, epsilon 1 is the pick: its profit in € per 1,000 decisions is the highest among "
        "them, 8.",
    )
    assert choice.reasons[2].startswith("The runner-up is m1, epsilon 2. On the confirm-customers")
    floors = choose(result, {"auc": 0.5, "epsilon": 1})
    assert floors.policy == Policy("m3", "none", 1.0)
    assert list(choice.given_up["measure"]) == ["profit_eur", "auc"]
    assert choice.given_up["value"].tolist() == pytest.approx([-1.0, -0.1])


def test_ties_go_to_the_smaller_epsilon_then_to_the_order_of_the_plan(sweep_of):
    result = sweep_of([{"epsilon": 3.0}, {"epsilon": 1.0}, {"epsilon": 1.0}])
    assert choose(result, {}).policy == Policy("m1", "none", 1.0)


def test_without_limits_nothing_is_given_up(sweep_of):
    choice = choose(sweep_of([{"profit_eur": 1.0}, {"profit_eur": 2.0}]), {})
    assert choice.policy == Policy("m1", "none", INF)
    assert choice.reasons[0] == "No limits were given, so all 2 policies are compared."
    assert choice.given_up.empty


def test_another_measure_may_be_maximised(sweep_of):
    result = sweep_of([{"profit_eur": 2.0, "lift_at_10": 1.0}, {"lift_at_10": 3.0}])
    choice = choose(result, {}, maximise="lift_at_10")
    assert choice.policy == Policy("m1", "none", INF)
    assert choice.reasons[2] == "The runner-up is m0, not private."


def test_what_is_not_estimable_satisfies_no_limit(sweep_of):
    result = sweep_of(
        [{"profit_eur": 9.0, "selection_gap": np.nan}, {"profit_eur": 1.0}, {"profit_eur": np.nan}]
    )
    assert choose(result, {"selection_gap": 1.0}).policy == Policy("m1", "none", INF)
    assert choose(result, {}).candidates["feasible"].tolist() == [True, True, False]
    blind = sweep_of([{"selection_gap": np.nan}] * 2)
    choice = choose(blind, {"selection_gap": 0.5})
    assert choice.policy is None
    assert choice.reasons == (
        "selection_gap is not estimable for any policy, so none can be shown to satisfy it.",
    )


LIMITS = ("profit_eur", "selection_gap", "epsilon")
FIGURES = st.sampled_from([0.1, 0.2, 0.3, 0.4])


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    points=st.lists(st.fixed_dictionaries(dict.fromkeys(LIMITS, FIGURES)), min_size=1, max_size=5),
    limits=st.fixed_dictionaries(dict.fromkeys(LIMITS, FIGURES)),
)
def test_relaxations_are_the_nearest_ones(sweep_of, points, limits):
    def kept(point, name, limit):
        return point[name] >= limit if name == "profit_eur" else point[name] <= limit

    result = sweep_of(points, only_rows=True)
    if any(all(kept(p, n, limits[n]) for n in LIMITS) for p in points):
        return
    choice = choose(result, limits)
    assert choice.policy is None and choice.confirm.empty and choice.given_up.empty
    expected = {}
    for name in LIMITS:
        others = [
            p[name] for p in points if all(kept(p, n, limits[n]) for n in LIMITS if n != name)
        ]
        if others:
            expected[name] = max(others) if name == "profit_eur" else min(others)
    assert dict(zip(choice.relaxations["limit"], choice.relaxations["needed"], strict=True)) == (
        expected
    )
    if not expected:
        assert choice.reasons[1] == (
            "No single limit can be relaxed to admit one while the others hold."
        )


@given(value=st.floats(1e-4, 1e5), floor=st.booleans())
def test_a_relaxation_as_shown_is_satisfied(value, floor):
    shown = float(nearest_limit("auc" if floor else "selection_gap", value))
    assert shown <= value * (1 + 1e-8) if floor else shown >= value * (1 - 1e-8)
    assert shown == pytest.approx(value, rel=0.011)


def test_no_policy_says_what_would_have_to_move(sweep_of):
    result = sweep_of([{"epsilon": 1.0, "selection_gap": 0.10438}, {"selection_gap": 0.05}])
    choice = choose(result, {"epsilon": 2, "selection_gap": 0.1})
    assert choice.reasons == (
        "No policy satisfies epsilon ≤ 2 and selection_gap ≤ 0.1.",
        "The nearest relaxations, one at a time, are: epsilon inf (asked 2) admits m1, not private; "
        "selection_gap 0.105 (asked 0.1) admits m0, epsilon 1.",
    )
    assert choose(result, {"epsilon": 2, "selection_gap": 0.105}).policy is not None


@pytest.mark.parametrize(
    ("gap", "lowest", "told"),
    [
        (0.1, 0.3, True),
        (0.1, 0.5, False),
        (0.1, 0.6, False),
        (0.4, 0.3, False),
        (0.199, 0.3, False),
    ],
)
def test_levelling_down_is_told_where_it_happens(sweep_of, gap, lowest, told):
    result = sweep_of(
        [
            {"profit_eur": 9.0, "selection_gap": 0.2},
            {"epsilon": 1.0, "selection_gap": gap, "worst_group_tpr": lowest},
        ]
    )
    sentence = (
        f"Levelling down: its gap in contact rate is smaller than without limits ({gap:.3f} "
        f"against 0.200), and so is the lowest true positive rate of a group ({lowest:.3f} "
        "against 0.500)."
    )
    assert (sentence in choose(result, {"epsilon": 1}).reasons) is told


def test_the_confirm_customers_have_a_say_on_each_limit_but_not_on_the_pick(sweep_of):
    result = sweep_of([{"auc": 0.8}, {"profit_eur": 0.4, "auc": 0.9}])
    for limit, verdict in ((0.7, "confirmed"), (0.8, "neither confirmed nor refuted")):
        reasons = choose(result, {"auc": limit}).reasons
        assert reasons[-1].startswith(
            f"On the confirm-customers the limit auc ≥ {limit} is {verdict}: 0.800 ["
        )
    lower = dataclasses.replace(result, confirm=result.confirm.assign(auc=lambda f: f["auc"] - 0.2))
    assert " is refuted: 0.600 [" in choose(lower, {"auc": 0.7}).reasons[-1]


def test_the_pick_does_not_depend_on_the_confirm_customers(swept):
    limits = {"epsilon": 1}
    groups = swept.by_group.copy()
    groups.loc[groups["part"] == "confirm", "selection_rate"] = 0.123
    noise = np.random.default_rng(0).permutation(len(swept.confirm))
    corrupt = dataclasses.replace(
        swept,
        by_group=groups,
        confirm=swept.confirm.assign(
            auc=swept.confirm["auc"].to_numpy()[noise],
            profit_eur=-swept.confirm["profit_eur"].to_numpy()[noise],
        ),
    )
    one, other = choose(swept, limits), choose(corrupt, limits)
    assert one.policy == other.policy
    pd.testing.assert_frame_equal(one.candidates, other.candidates)
    assert one.confirm["value"].tolist() != other.confirm["value"].tolist()


@pytest.mark.parametrize(
    ("limits", "maximise", "message"),
    [
        (
            {"selection_gp": 0.1},
            None,
            "limit must be a known name, got 'selection_gp'. Did you mean 'selection_gap'?",
        ),
        (
            {"epsilon": "2"},
            None,
            "limit epsilon must be a number, got '2'. Give a number, such as epsilon=2.",
        ),
        (
            {"epsilon": float("nan")},
            None,
            "limit epsilon must be a number, got nan. Give a number, such as epsilon=2.",
        ),
        (
            {},
            "selection_gap",
            "maximise must be a known name, got 'selection_gap'. Known: 'auc', "
            "'average_precision', 'lift_at_10', 'profit_eur', 'worst_group_tpr'.",
        ),
    ],
)
def test_limits_that_mean_nothing_are_refused(swept, limits, maximise, message):
    with pytest.raises(InputError) as refused:
        choose(swept, limits, maximise=maximise)
    assert str(refused.value) == message


def without_euros(sweep):
    facts = {**sweep.manifest, "task": {**sweep.manifest["task"], "value": None}}
    rows = sweep.rows.assign(profit_eur=np.nan)
    return dataclasses.replace(sweep, rows=rows, manifest=facts)


def test_a_task_without_euros_is_ranked_and_refuses_euros(sweep_of):
    result = without_euros(sweep_of([{"auc": 0.6}, {"auc": 0.7}]))
    assert choose(result, {}).maximise == "auc"
    assert choose(result, {}).policy == Policy("m1", "none", INF)
    for asked, parameter in (
        ({"limits": {"profit_eur": 1}}, "limit"),
        ({"limits": {}, "maximise": "profit_eur"}, "maximise"),
    ):
        with pytest.raises(InputError) as refused:
            choose(result, **asked)
        assert str(refused.value) == (
            f"{parameter} must be a measure of this sweep, got 'profit_eur'. "
            "Its task has no euros: add `value` to the task file, or use auc."
        )


def test_a_sweep_in_which_nothing_ran_is_refused(swept):
    nothing = dataclasses.replace(swept, rows=swept.rows.assign(status="failed"))
    with pytest.raises(InputError) as refused:
        choose(nothing, {})
    assert str(refused.value) == (
        "sweep must have a policy that ran with every seed, got none. See `note` in its frame."
    )


def test_a_decision_is_saved_as_plain_json(swept, sweep_of, tmp_path):
    path = tmp_path / "choice.json"
    hopeless = choose(sweep_of([{}]), {"epsilon": np.int64(1)})
    for choice in (choose(swept, {"epsilon": INF}), hopeless, choose(swept, {})):
        choice.save(path)
        record = json.loads(
            path.read_text("utf-8"), parse_constant=lambda name: pytest.fail(f"{name} is no JSON")
        )
        assert record["sweep_digest"] == swept.manifest["digest"]
        assert record["internal"].startswith("Internal study")
        assert record["reasons"] == list(choice.reasons)
        assert set(record) == {
            "internal", "policy", "limits", "maximise", "reasons", "confirm", "given_up",
            "relaxations", "sweep_digest",
        }  # fmt: skip
    assert hopeless.policy is None
    with pytest.raises(InputError):
        hopeless.save(tmp_path / "none" / "choice.json")
    assert list(tmp_path.iterdir()) == [path]


def test_the_means_over_seeds_are_what_is_compared(swept):
    candidates = choose(swept, {}).candidates
    expected = swept.policies().sort_values("profit_eur", ascending=False)["profit_eur"]
    assert candidates["profit_eur"].tolist() == expected.tolist()
    pairs = itertools.pairwise(candidates["profit_eur"])
    assert all(first >= second for first, second in pairs)
