import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from equipoise.crm._streams import stream, uniforms

SEEDS = st.integers(0, 2**64)
NAMES = st.text(min_size=1, max_size=20)


@given(seed=SEEDS, name=NAMES)
def test_a_seed_and_a_name_fix_the_stream(seed, name):
    assert stream(seed, name).integers(2**62) == stream(seed, name).integers(2**62)


@given(seed=SEEDS, first=NAMES, second=NAMES)
def test_two_names_give_two_streams(seed, first, second):
    same = stream(seed, first).integers(2**62) == stream(seed, second).integers(2**62)
    assert same == (first == second)


def test_a_stream_never_changes_between_releases():
    drawn = uniforms(7, "individuals/gender", 2)
    np.testing.assert_array_equal(drawn, PINNED)


def test_more_customers_leave_the_first_ones_as_they_were():
    np.testing.assert_array_equal(uniforms(7, "a", 5), uniforms(7, "a", 9)[:5])


PINNED = [0.19670129538248948, 0.27372908165558263]
