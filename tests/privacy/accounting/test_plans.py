"""A plan is charged once; its events cost nothing more while they are left in it."""

from __future__ import annotations

import math

import dp_accounting as dp
import pytest

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import gaussian_mu

PLAN = [dp.GaussianDpEvent(20.0)] * 3 + [dp.LaplaceDpEvent(50.0)]


def test_the_events_of_a_plan_cost_nothing_until_they_are_used_up(open_ledger):
    ledger = open_ledger(2.0, 1e-5)
    plan = ledger.declare(PLAN, delta=1e-6, what="spring", purpose="reports")
    left = ledger.remaining()
    asked = {"purpose": "reports", "plan": plan.number}
    both = ledger.spend(dp.SelfComposedDpEvent(dp.GaussianDpEvent(20.0), 2), **asked)
    assert (both.epsilon, both.delta, both.rho, both.mu, both.plan) == (0, 0, 0, 0, 1)
    assert ledger.allows(dp.GaussianDpEvent(20.0), **asked)
    assert ledger.spend(dp.GaussianDpEvent(20.0), **asked).plan == 1
    for ask in (ledger.spend, ledger.allows):
        with pytest.raises(InputError) as refused:
            ask(dp.GaussianDpEvent(20.0), **asked)
        assert str(refused.value) == (
            "spend must be left in plan 1, got GaussianDpEvent(noise_multiplier=20.0). Spend it "
            "without plan=, which costs, or keep to the plan."
        )
    ledger.spend(dp.LaplaceDpEvent(50.0), **asked)
    assert ledger.remaining() == left
    assert ledger.frame()["plan"].tolist()[1:] == [1, 1, 1] and ledger.frame()["plan"].isna()[0]
    assert ledger.spend(dp.GaussianDpEvent(20.0), purpose="reports").epsilon > 0
    assert ledger.verify()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"plan": 2}, "plan must be the number of a plan, got 2. Plans: 1."),
        ({"plan": "1"}, "plan must be the number of a plan, got '1'. `frame` has it."),
        (
            {"plan": 1, "purpose": "else"},
            "purpose must be that of plan 1, None, got 'else'. A plan is charged to one purpose.",
        ),
        (
            {"plan": 1, "delta": 1e-9},
            "delta must not come with the event of a plan, got 1e-09. The plan has paid for its "
            "events: leave delta out.",
        ),
        (
            {"plan": 1, "guarantee_or_event": None, "epsilon": 0.1},
            "plan must come with an event of it, got 1. Give the event.",
        ),
    ],
)
def test_what_is_no_event_of_a_plan_is_refused(open_ledger, asked, told):
    ledger = open_ledger(2.0, 1e-5)
    ledger.declare(PLAN, delta=1e-6, what="spring")
    with pytest.raises(InputError) as refused:
        ledger.spend(**{"guarantee_or_event": dp.LaplaceDpEvent(50.0)} | asked)
    assert str(refused.value) == told
    assert len(ledger.frame()) == 1


def test_a_plan_of_gaussians_keeps_its_mu_and_leaves_the_squares_open(open_ledger):
    ledger = open_ledger(2.0, 1e-5, composition="gaussian")
    spend = ledger.declare([dp.GaussianDpEvent(20.0)] * 5, delta=1e-6, what="counts")
    assert spend.mu == pytest.approx(math.sqrt(5) / 20)
    room = gaussian_mu(2.0, 5e-6) ** 2 - 5 / 20**2
    assert ledger.remaining().sigma == pytest.approx(1 / math.sqrt(room), rel=1e-6)
    assert ledger.verify()


def test_a_plan_of_nothing_is_refused(open_ledger):
    with pytest.raises(InputError, match="spend must cost something"):
        open_ledger().declare(dp.NoOpDpEvent(), delta=1e-9, what="nothing")
