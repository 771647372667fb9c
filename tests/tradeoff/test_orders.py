"""Mitigation before, after and within private training: compared on the same customers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff import Policy
from equipoise.tradeoff._orders import compare_orders

ONE = {"model": "private_logistic", "epsilon": 1.0}
NAMES = ["none", "reweighing", "group_thresholds", "score_gap_penalty"]


def orders_of(sweep_of, figures, *, epsilons=(1.0,), **moves):
    """Orders with (profit, gap) each; the rates of groups follow the gap."""
    policies = [
        ONE | {"mitigation": name, "epsilon": epsilon, "profit_eur": euros, "selection_gap": gap}
        for epsilon in epsilons
        for name, (euros, gap) in figures.items()
    ]
    result = sweep_of(policies, **moves)
    rates = result.group_draws.copy()
    gaps = result.rows["selection_gap"].to_numpy()[rates["cell"]]
    rates["selection_rate"] += np.where(rates["group"] == "a", gaps, 0.0)
    return dataclasses.replace(result, group_draws=rates)


FIGURES = dict(zip(NAMES, [(100.0, 0.3), (90.0, 0.2), (80.0, 0.25), (95.0, 0.1)], strict=True))


def test_orders_stand_where_their_means_and_draws_put_them(sweep_of):
    result = orders_of(sweep_of, FIGURES, seeds=3, noise=1e-6, spread=0.001)
    found = compare_orders(result)
    frame = found.frame().set_index("mitigation")
    assert (found.goal, found.gap) == ("profit_eur", "selection_gap")
    assert list(frame.index) == NAMES
    assert list(frame["order"]) == [
        "no mitigation",
        "mitigation then privacy",
        "privacy then mitigation",
        "both in one objective",
    ]
    assert list(frame["membership_probability"]) == [1.0, 0.0, 0.0, 1.0]
    assert list(frame["dominated_by"]) == ["", "score_gap_penalty", "score_gap_penalty", ""]
    assert list(frame["dominated_in"])[1:3] == [1.0, 1.0]
    assert frame["goal_change"].tolist() == pytest.approx([0.0, -10.0, -20.0, -5.0], abs=0.01)
    assert frame["gap_change"].tolist() == pytest.approx([0.0, -0.1, -0.05, -0.2], abs=0.01)
    for name in ("goal_change", "gap_change"):
        assert (frame[f"{name}_low"] <= frame[name]).all()
        assert (frame[name] <= frame[f"{name}_high"]).all()
    assert (frame["gap_change_high"].iloc[1:] < 0).all()
    assert frame.loc["score_gap_penalty", "told"] == (
        "private_logistic with score_gap_penalty, epsilon 1 (both in one objective). Against no "
        "mitigation, profit in € per 1,000 decisions: -5 [-5, -5]; largest gap in contact rate: "
        f"{told_gap(frame.loc['score_gap_penalty'])}. Here by their means no other order dominates "
        "it; none does in 100 % of draws."
    )
    assert frame.loc["none", "told"] == (
        "private_logistic, epsilon 1 (no mitigation). Here by their means no other order dominates "
        "it; none does in 100 % of draws."
    )


def told_gap(row):
    return f"{row.gap_change:.3f} [{row.gap_change_low:.3f}, {row.gap_change_high:.3f}]"


def test_the_answers_count_settings_with_a_finite_epsilon(sweep_of):
    result = orders_of(sweep_of, FIGURES, epsilons=(0.5, 1.0, np.inf), seeds=3, spread=0.001)
    found = compare_orders(result)
    assert len(found.frame()) == 12
    assert found.answers == (
        "The model without mitigation is dominated in none of 2 settings by its means; no other "
        "order dominates it in 100 % of draws.",
        "Mitigation then privacy (reweighing) is dominated in 2 of 2 settings by its means "
        "(score_gap_penalty in 2); there it is in 100 % of draws.",
        "Privacy then mitigation (group_thresholds) is dominated in 2 of 2 settings by its means "
        "(score_gap_penalty in 2); there it is in 100 % of draws.",
        "Both in one objective (score_gap_penalty) is dominated in none of 2 settings by its means; "
        "no other order dominates it in 100 % of draws.",
    )


def test_what_draws_do_not_settle_has_a_probability_between(sweep_of):
    figures = {"none": (100.0, 0.2), "reweighing": (100.001, 0.1999)}
    result = orders_of(sweep_of, figures, seeds=3, spread=0.1)
    frame = compare_orders(result).frame()
    lost = frame.iloc[0]
    assert lost["dominated_by"] == "reweighing"
    assert 0.1 < lost["dominated_in"] < 0.5  # a quarter, if both measures are tosses
    assert lost["told"].startswith(
        "private_logistic, epsilon 1 (no mitigation). Here reweighing dominates it, in "
    )


def test_the_model_without_mitigation_may_dominate(sweep_of):
    figures = {"none": (100.0, 0.1), "reweighing": (90.0, 0.2)}
    frame = compare_orders(orders_of(sweep_of, figures, spread=0.001)).frame()
    assert frame.loc[1, "dominated_by"] == "none"
    assert frame.loc[1, "told"] == (
        "private_logistic with reweighing, epsilon 1 (mitigation then privacy). Against no mitigation, "
        "profit in € per 1,000 decisions: -10 (one seed: no interval); largest gap in contact rate: "
        "0.100 (one seed: no interval). Here the model without mitigation dominates it, in 100 % of "
        "draws."
    )


def test_without_a_model_without_mitigation_there_are_no_changes(sweep_of):
    figures = {name: FIGURES[name] for name in NAMES[1:]}
    frame = compare_orders(orders_of(sweep_of, figures, seeds=2)).frame()
    assert frame[["goal_change", "gap_change", "gap_change_low"]].isna().all(axis=None)
    assert list(frame["dominated_by"]) == ["score_gap_penalty"] * 2 + [""]
    assert "profit in € per 1,000 decisions: not estimable;" in frame.loc[0, "told"]


def test_settings_are_told_apart_by_consent_model_and_epsilon(sweep_of):
    policies = [
        {"model": model, "mitigation": name, "epsilon": 1.0, "consent_policy": consent}
        for consent in ("opt_in", "opt_out")
        for model in ("private_logistic", "sufficient_statistics")
        for name in ("none", "reweighing")
    ]
    alone = {"model": "diffprivlib_logistic", "epsilon": 1.0}
    usual = [{"model": "logistic", "mitigation": name} for name in ("none", "reweighing")]
    found = compare_orders(sweep_of([*policies, alone, *usual], seeds=2))
    frame = found.frame()
    assert [Policy.of(row) for row in frame.to_dict("records")] == [
        Policy.of(row) for row in policies
    ]
    assert (found.goal, len(frame)) == ("campaign_eur", 8)


def test_bad_input_is_refused(sweep_of):
    with pytest.raises(InputError) as refused:
        compare_orders(sweep_of([ONE]), "selection_gapp")
    assert str(refused.value) == (
        "gap must be a known name, got 'selection_gapp'. Did you mean 'selection_gap'?"
    )
    with pytest.raises(InputError) as refused:
        compare_orders(sweep_of([ONE]), goal="aucc")
    assert str(refused.value) == "goal must be a known name, got 'aucc'. Did you mean 'auc'?"
    with pytest.raises(InputError) as refused:
        compare_orders(sweep_of([ONE, {"mitigation": "reweighing"}]))
    assert str(refused.value) == (
        "sweep must have two orders of mitigation and privacy to compare, got fewer. Plan several of "
        "none, reweighing, group_thresholds, group_thresholds_tpr, score_gap_penalty, or see `note` "
        "in its frame."
    )


def test_orders_that_decide_alike_are_not_given_an_interval_of_nothing(sweep_of):
    figures = {"none": (100.0, 0.2), "reweighing": (100.0, 0.2)}
    result = orders_of(sweep_of, figures, seeds=2, spread=0.0)
    told = compare_orders(result).frame().loc[1, "told"]
    assert "profit in € per 1,000 decisions: 0 (the same on every draw); " in told
