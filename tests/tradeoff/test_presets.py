"""Presets are plans of a stated size."""

from __future__ import annotations

import math

import pytest

from equipoise.exceptions import InputError
from equipoise.tradeoff import Plan
from equipoise.tradeoff._learners import LEARNERS
from equipoise.tradeoff._plan import MITIGATIONS
from equipoise.tradeoff._presets import PRESETS


@pytest.mark.parametrize(("name", "policies", "cells"), [("quick", 6, 18), ("class", 27, 270)])
def test_a_preset_asks_for_so_much(name, policies, cells):
    plan = Plan.preset(name, delta=1e-6)
    assert (len(plan.policies()), plan.cells) == (policies, cells)
    assert plan.delta == 1e-6 and math.inf in plan.epsilons


def test_the_full_preset_tries_everything():
    plan = Plan.preset("full", delta=1e-6)
    assert set(plan.models) == set(LEARNERS)
    assert plan.mitigations == MITIGATIONS
    assert (len(plan.epsilons), plan.seeds) == (10, 20)


def test_what_is_given_takes_the_place_of_the_preset():
    plan = Plan.preset("quick", epsilons=[math.inf], seeds=1, attribute="band")
    assert (plan.epsilons, plan.seeds, plan.attribute) == ((math.inf,), 1, "band")
    assert plan.mitigations == ("none", "reweighing")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_without_delta_is_refused(name):
    with pytest.raises(InputError) as refused:
        Plan.preset(name)
    assert str(refused.value) == (
        "delta is required with a finite epsilon, got None. "
        "Use a value far below 1 / number of customers, such as 1e-6."
    )


def test_an_unknown_preset_is_refused():
    with pytest.raises(InputError) as refused:
        Plan.preset("clas", delta=1e-6)
    assert str(refused.value) == ("preset must be a known name, got 'clas'. Did you mean 'class'?")
