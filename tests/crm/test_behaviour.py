import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1

from equipoise.crm._behaviour import CDNOW, RETAIL, draw_latents, draw_orders

CUSTOMERS = 60_000
DAYS = 39 * 7.0


def repeat_counts(behaviour, seed):
    latents = draw_latents(behaviour, CUSTOMERS, seed)
    orders = draw_orders(behaviour, latents, np.full(CUSTOMERS, DAYS), seed)
    return np.bincount(orders["customer"], minlength=CUSTOMERS), orders


def expected_repeats(m, weeks):
    z = weeks / (m.alpha_weeks + weeks)
    tail = (1 - z) ** m.r * hyp2f1(m.r, m.b, m.a + m.b - 1, z)
    return (m.a + m.b - 1) / (m.a - 1) * (1 - tail)


@pytest.mark.parametrize("behaviour", [CDNOW, RETAIL], ids=["CDNOW", "RETAIL"])
def test_the_mean_number_of_repeat_orders_is_the_closed_form(behaviour):
    counts, _ = repeat_counts(behaviour, seed=5)
    error = counts.std() / np.sqrt(CUSTOMERS)
    assert abs(counts.mean() - expected_repeats(behaviour, DAYS / 7)) < 4 * error


@pytest.mark.parametrize("behaviour", [CDNOW, RETAIL], ids=["CDNOW", "RETAIL"])
def test_the_share_without_repeat_orders_is_the_closed_form(behaviour):
    counts, _ = repeat_counts(behaviour, seed=6)
    share = (behaviour.alpha_weeks / (behaviour.alpha_weeks + DAYS / 7)) ** behaviour.r
    assert abs((counts == 0).mean() - share) < 4 * np.sqrt(share * (1 - share) / CUSTOMERS)


def test_the_mean_customer_of_cdnow_spends_35_an_order():
    latents = draw_latents(CDNOW, 400_000, seed=5)
    expected = CDNOW.p * CDNOW.v_eur / (CDNOW.q - 1)
    assert latents["mean_order_eur"].mean() == pytest.approx(expected, rel=0.01)


def test_amounts_vary_around_the_customers_own_mean():
    _, orders = repeat_counts(RETAIL, seed=5)
    mean = draw_latents(RETAIL, CUSTOMERS, 5)["mean_order_eur"].to_numpy()[orders["customer"]]
    assert (orders["amount_eur"] / mean).mean() == pytest.approx(1.0, abs=0.01)
    assert (orders["amount_eur"] / mean).var() == pytest.approx(1 / RETAIL.p, abs=0.01)


@given(seed=st.integers(0, 10_000), longest=st.floats(1.0, 2000.0))
def test_orders_lie_within_each_customers_time_in_order_and_end_with_the_last(seed, longest):
    observed = np.linspace(0.0, longest, 50)
    orders = draw_orders(RETAIL, draw_latents(RETAIL, 50, seed), observed, seed)
    customer = orders["customer"].to_numpy()
    days = orders["days_since_joining"].to_numpy()
    assert ((days >= 0) & (days <= observed[customer])).all()
    same = np.diff(customer) == 0
    assert (np.diff(customer) >= 0).all()
    assert (np.diff(days)[same] >= 0).all()
    assert not (same & orders["is_last_ever"].to_numpy()[:-1]).any()
