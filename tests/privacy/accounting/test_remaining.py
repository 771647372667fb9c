"""What `remaining` names is accepted, and a hair more is refused."""

from __future__ import annotations

import math

import dp_accounting as dp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.accounting import Ledger, gaussian_mu, zcdp_rho

steps = st.sampled_from(
    [
        {"epsilon": 0.1, "delta": 0},
        {"epsilon": 0.07, "delta": 1e-8},
        {"guarantee_or_event": dp.GaussianDpEvent(40.0)},
        {"guarantee_or_event": dp.ZCDpEvent(3e-4)},
        {"guarantee_or_event": dp.LaplaceDpEvent(30.0)},
    ]
)


def check_edges(ledger: Ledger, left, **purpose):
    """Assert that each figure is the last that is accepted."""

    def fits(given_=None, **numbers):
        return ledger.allows(given_, **numbers, **purpose)

    for size, ask in (
        (left["pure_epsilon"], lambda e: fits(epsilon=e, delta=0)),
        (left["rho"], lambda rho: fits(dp.ZCDpEvent(rho))),
        (left["epsilon"], lambda e: fits(epsilon=e, delta=left["delta"])),
    ):
        assert size == 0 or ask(size)
        assert not ask(math.nextafter(size, math.inf))
    if left["delta"]:
        more = math.nextafter(left["delta"], 1)
        assert not fits(epsilon=left["epsilon"], delta=more)
    for name, delta in (("sigma", None), ("sigma_with_delta", left["delta"])):
        if math.isfinite(left[name]):
            assert fits(dp.GaussianDpEvent(left[name]), delta=delta)
            assert not fits(dp.GaussianDpEvent(math.nextafter(left[name], 0)), delta=delta)


@given(
    history=st.lists(steps, max_size=4),
    composition=st.sampled_from([None, "basic", "zcdp", "gaussian"]),
    adjacency=st.sampled_from(["add-remove", "replace-one"]),
)
@settings(max_examples=12, deadline=None)
def test_exactly_what_is_left_is_accepted_and_a_hair_more_is_not(
    open_ledger, history, composition, adjacency
):
    ledger = open_ledger(1.0, 1e-6, composition=composition, adjacency=adjacency)
    for asked in history:
        if ledger.allows(**asked):
            ledger.spend(**asked)
    check_edges(ledger, ledger.remaining().frame().iloc[0])


def test_it_holds_under_every_cap(open_ledger):
    ledger = open_ledger(1.0, 1e-6, purposes={"offers": (0.5, 2e-7), "churn": (0.9, 1e-6)})
    ledger.spend(epsilon=0.3, delta=1e-7, purpose="churn")
    ledger.spend(epsilon=0.1, delta=1e-8, purpose="offers")
    frame = ledger.remaining().frame()
    assert list(frame["purpose"]) == ["all purposes", "offers", "offers", "churn", "churn"]
    both = frame[frame["within"] == "its own cap and all purposes"].set_index("purpose")
    for purpose in ("offers", "churn"):
        check_edges(ledger, both.loc[purpose], purpose=purpose)
    own = frame[frame["within"] == "its own cap"].set_index("purpose")["pure_epsilon"]
    assert dict(own) == {"offers": 0.4, "churn": 0.6}
    assert dict(both["pure_epsilon"]) == {"offers": 0.4, "churn": 0.6}


def test_spending_it_leaves_nothing(open_ledger):
    ledger = open_ledger(1.0, 1e-6)
    ledger.spend(epsilon=0.9, delta=9e-7)
    left = ledger.remaining()
    assert (left.pure_epsilon, left.epsilon, left.delta) == (0.1, 0.1, 1e-7)
    ledger.spend(epsilon=left.epsilon, delta=left.delta)
    after = ledger.remaining()
    assert (after.pure_epsilon, after.delta, after.epsilon, after.rho) == (0, 0, 0, 0)
    assert math.isinf(after.sigma)


def test_a_fresh_ledger_has_it_all(open_ledger):
    left = open_ledger(1.0, 1e-6).remaining()
    assert (left.pure_epsilon, left.delta, left.epsilon) == (1.0, 1e-6, 1.0)
    assert left.sigma == pytest.approx(1 / gaussian_mu(1.0, 5e-7), rel=1e-9)
    assert left.sigma_with_delta == pytest.approx(1 / gaussian_mu(1.0, 1e-6), rel=1e-7)
    assert left.rho == pytest.approx(zcdp_rho(1.0, 5e-7), rel=1e-9)
    pure = open_ledger(1.0, 0).remaining()
    assert (pure.pure_epsilon, pure.delta, pure.epsilon, pure.rho) == (1.0, 0, 1.0, 0)
    assert math.isinf(pure.sigma)


def test_once_the_sums_are_left_only_squares_count(open_ledger):
    ledger = open_ledger(1.0, 1e-6)
    for _ in range(8):
        ledger.spend(dp.GaussianDpEvent(20.0))
    left = ledger.remaining()
    assert left.delta == 0 < left.epsilon == left.pure_epsilon
    room = gaussian_mu(1.0, 5e-7) ** 2 - 8 / 20**2
    assert left.sigma == pytest.approx(1 / math.sqrt(room), rel=1e-9)


def test_a_refusal_names_figures_that_fit(open_ledger):
    ledger = open_ledger(1.0, 1e-6)
    ledger.spend(epsilon=1 / 3, delta=1e-7)
    with pytest.raises(InputError) as refused:
        ledger.spend(epsilon=0.7, delta=1e-9)
    assert str(refused.value) == (
        "spend must fit what is left of (epsilon 1, delta 1e-06), got (epsilon 0.7, delta 1e-09). "
        "Still accepted: epsilon 0.666666 with delta 0, or epsilon 0.666666 with delta 9e-07, or "
        "one Gaussian event with noise_multiplier 6.88508 or more, or one with noise_multiplier "
        "6.19327 or more and delta 9e-07."
    )
    assert ledger.allows(dp.GaussianDpEvent(6.19327), delta=9e-7)
    assert not ledger.allows(dp.GaussianDpEvent(6.19326), delta=9e-7)
    assert 1 / gaussian_mu(2 / 3, 9e-8) == pytest.approx(6.88508, abs=1e-5)
    assert ledger.allows(epsilon=0.666666, delta=9e-7)
    assert ledger.allows(dp.GaussianDpEvent(6.88508))
    assert not ledger.allows(dp.GaussianDpEvent(6.88507))


def test_a_delta_that_is_left_alone_still_pays_for_faint_noise(tmp_path):
    ledger = Ledger(tmp_path / "a.ledger", epsilon=1.0, delta=1e-6)
    ledger.spend(epsilon=1.0, delta=0, what="all", purpose="p")
    least = ledger.remaining().sigma_with_delta
    assert ledger.allows(dp.GaussianDpEvent(least), delta=1e-6)
    assert not ledger.allows(dp.GaussianDpEvent(math.nextafter(least, 0)), delta=1e-6)
