"""A guarantee says what was promised and converts only where the mathematics allows."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy import Guarantee

PROMISE = Guarantee(1.0, 1e-6, "customer", "add-remove", "Gaussian", ("the weights",), ("scores",))
NONE = dataclasses.replace(PROMISE, epsilon=math.inf, delta=0.0, mechanism="none", covers=())


@given(epsilon=st.floats(0.001, 50), delta=st.floats(0, 0.5))
def test_add_remove_implies_replace_one_at_twice_the_epsilon(epsilon, delta):
    implied = dataclasses.replace(PROMISE, epsilon=epsilon, delta=delta).as_replace_one()
    assert implied.adjacency == "replace-one"
    assert implied.epsilon == 2 * epsilon
    assert implied.delta == min(1.0, (1 + math.exp(epsilon)) * delta)
    assert implied.as_replace_one() is implied


def test_replace_one_never_covers_the_number_of_rows():
    rows = "the number of customers, which replace-one adjacency never covers"
    assert PROMISE.as_replace_one().does_not_cover == ("scores", rows)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"unit": None},
            "unit must be text, got None. Write whom it protects, such as 'customer', ",
        ),
        ({"mechanism": " "}, "mechanism must be text, got ' '. Write whom it protects, such as "),
        ({"covers": "abc"}, "covers must be a tuple of texts, got 'abc'. Write ('the weights',)."),
    ],
)
def test_a_guarantee_without_words_is_none(wrong, said):
    with pytest.raises(InputError) as refused:
        dataclasses.replace(PROMISE, **wrong)
    assert str(refused.value).startswith(said)


def test_extreme_epsilons_convert_without_overflow():
    assert dataclasses.replace(PROMISE, epsilon=1e4).as_replace_one().delta == 1.0
    assert NONE.as_replace_one().epsilon == math.inf
    assert NONE.as_replace_one().delta == 0.0


@pytest.mark.parametrize("promise", [PROMISE, NONE])
def test_a_guarantee_reads_back_as_it_was_written(promise):
    assert Guarantee.from_dict(json.loads(json.dumps(promise.as_dict()))) == promise


def test_the_card_says_all_of_it():
    card = dataclasses.replace(PROMISE, does_not_cover=("scores", "w " * 60)).explain()
    assert card.splitlines()[0] == str(PROMISE)
    assert "Does not cover:" in card and "- scores" in card
    assert max(map(len, card.splitlines())) <= 100
    assert repr(PROMISE) == PROMISE.explain()


@pytest.mark.parametrize(
    ("epsilon", "advantage"), [(0.1, 0.050), (0.5, 0.245), (1, 0.462), (2, 0.762), (4, 0.964)]
)
def test_the_attacker_gains_at_most_the_known_advantage(epsilon, advantage):
    pure = dataclasses.replace(PROMISE, epsilon=epsilon, delta=0.0)
    assert pure.attacker_advantage() == pytest.approx(advantage, abs=5e-4)


def test_the_advantage_counts_delta_and_ends_at_certainty():
    odds = math.e
    assert dataclasses.replace(PROMISE, delta=0.1).attacker_advantage() == pytest.approx(
        (odds - 1 + 0.2) / (odds + 1)
    )
    assert NONE.attacker_advantage() == 1.0
    assert dataclasses.replace(PROMISE, epsilon=1e4).attacker_advantage() == 1.0
    assert dataclasses.replace(PROMISE, delta=1.0).attacker_advantage() == 1.0


def test_it_reads_as_a_sentence():
    assert str(PROMISE) == "(epsilon 1, delta 1e-06) per customer, add-remove"
    assert str(NONE) == "not private (epsilon infinite)"


@pytest.mark.parametrize("promise", [PROMISE, NONE])
def test_as_dict_is_strict_json_and_comes_back_whole(promise):
    plain = json.loads(json.dumps(promise.as_dict(), allow_nan=False))
    back = Guarantee(
        **(plain | {"epsilon": float(plain["epsilon"])})
        | {name: tuple(plain[name]) for name in ("covers", "does_not_cover")}
    )
    assert back == promise


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon": -1.0}, "epsilon must be a number in (0, inf], got -1.0. "),
        ({"delta": 2.0}, "delta must be a number in [0, 1], got 2.0. "),
        ({"adjacency": "swap"}, "adjacency must be a known name, got 'swap'. "),
    ],
)
def test_what_cannot_be_promised_is_refused(change, message):
    parts = {"epsilon": 1.0, "delta": 1e-6, "adjacency": "add-remove"} | change
    with pytest.raises(InputError) as refused:
        Guarantee(unit="customer", mechanism="Gaussian", covers=(), does_not_cover=(), **parts)
    assert str(refused.value).startswith(message)


def test_a_promise_about_replacing_says_nothing_about_presence():
    line = "the presence and the values of each customer's row"
    promise = Guarantee(1.0, 1e-6, "customer", "add-remove", "Gaussian", (line,), ())
    assert promise.as_replace_one().covers == ("the values of each customer's row",)


def test_a_record_of_an_earlier_version_that_says_seed_in_words_is_of_a_study():
    record = PROMISE.as_dict() | {"does_not_cover": ["anybody who knows the seed: for study"]}
    del record["study"]
    assert Guarantee.from_dict(record).study
    assert not Guarantee.from_dict(PROMISE.as_dict()).study
    with pytest.raises(InputError, match=r"^study must be True or False, got 'no'"):
        dataclasses.replace(PROMISE, study="no")


def test_every_number_is_plain_json():
    promise = dataclasses.replace(PROMISE, mu=np.float32(0.25))
    assert (
        Guarantee.from_dict(json.loads(json.dumps(promise.as_dict(), allow_nan=False))) == promise
    )
    endless = dataclasses.replace(PROMISE, mu=math.inf)
    assert (
        Guarantee.from_dict(json.loads(json.dumps(endless.as_dict(), allow_nan=False))) == endless
    )
