"""The frontier is a subset of the policies and its own frontier."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.tradeoff._frontier import dominance

FIGURES = st.one_of(st.just(float("nan")), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
POINTS = st.lists(
    st.fixed_dictionaries(
        {
            "profit_eur": FIGURES,
            "selection_gap": FIGURES,
            "epsilon": st.sampled_from([0.3, 1.0, float("inf")]),
        }
    ),
    min_size=1,
    max_size=6,
)
MORE, LESS = ["profit_eur"], ["selection_gap", "epsilon"]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(points=POINTS)
def test_nothing_on_the_frontier_is_dominated_and_everything_else_is(sweep_of, points):
    result = sweep_of(points, replicates=1)
    policies = result.policies()
    assume(policies[[*MORE, *LESS]].notna().any().all())
    best = result.frontier(MORE, LESS)
    assert set(best["model"]) <= set(policies["model"])
    assert best[[*MORE, *LESS]].notna().all(axis=None)
    if len(best):
        kept = [points[int(name[1:])] for name in best["model"]]
        assert len(sweep_of(kept, replicates=1).frontier(MORE, LESS)) == len(best)
    known = policies.dropna(subset=[*MORE, *LESS])
    for one in known.itertuples():
        beaten = any(
            other.profit_eur >= one.profit_eur
            and other.selection_gap <= one.selection_gap
            and other.epsilon <= one.epsilon
            and (other.profit_eur, other.selection_gap, other.epsilon)
            != (one.profit_eur, one.selection_gap, one.epsilon)
            for other in known.itertuples()
        )
        assert beaten == (one.model not in set(best["model"]))
    assert result.on_frontier(policies, MORE, LESS) == list(policies["model"].isin(best["model"]))


@settings(max_examples=60, deadline=None)
@given(
    gains=st.lists(
        st.lists(st.sampled_from([0.0, 1.0, 2.0, float("nan")]), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    )
)
def test_dominance_is_strict_and_transitive(gains):
    over = dominance(np.array(gains)).astype(int)
    assert not (over & over.T).any()
    assert ((over @ over > 0) <= (over > 0)).all()


def test_ties_stay_and_what_is_not_estimable_does_not(sweep_of):
    result = sweep_of(
        [{"profit_eur": 5.0}, {"profit_eur": 5.0}, {"profit_eur": 4.0}, {"profit_eur": np.nan}]
    )
    assert list(result.frontier()["model"]) == ["m0", "m1"]


def test_any_measures_in_their_directions(sweep_of):
    result = sweep_of(
        [
            {"auc": 0.8, "opt_outs": 3.0, "attack_advantage": 0.1},
            {"auc": 0.7, "opt_outs": 2.0, "attack_advantage": 0.1},
            {"auc": 0.7, "opt_outs": 3.0, "attack_advantage": 0.0},
            {"auc": 0.7, "opt_outs": 3.0, "attack_advantage": 0.1},
        ]
    )
    best = result.frontier(["auc"], ["opt_outs", "attack_advantage"])
    assert list(best["model"]) == ["m0", "m1", "m2"]
    assert list(result.frontier([], ["opt_outs"])["model"]) == ["m1"]
    assert list(result.frontier(["opt_outs"], [])["model"]) == ["m0", "m2", "m3"]


def test_one_measure_may_be_given_alone(sweep_of):
    result = sweep_of([{"auc": 0.7}, {"auc": 0.8}])
    one = result.frontier("auc", ())
    pd.testing.assert_frame_equal(one, result.frontier(["auc"], []))
    assert list(one["model"]) == ["m1"]


@pytest.mark.parametrize(
    ("larger", "smaller", "told"),
    [
        (["acu"], (), "larger must be a known name, got 'acu'. Did you mean 'auc'?"),
        (
            None,
            ["epsilonn"],
            "smaller must be a known name, got 'epsilonn'. Did you mean 'epsilon'?",
        ),
        ([], [], "larger, smaller must name a measure, got none. Name one at least."),
        (
            ["auc", "reach"],
            ["reach"],
            "larger, smaller must not both name a measure, got 'reach'. "
            "Keep it in the list of its better direction.",
        ),
    ],
)
@pytest.mark.parametrize("ask", ["frontier", "membership"])
def test_bad_names_are_refused(sweep_of, ask, larger, smaller, told):
    with pytest.raises(InputError) as refused:
        getattr(sweep_of([{}]), ask)(larger, smaller)
    assert str(refused.value) == told


def test_a_measure_that_no_policy_has_is_refused_by_name(sweep_of):
    result = sweep_of([{"opt_outs": np.nan, "complaints": np.nan}] * 2)
    with pytest.raises(InputError) as refused:
        result.frontier(["auc"], ["opt_outs"])
    assert str(refused.value) == (
        "smaller must be a measure of this sweep, got 'opt_outs'. It has epsilon, auc, "
        "average_precision, lift_at_10, profit_eur, campaign_eur, selection_gap, opportunity_gap, "
        "worst_group_tpr, reach, reach_gap, attack_advantage."
    )
    assert result.on_frontier(result.policies(), ["auc"], ["opt_outs"]) == [False, False]


def test_a_sweep_in_which_nothing_ran_has_no_frontier(sweep_of):
    result = sweep_of([{"status": "refused"}])
    assert result.frontier().empty
    assert result.membership().empty
