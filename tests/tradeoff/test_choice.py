"""A choice keeps its limits, says why, and is measured where it did not look."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.tradeoff import Policy, choose
from equipoise.tradeoff._measures import MEASURES

INF = float("inf")
RESAMPLED = ["profit_eur", "auc", "campaign_eur", "opt_outs", "complaints"]


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
    assert choice.reasons[-1] == choice.rule
    floors = choose(result, {"auc": 0.5, "epsilon": 1})
    assert floors.policy == Policy("m3", "none", 1.0)
    assert list(choice.given_up["measure"]) == RESAMPLED
    assert choice.given_up["value"].tolist() == pytest.approx([-1.0, -0.1, 0.0, 0.0, 0.0])


LIMITS = ("profit_eur", "selection_gap", "epsilon")
FIGURES = st.sampled_from([0.1, 0.2, 0.3, 0.4])
POINTS = st.lists(
    st.fixed_dictionaries(
        {
            "profit_eur": st.sampled_from([0.1, 0.2, 0.2, np.nan]),
            "selection_gap": st.sampled_from([0.1, 0.2, np.nan]),
            "epsilon": st.sampled_from([0.1, 0.2, INF]),
        }
    ),
    min_size=1,
    max_size=5,
)
LOOK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@LOOK
@given(
    points=POINTS,
    limits=st.dictionaries(st.sampled_from(LIMITS), FIGURES),
    shuffled=st.randoms(use_true_random=False),
)
def test_whoever_has_the_candidates_and_follows_the_rule_has_the_same_pick(
    sweep_of, points, limits, shuffled
):
    points = [*points, {"profit_eur": 0.05, "selection_gap": 0.5, "epsilon": INF}]
    choice = choose(sweep_of(points, replicates=2), limits)
    rows = choice.candidates.to_dict("records")
    shuffled.shuffle(rows)
    kept = [
        row
        for row in rows
        if not np.isnan(row["profit_eur"])
        and row["profit_eur"] >= limits.get("profit_eur", -INF)
        and all(row[n] <= limits[n] for n in ("selection_gap", "epsilon") if n in limits)
    ]
    best = min(kept, key=lambda r: (-r["profit_eur"], r["epsilon"], r["place"]), default=None)
    assert choice.policy == (best and Policy.of(best))
    assert sum(row["feasible"] for row in rows) == len(kept)
    assert sorted(row["place"] for row in rows) == list(range(len(points)))


def test_ties_go_to_the_smaller_epsilon_then_to_the_order_of_the_plan(sweep_of):
    result = sweep_of([{"epsilon": 3.0}, {"epsilon": 1.0}, {"epsilon": 1.0}])
    choice = choose(result, {})
    assert choice.policy == Policy("m1", "none", 1.0)
    assert choice.rule == (
        "The rule: of the policies that ran with every seed, take those by their means over seeds on "
        "the choose-customers (to ten decimals; a missing one satisfies nothing), and of them the one "
        "with the highest profit_eur; of equal ones the smaller epsilon, then the earlier in the plan."
    )


def test_the_rounding_of_a_mean_decides_nothing(sweep_of):
    result = sweep_of([{}, {"profit_eur": 0.4}], seeds=3)
    gaps = result.rows["model"].map({"m0": 0.1 + 2e-17, "m1": 0.05})
    above = gaps + 1e-15  # what adding up a few seeds may leave
    assert (above.iloc[:3] > 0.1).all()
    close = dataclasses.replace(result, rows=result.rows.assign(selection_gap=above))
    assert choose(close, {"selection_gap": 0.1}).policy == Policy("m0", "none", INF)


def test_a_mean_that_is_the_limit_satisfies_it(sweep_of):
    """Also where its digits go on after those that are compared, up or down."""
    thirds = dict(zip(MEASURES, [1 / 3, 2 / 3] * 7, strict=False))
    for sign in (1, -1):
        result = sweep_of([{name: sign * third for name, third in thirds.items()}])
        limits = {name: float(result.policies()[name][0]) for name in MEASURES}
        assert choose(result, limits).policy == Policy("m0", "none", INF)


def test_without_limits_nothing_is_given_up(sweep_of):
    choice = choose(sweep_of([{"profit_eur": 1.0}, {"profit_eur": 2.0}]), {})
    assert choice.policy == Policy("m1", "none", INF)
    assert choice.reasons[0] == "No limits were given, so all 2 policies are compared."
    assert choice.given_up.empty and choice.probability.empty and choice.shadow_prices.empty


def test_another_measure_may_be_maximised(sweep_of):
    result = sweep_of([{"profit_eur": 2.0, "lift_at_10": 1.0}, {"lift_at_10": 3.0}])
    choice = choose(result, {}, maximise="lift_at_10")
    assert choice.policy == Policy("m1", "none", INF)
    assert choice.reasons[2] == "The runner-up is m0, not private."
    assert choice.optimism["note"].tolist() == ["not estimable: no draws of lift_at_10"]


def test_where_consent_policies_are_compared_the_whole_counts(sweep_of):
    result = sweep_of(
        [
            {"profit_eur": 9.0, "campaign_eur": 1.0, "consent_policy": "opt_in"},
            {"profit_eur": 4.0, "campaign_eur": 3.0, "consent_policy": "opt_out"},
        ]
    )
    choice = choose(result, {})
    assert choice.maximise == "campaign_eur"
    assert choice.policy == Policy("m1", "none", INF, "opt_out")
    assert choice.reasons[1] == (
        "m1, not private, consent opt_out is the pick: its profit in € per 1,000 of all customers is "
        "the highest among them, 3."
    )
    assert choose(result, {}, maximise="profit_eur").policy == Policy("m0", "none", INF, "opt_in")


def test_the_runner_up_is_data_too(sweep_of):
    choice = choose(sweep_of([{"profit_eur": 9.0}, {"profit_eur": 7.0, "epsilon": 2.0}]), {})
    assert choice.runner_up["policy"].tolist() == ["m1, epsilon 2"] * len(RESAMPLED)
    profit = choice.runner_up.set_index("measure").loc["profit_eur"]
    assert profit["value"] == pytest.approx(2.0)
    assert 1.9 < profit["low"] < 2.0 < profit["high"] < 2.1
    assert choice.reasons[2] == (
        "The runner-up is m1, epsilon 2. On the confirm-customers the pick differs from it by "
        "+2 [2, 2] in profit in € per 1,000 decisions: the interval excludes zero."
    )
    assert choose(sweep_of([{}]), {}).runner_up.empty


def test_the_confirmed_figures_are_those_that_are_there(sweep_of):
    everything = choose(sweep_of([{}]), {}).confirm["measure"].tolist()
    assert everything == [
        "profit_eur", "auc", "selection_gap", "opportunity_gap", "worst_group_tpr",
        "campaign_eur", "opt_outs", "complaints", "reach_gap",
    ]  # fmt: skip
    lacking = dict.fromkeys(["campaign_eur", "opt_outs", "complaints", "reach_gap"], np.nan)
    assert choose(sweep_of([lacking]), {}).confirm["measure"].tolist() == everything[:5]


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


def test_the_confirm_customers_have_a_say_on_each_limit(sweep_of):
    def told(limit, **changes):
        points = [{"auc": 0.8}, {"profit_eur": 0.4, "auc": 0.9}]
        reasons = choose(sweep_of(points, **changes), {"auc": limit}).reasons
        return next(r for r in reasons if r.startswith("On the confirm-customers the limit"))

    start = "On the confirm-customers the limit auc ≥"
    assert told(0.7).startswith(f"{start} 0.7 is confirmed: 0.800 [")
    assert told(0.8).startswith(f"{start} 0.8 is neither confirmed nor refuted: 0.800 [")
    lower = [{"auc": 0.6}, {"auc": 0.6}]
    assert told(0.7, confirm=lower).startswith(f"{start} 0.7 is refuted: 0.600 [")


def test_the_pick_does_not_depend_on_the_confirm_customers(sweep_of):
    points = [{"profit_eur": 3.0, "epsilon": 1.0}, {"profit_eur": 2.0, "epsilon": 1.0}, {}]
    swapped = [{"profit_eur": -3.0}, {"profit_eur": 9.0}, {"profit_eur": 50.0}]
    one = choose(sweep_of(points, seeds=2), {"epsilon": 1})
    other = choose(sweep_of(points, seeds=2, confirm=swapped), {"epsilon": 1})
    assert one.policy == other.policy == Policy("m0", "none", 1.0)
    pd.testing.assert_frame_equal(one.candidates, other.candidates)
    assert other.confirm["value"][0] == pytest.approx(-3.0)
    assert other.optimism["optimism"][0] == pytest.approx(6.0)


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
            [("epsilon", 2)],
            None,
            "limits must map measures to numbers, got [('epsilon', 2)]. Write {'epsilon': 2}, or {} for "
            "none.",
        ),
        (
            {},
            "selection_gap",
            "maximise must be a known name, got 'selection_gap'. Known: 'auc', "
            "'average_precision', 'campaign_eur', 'lift_at_10', 'profit_eur', 'reach', "
            "'worst_group_tpr'.",
        ),
        (
            {},
            "profits_eur",
            "maximise must be a known name, got 'profits_eur'. Did you mean 'profit_eur'?",
        ),
    ],
)
def test_limits_that_mean_nothing_are_refused(sweep_of, limits, maximise, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        choose(sweep_of([{}]), limits, maximise=maximise)


def test_a_measure_that_no_policy_has_is_refused_with_what_there_is(sweep_of):
    lacking = dict.fromkeys(["opt_outs", "complaints", "attack_advantage", "campaign_eur"], np.nan)
    result = sweep_of([lacking, lacking])
    has = (
        "No policy has it; the column `note` of the sweep says why. It has epsilon, auc, average_precision, "
        "lift_at_10, profit_eur, selection_gap, opportunity_gap, worst_group_tpr, reach, reach_gap."
    )
    for asked, told in (
        ({"limits": {"epsilon": 1, "opt_outs": 3}}, "limit"),
        ({"limits": {}, "maximise": "campaign_eur"}, "maximise"),
    ):
        with pytest.raises(InputError) as refused:
            choose(result, **asked)
        name = "opt_outs" if told == "limit" else "campaign_eur"
        assert str(refused.value) == f"{told} must be a measure of this sweep, got '{name}'. {has}"


def without_euros(sweep):
    facts = {**sweep.manifest, "task": {**sweep.manifest["task"], "value": None}}
    lost = {"profit_eur": np.nan, "campaign_eur": np.nan}
    rows, draws = sweep.rows.assign(**lost), sweep.draws.assign(**lost)
    return dataclasses.replace(sweep, rows=rows, draws=draws, manifest=facts)


def test_a_task_without_euros_is_ranked_and_refuses_euros(sweep_of):
    result = without_euros(sweep_of([{"auc": 0.6}, {"auc": 0.7}]))
    choice = choose(result, {"epsilon": INF})
    assert (choice.maximise, choice.policy) == ("auc", Policy("m1", "none", INF))
    assert "€" not in " ".join(choice.reasons)
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


def test_a_sweep_in_which_nothing_ran_is_refused(sweep_of):
    result = sweep_of([{}])
    nothing = dataclasses.replace(result, rows=result.rows.assign(status="failed"))
    with pytest.raises(InputError) as refused:
        choose(nothing, {})
    assert str(refused.value) == (
        "sweep must have a policy that ran with every seed, got none. See `note` in its frame."
    )


def test_the_means_over_seeds_are_what_is_compared(sweep_of):
    points = [{"profit_eur": 1.0}, {"profit_eur": 1.2}, {"profit_eur": 1.1}]
    result = sweep_of(points, seeds=4, noise=0.5)
    candidates = choose(result, {}).candidates
    expected = result.policies().sort_values("profit_eur", ascending=False)["profit_eur"]
    assert candidates["profit_eur"].tolist() == pytest.approx(expected.tolist(), abs=1e-9)


def test_a_guarantee_goes_to_the_policy_that_it_is_of(sweep_of):
    def promise(name):
        return {"model": "m0", "epsilon": 1.0, **name, "guarantee": {"mechanism": "x", **name}}

    result = sweep_of([{"epsilon": 1.0}])
    others = [promise({"mitigation": "reweighing"}), promise({"mitigation": "none"})]
    own = dataclasses.replace(result, manifest={**result.manifest, "guarantees": others})
    assert choose(own, {}).guarantee == {"mechanism": "x", "mitigation": "none"}
    assert choose(result, {}).guarantee is None
