"""The decision is that of `choose`; the words follow its numbers."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.lab import BalanceState, balance_view
from equipoise.tradeoff import Policy, choose

LIMITS = st.one_of(st.just(math.inf), st.floats(0.001, 20))
GAPS = st.sampled_from(["selection_gap", "opportunity_gap"])


def by_hand(sweep, state):
    """Pick without `choose`: most euros, then the smaller epsilon, among those within the limits."""
    kept = [
        row
        for row in sweep.policies().to_dict("records")
        if row["epsilon"] <= state.epsilon_limit
        and (math.isinf(state.gap_limit) or row[state.gap] <= state.gap_limit)
    ]
    if not kept:
        return None
    best = max(kept, key=lambda row: (row["profit_eur"], -row["epsilon"]))
    return Policy(best["model"], best["mitigation"], best["epsilon"], best["consent_policy"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(epsilon=LIMITS, gap_limit=st.one_of(st.just(math.inf), st.floats(0, 0.4)), gap=GAPS)
def test_the_decision_is_that_of_choose_for_the_same_limits(swept, epsilon, gap_limit, gap):
    state = BalanceState(epsilon, gap_limit, gap)
    shown, chosen = balance_view(swept, state), choose(swept, state.limits)
    assert shown.choice.policy == chosen.policy == by_hand(swept, state)
    assert (shown.choice.reasons, shown.choice.limits) == (chosen.reasons, chosen.limits)
    for frame in ("candidates", "confirm", "given_up", "relaxations"):
        pd.testing.assert_frame_equal(getattr(shown.choice, frame), getattr(chosen, frame))
    named = "No policy" if chosen.policy is None else f"the pick is {chosen.policy}"
    assert named in shown.sentence
    assert "nan" not in shown.sentence


def test_limits_left_open_are_left_out():
    assert BalanceState().limits == {}
    assert BalanceState(2, 0.1, "opportunity_gap").limits == {"epsilon": 2, "opportunity_gap": 0.1}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"epsilon_limit": 0},
            "epsilon must be a number in (0, inf], got 0. Use a positive number such as 1.0, or "
            "float('inf') for no privacy.",
        ),
        (
            {"gap_limit": -0.1},
            "gap_limit must be a number in [0, inf], got -0.1. Use a share such as 0.05, or "
            "float('inf') for no limit.",
        ),
        (
            {"gap": "selection"},
            "gap must be a known name, got 'selection'. Did you mean 'selection_gap'?",
        ),
    ],
)
def test_a_state_that_makes_no_sense_is_refused(given, message):
    with pytest.raises(InputError) as refusal:
        BalanceState(**given)
    assert str(refusal.value) == message


def test_the_table_is_the_twin_of_the_picture(swept):
    view = balance_view(swept, BalanceState(1, 0.2))
    assert len(view.table) == len(view.frame()) == len(swept.policies())
    for text, row in zip(
        view.table.to_dict("records"), view.frame().to_dict("records"), strict=True
    ):
        figures = [row[f"selection_gap{end}"] for end in ("", "_low", "_high")]
        assert text["gap in contact rate"] == "{:.3f} ({:.3f} to {:.3f})".format(*figures)
        assert text["epsilon"] == ("inf" if math.isinf(row["epsilon"]) else f"{row['epsilon']:g}")
        assert text["within limits"].startswith("yes") == row["feasible"]
    assert (view.table["within limits"] == "yes: the pick").sum() == 1


def test_without_limits_nothing_is_given_up(swept):
    view = balance_view(swept, BalanceState())
    assert view.limits == "Epsilon: no limit. Gap in contact rate: no limit."
    assert view.sentence.startswith(f"Without limits, the pick is {view.choice.policy}: it earns ")
    assert "gave up" not in view.sentence
    assert "95\u00a0% interval over customers and seeds" in view.sentence


def test_limits_that_the_best_satisfies_give_nothing_up(swept):
    assert (
        "and the limits gave up nothing, as it is also the best without them."
        in balance_view(swept, BalanceState(gap_limit=1.0)).sentence
    )


def with_figures(swept, monkeypatch, *, given_up, confirm_gap=(0.05, 0.0, 0.2)):
    """Bend what the confirm-customers say about the pick within epsilon 1."""
    real = choose(swept, {"epsilon": 1, "selection_gap": 0.3})

    def bend(frame, measure, figures):
        frame = frame.copy()
        frame.loc[frame["measure"] == measure, ["value", "low", "high"]] = figures
        return frame

    bent = dataclasses.replace(
        real,
        given_up=bend(real.given_up, "profit_eur", given_up),
        confirm=bend(real.confirm, "selection_gap", confirm_gap),
    )
    monkeypatch.setattr("equipoise.lab._balance_view.choose", lambda *_: bent)
    return balance_view(swept, BalanceState(1, 0.3)).sentence


@pytest.mark.parametrize(
    ("given_up", "said"),
    [
        (
            (-51.0, -90.0, -10.0),
            "gave up 51 € per 1,000 decisions against {best}, the best without limits "
            "(90 less to 10 less: the interval excludes zero).",
        ),
        ((-51.0, -90.0, 20.0), "(90 less to 20 more: the interval includes zero)."),
        (
            (30.0, -20.0, 80.0),
            "gave up nothing there against {best}, the best without limits; it shows 30 more "
            "(20 less to 80 more: the interval includes zero).",
        ),
        ((0.0, 0.0, 0.0), "gave up nothing there against {best}, the best without limits (0 more"),
        (
            (np.nan, np.nan, np.nan),
            "; what the limits gave up against {best}, the best without limits is not estimable.",
        ),
    ],
)
def test_the_sentence_says_what_the_limits_gave_up(swept, monkeypatch, given_up, said):
    best = choose(swept, {}).policy
    assert said.format(best=best) in with_figures(swept, monkeypatch, given_up=given_up)


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ((0.05, 0.0, 0.2), "is 0.050 (0.000 to 0.200): the limit of 0.3 is confirmed."),
        ((0.25, 0.1, 0.4), "the limit of 0.3 is neither confirmed nor refuted."),
        ((0.5, 0.4, 0.6), "the limit of 0.3 is refuted."),
        ((np.nan,) * 3, "Its gap in contact rate is not estimable on the confirm-customers."),
    ],
)
def test_the_limit_is_checked_on_customers_the_choice_has_not_seen(swept, monkeypatch, gap, said):
    sentence = with_figures(swept, monkeypatch, given_up=(-1.0, -2.0, 0.5), confirm_gap=gap)
    assert said in sentence


def test_levelling_down_is_said_and_helping_is_not(bent):
    private = {"selection_gap": 0.05, "opportunity_gap": 0.04, "worst_group_tpr": 0.1}
    plain = {"selection_gap": 0.15, "opportunity_gap": 0.14, "worst_group_tpr": 0.2}

    def sweep_with(low):
        figures = {**private, "worst_group_tpr": low}
        return bent(
            profit_eur=lambda row: 900.0 if math.isinf(row["epsilon"]) else 800.0,
            **{
                name: lambda row, name=name: (plain if math.isinf(row["epsilon"]) else figures)[
                    name
                ]
                for name in plain
            },
        )

    state = BalanceState(1, 0.1)
    assert balance_view(sweep_with(0.1), state).sentence.endswith(
        "Part of its smaller gap in contact rate (0.050, against 0.150 without limits, on the "
        "choose-customers) is levelling down: the lowest true positive rate of any group fell too, "
        "to 0.100 from 0.200."
    )
    assert "levelling" not in balance_view(sweep_with(0.3), state).sentence
    assert "smaller gap in true positive rate (0.040, against 0.140" in (
        balance_view(sweep_with(0.1), BalanceState(1, 0.1, "opportunity_gap")).sentence
    )


def test_without_euros_the_pick_is_what_ranks_best(without_euros):
    view = balance_view(without_euros, BalanceState(1))
    assert (
        "the task has no euros, and of those that may be picked it ranks best, with an AUC of"
        in view.sentence
    )
    assert "€" not in view.sentence + " ".join(view.table.columns) + view.confirm.to_string()


def test_example_euros_are_called_so(swept):
    value = {**swept.manifest["task"]["value"], "source": "example"}
    task = {**swept.manifest["task"], "value": value}
    sweep = dataclasses.replace(swept, manifest={**swept.manifest, "task": task})
    view = balance_view(sweep, BalanceState(1))
    assert "example € per 1,000 decisions" in view.sentence
    assert "example € per 1,000 decisions" in view.table.columns
    assert view.confirm["measure"].iloc[0] == "profit in example € per 1,000 decisions"


def test_a_gap_that_cannot_be_told_satisfies_no_limit(bent):
    sweep = bent(selection_gap=math.nan)
    assert balance_view(sweep, BalanceState(gap_limit=0.1)).sentence == (
        "No policy can be picked: the gap in contact rate is not estimable for any of them, and what "
        "cannot be told does not satisfy a limit."
    )
    free = balance_view(sweep, BalanceState())
    assert free.choice.policy is not None
    assert set(free.table["gap in contact rate"]) == {"not estimable"}


def test_the_nearest_relaxations_admit_the_policy_when_they_are_taken_as_printed(bent):
    sweep = bent(
        selection_gap=lambda row: 0.012341 if math.isinf(row["epsilon"]) else 0.08421,
        profit_eur=lambda row: 900.0 - row["seed"],
    )
    sentence = balance_view(sweep, BalanceState(0.5, 0.05)).sentence
    assert sentence == (
        "No policy satisfies an epsilon of at most 0.5 and a gap in contact rate of at most 0.05; the "
        "nearest relaxations, one at a time, would be no limit on epsilon, which admits logistic, not "
        "private, consent opt_in, or a gap in contact rate of at most 0.0843, which admits "
        "private_logistic, epsilon 0.3, consent opt_in."
    )
    assert balance_view(sweep, BalanceState(0.5, 0.0843)).choice.policy.epsilon == 0.3
    assert balance_view(sweep, BalanceState(math.inf, 0.01)).sentence == (
        "No policy satisfies a gap in contact rate of at most 0.01; the nearest relaxation would be a "
        "gap in contact rate of at most 0.0124, which admits logistic, not private, consent opt_in."
    )


def test_where_no_single_relaxation_helps_the_sentence_says_so(bent):
    sentence = balance_view(bent(selection_gap=0.3), BalanceState(0.1, 0.01)).sentence
    assert sentence == (
        "No policy satisfies an epsilon of at most 0.1 and a gap in contact rate of at most 0.01, and "
        "no single limit can be relaxed to admit one while the other holds."
    )


def test_the_view_needs_neither_widgets_nor_a_drawing_library():
    code = (
        "import json, sys; from equipoise import lab; lab.balance_view; "
        "print(json.dumps(sorted({'plotly', 'ipywidgets', 'matplotlib', 'anywidget'} & set(sys.modules))))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(run.stdout) == []


def test_a_missing_library_is_named_with_the_cure():
    code = (
        "import importlib.util as u; real = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name in ('plotly', 'ipywidgets') else real(name, *a)\n"
        "from equipoise import lab; print(lab.balance_view.__name__)\n"
        "try:\n    lab.Balance(None, None)\nexcept ImportError as problem:\n    print(problem)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == (
        "balance_view\nequipoise.lab.balance needs ipywidgets, plotly. "
        'Install it with: pip install "equipoise[course]"\n'
    )
