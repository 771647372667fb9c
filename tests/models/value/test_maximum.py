"""Expected maximum profit, against numerical integration and a published figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta as beta_distribution

from equipoise.exceptions import InputError
from equipoise.models.value._maximum import expected_maximum_profit

CHURN = {
    "clv_eur": 200,
    "incentive_eur": 10,
    "contact_cost_eur": 1,
    "accept_alpha": 6,
    "accept_beta": 14,
}


def integrated(y, scores, given, points=4001):
    """Take the best cut of all at each share of acceptance, and add up under the density."""
    accept = np.linspace(0, 1, points)
    kept = accept * (given["clv_eur"] - given["incentive_eur"]) - given["contact_cost_eur"]
    wasted = given["incentive_eur"] + given["contact_cost_eur"]
    cuts = [np.inf, *np.unique(scores)]
    hits = np.array([(y[scores >= cut] == 1).sum() for cut in cuts])
    misses = np.array([(y[scores >= cut] == 0).sum() for cut in cuts])
    profit = np.outer(kept, hits) - wasted * misses
    chosen = profit.argmax(axis=1)
    density = beta_distribution(given["accept_alpha"], given["accept_beta"]).pdf(accept)
    best = profit.max(axis=1) / len(y)
    return (
        np.trapezoid(best * density, accept),
        np.trapezoid((hits + misses)[chosen] / len(y) * density, accept),
    )


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 2),
    st.floats(20, 400),
    st.just(0.0) | st.floats(0.5, 19),
    st.just(0.0) | st.floats(0.5, 15),
    st.floats(1.5, 9),
    st.floats(1.5, 20),
)
def test_it_is_the_integral_over_the_best_cut_of_each_acceptance(
    drawn, seed, decimals, clv, incentive, contact, alpha, beta
):
    scores, y = drawn(60, seed=seed, decimals=decimals)
    y[:2] = 0, 1
    given = dict(zip(CHURN, (clv, incentive, contact, alpha, beta), strict=True))
    found = expected_maximum_profit(y, scores, **given)
    profit, share = integrated(y, scores, given)
    assert found.profit_eur == pytest.approx(profit, rel=1e-3, abs=1e-3)
    assert found.share == pytest.approx(share, abs=5e-3)
    assert found.cuts["chance"].sum() == pytest.approx(1)
    assert found.cuts["chance"] @ found.cuts["share"] == pytest.approx(found.share)
    assert found.cuts["accept_from"].is_monotonic_increasing


def test_the_published_example_is_met():
    y, scores = [0, 1, 0, 1, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
    assert expected_maximum_profit(y, scores, **CHURN).profit_eur == pytest.approx(23.875593418348)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_neither_order_nor_scale_matters_and_coarser_scores_are_worth_no_more(drawn, seed):
    scores, y = drawn(80, seed=seed)
    y[:2] = 0, 1
    order = np.random.default_rng(seed).permutation(80)
    fine = expected_maximum_profit(y, scores, **CHURN)
    same = expected_maximum_profit(y[order], np.exp(scores[order]), **CHURN)
    assert fine.frame().iloc[0].tolist() == pytest.approx(
        same.frame().iloc[0].tolist(), nan_ok=True
    )
    coarse = expected_maximum_profit(y, scores.round(), **CHURN)
    assert 0 <= coarse.profit_eur <= fine.profit_eur + 1e-12


def test_the_interval_is_as_wide_as_the_customers_bootstrap_says(drawn):
    scores, y = drawn(800, seed=1)
    unit = np.repeat(np.arange(400), 2)
    found = expected_maximum_profit(y, scores, unit=unit, **CHURN)
    random, draws = np.random.default_rng(1), []
    for _ in range(250):
        who = random.integers(0, 400, 400)
        rows = (2 * who[:, None] + [0, 1]).ravel()
        draws.append(expected_maximum_profit(y[rows], scores[rows], **CHURN).profit_eur)
    assert (found.high - found.low) / 3.92 == pytest.approx(np.std(draws), rel=0.12)
    assert found.parameters["customers"] == 400


def test_where_no_contact_pays_nobody_is_contacted(drawn):
    scores, y = drawn(100, seed=1)
    given = CHURN | {"contact_cost_eur": 500}
    found = expected_maximum_profit(y, scores, **given)
    assert (found.profit_eur, found.low, found.high, found.share) == (0, 0, 0, 0)
    assert found.cuts["contacts"].tolist() == [0]


def test_where_contacts_are_free_all_are_contacted_and_all_who_accept_are_kept(drawn):
    scores, y = drawn(100, seed=1)
    given = CHURN | {"contact_cost_eur": 0, "incentive_eur": 0}
    found = expected_maximum_profit(y, scores, **given)
    assert found.profit_eur == pytest.approx(200 * 0.3 * y.mean())
    assert found.share == pytest.approx(1)


def test_few_customers_have_no_interval_and_the_frame_echoes_what_was_given():
    found = expected_maximum_profit([0, 1, 0, 1], [1, 2, 3, 4], **CHURN).frame()
    assert np.isnan(found.loc[0, ["low", "high"]].astype(float)).all()
    assert found.loc[0, "note"] == "not estimable (n=4)"
    assert found.loc[0, list(CHURN)].tolist() == list(CHURN.values())


def test_no_parameter_has_a_default():
    for name in CHURN:
        given = {other: value for other, value in CHURN.items() if other != name}
        with pytest.raises(TypeError, match=name):
            expected_maximum_profit([0, 1], [0, 1], **given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"contact_cost_eur": -1},
            "contact_cost_eur must be a number in [0, 1.79769e+308], got -1. "
            "Write euros of one customer as a plain number.",
        ),
        (
            {"incentive_eur": None},
            "incentive_eur must be a number in [0, 1.79769e+308], got None. "
            "Write euros of one customer as a plain number.",
        ),
        (
            {"incentive_eur": 200},
            "incentive_eur must be below the lifetime value that it keeps, got 200 of 200. "
            "Lower the incentive: at this one nobody is worth keeping.",
        ),
        (
            {"accept_beta": 0},
            "accept_beta must be a number in (0, 1.79769e+308], got 0. Use for example 6 and 14.",
        ),
    ],
)
def test_offers_that_cannot_be_are_refused(changed, message):
    with pytest.raises(InputError) as refused:
        expected_maximum_profit([0, 1], [0, 1], **CHURN | changed)
    assert str(refused.value) == message


def test_rows_that_cannot_be_ranked_are_refused():
    cases = {
        "y must hold both outcomes, got 1 in all 2 rows. Use more customers.": ([1, 1], [0, 1]),
        "y and scores must have the same index in the same order, got different ones. "
        "Align the rows first, or pass arrays to have them read by position.": (
            pd.Series([0, 1]),
            pd.Series([0, 1], index=[1, 0]),
        ),
    }
    for message, (y, scores) in cases.items():
        with pytest.raises(InputError) as refused:
            expected_maximum_profit(y, scores, **CHURN)
        assert str(refused.value) == message
