import re
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import hyp2f1

from equipoise.crm._behaviour import CDNOW, RETAIL, Behaviour, draw_latents, draw_orders
from equipoise.crm._streams import Draws
from equipoise.exceptions import InputError

CUSTOMERS = 60_000
DAYS = 39 * 7.0
SMALLEST_P = 1e-4
BOTH = pytest.mark.parametrize("behaviour", [CDNOW, RETAIL], ids=["CDNOW", "RETAIL"])


def drawn(behaviour, seed, customers=CUSTOMERS, days=DAYS):
    draws = Draws(seed, 1, customers)
    latents = draw_latents(behaviour, draws)
    return latents, draw_orders(behaviour, latents, np.full(customers, days), draws)


def repeat_counts(behaviour, seed):
    _, orders = drawn(behaviour, seed)
    return np.bincount(orders["row"], minlength=CUSTOMERS)


def expected_repeats(m, weeks):
    z = weeks / (m.alpha_weeks + weeks)
    tail = (1 - z) ** m.r * hyp2f1(m.r, m.b, m.a + m.b - 1, z)
    return (m.a + m.b - 1) / (m.a - 1) * (1 - tail)


@BOTH
def test_the_mean_number_of_repeat_orders_is_the_closed_form(behaviour):
    counts = repeat_counts(behaviour, seed=5)
    error = counts.std() / np.sqrt(CUSTOMERS)
    assert abs(counts.mean() - expected_repeats(behaviour, DAYS / 7)) < 4 * error


@BOTH
def test_the_share_without_repeat_orders_is_the_closed_form(behaviour):
    counts = repeat_counts(behaviour, seed=6)
    share = (behaviour.alpha_weeks / (behaviour.alpha_weeks + DAYS / 7)) ** behaviour.r
    assert abs((counts == 0).mean() - share) < 4 * np.sqrt(share * (1 - share) / CUSTOMERS)


def test_the_preset_has_the_published_constants():
    published = Behaviour(
        r=0.2426, alpha_weeks=4.4135, a=0.7929, b=2.4258, p=6.25, q=3.74, v_eur=15.44
    )
    assert published == CDNOW


@pytest.mark.parametrize("name", [field.name for field in fields(Behaviour)])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), "1"])
def test_a_parameter_that_is_no_positive_number_is_refused(name, value):
    message = (
        f"{name} must be a number in (0, 1e+06], got {value!r}. "
        "Look at crm.RETAIL for usual values."
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        replace(RETAIL, **{name: value})


def test_the_mean_customer_of_cdnow_spends_35_an_order():
    spent = draw_latents(CDNOW, Draws(5, 1, 400_000))["mean_order_eur"]
    expected = CDNOW.p * CDNOW.v_eur / (CDNOW.q - 1)
    assert round(expected, 1) == 35.2
    assert abs(spent.mean() - expected) < 4 * spent.sem()


@BOTH
def test_rates_are_gamma_and_dropouts_beta(behaviour):
    latents = draw_latents(behaviour, Draws(5, 1, CUSTOMERS))
    rate = stats.gamma(behaviour.r, scale=1 / behaviour.alpha_weeks)
    dropout = stats.beta(behaviour.a, behaviour.b)
    assert stats.kstest(latents["orders_per_week"], rate.cdf).pvalue > SMALLEST_P
    assert stats.kstest(latents["dropout_probability"], dropout.cdf).pvalue > SMALLEST_P


def test_rate_dropout_and_spending_are_independent():
    latents = draw_latents(RETAIL, Draws(5, 1, CUSTOMERS))
    ranks = latents.rank().corr().to_numpy()
    assert np.abs(ranks[np.triu_indices(3, 1)]).max() < 4 / np.sqrt(CUSTOMERS)


def test_waits_are_exponential_with_the_customers_rate():
    draws = Draws(5, 1, 20_000)
    latents = draw_latents(RETAIL, draws)
    per_day = latents["orders_per_week"].to_numpy() / 7
    orders = draw_orders(RETAIL, latents, 30 / per_day, draws)
    days = orders.pivot(index="row", columns="number", values="days_since_joining")
    first = days[1] * per_day[days.index]
    second = (days[2] - days[1]).dropna()
    assert stats.kstest(first, "expon").pvalue > SMALLEST_P
    assert stats.kstest(second * per_day[second.index], "expon").pvalue > SMALLEST_P


def test_each_order_is_the_last_ever_with_the_customers_probability():
    latents, orders = drawn(RETAIL, seed=5)
    leaves = latents["dropout_probability"].to_numpy()[orders["row"]]
    surplus = (orders["is_last_ever"] - leaves).sum()
    assert abs(surplus) < 4 * np.sqrt((leaves * (1 - leaves)).sum())


def test_amounts_vary_around_the_customers_own_mean():
    latents, orders = drawn(RETAIL, seed=5)
    share = orders["amount_eur"] / latents["mean_order_eur"].to_numpy()[orders["row"]]
    law = stats.gamma(RETAIL.p, scale=1 / RETAIL.p)
    assert stats.kstest(share, law.cdf).pvalue > SMALLEST_P


@given(seed=st.integers(0, 10_000), longest=st.floats(1.0, 2000.0))
def test_orders_lie_within_each_customers_time_in_order_and_end_with_the_last(seed, longest):
    observed = np.linspace(0.0, longest, 50)
    draws = Draws(seed, 1, 50)
    orders = draw_orders(RETAIL, draw_latents(RETAIL, draws), observed, draws)
    row = orders["row"].to_numpy()
    days = orders["days_since_joining"].to_numpy()
    assert ((days >= 0) & (days <= observed[row])).all()
    same = np.diff(row) == 0
    assert (np.diff(row) >= 0).all()
    assert (np.diff(days)[same] >= 0).all()
    assert (np.diff(orders["number"])[same] == 1).all()
    assert (orders.groupby("row")["number"].min() == 1).all()
    assert not (same & orders["is_last_ever"].to_numpy()[:-1]).any()


@given(seed=st.integers(0, 10_000), days=st.floats(1.0, 900.0))
def test_a_longer_time_only_adds_later_orders(seed, days):
    draws = Draws(seed, 1, 30)
    latents = draw_latents(RETAIL, draws)
    short = draw_orders(RETAIL, latents, np.full(30, days), draws)
    long = draw_orders(RETAIL, latents, np.full(30, 2 * days), draws)
    within = long[long["days_since_joining"] < days].reset_index(drop=True)
    assert short.equals(within)
