"""A ledger accepts what its caps allow, refuses the rest, and says what would fit."""

from __future__ import annotations

import dataclasses
import math

import dp_accounting as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import (
    Budget,
    Spend,
    gaussian_epsilon,
    gaussian_mu,
    pld_epsilon,
    zcdp_epsilon,
)


def test_thirty_gaussian_counts_fit_though_their_epsilons_add_up_to_more(open_ledger):
    ledger = open_ledger(2.5, 1e-5)
    spends = [ledger.spend(dp.GaussianDpEvent(10.0), what=f"count {k}") for k in range(30)]
    assert ledger.composition == "gaussian"
    assert sum(spend.epsilon for spend in spends) > 10
    together = gaussian_epsilon(math.sqrt(30) / 10, 1e-5 / 2)
    assert gaussian_epsilon(math.sqrt(30) / 10, 1e-5) < together < 2.5 < zcdp_epsilon(0.15, 1e-6)
    assert not ledger.allows(dp.SelfComposedDpEvent(dp.GaussianDpEvent(10.0), 30))


def test_they_fit_a_zcdp_ledger_too(open_ledger):
    ledger = open_ledger(2.5, 1e-5, composition="zcdp")
    assert ledger.allows(dp.SelfComposedDpEvent(dp.GaussianDpEvent(10.0), 30))
    assert not ledger.allows(dp.SelfComposedDpEvent(dp.GaussianDpEvent(10.0), 31))
    assert zcdp_epsilon(0.15, 0.5e-5) < 2.5 < zcdp_epsilon(0.155, 0.5e-5)


def test_one_promise_may_take_the_whole_budget(open_ledger, promise):
    ledger = open_ledger(1.0, 1e-6)
    spend = ledger.spend(promise(1.0, 1e-6), what="churn model")
    assert (spend.number, spend.epsilon, spend.delta) == (1, 1.0, 1e-6)
    assert (spend.unit, spend.adjacency, spend.composition) == ("customer", "add-remove", "basic")
    assert not ledger.allows(epsilon=1e-12, delta=0)


def test_two_halves_fit_and_a_third_anything_does_not(open_ledger, promise):
    ledger = open_ledger(1.0, 1e-6)
    for _ in range(2):
        ledger.spend(promise(0.5, 5e-7))
    for more in (promise(1e-9), promise(1e-9, 1e-12), dp.GaussianDpEvent(1e6)):
        assert not ledger.allows(more)
    with pytest.raises(InputError) as refused:
        ledger.spend(promise(1e-9))
    assert str(refused.value) == (
        "spend must fit what is left of (epsilon 1, delta 1e-06), got (epsilon 1e-09, delta 0). "
        "Nothing more can be released."
    )


@pytest.mark.parametrize("part", [0.1, 0.05])
def test_tenths_add_up_to_one(open_ledger, part):
    ledger = open_ledger(1.0, 0.0)
    for _ in range(round(1 / part)):
        ledger.spend(epsilon=part, delta=0)
    assert ledger.remaining().pure_epsilon == 0
    assert not ledger.allows(epsilon=5e-324, delta=0)


def test_many_small_pure_spends_go_further_in_squares(open_ledger):
    ledger = open_ledger(1.0, 1e-6, composition="zcdp")
    for _ in range(50):
        ledger.spend(epsilon=0.025, delta=0)
    assert ledger.frame()["epsilon"].sum() > 1
    assert (ledger.frame()["composition"] == "zcdp").all()
    assert zcdp_epsilon(50 * 0.025**2 / 2, 5e-7) < 1


def test_a_count_first_leaves_all_of_delta_to_a_model(open_ledger):
    ledger = open_ledger(1.0, 1e-6)
    ledger.spend(epsilon=0.3, delta=0)
    ledger.spend(epsilon=0.7, delta=1e-6)
    assert not ledger.allows(epsilon=1e-9, delta=0)


def test_a_bare_delta_leaves_the_filter_of_squares_for_good(open_ledger):
    ledger = open_ledger(1.0, 1e-6, composition="zcdp")
    for _ in range(30):
        ledger.spend(epsilon=0.03, delta=0)
    ledger.spend(epsilon=0.05, delta=1e-8)
    assert not ledger.allows(epsilon=0.06, delta=0)
    assert ledger.allows(epsilon=0.05, delta=0)


@pytest.mark.parametrize(
    ("first", "composition"),
    [
        ({"epsilon": 0.1, "delta": 0}, "basic"),
        ({"epsilon": 0.1, "delta": 1e-9}, "basic"),
        ({"guarantee_or_event": dp.GaussianDpEvent(50.0)}, "gaussian"),
        ({"guarantee_or_event": dp.GaussianDpEvent(50.0), "delta": 1e-9}, "basic"),
        ({"guarantee_or_event": dp.LaplaceDpEvent(50.0)}, "basic"),
        ({"guarantee_or_event": dp.ZCDpEvent(1e-4)}, "zcdp"),
        (
            {"guarantee_or_event": dp.PoissonSampledDpEvent(0.001, dp.GaussianDpEvent(5.0))},
            "basic",
        ),
    ],
)
def test_the_first_entry_settles_how_delta_is_shared(open_ledger, first, composition):
    ledger = open_ledger(1.0, 1e-6)
    assert ledger.composition is None
    assert ledger.spend(**first).composition == composition == ledger.composition
    ledger.spend(epsilon=0.01, delta=0)
    ledger.spend(epsilon=0.01, delta=1e-9)
    assert ledger.composition == composition


def test_without_delta_only_pure_spends_fit(open_ledger, promise):
    ledger = open_ledger(1.0, 0)
    assert ledger.spend(dp.LaplaceDpEvent(2.0)).epsilon == 0.5
    assert ledger.allows(promise(0.5))
    for more in (dp.GaussianDpEvent(1e9), promise(0.1, 1e-15)):
        assert not ledger.allows(more)
    with pytest.raises(InputError, match=r"Still accepted: epsilon 0\.5 with delta 0\.$"):
        ledger.spend(dp.GaussianDpEvent(10.0))


def test_models_with_a_mu_compose_as_one_gaussian(open_ledger, promise):
    ledger = open_ledger(1.0, 1e-6, composition="gaussian")
    model = promise(0.25, 1e-7, mu=gaussian_mu(0.25, 1e-7))
    accepted = 0
    while ledger.allows(model):
        ledger.spend(model)
        accepted += 1
    whole = gaussian_mu(1.0, 5e-7) ** 2
    assert accepted == math.floor(whole / model.mu**2) > 4 == 1.0 / 0.25


def test_an_event_without_a_delta_takes_a_tenth_of_what_is_left(open_ledger):
    ledger = open_ledger(1.0, 1e-6, composition="basic")
    event = dp.PoissonSampledDpEvent(0.001, dp.GaussianDpEvent(5.0))
    first, second = ledger.spend(event), ledger.spend(event)
    assert (first.delta, second.delta) == pytest.approx((1e-7, 0.9e-7))
    assert first.epsilon == pld_epsilon(event, first.delta)
    chosen = ledger.spend(event, delta=1e-8)
    assert (chosen.delta, chosen.epsilon) == (1e-8, pld_epsilon(event, 1e-8))


def test_a_plan_is_charged_once_and_less_than_its_parts(open_ledger):
    events = [dp.LaplaceDpEvent(10.0)] * 40 + [dp.GaussianDpEvent(20.0)]
    ledger = open_ledger(3.0, 1e-6)
    spend = ledger.declare(events, delta=1e-6, what="the spring campaign")
    assert spend.epsilon == pld_epsilon(events, 1e-6) < 3 < sum([0.1] * 40)
    assert (spend.delta, spend.composition) == (1e-6, "basic")
    assert spend.rho == pytest.approx(40 * 0.1**2 / 2 + 0.05**2 / 2)
    assert "LaplaceDpEvent" in spend.mechanism
    assert len(spend.source["plan"]["events"]) == 41


@given(
    asked=st.lists(
        st.tuples(st.floats(1e-3, 1), st.sampled_from([0, 1e-9, 3e-7])), min_size=1, max_size=5
    )
)
@settings(max_examples=10, deadline=None)
def test_accepted_bare_spends_never_exceed_the_cap_when_a_delta_came_first(open_ledger, asked):
    ledger = open_ledger(1.0, 1e-6, composition="basic")
    for epsilon, delta in asked:
        allowed = ledger.allows(epsilon=epsilon, delta=delta)
        before = ledger.path.read_bytes()
        try:
            ledger.spend(epsilon=epsilon, delta=delta)
            assert allowed
        except InputError:
            assert not allowed
            assert ledger.path.read_bytes() == before
    total = ledger.frame()[["epsilon", "delta"]].sum()
    assert total["epsilon"] <= 1 + 1e-12 and total["delta"] <= 1e-6 + 1e-18
    assert ledger.verify()


def test_purposes_share_the_cap_over_all_of_them(open_ledger, promise):
    caps = {"offers": (0.5, 5e-7), "churn": (0.8, 8e-7)}
    ledger = open_ledger(1.0, 1e-6, purposes=caps)
    assert ledger.purposes == {name: Budget(*cap) for name, cap in caps.items()}
    assert not ledger.allows(promise(0.6, 1e-7), purpose="offers")
    ledger.spend(promise(0.5, 1e-7), purpose="offers")
    assert not ledger.allows(promise(0.8, 1e-7), purpose="churn")
    ledger.spend(promise(0.5, 1e-7), purpose="churn")
    with pytest.raises(InputError) as refused:
        ledger.spend(promise(0.1, 1e-7), purpose="churn")
    assert str(refused.value) == (
        "spend must fit what is left of (epsilon 1, delta 1e-06) for all purposes and (epsilon 0.8, "
        "delta 8e-07) for churn, got (epsilon 0.1, delta 1e-07). Still accepted: one Gaussian event "
        "with noise_multiplier 5.69918e+06 or more."
    )


def test_a_purpose_is_required_and_known_where_purposes_have_caps(open_ledger):
    ledger = open_ledger(purposes={"offers": (0.5, 0), "churn": Budget(0.5, 0)})
    with pytest.raises(InputError) as refused:
        ledger.spend(epsilon=0.1, delta=0)
    assert str(refused.value) == (
        "purpose is required in this ledger, got None. Name one of 'offers', 'churn'."
    )
    with pytest.raises(InputError, match="Did you mean 'offers'"):
        ledger.allows(epsilon=0.1, delta=0, purpose="ofers")
    free = open_ledger()
    assert free.spend(epsilon=0.1, delta=0, purpose="anything at all").purpose == "anything at all"


def test_a_replace_one_ledger_converts_and_an_add_remove_one_refuses(open_ledger, promise):
    ledger = open_ledger(3.0, 1e-5, adjacency="replace-one")
    spend = ledger.spend(promise(1.0, 1e-6, mu=0.2))
    assert (spend.epsilon, spend.delta) == pytest.approx((2.0, (1 + math.e) * 1e-6))
    assert (spend.mu, spend.rho) == pytest.approx((0.4, 0.08))
    assert ledger.spend(promise(0.5, adjacency="replace-one")).epsilon == 0.5
    assert ledger.spend(dp.LaplaceDpEvent(10.0)).epsilon == pytest.approx(0.2)
    with pytest.raises(InputError) as refused:
        open_ledger().spend(promise(0.5, 1e-7, adjacency="replace-one"))
    assert str(refused.value) == (
        "adjacency must be add-remove in this ledger, got (epsilon 0.5, delta 1e-07) per customer, "
        "replace-one. A replace-one promise implies no add-remove one. Keep a replace-one ledger "
        "for it."
    )


def test_what_is_not_private_never_fits(open_ledger, promise):
    ledger = open_ledger(1e6, 0.1)
    for given_ in (
        promise(math.inf),
        promise(math.inf, mu=0.1),
        dp.NonPrivateDpEvent(),
        dp.GaussianDpEvent(0.0),
    ):
        assert not ledger.allows(given_)
    assert not ledger.allows(epsilon=math.inf, delta=0)


def test_numbers_of_numpy_are_numbers(open_ledger, promise):
    ledger = open_ledger(np.float64(1.0), np.float32(1e-6))
    spend = ledger.spend(epsilon=np.float32(0.5), delta=np.float64(1e-8))
    assert type(spend.epsilon) is float
    ledger.spend(promise(np.float64(0.1), np.float64(1e-9), mu=np.float32(0.01)))
    ledger.spend(dp.GaussianDpEvent(np.float64(1e4)))
    assert ledger.verify()


def test_a_spend_is_frozen_and_says_what_it_is(open_ledger, promise):
    ledger = open_ledger()
    assert ledger.spend(promise(0.1)).what == "noise"
    assert ledger.spend(epsilon=0.1, delta=0).what == "stated (epsilon 0.1, delta 0)"
    spend = ledger.spend(dp.LaplaceDpEvent(10.0), what="Größe der Körbe")
    assert isinstance(spend, Spend) and spend.what == "Größe der Körbe"
    with pytest.raises(dataclasses.FrozenInstanceError):
        spend.epsilon = 0.0
    frame = ledger.frame()
    assert list(frame["number"]) == [1, 2, 3]
    assert frame["hash"].is_unique and (frame["time"].str[-6:] == "+00:00").all()
    assert frame["what"].iloc[-1] == "Größe der Körbe"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "spend must name a cost, got nothing. Give a guarantee, an event, or an epsilon."),
        (
            {"epsilon": 0.1},
            "delta is required with an epsilon, got None. Use 0 for pure mechanisms, or a value far "
            "below 1 / number of customers.",
        ),
        (
            {"epsilon": 0, "delta": 0},
            "epsilon must be a number in (0, inf], got 0. Use a positive number such as 1.0, or "
            "float('inf') for no privacy.",
        ),
        (
            {"epsilon": 0.1, "delta": 1.0},
            "delta must lie below 1, got 1.0. Use 0 or a value such as 1e-6.",
        ),
        (
            {"epsilon": 0.1, "delta": 0, "what": " "},
            "what must be text that says it, got ' '. Write it in words.",
        ),
        (
            {"guarantee_or_event": "1.0"},
            "guarantee_or_event must be a Guarantee or an event of dp_accounting, got '1.0'. A fitted "
            "learner has its promise as guarantee_; bare numbers go to epsilon= and delta=.",
        ),
        (
            {"guarantee_or_event": dp.NoOpDpEvent()},
            "spend must cost something, got a cost of 0. What reads no customer needs no entry.",
        ),
        (
            {"guarantee_or_event": dp.LaplaceDpEvent(1.0), "epsilon": 0.1},
            "epsilon must not come with a guarantee or an event, got 0.1. Give one of the two: a "
            "guarantee or an event brings its own epsilon.",
        ),
    ],
)
def test_bad_input_is_refused_by_both(open_ledger, asked, told):
    ledger = open_ledger()
    for ask in (ledger.spend, ledger.allows):
        with pytest.raises(InputError) as refused:
            ask(**asked)
        assert str(refused.value) == told
    assert ledger.frame().empty


@pytest.mark.parametrize("epsilon", [-1.0, math.nan, "0.1", True])
def test_an_epsilon_that_is_no_positive_number_is_refused(open_ledger, epsilon):
    with pytest.raises(InputError, match="epsilon must be a number"):
        open_ledger().spend(epsilon=epsilon, delta=0)
    with pytest.raises(InputError, match="epsilon must be a number"):
        open_ledger(epsilon)


def test_a_promise_that_contradicts_itself_is_refused(open_ledger, promise):
    ledger = open_ledger()
    with pytest.raises(InputError, match="must not come with a guarantee"):
        ledger.spend(promise(0.1), delta=1e-9)
    with pytest.raises(InputError, match="must not promise less loss than its mu has"):
        ledger.spend(promise(0.5, 1e-7, mu=2 * gaussian_mu(0.5, 1e-7)))
    assert ledger.allows(promise(0.5, 1e-7, mu=gaussian_mu(0.5, 1e-7)))


def test_a_plan_needs_a_delta_and_a_name(open_ledger):
    ledger = open_ledger()
    with pytest.raises(InputError, match="delta must be positive for a plan"):
        ledger.declare(dp.LaplaceDpEvent(9.0), delta=0, what="counts")
    with pytest.raises(InputError, match="what must say what is planned"):
        ledger.declare(dp.LaplaceDpEvent(9.0), delta=1e-7, what=None)


def test_the_picture_says_what_is_used(open_ledger, promise):
    ledger = open_ledger(purposes={"offers": (0.5, 5e-7), "churn": (0.8, 8e-7)}, delta=1e-6)
    assert "all purposes: epsilon and delta added 0%" in ledger.plot().alt
    ledger.spend(promise(0.25, 1e-7), purpose="offers")
    alt = ledger.plot().alt
    assert "after 1 entries" in alt
    assert "all purposes: epsilon and delta added 25%; offers: epsilon and delta added 50%" in alt
    assert "squares" not in alt
    counts = open_ledger()
    for _ in range(8):
        counts.spend(dp.GaussianDpEvent(20.0))
    assert "left for good, added in squares 38%" in counts.plot().alt
    assert "left for good" in counts.plot().svg


def test_the_first_spend_may_be_given_by_place(open_ledger, promise):
    ledger = open_ledger()
    assert ledger.allows(promise(0.5, 1e-7)) and ledger.budget == Budget(1.0, 1e-6)


def test_what_may_be_recorded_once_is_refused_a_second_time(open_ledger):
    ledger = open_ledger(1.0, 0)
    asked = {"epsilon": 0.1, "delta": 0, "once": "decision 7"}
    first = ledger.spend(what="spring [decision 7]", **asked)
    with pytest.raises(InputError) as refused:
        ledger.spend(what="spring again [decision 7]", **asked)
    assert str(refused.value) == (
        f"spend must be the only one of 'decision 7', got entry 1 of {first.time}. It was recorded "
        "before, perhaps just now by another process: use that release."
    )
    ledger.spend(what="autumn [decision 8]", **asked | {"once": "decision 8"})
    ledger.spend(what="spring again [decision 7]", epsilon=0.1, delta=0)
    assert len(ledger.frame()) == 3 and ledger.verify().ok
