"""The purchase process is the published one: its parameters come back, its shares are exact."""

from dataclasses import astuple

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln, psi
from scipy.stats import beta

from equipoise.crm._behaviour import CDNOW, DAYS_PER_WEEK, RETAIL, draw_latents, draw_orders
from equipoise.crm._streams import Draws

SEEDS = 200
SEEDS_AT_ONCE = 10
WEEKS = 78.0
MANY = 200_000
NORMAL_95 = 1.959964
PARAMETERS = ("r", "alpha", "a", "b")
PRESETS = {"RETAIL": RETAIL, "CDNOW": CDNOW}


def history(behaviour, seed, customers, joining_weeks):
    """Return repeat orders, weeks from joining to the last one, and weeks observed, by customer."""
    draws = Draws(seed, 1, customers)
    observed = DAYS_PER_WEEK * (WEEKS - joining_weeks * draws.uniform("joined"))
    orders = draw_orders(behaviour, draw_latents(behaviour, draws), observed, draws)
    row = orders["row"].to_numpy()
    last = np.zeros(customers)
    last[row] = orders["days_since_joining"]
    return np.bincount(row, minlength=customers), last / DAYS_PER_WEEK, observed / DAYS_PER_WEEK


def score(theta, count, last, observed):
    """Return the gradient of the BG/NBD log-likelihood in log r, alpha, a, b; one row a seed.

    Fader, Hardie and Lee (2005), equation 6. Whatever depends on parameters and a whole count
    alone is computed once per count.
    """
    r, alpha, a, b = (column[:, None] for column in np.exp(theta).T)
    k = np.arange(count.max() + 1.0)

    def at_count(table):
        return np.take_along_axis(table, count, axis=1)

    bought = count > 0
    before_last = np.where(k > 0, b + k - 1, 1.0)
    stays = -(r + count) * np.log(alpha + observed)
    leaves = np.log(a) - at_count(np.log(before_last)) - (r + count) * np.log(alpha + last)
    left = np.where(bought, np.exp(leaves - np.logaddexp(stays, leaves)), 0.0)
    stayed = 1 - left
    by_r = at_count(psi(r + k) - psi(r)) + np.log(alpha)
    by_r -= stayed * np.log(alpha + observed) + left * np.log(alpha + last)
    by_alpha = r / alpha - (r + count) * (stayed / (alpha + observed) + left / (alpha + last))
    by_a = at_count(psi(a + b) - psi(a + b + k)) + left / a
    by_b = at_count(psi(a + b) - psi(b) + psi(b + k) - psi(a + b + k))
    by_b -= left * at_count(1 / before_last)
    columns = [part.sum(axis=1) for part in (by_r, by_alpha, by_a, by_b)]
    return np.column_stack(columns) * np.exp(theta)


def log_likelihood(theta, count, last, observed):
    """Return the BG/NBD log-likelihood of one history, written out once more in plain form."""
    r, alpha, a, b = np.exp(theta)
    first = gammaln(r + count) - gammaln(r) + r * np.log(alpha)
    second = gammaln(a + b) + gammaln(b + count) - gammaln(b) - gammaln(a + b + count)
    third = (alpha + observed) ** -(r + count)
    fourth = np.zeros(len(count))
    some = count > 0
    fourth[some] = a / (b + count[some] - 1) * (alpha + last[some]) ** -(r + count[some])
    return (first + second + np.log(third + fourth)).sum()


def hessian(theta, data, step=1e-4):
    columns = []
    for direction in step * np.eye(len(PARAMETERS)):
        difference = score(theta + direction, *data) - score(theta - direction, *data)
        columns.append(difference / (2 * step))
    whole = np.stack(columns, axis=2)
    return (whole + whole.transpose(0, 2, 1)) / 2


def fitted(start, data):
    """Return maximum-likelihood estimates and standard errors by Newton's method, all seeds at once."""
    theta = np.tile(start, (len(data[0]), 1))
    for _ in range(30):
        step = np.linalg.solve(hessian(theta, data), score(theta, *data)[..., None])[..., 0]
        theta = theta - np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-7:
            break
    covariance = np.linalg.inv(-hessian(theta, data))
    return theta, np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))


def of(behaviour):
    return np.log(astuple(behaviour)[:4])


def order_share(behaviour, weeks_before, weeks):
    """Return the exact share of customers who order in a window that starts so long after joining."""
    alpha, r = behaviour.alpha_weeks, behaviour.r

    def at(p):
        gone = alpha + p * weeks_before
        in_window = (alpha / gone) ** r - (alpha / (gone + weeks)) ** r
        return in_window * beta.pdf(p, behaviour.a, behaviour.b)

    return quad(at, 0, 1)[0]


def test_the_score_is_the_gradient_of_the_published_likelihood():
    data = history(CDNOW, 0, 300, 12.0)
    theta = of(CDNOW) + np.array([0.2, -0.1, 0.3, -0.2])
    step = 1e-6 * np.eye(4)
    numeric = [
        (log_likelihood(theta + each, *data) - log_likelihood(theta - each, *data)) / 2e-6
        for each in step
    ]
    stacked = tuple(part[None] for part in data)
    assert score(theta[None], *stacked)[0] == pytest.approx(numeric, rel=1e-5)


@pytest.mark.parametrize(
    ("preset", "customers", "joining_weeks"),
    [("RETAIL", 2500, 26.0), ("CDNOW", 2357, 12.0)],
)
def test_95_percent_intervals_cover_each_parameter(preset, customers, joining_weeks):
    """Wald intervals on the log scale, seeds 0 to 199, customers who join over 26 or 12 weeks."""
    behaviour = PRESETS[preset]
    covered = []
    for start in range(0, SEEDS, SEEDS_AT_ONCE):
        seeds = range(start, start + SEEDS_AT_ONCE)
        parts = [history(behaviour, seed, customers, joining_weeks) for seed in seeds]
        data = tuple(np.stack(part) for part in zip(*parts, strict=True))
        estimate, error = fitted(of(behaviour), data)
        assert np.abs(score(estimate, *data)).max() < 1e-6
        covered.append(np.abs(estimate - of(behaviour)) < NORMAL_95 * error)
    shares = dict(zip(PARAMETERS, np.concatenate(covered).mean(axis=0), strict=True))
    assert all(0.90 <= share <= 0.99 for share in shares.values()), shares


def test_cdnow_has_the_published_constants():
    assert (CDNOW.r, CDNOW.alpha_weeks, CDNOW.a, CDNOW.b) == (0.2426, 4.4135, 0.7929, 2.4258)
    assert (CDNOW.p, CDNOW.q, CDNOW.v_eur) == (6.25, 3.74, 15.44)
    assert CDNOW.p * CDNOW.v_eur / (CDNOW.q - 1) == pytest.approx(35.2, abs=0.05)


@pytest.mark.parametrize("preset", PRESETS)
def test_mean_order_values_follow_the_gamma_gamma_model(preset):
    """Over customers, 1 / mean is Gamma(q, rate p v): its mean and variance are known."""
    behaviour = PRESETS[preset]
    latents = draw_latents(behaviour, Draws(7, 1, MANY))
    inverse = 1 / latents["mean_order_eur"]
    rate = behaviour.p * behaviour.v_eur
    error = np.sqrt(behaviour.q / MANY) / rate
    assert inverse.mean() == pytest.approx(behaviour.q / rate, abs=3 * error)
    assert inverse.var() == pytest.approx(behaviour.q / rate**2, rel=0.03)
    mean = rate / (behaviour.q - 1)
    assert latents["mean_order_eur"].mean() == pytest.approx(mean, rel=0.01)


def test_two_years_after_a_cdnow_cohort_joined_fewer_than_1_in_10_order_in_a_quarter():
    """All join together; at least one repeat order in the last 90 of 104 weeks' days: 9.66 %."""
    quarter = 90 / DAYS_PER_WEEK
    assert order_share(CDNOW, 104 - quarter, quarter) == pytest.approx(0.0966, abs=5e-5)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("weeks", [39.0, 104.0])
def test_the_share_who_order_in_the_last_90_days_is_exact(preset, weeks):
    behaviour, quarter = PRESETS[preset], 90 / DAYS_PER_WEEK
    draws = Draws(7, 1, MANY)
    days = np.full(MANY, DAYS_PER_WEEK * weeks)
    repeats = draw_orders(behaviour, draw_latents(behaviour, draws), days, draws)
    recent = repeats[repeats["days_since_joining"] >= days[0] - 90]
    exact = order_share(behaviour, weeks - quarter, quarter)
    error = np.sqrt(exact * (1 - exact) / MANY)
    assert recent["row"].nunique() / MANY == pytest.approx(exact, abs=3 * error)
