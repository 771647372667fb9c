"""Each mechanism: noise of the stated size, a promise that follows from it, and refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from equipoise.exceptions import InputError
from equipoise.privacy import epsilon_lower_bound
from equipoise.privacy.accounting import gaussian_delta
from equipoise.privacy.queries.mechanisms import (
    ExponentialMechanism,
    GaussianMechanism,
    GeometricMechanism,
    LaplaceMechanism,
    RandomizedResponse,
)

ADDITIVE = {
    "laplace": LaplaceMechanism(sensitivity=3.0, epsilon=0.5),
    "geometric": GeometricMechanism(sensitivity=3, epsilon=0.5),
    "gaussian": GaussianMechanism(sensitivity=3.0, epsilon=0.5, delta=1e-6),
}


def noise(mechanism, n, rng):
    return np.asarray(mechanism.release(np.full(n, 7.0), rng)) - 7.0


@pytest.fixture(params=["a release", "for study"])
def source(request):
    """Give no generator, or one."""
    return None if request.param == "a release" else np.random.default_rng(0)


@pytest.mark.parametrize("name", ADDITIVE)
def test_the_noise_has_the_stated_size_and_centre(name, source):
    mechanism, n = ADDITIVE[name], 6000
    drawn = noise(mechanism, n, source)
    # Fourth moments: 3 sd^4 for normal noise, 6 for Laplace, a little more for geometric.
    error = {"gaussian": 2.0, "laplace": 5.0, "geometric": 5.2}[name]
    ratio = (drawn**2).mean() / mechanism.noise_sd**2
    assert abs(ratio - 1) < 5.5 * math.sqrt(error / n)
    assert abs(drawn.mean()) < 5.5 * mechanism.noise_sd / math.sqrt(n)
    assert mechanism.noise_sd == pytest.approx(math.sqrt(2) * mechanism.noise_scale)


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("laplace", stats.laplace(0, 6.0)),
        ("gaussian", stats.norm(0, ADDITIVE["gaussian"].noise_sd)),
        ("geometric", stats.dlaplace(1 / 6)),
    ],
)
def test_the_noise_has_the_stated_shape(name, law, source):
    drawn = noise(ADDITIVE[name], 6000, source)
    if name != "geometric":
        assert stats.kstest(drawn, law.cdf).pvalue > 1e-6
        return
    chances = law.pmf(np.arange(-20, 21))
    counts = [(drawn == z).sum() for z in range(-20, 21)]
    expected = np.append(chances, 1 - chances.sum()) * len(drawn)
    counts.append(len(drawn) - sum(counts))
    assert stats.chisquare(counts, expected).pvalue > 1e-6


@pytest.mark.parametrize("name", ADDITIVE)
@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_noise_stays_within_what_is_said_so_often(name, confidence):
    mechanism, n = ADDITIVE[name], 200_000
    drawn = np.abs(noise(mechanism, n, np.random.default_rng(3)))
    reach = mechanism.largest_noise(confidence)
    tolerance = 6 * math.sqrt(0.25 / n)
    assert (drawn <= reach).mean() > confidence - tolerance
    smaller = reach - 1 if name == "geometric" else reach * 0.98
    assert (drawn <= smaller).mean() < confidence + tolerance


def test_known_answers():
    assert ADDITIVE["laplace"].noise_scale == 6.0
    one = GaussianMechanism(sensitivity=1.0, epsilon=1.0, delta=1e-6)
    assert one.noise_sd == pytest.approx(4.22468, abs=1e-5)
    # dp-accounting's PLD: a Gaussian of sigma 3.7 is (1.0091, 1e-5).
    near = GaussianMechanism(sensitivity=1.0, epsilon=1.0091, delta=1e-5)
    assert near.noise_sd == pytest.approx(3.7, abs=1e-3)
    assert RandomizedResponse(epsilon=1.0).flip_probability == pytest.approx(1 / (1 + math.e))
    # 2 r / (1 - r)^2 at r = e^-1.
    variance = GeometricMechanism(sensitivity=1, epsilon=1.0).noise_sd ** 2
    assert variance == pytest.approx(2 * math.exp(-1) / (1 - math.exp(-1)) ** 2)


@given(epsilon=st.floats(0.01, 20), sensitivity=st.floats(1e-6, 1e6), delta=st.floats(1e-12, 1e-3))
@settings(max_examples=40, deadline=None)
def test_gaussian_noise_is_what_its_delta_asks_for(epsilon, sensitivity, delta):
    mechanism = GaussianMechanism(sensitivity=sensitivity, epsilon=epsilon, delta=delta)
    mu = sensitivity / mechanism.noise_sd
    assert mechanism.guarantee.mu == pytest.approx(mu)
    assert gaussian_delta(epsilon, mu) == pytest.approx(delta, rel=1e-4)
    assert gaussian_delta(epsilon, mu) <= delta * (1 + 1e-9)


@given(epsilon=st.floats(0.01, 5), sensitivity=st.integers(1, 5), confidence=st.floats(0, 0.999))
@settings(max_examples=60)
def test_geometric_tails_are_exact(epsilon, sensitivity, confidence):
    mechanism = GeometricMechanism(sensitivity=sensitivity, epsilon=epsilon)
    law, reach = stats.dlaplace(epsilon / sensitivity), mechanism.largest_noise(confidence)
    assert law.cdf(reach) - law.cdf(-reach - 1) >= confidence - 1e-9
    if reach:
        assert law.cdf(reach - 1) - law.cdf(-reach) < confidence + 1e-9


@pytest.mark.parametrize("name", ["laplace", "gaussian"])
def test_a_release_shows_nothing_of_the_last_digits_of_the_value(name):
    mechanism = ADDITIVE[name]
    step = 2.0 ** (math.frexp(mechanism.sensitivity)[1] - 40)
    for value in (0.0, 1 / 3, math.pi * 1e6, -1e-13):
        released = np.array([mechanism.release(value) for _ in range(20)])
        assert (released % step == 0).all()


@pytest.mark.parametrize("name", ADDITIVE)
def test_a_generator_makes_it_repeatable_and_its_absence_does_not(name):
    mechanism, value = ADDITIVE[name], np.zeros((4, 50))
    again = [mechanism.release(value, np.random.default_rng(5)) for _ in range(2)]
    assert (again[0] == again[1]).all()
    np.random.seed(0)
    one = mechanism.release(value)
    np.random.seed(0)
    other = mechanism.release(value)
    assert one.shape == (4, 50)
    assert (one != other).mean() > 0.8
    assert len(np.unique(again[0])) > 10
    assert isinstance(mechanism.release(3), float | int)


def test_the_smallest_epsilon_of_whole_numbers_overflows_nothing():
    mechanism = GeometricMechanism(sensitivity=1, epsilon=1.2e-16)
    for rng in (None, np.random.default_rng(0)):
        released = mechanism.release(np.full(200, 7), rng)
        assert released.dtype == np.int64
        assert np.median(np.abs(released)) > 1e15


def test_each_class_names_the_kind_of_its_noise():
    kinds = {
        LaplaceMechanism: "laplace",
        GeometricMechanism: "geometric",
        GaussianMechanism: "gaussian",
        ExponentialMechanism: "exponential",
        RandomizedResponse: "randomised response",
    }
    assert {each: each.noise for each in kinds} == kinds


def test_whole_numbers_stay_whole():
    for rng in (None, np.random.default_rng(0)):
        released = ADDITIVE["geometric"].release(np.arange(5), rng)
        assert released.dtype == np.int64
        assert isinstance(ADDITIVE["geometric"].release(4, rng), int)


@pytest.mark.parametrize(
    "mechanism",
    [
        LaplaceMechanism(sensitivity=3.0, epsilon=math.inf),
        GeometricMechanism(sensitivity=3, epsilon=math.inf),
        GaussianMechanism(sensitivity=3.0, epsilon=math.inf, delta=1e-6),
    ],
)
def test_without_privacy_the_value_itself_is_released_and_nothing_promised(mechanism):
    value = np.array([1.0, 2.0])
    assert (mechanism.release(value) == value).all()
    assert mechanism.release(value) is not value
    assert mechanism.noise_sd == mechanism.largest_noise(0.95) == 0
    promise = mechanism.guarantee
    assert (promise.epsilon, promise.mechanism, promise.covers) == (math.inf, "none", ())
    assert promise.does_not_cover[0].startswith("everything")


def test_what_a_mechanism_promises():
    promise = GaussianMechanism(
        sensitivity=2.0, epsilon=1.0, delta=1e-6, unit="customer", adjacency="replace-one"
    ).guarantee
    assert str(promise) == "(epsilon 1, delta 1e-06) per customer, replace-one"
    assert promise.mechanism == "Gaussian noise of sd 8.44936, sensitivity 2"
    assert promise.mu == pytest.approx(0.236704, abs=1e-6)
    assert (ADDITIVE["laplace"].guarantee.delta, ADDITIVE["laplace"].guarantee.mu) == (0.0, None)
    for limit in (
        "whether the sensitivity is right",
        "for study",
        "whose epsilons add",
        "epsilon, ",
    ):
        assert any(limit in line for line in promise.does_not_cover), limit
    assert not any("scored by the model" in line for line in promise.does_not_cover)


def test_an_attack_on_exact_laplace_noise_comes_near_epsilon_and_stays_below():
    mechanism = LaplaceMechanism(sensitivity=1.0, epsilon=1.0)
    found = [
        epsilon_lower_bound(*(mechanism.release(np.full(6000, v)) for v in (0.0, 1.0)), delta=0.0)
        for _ in range(5)
    ]
    # The choice of an event is poor once in a hundred times: three of five, once in a hundred thousand.
    assert 0.6 < np.median(found) <= 1.05


class TestExponential:
    def test_chances_are_those_of_the_formula(self, source):
        scores, weights, n = [0.0, 4.0, 1.0, 4.0], [1.0, 1.0, 5.0, 0.5], 4000
        mechanism = ExponentialMechanism(
            candidates=["a", "b", "c", "d"], sensitivity=2.0, epsilon=1.5, weights=weights
        )
        chances = np.array(weights) * np.exp(1.5 * np.array(scores) / (2 * 2.0))
        drawn = mechanism.release(np.tile(scores, (n, 1)), source)
        counts = [drawn.count(each) for each in mechanism.candidates]
        assert stats.chisquare(counts, n * chances / chances.sum()).pvalue > 1e-6

    @given(
        scores=st.lists(st.floats(-50, 50), min_size=2, max_size=6),
        moves=st.lists(st.floats(-1, 1), min_size=6, max_size=6),
        epsilon=st.floats(0.01, 10),
    )
    @settings(max_examples=40, deadline=None)
    def test_no_chance_changes_by_more_than_epsilon_allows(self, scores, moves, epsilon):
        from diffprivlib.mechanisms import Exponential

        others = [score + move for score, move in zip(scores, moves, strict=False)]
        chances = [
            np.diff(
                Exponential(epsilon=epsilon, sensitivity=1.0, utility=each)._probabilities,
                prepend=0,
            )
            for each in (scores, others)
        ]
        told = np.all([each > 1e-12 for each in chances], axis=0)
        ratio = np.log(chances[0][told] / chances[1][told])
        assert np.abs(ratio).max(initial=0) <= epsilon + 1e-3

    def test_weights_count_by_their_proportions_however_large(self):
        shared = {"candidates": ["a", "b"], "sensitivity": 1.0, "epsilon": 1.0}
        rng = np.random.default_rng
        for weights in ([1e308, 1e308], [1e-320, 1e-320], [3.0, 3.0]):
            mechanism = ExponentialMechanism(weights=weights, **shared)
            drawn = [mechanism.release([1, 1], rng(seed)) for seed in range(60)]
            assert 15 < drawn.count("a") < 45

    def test_an_infinite_epsilon_chooses_a_best_candidate(self):
        mechanism = ExponentialMechanism(candidates=[3, 5, 8], sensitivity=1.0, epsilon=math.inf)
        assert {mechanism.release([0.0, 2.0, -1.0]) for _ in range(20)} == {5}
        assert mechanism.guarantee.mechanism == "none"

    def test_it_says_what_it_promises(self):
        promise = ExponentialMechanism(candidates=[1, 2], sensitivity=1, epsilon=0.3).guarantee
        assert promise.mechanism == "exponential mechanism over 2 candidates, sensitivity 1"
        assert (promise.epsilon, promise.delta, promise.adjacency) == (0.3, 0.0, "add-remove")


class TestRandomizedResponse:
    def test_bits_are_flipped_as_often_as_said(self, source):
        mechanism, n = RandomizedResponse(epsilon=1.0), 20_000
        told = mechanism.release(np.r_[np.ones(n, int), np.zeros(n, int)], source)
        for flipped in (1 - told[:n], told[n:]):
            assert stats.binomtest(int(flipped.sum()), n, mechanism.flip_probability).pvalue > 1e-6

    def test_a_thousand_answers_a_world_bound_epsilon_one_near_point_86(self):
        mechanism, rng = RandomizedResponse(epsilon=1.0), np.random.default_rng(0)
        ones, zeros = np.ones(2000, int), np.zeros(2000, int)
        found = [
            epsilon_lower_bound(
                mechanism.release(ones, rng),
                mechanism.release(zeros, rng),
                delta=0.0,
                confidence=0.95,
            )
            for _ in range(41)
        ]
        assert np.median(found) == pytest.approx(0.86, abs=0.04)

    def test_the_estimate_is_right_on_average(self):
        mechanism, rng = RandomizedResponse(epsilon=0.5), np.random.default_rng(0)
        truth = (np.arange(20_000) < 6000).astype(int)
        found = mechanism.estimated_share(mechanism.release(truth, rng))
        sd = 0.5 / math.sqrt(20_000) / (1 - 2 * mechanism.flip_probability)
        assert abs(found - 0.3) < 5 * sd

    @pytest.mark.parametrize(
        ("epsilon", "n", "share"), [(1.0, 60, 0.1), (0.3, 500, 0.5), (3, 40, 0)]
    )
    def test_the_interval_holds_at_least_as_often_as_said(self, epsilon, n, share):
        mechanism, rng = RandomizedResponse(epsilon=epsilon), np.random.default_rng(0)
        chance = mechanism.flip_probability + share * (1 - 2 * mechanism.flip_probability)
        sampled = rng.binomial(n, chance, 1500)  # of a population, by what is told
        inside = round(n * share)
        alone = rng.binomial(inside, 1 - mechanism.flip_probability, 1500)
        alone += rng.binomial(n - inside, mechanism.flip_probability, 1500)
        for told, truth in ((sampled, share), (alone, inside / n)):
            limits = {k: mechanism.interval(np.arange(n) < k, 0.9) for k in set(told.tolist())}
            held = [low <= truth <= high for low, high in map(limits.get, told.tolist())]
            assert np.mean(held) >= 0.9 - 3.5 * math.sqrt(0.09 / 1500)
        assert all(0 <= low <= high <= 1 for low, high in limits.values())

    def test_a_tiny_epsilon_still_gives_an_estimate_without_rounding(self):
        told = RandomizedResponse(epsilon=1e-9).estimated_share([1, 0, 1, 0])
        assert told == 0.5

    def test_presence_is_not_promised(self):
        promise = RandomizedResponse(epsilon=1.0, unit="customer").guarantee
        assert promise.adjacency == "replace-one"
        assert "that somebody answered at all" in promise.does_not_cover

    def test_without_privacy_the_truth_is_told(self):
        assert RandomizedResponse(epsilon=math.inf).release([1, 0, 1]).tolist() == [1, 0, 1]
        assert RandomizedResponse(epsilon=900.0).release(1) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: LaplaceMechanism(sensitivity=1.0, epsilon=0.0),
            "epsilon must be a number in (0, inf], got 0.0. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            lambda: RandomizedResponse(epsilon="1"),
            "epsilon must be a number in (0, inf], got '1'. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            lambda: GaussianMechanism(sensitivity=1.0, epsilon=math.nan, delta=1e-6),
            "epsilon must be a number in (0, inf], got nan. "
            "Use a positive number such as 1.0, or float('inf') for no privacy.",
        ),
        (
            lambda: GaussianMechanism(sensitivity=1.0, epsilon=1.0, delta=None),
            "delta is required with a finite epsilon, got None. "
            "Use a value far below 1 / number of customers, such as 1e-6.",
        ),
        (
            lambda: LaplaceMechanism(sensitivity=-1.0, epsilon=1.0),
            "sensitivity must be a number in (0, inf], got -1.0. "
            "Work out how far one unit can move the value.",
        ),
        (
            lambda: LaplaceMechanism(sensitivity=math.inf, epsilon=1.0),
            "sensitivity must be finite, got inf. "
            "Clip each unit's contribution to declared bounds first.",
        ),
        (
            lambda: GeometricMechanism(sensitivity=1.5, epsilon=1.0),
            "sensitivity must be a whole number of at least 1, got 1.5. "
            "Use LaplaceMechanism for others.",
        ),
        (
            lambda: LaplaceMechanism(sensitivity=1.0, epsilon=1.0, adjacency="add"),
            "adjacency must be a known name, got 'add'. Known: 'add-remove', 'replace-one'.",
        ),
        (
            lambda: ADDITIVE["laplace"].release([1.0, math.nan]),
            "value must be finite numbers, got others. Correct it.",
        ),
        (
            lambda: ADDITIVE["laplace"].release("many"),
            "value must be finite numbers, got 'many'. Correct it.",
        ),
        (
            lambda: ADDITIVE["geometric"].release(0.5),
            "value must be whole numbers up to 2^53, got others. Use LaplaceMechanism for others.",
        ),
        (
            lambda: ADDITIVE["laplace"].largest_noise(1.0),
            "confidence must lie in [0, 1), got 1.0. No bound holds for all noise.",
        ),
        *(
            (
                lambda wrong=wrong: ExponentialMechanism(
                    candidates=wrong, sensitivity=1.0, epsilon=1.0
                ),
                f"candidates must be a list of at least one, got {wrong!r}. List what can be chosen.",
            )
            for wrong in ([], None, {"a": 1}, "ab")
        ),
        (
            lambda: ExponentialMechanism(candidates=[[1], [2]], sensitivity=1.0, epsilon=1.0),
            "candidates must be hashable, got some that cannot be compared. "
            "Name them by texts or numbers.",
        ),
        (
            lambda: ExponentialMechanism(
                candidates=[1, 2], sensitivity=1.0, epsilon=1.0, weights=["a", "b"]
            ),
            "weights must be 2 positive numbers, one a candidate, got others. "
            "Leave out what must not be chosen.",
        ),
        (
            lambda: ExponentialMechanism(candidates=[1, 2], sensitivity=1, epsilon=1).release("a"),
            "value must be 2 scores, one a candidate, got shape (). Score every candidate.",
        ),
        (
            lambda: GeometricMechanism(sensitivity=1, epsilon=1e-16),
            "epsilon must not ask for more noise than numbers can hold, got 1e-16 at sensitivity 1. "
            "Use a larger epsilon, or let one unit move the value by less.",
        ),
        (
            lambda: RandomizedResponse(epsilon=1e-20).estimated_share([1, 0]),
            "epsilon must be at least 1e-12 to estimate a share, got 1e-20. "
            "Ask again with a larger one.",
        ),
        (
            lambda: RandomizedResponse(epsilon=1.0).interval([1, 0], "a"),
            "confidence must be a number in [0, inf], got 'a'. Use for example 0.95.",
        ),
        (
            lambda: RandomizedResponse(epsilon=1.0).interval(["a"]),
            "answers must be bits, at least one, got others. Pass what was told.",
        ),
        (
            lambda: ExponentialMechanism(
                candidates=[1, 2], sensitivity=1.0, epsilon=1.0, weights=[1.0, 0.0]
            ),
            "weights must be 2 positive numbers, one a candidate, got others. "
            "Leave out what must not be chosen.",
        ),
        (
            lambda: ExponentialMechanism(candidates=[1, 2], sensitivity=1, epsilon=1).release(
                [1.0]
            ),
            "value must be 2 scores, one a candidate, got shape (1,). Score every candidate.",
        ),
        (
            lambda: RandomizedResponse(epsilon=1.0).release([0, 2]),
            "value must be 0 or 1, got others. Code the sensitive answer as 1.",
        ),
        (
            lambda: ExponentialMechanism(candidates=["a", "a"], sensitivity=1.0, epsilon=1.0),
            "candidates must differ, got some that are equal. "
            "Name each once; weights say how probable one is at equal scores.",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused(make, message):
    with pytest.raises(InputError) as refused:
        make()
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("mechanism", "value"),
    [
        *((each, 1) for each in ADDITIVE.values()),
        (LaplaceMechanism(sensitivity=1.0, epsilon=math.inf), 1),
        (ExponentialMechanism(candidates=["a", "b"], sensitivity=1.0, epsilon=1.0), [1, 2]),
        (RandomizedResponse(epsilon=1.0), 1),
    ],
)
@pytest.mark.parametrize("rng", [0, "0"])
def test_a_seed_is_no_generator(mechanism, value, rng):
    with pytest.raises(InputError) as refused:
        mechanism.release(value, rng)
    assert str(refused.value) == (
        f"rng must be a numpy Generator or None, got {rng!r}. "
        "Use None for a release, or np.random.default_rng(seed) for study."
    )
