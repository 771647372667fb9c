"""Events cost what dp-accounting says, or more where it says too little."""

from __future__ import annotations

import functools
import math

import dp_accounting as dp
import pytest
from dp_accounting import dp_event, pld, rdp

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_epsilon, pld_epsilon, zcdp_epsilon
from equipoise.privacy.accounting._event_epsilon import converter
from equipoise.privacy.accounting._event_records import event_from, event_record
from equipoise.privacy.accounting._events import composed, loss_of

REPLACE = dp.NeighboringRelation.REPLACE_ONE
EVENTS = [
    dp.GaussianDpEvent(3.0),
    dp.LaplaceDpEvent(2.0),
    dp_event.DiscreteLaplaceDpEvent(0.5, 2),
    dp.ZCDpEvent(0.1),
    dp.RandomizedResponseDpEvent(0.5, 3),
    dp.PoissonSampledDpEvent(0.1, dp.GaussianDpEvent(1.0)),
    dp_event.MixtureOfGaussiansDpEvent(2.0, [0.0, 1.0], [0.5, 0.5]),
    dp_event.RepeatAndSelectDpEvent(dp.GaussianDpEvent(5.0), 10.0, math.inf),
    dp.ComposedDpEvent([dp.SelfComposedDpEvent(dp.GaussianDpEvent(3.0), 4), dp.NoOpDpEvent()]),
]


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_survives_its_record(event):
    assert event_from(event_record(event)) == event


@pytest.mark.parametrize("adjacency", ["add-remove", "replace-one"])
def test_a_pure_event_costs_no_more_than_it_says(adjacency):
    moves = 2 if adjacency == "replace-one" else 1
    event = dp.SelfComposedDpEvent(dp.LaplaceDpEvent(10.0), 3)
    assert loss_of(event, adjacency).pure == 0.3 * moves  # in decimals, without a stray digit
    assert loss_of(dp_event.DiscreteLaplaceDpEvent(0.5, 2), adjacency).pure == 1.0 * moves


def test_gaussian_releases_compose_by_the_root_of_their_squares():
    event = dp.ComposedDpEvent([dp.GaussianDpEvent(5.0)] * 9 + [dp.GaussianDpEvent(2.5)] * 4)
    loss = loss_of(event, "add-remove")
    assert loss.mu == pytest.approx(1.0)
    assert loss.rho == pytest.approx(0.5)
    assert math.isinf(loss.pure)
    assert converter(event, "add-remove")(1e-5) == pytest.approx(gaussian_epsilon(1.0, 1e-5))


@pytest.mark.parametrize("noise", [2.0, 10.0])
def test_replacing_a_unit_moves_a_gaussian_twice_as_far(noise):
    event = dp.GaussianDpEvent(noise)
    library = pld.PLDAccountant(REPLACE).compose(event).get_epsilon(1e-5)
    assert converter(event, "replace-one")(1e-5) == pytest.approx(library, rel=1e-3)
    # The library's Rényi accountant forgets the factor: it must not be asked here.
    assert rdp.RdpAccountant(None, REPLACE).compose(event).get_epsilon(1e-5) < 0.6 * library


def test_repeated_randomised_responses_are_all_counted():
    once = dp.RandomizedResponseDpEvent(0.5, 2)
    ten = dp.SelfComposedDpEvent(once, 10)
    library = pld.PLDAccountant(REPLACE).compose(ten).get_epsilon(1e-6)
    assert library == pytest.approx(math.log(3), rel=1e-3)  # once: dp-accounting 0.6.0
    assert loss_of(ten, "replace-one").pure == pytest.approx(10 * math.log(3))
    assert converter(ten, "replace-one")(1e-6) == pytest.approx(10 * math.log(3), rel=1e-3)
    assert pld_epsilon(ten, 1e-6, adjacency="replace-one") > 9.9 * math.log(3)
    by_hand = dp.ComposedDpEvent([once] * 10)
    assert pld_epsilon(by_hand, 1e-6, adjacency="replace-one") == pytest.approx(
        pld_epsilon(ten, 1e-6, adjacency="replace-one")
    )


def test_sampling_makes_a_pure_release_cheaper():
    event = dp.PoissonSampledDpEvent(0.1, dp.LaplaceDpEvent(1.0))
    thinned = math.log1p(0.1 * math.expm1(1.0))
    assert loss_of(event, "add-remove").pure == pytest.approx(thinned)
    assert loss_of(event, "replace-one").pure == pytest.approx(2 * thinned)
    assert pld_epsilon(event, 1e-9) <= thinned + 1e-3


def test_what_has_a_rho_is_bounded_by_it():
    assert converter(dp.ZCDpEvent(0.1), "add-remove")(1e-6) == zcdp_epsilon(0.1, 1e-6)
    assert loss_of(dp.ZCDpEvent(0.1), "replace-one").rho == pytest.approx(0.4)


def test_private_selection_is_bounded_by_renyi_orders():
    event = dp_event.RepeatAndSelectDpEvent(dp.GaussianDpEvent(5.0), 10.0, math.inf)
    library = rdp.RdpAccountant().compose(event).get_epsilon(1e-6)
    assert converter(event, "add-remove")(1e-6) == library > gaussian_epsilon(0.2, 1e-6)


def test_many_quiet_releases_are_loud():
    event = dp.GaussianDpEvent(1e170)  # its square is no float
    for times in (10**290, 10**300):
        event = dp.SelfComposedDpEvent(event, times)
    loss = loss_of(event, "add-remove")
    assert loss.mu >= 1e125 and loss.rho > 1e200
    assert math.isinf(converter(event, "add-remove")(1e-6))
    assert loss_of(dp.GaussianDpEvent(1e170), "add-remove").rho > 0


def test_an_answer_that_says_nothing_costs_nothing_beside_others():
    loud, mute = dp.RandomizedResponseDpEvent(0.5, 2), dp.RandomizedResponseDpEvent(1.0, 2)
    both = converter(dp.ComposedDpEvent([loud, mute]), "replace-one")(1e-6)
    assert both == converter(loud, "replace-one")(1e-6) == pytest.approx(math.log(3), rel=1e-3)


def test_no_noise_costs_everything_for_both_adjacencies():
    for event in (dp.LaplaceDpEvent(0.0), dp.GaussianDpEvent(0.0)):
        for adjacency in ("add-remove", "replace-one"):
            assert math.isinf(converter(event, adjacency)(1e-6))


@pytest.mark.parametrize(
    ("event", "adjacency"),
    [
        (dp.UnsupportedDpEvent(), "add-remove"),
        (dp.RandomizedResponseDpEvent(0.5, 2), "add-remove"),
        (dp.SampledWithoutReplacementDpEvent(100, 10, dp.GaussianDpEvent(1.0)), "replace-one"),
        (dp_event.RepeatAndSelectDpEvent(dp.GaussianDpEvent(5.0), 10, 1.0), "replace-one"),
    ],
)
def test_an_event_of_unknown_cost_is_refused(event, adjacency):
    with pytest.raises(InputError, match=f"must be one whose cost is known per {adjacency}"):
        converter(event, adjacency)
    with pytest.raises(InputError, match="Spend its parts one by one"):
        pld_epsilon(event, 1e-6, adjacency=adjacency)


@pytest.mark.parametrize(
    "event",
    [
        dp.NonPrivateDpEvent(),
        dp.GaussianDpEvent(0.0),
        dp.LaplaceDpEvent(0.0),
        dp.PoissonSampledDpEvent(0.5, dp.GaussianDpEvent(1e-4)),
        dp_event.MixtureOfGaussiansDpEvent(1e-3, [1.0], [1.0]),
        dp_event.DiscreteLaplaceDpEvent(1000.0, 1),
    ],
)
def test_too_little_noise_is_no_privacy(event):
    assert converter(event, "add-remove")(1e-6) > 200


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            dp.GaussianDpEvent(-1.0),
            "GaussianDpEvent.noise_multiplier must be a finite number of at least 0, got -1.0. "
            "Correct the event.",
        ),
        (
            dp.PoissonSampledDpEvent(1.5, dp.GaussianDpEvent(1.0)),
            "PoissonSampledDpEvent.sampling_probability must be a probability, got 1.5. "
            "Correct the event.",
        ),
        (
            dp.SelfComposedDpEvent(dp.GaussianDpEvent(1.0), 2.5),
            "SelfComposedDpEvent.count must be whole, got 2.5. Correct the event.",
        ),
        (
            dp.SelfComposedDpEvent(dp.GaussianDpEvent(1.0), 0),
            "SelfComposedDpEvent.count must be a finite number of at least 1, got 0. Correct the "
            "event.",
        ),
        (
            dp.SelfComposedDpEvent(dp.GaussianDpEvent(1.0), 10**5000),
            "SelfComposedDpEvent.count must be a finite number of at least 1, got a number that no "
            "float holds. Correct the event.",
        ),
        (
            dp.ComposedDpEvent([]),
            "ComposedDpEvent.events must hold events, got []. Give events of dp_accounting, at least "
            "one.",
        ),
        (
            dp.SelfComposedDpEvent(3.0, 2),
            "SelfComposedDpEvent.event must hold events, got 3.0. Give events of dp_accounting, at "
            "least one.",
        ),
        (
            dp_event.MixtureOfGaussiansDpEvent(1.0, [0.0, 1.0], [0.9, 0.3]),
            "MixtureOfGaussiansDpEvent.sampling_probs must be one probability a sensitivity, together "
            "1, got [0.9, 0.3]. Correct the event.",
        ),
        (
            dp_event.MixtureOfGaussiansDpEvent(1.0, [], []),
            "MixtureOfGaussiansDpEvent.sampling_probs must be one probability a sensitivity, together "
            "1, got []. Correct the event.",
        ),
        (
            functools.reduce(
                lambda inner, _: dp.ComposedDpEvent([inner]), range(2000), dp.LaplaceDpEvent(1.0)
            ),
            "event must be nested at most 50 deep, got a deeper one. Put its parts in one "
            "ComposedDpEvent.",
        ),
        (
            dp.LaplaceDpEvent("1"),
            "LaplaceDpEvent.noise_multiplier must be a finite number of at least 0, got '1'. "
            "Correct the event.",
        ),
        (
            dp.RandomizedResponseDpEvent(2.0, 3),
            "RandomizedResponseDpEvent.noise_parameter must be a probability, got 2.0. "
            "Correct the event.",
        ),
    ],
)
def test_fields_that_are_no_sensible_numbers_are_refused(event, told):
    with pytest.raises(InputError) as refused:
        event_record(event)
    assert str(refused.value) == told


class Homemade(dp.DpEvent):
    """An event that no accountant knows."""


def test_only_events_of_the_library_are_taken():
    with pytest.raises(InputError, match="must be an event of dp_accounting itself"):
        event_record(Homemade())
    for wrong in ([], "text", [1.0], None):
        with pytest.raises(InputError, match="must be an event of dp_accounting or a list"):
            composed(wrong)
