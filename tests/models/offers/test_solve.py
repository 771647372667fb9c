"""The assignment of greatest margin, against other ways to find it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from equipoise.models.offers import _prices, _solve
from equipoise.models.offers._solve import solve


def limits_of(data: st.DataObject, customers: int, items: int) -> dict:
    places = st.integers(0, customers) | st.just(np.inf)
    return {
        "per_customer": data.draw(st.integers(1, items + 1)),
        "capacity": np.array(data.draw(st.lists(places, min_size=items, max_size=items)), float),
        "most": data.draw(st.integers(0, customers * items) | st.just(np.inf)),
    }


def check(margins: np.ndarray, chosen: np.ndarray, limits: dict) -> None:
    assert (chosen.sum(axis=1) <= limits["per_customer"]).all()
    assert (chosen.sum(axis=0) <= limits["capacity"]).all()
    assert chosen.sum() <= limits["most"]
    assert (margins[chosen] > 0).all()


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_nothing_is_better_among_all_that_can_be_done(data):
    customers, items = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 2))
    euros = st.sampled_from([-np.inf, -1.0, 0.5, 1.0, 2.0, 3.5])
    cells = data.draw(st.lists(euros, min_size=customers * items, max_size=customers * items))
    margins, limits = np.array(cells).reshape(customers, items), limits_of(data, customers, items)
    found = solve(margins, **limits, seed=data.draw(st.integers(0, 9)))
    check(margins, found.chosen, limits)
    best = 0.0
    for flags in itertools.product([False, True], repeat=customers * items):
        chosen = np.array(flags).reshape(customers, items)
        fits = (
            (chosen.sum(axis=1) <= limits["per_customer"]).all()
            and (chosen.sum(axis=0) <= limits["capacity"]).all()
            and chosen.sum() <= limits["most"]
        )
        best = max(best, margins[chosen].sum()) if fits else best
    assert found.margin_eur == pytest.approx(best)
    assert found.is_exact


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_prices_and_few_free_pairs_lead_to_the_same_as_all_at_once(data):
    seed = data.draw(st.integers(0, 10**6))
    random = np.random.default_rng(seed)
    customers, items = 60, data.draw(st.integers(2, 5))
    margins = random.gamma(1.0, 1.0, (customers, items)) - 0.2
    if data.draw(st.booleans()):
        margins = np.round(margins)  # classes, and many ties
    limits = limits_of(data, customers, items)
    whole = solve(margins, **limits, seed=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_solve, "FIRST_FREE", 4)
        patch.setattr(_prices, "SAMPLE", 7)
        parts = solve(margins, **limits, seed=1)
    check(margins, parts.chosen, limits)
    assert parts.margin_eur == pytest.approx(whole.margin_eur)
    assert parts.is_exact and whole.is_exact


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_one_offer_each_equals_the_assignment_of_scipy(seed):
    random = np.random.default_rng(seed)
    margins = random.random((12, 3))
    capacity = random.integers(1, 6, 3)
    places = np.repeat(np.arange(3), capacity)
    rows, columns = linear_sum_assignment(margins[:, places], maximize=True)
    found = solve(margins, per_customer=1, capacity=capacity.astype(float), most=np.inf, seed=0)
    assert found.margin_eur == pytest.approx(margins[rows, places[columns]].sum())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_prices_bound_every_assignment(seed):
    random = np.random.default_rng(seed)
    margins = random.normal(size=(20, 3))
    capacity = random.integers(0, 20, 3).astype(float)
    limits = _prices.Limits(margins, np.ones(20, dtype=int), 2, capacity, 15.0)
    best = solve(margins, per_customer=2, capacity=capacity, most=15, seed=0).margin_eur
    for prices in (random.random(4), np.zeros(4), _prices.find_prices(limits)):
        assert _prices.bound_at(limits, prices) >= best - 1e-9


def test_too_many_free_pairs_leave_a_gap_that_is_told(monkeypatch):
    random = np.random.default_rng(8)
    margins = random.gamma(1.0, 1.0, (300, 3))
    limits = {"per_customer": 1, "capacity": np.array([40.0, 50, 60]), "most": 140}
    best = solve(margins, **limits, seed=0)
    monkeypatch.setattr(_solve, "FIRST_FREE", 1)
    monkeypatch.setattr(_prices, "SWEEPS", 1)
    again = solve(margins, **limits, seed=0)
    assert again.is_exact
    assert again.margin_eur == pytest.approx(best.margin_eur)
    monkeypatch.setattr(_solve, "MOST_FREE", 0)
    rough = solve(margins, **limits, seed=0)
    check(margins, rough.chosen, limits)
    assert not rough.is_exact
    assert rough.margin_eur <= best.margin_eur <= rough.bound_eur


def test_customers_who_are_alike_are_served_by_chance():
    margins = np.ones((400, 2))
    limits = {"per_customer": 1, "capacity": np.array([100.0, 0]), "most": np.inf}
    one, again, other = (solve(margins, **limits, seed=seed).chosen for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
    early = [solve(margins, **limits, seed=seed).chosen[:200].sum() for seed in range(20)]
    assert 45 < np.mean(early) < 55


def test_equal_items_are_chosen_by_seed_and_not_by_name():
    margins = np.ones((1, 2))
    limits = {"per_customer": 1, "capacity": np.full(2, np.inf), "most": np.inf}
    chosen = {int(solve(margins, **limits, seed=seed).chosen.argmax()) for seed in range(20)}
    assert chosen == {0, 1}
