"""Every entry says whom it protects and for which neighbours; only what agrees is added."""

from __future__ import annotations

import math

import dp_accounting as dp
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy._guarantee import UNNAMED_UNIT

NAMELESS = (
    "unit must have a name before it is added to others, got a guarantee of ids without one. Nobody "
    "can tell whether two nameless units are the same. Pass pd.Series(ids, name='customer') where it "
    "is fitted, or say unit='customer' here if that is what they are."
)


def test_the_first_entry_settles_the_unit_and_later_numbers_take_it(open_ledger, promise):
    ledger = open_ledger()
    assert ledger.unit == "not named"
    assert ledger.spend(promise(0.1)).unit == "customer" == ledger.unit
    assert ledger.spend(epsilon=0.1, delta=0).unit == "customer"
    for ask in (ledger.spend, ledger.allows):
        with pytest.raises(InputError) as refused:
            ask(promise(0.1, unit="row"))
        assert str(refused.value) == (
            "unit must be 'customer' in this ledger, got 'row'. A promise per row says nothing about "
            "a customer with several rows, so units are not added. Fit with that unit, or keep a "
            "ledger for each."
        )
        with pytest.raises(InputError, match="must be 'customer' in this ledger"):
            ask(epsilon=0.1, delta=0, unit="row")
    assert ledger.verify()


def test_what_starts_without_a_name_stays_without_one(open_ledger, promise):
    ledger = open_ledger()
    assert ledger.spend(epsilon=0.1, delta=0).unit == "not named"
    assert ledger.spend(promise(0.1)).unit == "customer"
    assert ledger.unit == ledger.spend(dp.LaplaceDpEvent(10.0)).unit == "not named"
    assert list(ledger.frame()["unit"]) == ["not named", "customer", "not named"]
    with pytest.raises(InputError, match="must be 'customer' in this ledger"):
        ledger.spend(promise(0.1, unit="row"))
    assert ledger.verify()


def test_numbers_and_events_may_name_a_unit(open_ledger):
    ledger = open_ledger()
    assert ledger.spend(dp.LaplaceDpEvent(10.0), unit="household").unit == "household"
    assert ledger.allows(epsilon=0.1, delta=0, unit="household")
    assert ledger.declare(dp.LaplaceDpEvent(9.0), delta=1e-9, what="plan").unit == "household"
    assert open_ledger(unit="customer").spend(epsilon=0.1, delta=0).unit == "customer"


def test_two_nameless_units_are_never_added(open_ledger, promise):
    households = baskets = promise(0.4, unit=UNNAMED_UNIT)
    ledger = open_ledger()
    assert ledger.spend(households).unit == "not named"
    for ask in (ledger.spend, ledger.allows, open_ledger(unit="customer").spend):
        with pytest.raises(InputError) as refused:
            ask(baskets)
        assert str(refused.value) == NAMELESS
    with pytest.raises(InputError, match="must be that of entry 1, whose ids had no name"):
        ledger.spend(promise(0.1))
    assert ledger.spend(epsilon=0.1, delta=0).unit == "not named"
    assert len(ledger.frame()) == 2 and ledger.verify()


def test_a_nameless_unit_may_be_named_where_it_is_spent(open_ledger, promise):
    ledger = open_ledger(unit="customer")
    assert ledger.spend(promise(0.1, unit=UNNAMED_UNIT), unit="customer").unit == "customer"
    with pytest.raises(InputError) as refused:
        ledger.spend(promise(0.1), unit="row")
    assert str(refused.value) == (
        "unit must be that of the guarantee, 'customer', got 'row'. Leave it out."
    )
    for nobody in (UNNAMED_UNIT, " ", 3):
        with pytest.raises(InputError, match="unit must name whom it protects"):
            ledger.spend(epsilon=0.1, delta=0, unit=nobody)
        with pytest.raises(InputError, match="unit must name whom it protects"):
            open_ledger(unit=nobody)
    assert ledger.verify()


def test_add_remove_numbers_are_converted_and_the_reverse_is_refused(open_ledger):
    ledger = open_ledger(3.0, 1e-5, adjacency="replace-one")
    spend = ledger.spend(epsilon=1.0, delta=1e-6, adjacency="add-remove")
    assert (spend.epsilon, spend.delta) == pytest.approx((2.0, (1 + math.e) * 1e-6))
    assert ledger.spend(epsilon=0.1, delta=0, adjacency="replace-one").epsilon == 0.1
    assert ledger.spend(epsilon=0.1, delta=0).epsilon == 0.1
    event = dp.LaplaceDpEvent(10.0)
    assert ledger.spend(event, adjacency="add-remove").epsilon == ledger.spend(event).epsilon == 0.2
    assert ledger.verify()
    other = open_ledger()
    for asked in (
        {"epsilon": 0.1, "delta": 0},
        {"guarantee_or_event": event},
        {"guarantee_or_event": event, "delta": 1e-9},
    ):
        with pytest.raises(InputError) as refused:
            other.spend(**asked, adjacency="replace-one")
        assert str(refused.value) == (
            "adjacency must be add-remove in this ledger, got a replace-one entry. A replace-one "
            "promise implies no add-remove one. Keep a replace-one ledger for it."
        )
    with pytest.raises(InputError, match="must be add-remove in this ledger"):
        other.declare(event, delta=1e-9, what="plan", adjacency="replace-one")


def test_an_adjacency_must_be_one_and_guarantees_bring_their_own(open_ledger, promise):
    with pytest.raises(InputError, match="Did you mean 'add-remove'"):
        open_ledger().spend(epsilon=0.1, delta=0, adjacency="add_remove")
    with pytest.raises(InputError, match="adjacency must not come with a guarantee"):
        open_ledger().spend(promise(0.1), adjacency="add-remove")
