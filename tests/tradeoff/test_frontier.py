"""The frontier is a subset of the policies and its own frontier."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError

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
    max_size=8,
)
MORE, LESS = ["profit_eur"], ["selection_gap", "epsilon"]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(points=POINTS)
def test_nothing_on_the_frontier_is_dominated_and_everything_else_is(sweep_of, points):
    result = sweep_of(points, only_rows=True)
    policies = result.policies()
    best = result.frontier(MORE, LESS)
    assert set(best["model"]) <= set(policies["model"])
    assert best[[*MORE, *LESS]].notna().all(axis=None)
    if len(best):
        kept = [points[int(name[1:])] for name in best["model"]]
        assert len(sweep_of(kept, only_rows=True).frontier(MORE, LESS)) == len(best)
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


def test_ties_stay_and_what_is_not_estimable_does_not(sweep_of):
    result = sweep_of(
        [{"profit_eur": 5.0}, {"profit_eur": 5.0}, {"profit_eur": 4.0}, {"profit_eur": np.nan}]
    )
    assert list(result.frontier()["model"]) == ["m0", "m1"]


def test_one_measure_may_be_given_alone(sweep_of):
    result = sweep_of([{"auc": 0.7}, {"auc": 0.8}])
    one = result.frontier("auc", ())
    pd.testing.assert_frame_equal(one, result.frontier(["auc"], []))
    assert list(one["model"]) == ["m1"]


def test_unknown_measures_are_refused(sweep_of):
    with pytest.raises(InputError) as refused:
        sweep_of([{}]).frontier(["acu"])
    assert str(refused.value) == "larger must be a known name, got 'acu'. Did you mean 'auc'?"
    with pytest.raises(InputError) as refused:
        sweep_of([{}]).frontier([], [])
    assert str(refused.value) == (
        "larger, smaller must name a measure, got none. Name one at least."
    )
