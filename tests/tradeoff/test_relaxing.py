"""Where no policy satisfies the limits, the smallest moves that admit one are named."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise.tradeoff import choose
from equipoise.tradeoff.facts import nearest_limit

INF = float("inf")
LIMITS = ("profit_eur", "selection_gap", "epsilon")
FIGURES = st.sampled_from([0.1, 0.2, 0.3, 0.4])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    points=st.lists(st.fixed_dictionaries(dict.fromkeys(LIMITS, FIGURES)), min_size=1, max_size=5),
    limits=st.fixed_dictionaries(dict.fromkeys(LIMITS, FIGURES)),
)
def test_relaxations_are_the_nearest_ones(sweep_of, points, limits):
    def kept(point, name, limit):
        return point[name] >= limit if name == "profit_eur" else point[name] <= limit

    result = sweep_of(points, replicates=2)
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
    pair = choice.relaxed_pair
    if expected:
        assert pair.empty
        return
    assert choice.reasons[1] == "No single limit can be relaxed to admit one while the others hold."
    freed = limits | dict(zip(pair["limit"], pair["needed"], strict=True))
    assert len(pair) in (0, 2)
    assert pair.empty == (choose(result, freed).policy is None)
    if len(pair):
        assert str(choose(result, freed).policy) == pair["policy"][0]


@given(value=st.floats(1e-4, 1e5), floor=st.booleans())
def test_a_relaxation_as_shown_is_satisfied(value, floor):
    shown = float(nearest_limit("auc" if floor else "selection_gap", value))
    assert shown <= value * (1 + 1e-8) if floor else shown >= value * (1 - 1e-8)
    assert shown == pytest.approx(value, rel=0.011)


def test_no_policy_says_what_would_have_to_move(sweep_of):
    result = sweep_of([{"epsilon": 1.0, "selection_gap": 0.10438}, {"selection_gap": 0.05}])
    choice = choose(result, {"epsilon": 2, "selection_gap": 0.1})
    assert choice.reasons == (
        "No policy satisfies these limits: epsilon ≤ 2 and selection_gap ≤ 0.1.",
        "The nearest relaxations, one at a time, are: no limit on epsilon (asked 2) admits m1, not private; "
        "selection_gap ≤ 0.105 (asked 0.1) admits m0, epsilon 1.",
    )
    assert choose(result, {"epsilon": 2, "selection_gap": 0.105}).policy is not None


def test_the_nearest_pair_moves_by_the_fewest_steps_and_lifts_no_limit_if_it_can(sweep_of):
    result = sweep_of(
        [
            {"epsilon": 16.0, "selection_gap": 0.11},  # 4 doublings and 1 hundredth
            {"epsilon": 2.0, "selection_gap": 0.12345},  # 1 doubling and 2.3 hundredths
            {"epsilon": INF, "selection_gap": 0.101},
        ]
    )
    choice = choose(result, {"epsilon": 1, "selection_gap": 0.1, "auc": 0.4})
    assert choice.relaxed_pair.to_dict("records") == [
        {"limit": "epsilon", "asked": 1.0, "needed": 2.0, "policy": "m1, epsilon 2"},
        {"limit": "selection_gap", "asked": 0.1, "needed": 0.12345, "policy": "m1, epsilon 2"},
    ]
    assert choice.reasons[2] == (
        "The nearest two that admit one together are: epsilon ≤ 2 (asked 1) and selection_gap ≤ "
        "0.124 (asked 0.1), which admit m1, epsilon 2."
    )
    lifted = choose(sweep_of([{}]), {"epsilon": 1, "selection_gap": 0.1})
    assert lifted.relaxed_pair["needed"].tolist() == [INF, 0.5]
