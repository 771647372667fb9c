"""Rates of many decisions at once are those that audits one by one state, to the last bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.fairness import audit
from equipoise.fairness._decisions import rates_of_decisions

RATES = ("base_rate", "selection_rate", "true_positive_rate", "false_positive_rate", "precision")


def compared(codes, outcome, decisions, customers, groups):
    told = rates_of_decisions(
        codes, outcome, decisions, groups=groups, rates=RATES, customers=customers
    )
    names = np.array([f"g{code:02d}" for code in range(groups)])
    for k, decided in enumerate(decisions):
        audited = audit(
            outcome,
            decided.astype(int),
            groups=pd.DataFrame({"band": names[codes]}),
            unit=None if customers is None else customers,
        )
        frame = audited.frame().merge(audited.trials(), on=["attribute", "group", "metric"])
        gaps = audited.worst().set_index("metric")["gap"]
        for rate in RATES:
            own = frame[frame["metric"] == rate].set_index("group").reindex(names)
            for side in ("value", "low", "high"):
                np.testing.assert_array_equal(getattr(told[rate], side)[k], own[side])
            seen = own["trials"].notna().to_numpy()
            np.testing.assert_array_equal(told[rate].trials[k][seen], own["trials"][seen])
            assert not told[rate].support[k][~seen].any()
            assert told[rate].known[k].tolist() == (own["note"] == "").tolist()
            np.testing.assert_array_equal(told[rate].gaps()[k], gaps[rate])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(30, 400),
    groups=st.integers(1, 6),
    repeated=st.booleans(),
)
def test_rates_equal_those_of_an_audit(seed, rows, groups, repeated):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(groups, 0.5))  # some groups are tiny, or empty
    codes = rng.choice(groups, rows, p=shares)
    outcome = rng.integers(0, 2, rows)
    decisions = rng.random((3, rows)) < rng.uniform(0, 1, (3, 1))
    customers = rng.integers(0, max(rows // 3, 1), rows) if repeated else rng.permutation(rows)
    compared(codes, outcome, decisions, customers, groups)


@pytest.mark.parametrize("repeated", [False, True])
def test_decisions_for_nobody_and_for_everybody_are_rates_of_zero_and_one(repeated):
    codes, outcome = np.repeat([0, 1], [60, 9]), np.tile([0, 1, 1], 23)
    decisions = np.array([np.zeros(69, dtype=bool), np.ones(69, dtype=bool)])
    customers = np.arange(69) // 2 if repeated else None
    compared(codes, outcome, decisions, customers, groups=3)
    told = rates_of_decisions(
        codes, outcome, decisions, groups=3, rates=["selection_rate"], customers=customers
    )["selection_rate"]
    assert told.value[:, 0].tolist() == [0, 1]
    assert np.isnan(told.value[:, 1:]).all()
    assert np.isnan(told.gaps()).all()


def test_what_is_counted_beside_a_decision_changes_none_of_its_figures():
    rng = np.random.default_rng(3)
    codes, outcome = rng.integers(0, 3, 500), rng.integers(0, 2, 500)
    decisions, customers = rng.random((16, 500)) < 0.3, rng.integers(0, 200, 500)
    many = rates_of_decisions(codes, outcome, decisions, groups=3, rates=RATES, customers=customers)
    for k in range(16):
        one = rates_of_decisions(
            codes, outcome, decisions[k : k + 1], groups=3, rates=RATES, customers=customers
        )
        for rate in RATES:
            for own, other in zip(one[rate], many[rate], strict=True):
                np.testing.assert_array_equal(own[0], other[k])
