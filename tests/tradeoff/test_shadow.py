"""What a limit cost is told where the customers can tell it, and nothing is told where they cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from equipoise.tradeoff import choose
from equipoise.tradeoff._measures import GAPS, LARGER_IS_BETTER, MEASURES
from equipoise.tradeoff._shadow import moved, step_in_words, steps_apart

INF = float("inf")


def prices(choice, direction="loosened"):
    frame = choice.shadow_prices
    return frame[frame["direction"] == direction].set_index("limit")


def test_each_limit_is_moved_alone_and_priced_on_the_confirm_customers(sweep_of):
    points = [
        {"profit_eur": 9.0, "epsilon": 4.0, "selection_gap": 0.1},
        {"profit_eur": 7.0, "epsilon": 2.0, "selection_gap": 0.1},
        {"profit_eur": 5.0, "epsilon": 1.0, "selection_gap": 0.05},
    ]
    confirm = [{"profit_eur": 8.0}, {"profit_eur": 7.5}, {"profit_eur": 5.0}]
    choice = choose(sweep_of(points, confirm=confirm), {"epsilon": 2, "selection_gap": 0.1})
    looser, tighter = prices(choice), prices(choice, "tightened")
    assert looser["policy"].tolist() == ["m0, epsilon 4", "m1, epsilon 2"]
    assert looser["moved_to"].tolist() == [4.0, 0.11]
    assert looser["step"].tolist() == ["a factor of 2", "0.01"]
    assert looser.loc["epsilon", "value"] == pytest.approx(0.5)  # not the 2 of the choose-customers
    assert 0.4 < looser.loc["epsilon", "low"] < 0.5 < looser.loc["epsilon", "high"] < 0.6
    assert looser.loc["selection_gap", ["value", "low", "high"]].tolist() == [0.0, 0.0, 0.0]
    assert looser["note"].tolist() == ["", "0: the pick stays the same"]
    assert tighter["policy"].tolist() == ["m2, epsilon 1"] * 2
    assert tighter["value"].tolist() == pytest.approx([-2.5, -2.5])
    assert "Loosening selection_gap ≤ 0.1 to 0.11 changes nothing: the pick stays the same." in (
        choice.reasons
    )
    assert (
        "Loosening epsilon ≤ 2 to 4 would pick m0, epsilon 4: +0 [0, 1] in profit in € per 1,000 "
        "decisions on the confirm-customers."
    ) in choice.reasons


def test_what_noise_explains_has_no_figure(sweep_of):
    points = [{"profit_eur": 9.0, "epsilon": 4.0}, {"profit_eur": 8.0, "epsilon": 2.0}]
    choice = choose(sweep_of(points, spread=3.0), {"epsilon": 2})
    told = prices(choice).loc["epsilon"]
    assert np.isnan(told["value"]) and told["low"] < 0 < told["high"]
    assert told["note"] == "not resolvable: the interval contains zero"
    sentence = next(r for r in choice.reasons if r.startswith("Loosening"))
    assert sentence == (
        "Loosening epsilon ≤ 2 to 4 would pick m0, epsilon 4. What that changes in profit in € per 1,000 "
        f"decisions is not resolvable: the interval [{told['low']:.0f}, {told['high']:.0f}] contains zero."
    )


def test_what_cannot_be_priced_says_why(sweep_of):
    points = [{"lift_at_10": 3.0, "epsilon": 4.0}, {"lift_at_10": 2.0, "epsilon": 2.0}]
    choice = choose(sweep_of(points), {"epsilon": 2}, maximise="lift_at_10")
    assert choice.shadow_prices["note"].tolist() == [
        "not estimable: no draws of lift_at_10",
        "no policy satisfies the limits then",
    ]
    assert choice.shadow_prices["policy"].tolist() == ["m0, epsilon 4", "none"]
    assert choice.shadow_prices["value"].isna().all()
    assert "Loosening epsilon ≤ 2 to 4 would pick m0, epsilon 4; what that changes is not " in (
        " ".join(choice.reasons)
    )


def test_a_limit_that_is_none_and_a_choice_that_is_none_have_no_price(sweep_of):
    result = sweep_of([{"epsilon": 4.0}])
    assert choose(result, {"epsilon": INF}).shadow_prices.empty
    assert choose(result, {"epsilon": 1}).shadow_prices.empty


@pytest.mark.parametrize(
    ("measure", "limit", "looser", "tighter", "step"),
    [
        ("epsilon", 2.0, 4.0, 1.0, "a factor of 2"),
        ("selection_gap", 0.1, 0.11, 0.09, "0.01"),
        ("reach_gap", 0.005, 0.015, 0.0, "0.01"),
        ("worst_group_tpr", 0.3, 0.29, 0.31, "0.01"),
        ("lift_at_10", 2.0, 1.9, 2.1, "0.1"),
        ("campaign_eur", 400.0, 380.0, 420.0, "5 % of the limit, at least 1"),
        ("profit_eur", 0.0, -1.0, 1.0, "5 % of the limit, at least 1"),
        ("profit_eur", -100.0, -105.0, -95.0, "5 % of the limit, at least 1"),
        ("opt_outs", 5.0, 5.5, 4.5, "10 % of the limit, at least 0.1"),
        ("complaints", 0.05, 0.15, 0.0, "10 % of the limit, at least 0.1"),
        ("opt_outs", -3.0, -2.7, -3.3, "10 % of the limit, at least 0.1"),
        ("attack_advantage", -0.05, -0.04, -0.06, "0.01"),
        ("attack_advantage", 0.0, 0.01, -0.01, "0.01"),
        ("selection_gap", 0.0, 0.01, 0.0, "0.01"),
    ],
)
def test_the_step_of_each_measure_is_stated(measure, limit, looser, tighter, step):
    assert moved(measure, limit, looser=True) == looser
    assert moved(measure, limit, looser=False) == tighter
    assert step_in_words(measure) == step
    assert steps_apart(measure, limit, looser) == pytest.approx(1.0)


@given(measure=st.sampled_from(["epsilon", *MEASURES]), limit=st.floats(-1e4, 1e4))
def test_loosening_admits_more_and_tightening_less(measure, limit):
    assume(limit >= 0 or measure not in ("epsilon", "reach_gap", *GAPS))
    ends = [moved(measure, limit, looser=looser) for looser in (True, False)]
    loose, tight = reversed(ends) if measure in LARGER_IS_BETTER else ends
    assert tight <= limit <= loose


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    points=st.lists(
        st.fixed_dictionaries(
            {
                "profit_eur": st.floats(1, 9),
                "selection_gap": st.floats(0.05, 0.2),
                "epsilon": st.sampled_from([0.5, 1.0, 2.0, 4.0]),
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_looser_limit_never_picks_a_worse_policy(sweep_of, points):
    choice = choose(sweep_of(points, replicates=3), {"epsilon": 1, "selection_gap": 0.12})
    means = {f"m{number}": point["profit_eur"] for number, point in enumerate(points)}
    for row in choice.shadow_prices.itertuples():
        then = means.get(row.policy.split(",")[0], -INF)
        own = means[choice.policy.model]
        assert then >= own - 1e-9 if row.direction == "loosened" else then <= own + 1e-9
        assert (row.note == "0: the pick stays the same") == (row.policy == str(choice.policy))
