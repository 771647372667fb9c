"""Reconstruction: exact counts give secrets away, few or noisy ones do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from equipoise.exceptions import InputError
from equipoise.privacy import Guarantee
from equipoise.privacy.attacks import reconstruct
from equipoise.privacy.attacks._counts import random_parts
from equipoise.privacy.attacks._reconstruction import _over_runs


@dataclass(frozen=True)
class Laplace:
    epsilon: float
    sensitivity: float = 1.0

    @property
    def guarantee(self):
        return Guarantee(self.epsilon, 0.0, "row", "add-remove", "Laplace", (), ())

    def release(self, value, rng):
        return value + rng.laplace(0, self.sensitivity / self.epsilon, np.shape(value))


TEAM = pd.DataFrame({"desk": list("ABCDEFGHIJ") * 2, "floor": [1] * 10 + [2] * 10})
SECRET = np.random.default_rng(0).random(20) < 0.4


def attack(**changes):
    given = {"counts": 20, "random_state": 0} | changes
    return reconstruct(TEAM, SECRET, ["desk", "floor"], **given)


def test_twenty_exact_counts_about_twenty_people_give_nearly_all_away():
    result = attack()
    row = result.frame().iloc[0]
    assert row.low > 0.85 > row.base_rate
    assert row.base_rate == max(SECRET.mean(), 1 - SECRET.mean())
    assert result.epsilon_in_all == np.inf
    assert result.sentence().startswith(
        "20 exact counts, each about at least 3 of 20 customers, gave away "
    )


def test_more_exact_counts_give_all_of_them_away():
    row = attack(counts=60).frame().iloc[0]
    assert row.recovered == 1.0
    assert row.all_recovered == 1.0


def test_few_or_noisy_counts_give_away_no_more_than_the_base_rate():
    base = attack().frame().base_rate[0]
    limited, noised = attack(counts=3), attack(mechanism=Laplace(0.05))
    assert limited.frame().recovered[0] < 0.8
    assert abs(noised.frame().recovered[0] - base) < 0.1
    assert noised.epsilon_in_all == pytest.approx(1.0)
    assert "20 counts at epsilon 0.05 each (1 in all)" in noised.sentence()
    assert noised.frame().all_recovered[0] == 0


def test_what_is_given_away_grows_with_epsilon():
    shares = [attack(mechanism=Laplace(e)).frame().recovered[0] for e in (0.05, 1, 5, 1000)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.9


def test_customers_who_look_the_same_are_not_told_apart():
    twins = pd.DataFrame({"desk": list("AABBCCDD"), "floor": [1, 1] * 4})
    result = reconstruct(twins, [1, 0] * 4, ["desk"], counts=4, at_least=2, random_state=0)
    assert result.frame().recovered[0] == 0.5


def test_groups_are_parts_of_the_whole():
    groups = TEAM[["floor"]]
    frame = attack(groups=groups).frame()
    assert frame["group"].tolist() == ["all", "1", "2"]
    assert np.average(frame.recovered[1:], weights=frame.customers[1:]) == pytest.approx(
        frame.recovered[0]
    )


def test_few_runs_have_no_interval():
    result = attack(repeats=9)
    row = result.frame().iloc[0]
    assert np.isnan(row.low) and np.isnan(row.all_recovered)
    assert row.note == "no interval from 9 runs: 10 are needed"
    assert "(no interval from 9 runs: 10 are needed) of the secrets" in result.sentence()
    assert "(no interval from 1 run: 10 are needed)" in attack(repeats=1).sentence()


def test_runs_that_agree_say_so_and_have_no_interval():
    result = attack(counts=60)
    row = result.frame().iloc[0]
    assert row.recovered == 1.0 and np.isnan(row.low) and np.isnan(row.high)
    assert row.note == (
        "the same in all 20 runs, so with a probability of at least 86.1 % in a further one"
    )
    assert f"gave away 100 % ({row.note}) of the secrets" in result.sentence()


@pytest.mark.parametrize(
    ("shares", "weights"),
    [
        (np.arange(0, 21) / 20, binom.pmf(np.arange(21), 20, 0.8)),  # smooth
        ([0.983, 0.967], [0.7, 0.3]),  # all but equal
        ([0.98, 0.75], [0.8, 0.2]),  # now and then far off
        ([1.0, 0.0], [0.8, 0.2]),  # one customer
    ],
)
def test_intervals_over_runs_hold_the_mean_share_as_often_as_they_say(shares, weights):
    rng = np.random.default_rng(0)
    truth = np.dot(shares, weights)
    drawn = rng.choice(shares, (400, 20), p=weights)
    found = [_over_runs(each, 0.95)[0] for each in drawn if np.ptp(each)]
    assert np.mean([each.low <= truth <= each.high for each in found]) > 0.92
    assert np.mean([each.high - each.low for each in found]) < 5 * drawn.std() / np.sqrt(20)


@given(
    seed=st.integers(0, 2**32),
    n=st.integers(20, 60),
    at_least=st.integers(1, 4),
    counts=st.integers(1, 12),
)
@settings(max_examples=40, deadline=None)
def test_counts_are_different_obey_the_rule_and_follow_the_columns(seed, n, at_least, counts):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"a": rng.choice(list("ABCDEF"), n), "b": rng.choice([1, 2, None], n)})
    parts = random_parts(table, ["a", "b"], counts=counts, at_least=at_least, rng=rng)
    assert parts.shape == (counts, n)
    assert len(np.unique(parts, axis=0)) == counts
    assert (parts.sum(axis=1) >= at_least).all() and ((~parts).sum(axis=1) >= at_least).all()
    alike = table.fillna("missing").groupby(["a", "b"]).ngroup().to_numpy()
    for part in parts:
        assert all(len(set(part[alike == code])) == 1 for code in set(alike))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"counts": 0},
            "counts must be a whole number of at least 1, got 0. Give the number of counts.",
        ),
        (
            {"at_least": 11, "counts": 2},
            "counts must be possible as different counts of at least 11 customers, got 2, found 0. Ask "
            "for fewer counts, or lower at_least, or name more quasi-identifiers.",
        ),
        (
            {"repeats": 0},
            "repeats must be a whole number of at least 1, got 0. Use 10 or more for an interval.",
        ),
        (
            {"mechanism": Laplace(1.0, sensitivity=0.5)},
            "mechanism must be calibrated for a customer who moves a count by 1, got sensitivity 0.5. "
            "Make it with sensitivity=1.",
        ),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(InputError) as refused:
        attack(**changes)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("table", "secret", "names", "message"),
    [
        (
            TEAM,
            SECRET[:5],
            ["desk"],
            "secret must have one value for each row of the table, got shape (5,). Pass a frame and one "
            "secret a row.",
        ),
        (
            TEAM,
            np.ones(20),
            ["desk"],
            "secret must hold both 0 and 1 and nothing else, got 1.0. Say which customers have it, such "
            "as income_band == 'high'.",
        ),
        (
            TEAM,
            pd.Series(SECRET)[::-1],
            ["desk"],
            "secret must be in the order of table, got the same index in another order. Align "
            "the rows first, or pass arrays to have them read by position.",
        ),
        (
            TEAM,
            SECRET,
            ["desk", "desk"],
            "quasi_identifiers must name each column once, got 'desk'. Leave the repetition out.",
        ),
        (
            TEAM,
            SECRET,
            ["desks"],
            "quasi_identifiers must name a column of the table, got 'desks'. Did you mean 'desk'?",
        ),
        (
            TEAM,
            SECRET,
            [],
            "quasi_identifiers must name a column, got none. Name the columns that a condition may be "
            "about.",
        ),
    ],
)
def test_refused_tables(table, secret, names, message):
    with pytest.raises(InputError) as refused:
        reconstruct(table, secret, names, counts=5)
    assert str(refused.value) == message


def test_what_adds_no_noise_and_what_is_no_seed_are_refused():
    table = pd.DataFrame({"desk": list("ABCDEFGH") * 2, "floor": [1] * 8 + [2] * 8})
    secret = np.arange(16) % 3 == 0
    with pytest.raises(InputError, match=r"^mechanism must add noise to counts, got 'x'"):
        reconstruct(table, secret, ["desk", "floor"], counts=5, mechanism="x")
    with pytest.raises(InputError, match=r"^random_state must be"):
        reconstruct(table, secret, ["desk", "floor"], counts=5, random_state="x")
