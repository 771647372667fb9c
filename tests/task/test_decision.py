"""Scores become acts by the task's rule, and acts become euros."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.task import DecisionRule, Value, decide, profit_eur

EUROS = Value(won_per_positive=20, discount_per_positive=5, cost_per_contact=3)
scores = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), max_size=40)


@given(scores, st.floats(0.001, 1), st.integers(0, 5))
def test_top_share_acts_on_exactly_that_many_and_on_nobody_below_another(values, share, seed):
    chosen = decide(values, DecisionRule(top_share=share), seed=seed)
    assert chosen.sum() == round(share * len(values))
    if chosen.any() and not chosen.all():
        assert min(np.array(values)[chosen]) >= max(np.array(values)[~chosen])


def test_ties_are_broken_by_the_seed_not_by_the_order_of_rows():
    rule, ties = DecisionRule(top_share=0.3), np.full(1000, 0.5)
    first = decide(ties, rule, seed=1)
    assert (first == decide(ties, rule, seed=1)).all()
    assert (first != decide(ties, rule, seed=2)).any()
    assert 100 < first[:500].sum() < 200


def test_a_threshold_includes_the_score_that_meets_it():
    assert decide([0.49, 0.5, 0.51], DecisionRule(threshold=0.5), seed=0).tolist() == [
        False,
        True,
        True,
    ]


def test_max_profit_acts_where_expected_euros_exceed_the_cost():
    rule = DecisionRule(max_profit=True)
    assert decide([0.19, 0.2, 0.21], rule, value=EUROS, seed=0).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("values", "rule", "message"),
    [
        (
            [0.1, float("nan"), float("inf")],
            DecisionRule(top_share=0.5),
            "scores must be finite numbers, got NaN or infinity for 2 of 3 customers. Check the "
            "model and what it was fitted on.",
        ),
        (
            [[0.1, 0.9]],
            DecisionRule(threshold=0.5),
            "scores must be one number per customer, got shape (1, 2). Take one column.",
        ),
        (
            [-1.0, 2.5],
            DecisionRule(max_profit=True),
            "scores must be probabilities in [0, 1] for max_profit, got -1 to 2.5. Use "
            "predict_proba rather than decision_function.",
        ),
        (
            [0.5],
            DecisionRule(max_profit=True),
            "value must be given for max_profit, got nothing. Add euros to the task.",
        ),
    ],
)
def test_scores_that_cannot_decide_are_refused(values, rule, message):
    with pytest.raises(InputError) as refused:
        decide(values, rule, seed=0)
    assert str(refused.value) == message


def test_profit_is_margin_less_discount_less_contact_and_zero_without_contact():
    assert profit_eur([1, 0, 1, 0], [True, True, False, False], EUROS).tolist() == [12, -3, 0, 0]
