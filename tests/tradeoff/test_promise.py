"""What a pick promises is said in the words of its adjacency."""

from __future__ import annotations

import dataclasses

import pytest

from equipoise.privacy import Guarantee
from equipoise.privacy._promises import SEEDED
from equipoise.tradeoff import Policy
from equipoise.tradeoff._promise import own_blocks, unlike_promises

POLICY = Policy("private_logistic", "none", 1.0)


@pytest.mark.parametrize(
    ("adjacency", "attacked"),
    [
        ("add-remove", "whether it is there"),
        ("replace-one", "which of two possible versions of it is there"),
    ],
)
def test_the_attacker_is_given_the_question_that_the_promise_is_about(adjacency, attacked):
    promise = Guarantee(1.0, 1e-6, "customer", adjacency, "noise", (), ())
    told = own_blocks(POLICY, promise)[0].paragraphs[1]
    assert f"tries to tell from the release {attacked}, has" in told


def test_what_only_the_study_lacks_is_not_said_of_the_release():
    limits = ("the choice of epsilon", SEEDED)
    promise = Guarantee(1.0, 1e-6, "customer", "add-remove", "noise", (), limits)
    shown = own_blocks(POLICY, promise)[2].frame
    assert shown["not covered"].tolist() == ["the choice of epsilon"]


def test_unlike_promises_are_named_and_like_ones_are_not(sweep_of):
    result = sweep_of([{}], replicates=3)
    promises = [
        {"model": model, "guarantee": {"adjacency": adjacency}}
        for model, adjacency in (("m0", "add-remove"), ("m1", "replace-one"), ("m2", "replace-one"))
    ]
    both, one = (
        dataclasses.replace(result, manifest={**result.manifest, "guarantees": each})
        for each in (promises, promises[1:])
    )
    assert unlike_promises(both).startswith(
        "Epsilons here are of unlike promises: add-remove by m0; replace-one by m1, m2."
    )
    assert unlike_promises(one) == ""
