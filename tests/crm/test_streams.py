import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from equipoise.crm._streams import (
    CUSTOMER_STEP,
    EVENT_STEP,
    EVENTS_PER_CUSTOMER,
    Draws,
    any_of,
    levels,
    opaque_numbers,
)
from equipoise.crm._text import MOST_CUSTOMERS

CUSTOMERS = 200_000
SEEDS = st.integers(0, 2**64)
NAMES = st.text(min_size=1, max_size=20)
MANY = Draws(7, 1, CUSTOMERS)
SMALLEST_P = 1e-4

DRAWN = {
    "first event": MANY.uniform("orders/wait"),
    "later event": MANY.uniform("orders/wait", 913),
    "far event": MANY.uniform("orders/wait", 2**40),
    "far customers": Draws(7, MOST_CUSTOMERS - CUSTOMERS, CUSTOMERS).uniform("orders/wait"),
    "one customer": Draws(7, 5, 1).uniform_at(
        "orders/wait", np.zeros(CUSTOMERS, dtype=np.int64), np.arange(CUSTOMERS)
    ),
    "seed 0": Draws(0, 1, CUSTOMERS).uniform("tastes/post_affinity"),
    "huge seed": Draws(2**200, 1, CUSTOMERS).uniform("tastes/post_affinity"),
}

ANCHOR = DRAWN["first event"]
PAIRS = {
    "two streams": (ANCHOR, MANY.uniform("orders/dropout")),
    "names that share a beginning": (
        MANY.uniform("campaigns/spring_coupon_2026/reach"),
        MANY.uniform("campaigns/spring_coupon_2026/hold_out"),
    ),
    "neighbouring customers": (ANCHOR[:-1], ANCHOR[1:]),
    "customers 1024 apart": (ANCHOR[:-1024], ANCHOR[1024:]),
    "neighbouring events": (ANCHOR, MANY.uniform("orders/wait", 1)),
    "next event of the customer before": (ANCHOR[1:], MANY.uniform("orders/wait", 1)[:-1]),
    "events of one customer": (DRAWN["one customer"][:-1], DRAWN["one customer"][1:]),
    "neighbouring seeds": (ANCHOR, Draws(8, 1, CUSTOMERS).uniform("orders/wait")),
}


def chi_square_p(counts):
    return stats.chisquare(counts.ravel()).pvalue


@pytest.mark.parametrize("which", list(DRAWN))
def test_draws_are_uniform(which):
    assert stats.kstest(DRAWN[which], "uniform").pvalue > SMALLEST_P


@pytest.mark.parametrize("which", list(DRAWN))
@pytest.mark.parametrize("shift", [44, 22, 0], ids=["high", "middle", "low"])
def test_every_byte_of_a_draw_is_uniform(which, shift):
    word = (DRAWN[which] * 2.0**52).astype(np.uint64)
    counts = np.bincount((word >> np.uint64(shift)) & np.uint64(255), minlength=256)
    assert chi_square_p(counts) > SMALLEST_P


@pytest.mark.parametrize("which", list(DRAWN))
def test_draws_lie_strictly_between_0_and_1(which):
    assert DRAWN[which].min() > 0.0
    assert DRAWN[which].max() < 1.0


def test_the_ends_of_the_range_are_not_reached():
    largest_word = np.array([2**52 - 1], dtype=np.uint64).astype(np.float64)
    assert ((largest_word + 0.5) * 2.0**-52)[0] < 1.0


@pytest.mark.parametrize("which", list(PAIRS))
def test_pairs_of_draws_are_uncorrelated(which):
    first, second = PAIRS[which]
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(len(first))


@pytest.mark.parametrize("which", list(PAIRS))
def test_pairs_of_draws_fill_the_square_evenly(which):
    first, second = PAIRS[which]
    counts, _, _ = np.histogram2d(first, second, bins=24, range=[[0, 1], [0, 1]])
    assert chi_square_p(counts) > SMALLEST_P


@pytest.mark.parametrize("which", list(PAIRS))
def test_low_bits_of_pairs_are_independent(which):
    first, second = (((part * 2.0**52).astype(np.int64) & 15) for part in PAIRS[which])
    assert chi_square_p(np.bincount(16 * first + second, minlength=256)) > SMALLEST_P


def test_no_two_events_of_a_world_share_a_draw():
    """Two events collide where their customers differ by a small multiple of a ratio."""
    ratio = int(EVENT_STEP) * pow(int(CUSTOMER_STEP), -1, 2**64) % 2**64
    apart = [ratio * events % 2**64 for events in range(1, 4 * EVENTS_PER_CUSTOMER)]
    assert min(min(steps, 2**64 - steps) for steps in apart) > MOST_CUSTOMERS


@given(
    seed=SEEDS,
    name=NAMES,
    first=st.integers(1, 10**8),
    before=st.integers(0, 50),
    after=st.integers(0, 50),
    event=st.integers(0, 10**6),
)
def test_a_draw_depends_on_nobody_else(seed, name, first, before, after, event):
    alone = Draws(seed, first + before, 1)
    among = Draws(seed, first, before + 1 + after)
    assert alone.uniform(name, event)[0] == among.uniform(name, event)[before]
    row, number = np.array([before]), np.array([event])
    assert alone.uniform(name, event)[0] == among.uniform_at(name, row, number)[0]


@given(seed=SEEDS, first=NAMES, second=NAMES)
def test_two_names_give_two_streams(seed, first, second):
    draws = Draws(seed, 1, 1)
    assert (draws.uniform(first) == draws.uniform(second)).all() == (first == second)


def test_any_of_no_masks_is_nobody_and_of_two_is_either():
    assert any_of(3, []).tolist() == [False] * 3
    first, second = np.array([True, False, False]), np.array([False, False, True])
    assert any_of(3, [first, second]).tolist() == [True, False, True]
    assert first.tolist() == [True, False, False]


def test_seed_and_name_do_not_run_into_each_other():
    assert Draws(1, 1, 1).uniform("2x")[0] != Draws(12, 1, 1).uniform("x")[0]


def test_a_draw_never_changes_between_releases():
    drawn = Draws(7, 1, 2).uniform("individuals/gender")
    np.testing.assert_array_equal(drawn, PINNED)


LAWS = {
    "normal": (lambda d: d.normal("n"), stats.norm()),
    "gamma, many small": (lambda d: d.gamma("g", 0.2426), stats.gamma(0.2426)),
    "gamma, below 1": (lambda d: d.gamma("g", 0.85), stats.gamma(0.85)),
    "gamma, above 1": (lambda d: d.gamma("g", 6.25), stats.gamma(6.25)),
    "beta, CDNOW": (lambda d: d.beta("b", 0.7929, 2.4258), stats.beta(0.7929, 2.4258)),
    "beta, retail": (lambda d: d.beta("b", 0.5, 3.2), stats.beta(0.5, 3.2)),
}


@pytest.mark.parametrize("which", list(LAWS))
def test_other_laws_are_those_of_scipy(which):
    draw, law = LAWS[which]
    drawn = draw(Draws(3, 1, 50_000))
    assert stats.kstest(drawn, law.cdf).pvalue > SMALLEST_P
    assert abs(drawn.mean() - law.mean()) < 4 * law.std() / np.sqrt(len(drawn))


def test_gamma_numbers_of_events_follow_their_law():
    row, event = np.divmod(np.arange(50_000), 10)
    drawn = Draws(3, 1, 5000).gamma_at("orders/amount", 6.25, row, event)
    assert stats.kstest(drawn, stats.gamma(6.25).cdf).pvalue > SMALLEST_P


def test_levels_occur_with_their_shares():
    shares = np.array([0.05, 0.15, 0.3, 0.5])
    counts = np.bincount(MANY.pick("level", shares), minlength=4)
    assert stats.chisquare(counts, shares * CUSTOMERS).pvalue > SMALLEST_P


def test_each_customer_may_have_shares_of_their_own():
    shares = np.array([[1.0, 0.0], [0.0, 1.0]])[np.arange(CUSTOMERS) % 2]
    assert (MANY.pick("level", shares) == np.arange(CUSTOMERS) % 2).all()


@given(uniform=st.floats(0.0, 1.0, exclude_max=True), parts=st.lists(st.integers(1, 9), min_size=1))
def test_a_level_always_exists(uniform, parts):
    shares = np.array(parts) / np.sum(parts)
    assert 0 <= levels(np.array([uniform]), shares)[0] < len(parts)


def test_opaque_numbers_are_unique_over_a_million_events():
    customer, event = np.divmod(np.arange(1_200_000), 300)
    numbers = opaque_numbers(customer.astype(np.uint64) + np.uint64(1), event + 700)
    assert len(np.unique(numbers)) == len(numbers)


def test_opaque_numbers_show_neither_customer_nor_event():
    customer = np.arange(1, CUSTOMERS + 1, dtype=np.uint64)
    numbers = opaque_numbers(customer, np.zeros(CUSTOMERS, dtype=np.int64))
    uniform = numbers.astype(np.float64) / 2.0**64
    assert stats.kstest(uniform, "uniform").pvalue > SMALLEST_P
    assert abs(np.corrcoef(uniform[:-1], uniform[1:])[0, 1]) < 4 / np.sqrt(CUSTOMERS)


PINNED = [0.17366908845696394, 0.3575734901355795]
