"""A plan is checked as a whole before anything runs."""

from __future__ import annotations

import math

import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff import Plan, Policy

INF = math.inf


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"epsilons": [1, 1.0], "delta": 1e-6},
            "epsilons must not repeat a value, got [1.0, 1.0]. Name each once.",
        ),
        (
            {"epsilons": [INF], "models": ["logistic", "logistic"]},
            "models must not repeat a value, got ['logistic', 'logistic']. Name each once.",
        ),
        (
            {"epsilons": [0.0]},
            "epsilon must be a number in (0, inf], got 0.0. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            {"epsilons": [-1]},
            "epsilon must be a number in (0, inf], got -1. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            {"epsilons": [math.nan]},
            "epsilon must be a number in (0, inf], got nan. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            {"epsilons": [INF], "models": ["private_logistik"]},
            "models must be a known name, got 'private_logistik'. Did you mean 'private_logistic'?",
        ),
        (
            {"epsilons": [INF], "mitigations": ["reweigh"]},
            "mitigations must be a known name, got 'reweigh'. Did you mean 'reweighing'?",
        ),
        (
            {"epsilons": [INF, 1.0]},
            "delta is required with a finite epsilon, got None. "
            "Use a value far below 1 / number of customers, such as 1e-6.",
        ),
        (
            {"epsilons": [1.0], "delta": 1.0},
            "delta must lie strictly between 0 and 1, got 1.0. Use a value such as 1e-6.",
        ),
        (
            {"epsilons": [1.0], "delta": 1e-6, "models": ["logistic"]},
            "plan must have at least one cell, got epsilons [1.0] with models ['logistic'] "
            "and mitigations ['none', 'reweighing']. "
            "Add epsilon inf, or a model with a private form such as private_logistic.",
        ),
        (
            {"epsilons": []},
            "plan must have at least one cell, got epsilons [] with models ['logistic', "
            "'private_logistic', 'diffprivlib_logistic'] and mitigations ['none', 'reweighing']. "
            "Add epsilon inf, or a model with a private form such as private_logistic.",
        ),
        (
            {"epsilons": [INF], "seeds": 0},
            "seeds must be a whole number of at least 1, got 0. Use at least 5.",
        ),
        (
            {"epsilons": [INF], "split_seed": -1},
            "split_seed must be a whole number of at least 0, got -1. Use a seed such as 0.",
        ),
        ({"epsilons": 1.0}, "epsilons must be a list, got 1.0. Write [1.0]."),
        (
            {"epsilons": [INF], "models": "logistic"},
            "models must be a list, got 'logistic'. Write ['logistic'].",
        ),
    ],
)
def test_a_plan_that_would_mislead_is_refused(given, message):
    with pytest.raises(InputError) as refused:
        Plan(**given)
    assert str(refused.value) == message


def test_models_without_a_private_form_run_at_infinity_only():
    plan = Plan(epsilons=[1, INF], delta=1e-6, models=["logistic", "private_logistic"])
    assert [p for p in plan.policies() if p.model == "logistic"] == [
        Policy("logistic", "none", INF),
        Policy("logistic", "reweighing", INF),
    ]
    assert len(plan.policies()) == 2 + 4


def test_plans_are_values():
    assert Plan(epsilons=[INF], seeds=5.0) == Plan(epsilons=(INF,))
    assert hash(Plan(epsilons=[INF])) == hash(Plan(epsilons=[INF]))


def test_the_attribute_must_be_one_of_the_task(task):
    with pytest.raises(InputError) as refused:
        Plan(epsilons=[INF], attribute="bnd").for_task(task)
    assert str(refused.value) == "attribute must be a known name, got 'bnd'. Did you mean 'band'?"
    assert Plan(epsilons=[INF]).for_task(task).attribute == "band"


def test_numbers_without_bounds_refuse_a_finite_epsilon_and_nothing_else(task_with):
    task = task_with(bounds=False)
    with pytest.raises(InputError) as refused:
        Plan(epsilons=[1, INF], delta=1e-6).for_task(task)
    assert str(refused.value) == (
        "bounds must be declared for every number before a finite epsilon, got 'age', 'spend'. "
        "Add bounds: [low, high] in the task file, or sweep epsilon inf only."
    )
    assert Plan(epsilons=[INF]).for_task(task).policies()
