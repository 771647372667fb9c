"""What an epsilon lets somebody learn: limits that hold, are reached, and are said in words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from equipoise.exceptions import InputError
from equipoise.privacy import Guarantee
from equipoise.privacy.accounting import gaussian_delta, gaussian_mu
from equipoise.privacy.queries.mechanisms import GaussianMechanism, RandomizedResponse
from equipoise.privacy.reading import EPSILONS, read_epsilon


def row(epsilon, *, delta=0.0, adjacency="replace-one", prior=0.01, question="values"):
    frame = read_epsilon(epsilon, delta=delta, adjacency=adjacency, priors=[prior]).frame()
    return frame[frame["question"] == question].iloc[0]


@pytest.mark.parametrize(
    ("epsilon", "advantage"), [(0.1, 0.050), (0.5, 0.245), (1, 0.462), (2, 0.762), (4, 0.964)]
)
def test_known_advantages(epsilon, advantage):
    assert row(epsilon)["advantage"] == pytest.approx(advantage, abs=5e-4)


@given(epsilon=st.floats(0.01, 8), prior=st.floats(0.001, 0.999))
@settings(max_examples=40)
def test_randomised_response_reaches_the_limits_and_does_not_pass_them(epsilon, prior):
    told, flip = row(epsilon, prior=prior), RandomizedResponse(epsilon=epsilon).flip_probability
    heard_yes = prior * (1 - flip) / (prior * (1 - flip) + (1 - prior) * flip)
    heard_no = prior * flip / (prior * flip + (1 - prior) * (1 - flip))
    assert told["posterior"] == pytest.approx(heard_yes, rel=1e-9)
    assert told["posterior_low"] == pytest.approx(heard_no, rel=1e-9)
    assert told["advantage"] == pytest.approx(1 - 2 * flip)


@given(
    epsilon=st.floats(0.05, 5),
    delta=st.floats(1e-9, 1e-2),
    prior=st.floats(0.001, 0.9),
)
@settings(max_examples=40, deadline=None)
def test_gaussian_noise_passes_the_limit_in_no_more_releases_than_the_exception(
    epsilon, delta, prior
):
    told = row(epsilon, delta=delta, prior=prior)
    mu = gaussian_mu(epsilon, delta)
    # The log-odds grow by N(mu² / 2, mu²) where the suspicion is right.
    growth = math.log(told["posterior"] / (1 - told["posterior"]) * (1 - prior) / prior)
    assert growth == pytest.approx(epsilon + math.log(1.1), rel=1e-6)
    assert stats.norm.sf(growth, mu**2 / 2, mu) <= told["exception"]
    assert told["exception"] == pytest.approx(min(1, 11 * delta))


@given(
    shares=st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
    ratios=st.lists(st.floats(-1, 1), min_size=3, max_size=3),
    tells=st.tuples(st.floats(0, 0.03), st.floats(0, 0.03)),
    epsilon=st.floats(0.01, 2),
    prior=st.floats(0.01, 0.99),
)
@settings(max_examples=200, deadline=None)
def test_no_release_passes_a_limit_more_often_than_the_exception_either_way(
    shares, ratios, tells, epsilon, prior
):
    # Three outputs that tell little, and two that only come with the suspicion true, and false.
    p = np.array(shares) / sum(shares)
    q = p * np.exp(epsilon * np.array(ratios))
    p, q = (
        np.array([*(1 - tell) * part / part.sum(), tell * is_first, tell * (not is_first)])
        for part, tell, is_first in ((p, tells[0], True), (q, tells[1], False))
    )
    delta = max(
        np.maximum(one - np.exp(epsilon) * other, 0).sum() for one, other in ((p, q), (q, p))
    )
    told = row(epsilon, delta=delta, prior=prior)
    with np.errstate(invalid="ignore"):
        after = prior * p / (prior * p + (1 - prior) * q)
    higher, lower = after > told["posterior"] + 1e-12, after < told["posterior_low"] - 1e-12
    for beyond in (higher, lower):
        assert max(p[beyond].sum(), q[beyond].sum()) <= told["exception"] + 1e-12


def test_a_suspicion_may_be_ended_in_delta_of_the_releases_and_the_sentence_says_so():
    # Somebody absent is told of with probability delta; nothing else ever leaves.
    delta, silent = 1e-3, 1 - 1e-3
    present, absent = np.array([1.0, 0.0]), np.array([silent, delta])
    assert (absent <= present + delta).all() and (present <= math.exp(0.01) * absent + delta).all()
    reading = read_epsilon(0.01, delta=delta, adjacency="add-remove", priors=[0.5])
    told = reading.frame().iloc[0]
    ended = 0.5 * present / (0.5 * present + 0.5 * absent)
    assert ended[1] == 0.0 < told["posterior_low"]
    assert absent[1] <= told["exception"]
    assert "in at most as many it may be less, down to ruled out" in reading.sentences()[0]


@pytest.mark.parametrize(
    ("epsilon", "delta", "adjacency"),
    [(1.0, 1 / 11, "replace-one"), (1.0, 1.0, "replace-one"), (20.0, 1e-5, "add-remove")],
)
def test_where_every_release_may_be_an_exception_nothing_is_limited(epsilon, delta, adjacency):
    told = row(epsilon, delta=delta, adjacency=adjacency)
    assert (told["posterior"], told["posterior_low"], told["exception"]) == (1.0, 0.0, 1.0)
    assert (told["odds_factor"], told["releases_to_even"]) == (math.inf, 1.0)
    reading = read_epsilon(epsilon, delta=delta, adjacency=adjacency, priors=[0.01])
    assert reading.sentences()[-1] == (
        "Nothing limits what somebody can learn who suspects that your data say one thing and not "
        "another: delta is too large."
    )
    assert row(1.0, delta=1 / 12)["posterior"] < 0.1


def test_deltas_add_up_to_no_limit_as_epsilons_do():
    assert row(0.01, delta=0.04)["releases_to_even"] == 3
    assert row(0.01, delta=np.float64(5e-324), prior=0.4)["releases_to_even"] == 32
    assert row(0.01, delta=3 * 0.04)["posterior"] == 1.0 > row(0.01, delta=2 * 0.04)["posterior"]


def test_the_limit_without_the_slack_would_be_passed_more_often_than_delta_says():
    mu = gaussian_mu(1.0, 1e-6)
    assert stats.norm.sf(1.0, mu**2 / 2, mu) > 1e-6


@given(epsilon=st.floats(0.05, 3), prior=st.floats(0.001, 0.49), delta=st.sampled_from([0.0, 1e-6]))
@settings(max_examples=40)
def test_so_many_releases_may_make_it_an_even_bet_and_fewer_may_not(epsilon, prior, delta):
    many = int(row(epsilon, prior=prior, delta=delta)["releases_to_even"])
    assert row(many * epsilon, prior=prior, delta=delta)["posterior"] >= 0.5 - 1e-6
    if many > 1:
        assert row((many - 1) * epsilon, prior=prior, delta=delta)["posterior"] < 0.5 + 1e-6


def test_add_remove_answers_two_questions_and_replace_one_the_second_alone():
    both = read_epsilon(1.0, delta=1e-6, adjacency="add-remove", priors=[0.1])
    frame = both.frame().set_index("question")
    assert frame.index.tolist() == ["presence", "values"]
    assert frame["odds_factor"].tolist() == pytest.approx([1.1 * math.e, 1.1 * math.e**2])
    assert frame.loc["values", "exception"] == pytest.approx(11e-6 * (1 + math.e))
    alone = read_epsilon(1.0, delta=0, adjacency="replace-one")
    assert set(alone.frame()["question"]) == {"values"}
    assert str(alone).endswith("Whether you are among the customers at all is not covered.")
    assert "not covered" not in str(both)


def test_gaussian_noise_tells_less_than_epsilon_and_delta_allow():
    promise = GaussianMechanism(sensitivity=1.0, epsilon=1.0, delta=1e-6, unit="customer").guarantee
    frame = read_epsilon(promise).frame().drop_duplicates("question").set_index("question")
    assert frame.loc["presence", "noise_advantage"] == gaussian_delta(0.0, promise.mu)
    assert frame.loc["presence", "noise_advantage"] == pytest.approx(
        2 * stats.norm.cdf(promise.mu / 2) - 1
    )
    assert (frame["noise_advantage"] < frame["advantage"] / 3).all()
    assert "9.43 as the noise is Gaussian" in str(read_epsilon(promise))
    assert np.isnan(row(1.0)["noise_advantage"])


def test_an_infinite_epsilon_limits_nothing():
    told = row(math.inf)
    assert (told["posterior"], told["posterior_low"], told["advantage"]) == (1.0, 0.0, 1.0)
    assert told["odds_factor"] == math.inf
    reading = read_epsilon(math.inf, delta=0, adjacency="replace-one", priors=[0.5])
    assert reading.sentences() == [
        "Nothing limits what somebody can learn who suspects that your data say one thing and not "
        "another: it is not private."
    ]
    assert row(2000.0)["posterior"] == 1.0


@pytest.mark.parametrize(
    "prior", [0.5, np.float64(0.5), np.array(0.5), [0.5, 0.5], np.array([0.5])]
)
@pytest.mark.parametrize("epsilon", [1.0, np.array(1.0), [1.0, 1.0]])
def test_a_single_number_needs_no_list_and_a_repeated_one_is_read_once(epsilon, prior):
    reading = read_epsilon(epsilon, delta=0, adjacency="replace-one", priors=prior)
    assert reading.priors == (0.5,)
    assert len(reading.frame()) == 1
    assert reading.sentences()[0].startswith("If somebody's suspicion")
    assert "rise from 0.5 to 0.732." in reading.plot().alt


@pytest.mark.parametrize("epsilon", [5e-324, 1e-320, 1e-300, 1e300])
def test_the_smallest_and_largest_epsilons_are_read(epsilon):
    found = row(epsilon, prior=1e-300)
    assert (
        found["releases_to_even"] == math.inf
        if epsilon < 1e-306
        else found["releases_to_even"] >= 1
    )
    assert read_epsilon(epsilon, delta=0, adjacency="replace-one", priors=[5e-324]).sentences()


def test_the_table_runs_from_a_hundredth_to_ten():
    frame = read_epsilon(EPSILONS, delta=0, adjacency="add-remove", priors=[0.01]).frame()
    assert (frame["epsilon"].min(), frame["epsilon"].max()) == (0.01, 10)
    for _, line in frame.groupby("question"):
        assert line["posterior"].is_monotonic_increasing
        assert line["advantage"].is_monotonic_increasing
        assert line["releases_to_even"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: read_epsilon(1.0, adjacency="add-remove"),
            "delta is required with an epsilon, got None. Use 0 for a pure promise.",
        ),
        (
            lambda: read_epsilon(1.0, delta=0),
            "adjacency is required with an epsilon, got None. Use 'add-remove'.",
        ),
        (
            lambda: read_epsilon(0),
            "epsilon must be a number in (0, inf], got 0. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            lambda: read_epsilon(1.0, delta=0, adjacency="add-remove", priors=None),
            "prior must be a number in (0, 1], got None. Use for example 0.01.",
        ),
        (
            lambda: read_epsilon("1", delta=0, adjacency="add-remove"),
            "epsilon must be a number in (0, inf], got '1'. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            lambda: read_epsilon([1.0, 0.0], delta=0, adjacency="add-remove"),
            "epsilon must be a number in (0, inf], got 0.0. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            lambda: read_epsilon([], delta=0, adjacency="add-remove"),
            "promise must be at least one epsilon, got none. Use EPSILONS.",
        ),
        (
            lambda: read_epsilon(1.0, delta=0, adjacency="add-remove", priors=[1.0]),
            "prior must lie strictly between 0 and 1, got 1.0. Use for example 0.01.",
        ),
        (
            lambda: read_epsilon(1.0, delta=0, adjacency="add-remove", priors=[]),
            "priors must be at least one, got none. Use for example [0.01].",
        ),
        (
            lambda: read_epsilon(
                Guarantee(1.0, 0.0, "row", "add-remove", "any", (), ()), delta=1e-6
            ),
            "delta and adjacency are those of the guarantee, got others. "
            "Pass the guarantee alone, or an epsilon with both.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(call, message):
    with pytest.raises(InputError) as refused:
        call()
    assert str(refused.value) == message
