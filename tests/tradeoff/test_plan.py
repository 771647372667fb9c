"""A plan is checked as a whole before anything runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.tradeoff import Plan, Policy
from equipoise.tradeoff._learners import LEARNERS
from equipoise.tradeoff._plan import MITIGATIONS
from equipoise.tradeoff._plan_file import read_plan

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
            "'private_logistic'] and mitigations ['none', 'reweighing']. "
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
        (
            {"epsilons": [INF], "consent_policies": ["opt_in", "opt_in"]},
            "consent_policies must not repeat a value, got ['opt_in', 'opt_in']. Name each once.",
        ),
        (
            {"epsilons": [np.float32(0.1), 0.1], "delta": 1e-6},
            "epsilons must differ in their first six digits, got [0.10000000149011612, 0.1]. "
            "Keep one of those that read alike.",
        ),
        (
            {"epsilons": [INF], "delta": "small"},
            "delta must lie strictly between 0 and 1, got 'small'. Use a value such as 1e-6.",
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
    with pytest.raises(InputError, match="attribute must be a known name, got ''"):
        Plan(epsilons=[INF], attribute="").for_task(task)


def test_numbers_without_bounds_refuse_a_finite_epsilon_and_nothing_else(task_with):
    task = task_with(bounds=False)
    with pytest.raises(InputError) as refused:
        Plan(epsilons=[1, INF], delta=1e-6).for_task(task)
    assert str(refused.value) == (
        "bounds must be declared for every number before a finite epsilon, got 'age', 'spend'. "
        "Add bounds: [low, high] in the task file, or sweep epsilon inf only."
    )
    assert Plan(epsilons=[INF]).for_task(task).policies()


def test_a_mitigation_needs_two_groups_to_act_between(task):
    alone = task.take(np.flatnonzero(task.groups["band"] == "a"))
    with pytest.raises(InputError) as refused:
        Plan(epsilons=[INF], mitigations=["none", "reweighing"]).for_task(alone)
    assert str(refused.value) == (
        "attribute must have at least two groups for reweighing, got 'band' with a. "
        "Name another attribute, or mitigations: [none]."
    )
    assert Plan(epsilons=[INF], mitigations=["none"]).for_task(alone).attribute == "band"


CONSENT = {"opt_in": "agreed", "opt_out": "not_refused"}


def test_consent_policies_are_those_of_the_task(task_with):
    task = task_with(allowed=CONSENT, policy="opt_in")
    plan = Plan(epsilons=[INF], models=["logistic"], mitigations=["none"])
    assert plan.for_task(task).consent_policies == ("opt_in",)
    both = Plan(epsilons=[INF], models=["logistic"], consent_policies=["opt_out", "opt_in"])
    assert [str(policy) for policy in both.for_task(task).policies()] == [
        "logistic, not private, consent opt_out",
        "logistic with reweighing, not private, consent opt_out",
        "logistic, not private, consent opt_in",
        "logistic with reweighing, not private, consent opt_in",
    ]
    with pytest.raises(InputError) as refused:
        Plan(epsilons=[INF], consent_policies=["opt_inn"]).for_task(task)
    assert str(refused.value) == (
        "consent_policies must be a known name, got 'opt_inn'. Did you mean 'opt_in'?"
    )


def test_a_consent_policy_may_not_have_the_name_of_none(task_with):
    task = task_with(allowed={"as_given": "agreed"})
    with pytest.raises(InputError) as refused:
        Plan(epsilons=[INF], consent_policies=["as_given"]).for_task(task)
    assert str(refused.value) == (
        "consent_policies must not have the name of no policy at all, got 'as_given'. "
        "Rename it under `allowed` in the task file."
    )


@pytest.mark.parametrize("policy", [None, "opt_out"])
def test_what_a_task_fills_in_is_kept_when_it_is_asked_again(task_with, policy):
    task = task_with(allowed=CONSENT, policy=policy)
    plan = Plan(epsilons=[INF]).for_task(task)
    assert plan.for_task(task) == plan


PLANS = st.builds(
    Plan,
    epsilons=st.lists(
        st.floats(0, INF, exclude_min=True), unique_by="{:g}".format, min_size=1, max_size=6
    ),
    delta=st.floats(0, 1, exclude_min=True, exclude_max=True),
    models=st.lists(st.sampled_from([*LEARNERS]), unique=True).map(
        lambda names: [*dict.fromkeys([*names, "private_logistic"])]
    ),
    mitigations=st.lists(st.sampled_from(MITIGATIONS), unique=True, min_size=1),
    consent_policies=st.lists(st.sampled_from(["opt_in", "über: 1", "null", "1"]), unique=True),
    seeds=st.integers(1, 50),
    attribute=st.sampled_from([None, "band", "a band: b", "7", "null"]),
    split_seed=st.integers(0, 2**70),
)


@settings(max_examples=50)
@given(plan=PLANS)
def test_a_plan_reads_back_from_its_file(plan, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "plan.yaml"
    path.write_text(plan.to_yaml(), encoding="utf-8")
    assert read_plan(path) == plan


def test_a_plan_file_is_short_and_plain():
    plan = Plan(epsilons=[0.5, 1, INF], delta=1e-6, models=["logistic", "private_logistic"])
    assert plan.to_yaml() == (
        "equipoise_plan: 1\n"
        "epsilons: [0.5, 1, .inf]\n"
        "delta: 1.0e-06\n"
        "models: [logistic, private_logistic]\n"
        "mitigations: [none, reweighing]\n"
        "seeds: 5\n"
        "split_seed: 0\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "epsilons: [1, inf]\ndelta: 1e-6\n",
        "epsilons:\n  - 1.0\n  - .inf\ndelta: 0.000001\nattribute:\nconsent_policies: []\n",
        "equipoise_plan: 1\nepsilons: [1, .INF]\ndelta: 1.0e-06\nattribute: ~\n",
    ],
)
def test_numbers_are_read_as_people_write_them(tmp_path, text):
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_plan(path) == Plan(epsilons=[1, INF], delta=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "epsilons: [inf]\nmodles: [logistic]\n",
            "modles must be a known key, got 'modles'. Did you mean 'models'?",
        ),
        ("models: [logistic]\n", "epsilons must be given, got nothing. Add them to plan.yaml."),
        (
            "epsilons: [inf]\nseeds: 2\nseeds: 3\n",
            "plan must be readable YAML, got plan.yaml. "
            "Mend this first: the key 'seeds' stands twice (line 3, column 1).",
        ),
        (
            "- 1\n",
            "plan must be a YAML mapping, got plan.yaml. "
            "Write for example: equipoise_plan: 1, then epsilons: [1, inf] and delta: 1e-6.",
        ),
        (
            "equipoise_plan: 2\nepsilons: [inf]\n",
            "equipoise_plan must be 1, got '2'. Correct it in plan.yaml.",
        ),
        (
            "epsilons: [one]\n",
            "epsilon must be a number in (0, inf], got 'one'. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        ("epsilons: inf\n", "epsilons must be a list, got inf. Write [inf]."),
        (
            "epsilons: [inf]\nseeds: many\n",
            "seeds must be a whole number of at least 1, got 'many'. Use at least 5.",
        ),
        (
            "epsilons: [1]\ndelta: small\n",
            "delta must lie strictly between 0 and 1, got 'small'. Use a value such as 1e-6.",
        ),
        (
            "epsilons: [[1]]\n",
            "epsilon must be a number in (0, inf], got ['1']. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            "epsilons: [inf]\nmodels: [[logistic]]\n",
            "models must be a known name, got ['logistic']. Did you mean 'logistic'?",
        ),
    ],
)
def test_a_file_that_is_no_plan_is_refused(tmp_path, text, message):
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_plan(path)
    assert str(refused.value) == message


def test_a_missing_plan_file_is_refused(tmp_path):
    with pytest.raises(InputError) as refused:
        read_plan(tmp_path / "plan.yaml")
    assert str(refused.value) == (
        f"plan must be a file that can be read, got {tmp_path / 'plan.yaml'}. "
        "Check the path: No such file or directory."
    )
