"""What a pick promises is said in the words of its adjacency."""

from __future__ import annotations

import pytest

from equipoise.privacy import Guarantee
from equipoise.tradeoff import Policy
from equipoise.tradeoff._promise import own_blocks

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
