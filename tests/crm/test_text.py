import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.crm._text import MOST_CUSTOMERS, coded, named, numbered, subnumbered, taken

NUMBERS = st.lists(st.integers(0, MOST_CUSTOMERS), max_size=20)
WORDS = st.lists(st.integers(0, 2**64 - 1), max_size=20)
NAMES = ("low", "middle", "high")


@given(numbers=NUMBERS)
def test_a_number_has_a_letter_and_eight_digits(numbers):
    found = numbered("I", np.array(numbers, dtype=np.uint64))
    assert found.tolist() == [f"I{number:08d}" for number in numbers]


@given(numbers=NUMBERS, digits=st.integers(1, 4), data=st.data())
def test_what_belongs_to_a_customer_has_two_numbers(numbers, digits, data):
    within = data.draw(
        st.lists(st.integers(0, 10**digits - 1), min_size=len(numbers), max_size=len(numbers))
    )
    found = subnumbered(
        "S", np.array(numbers, dtype="int64"), np.array(within, dtype="int64"), digits
    )
    expected = [f"S{n:08d}-{w:0{digits}d}" for n, w in zip(numbers, within, strict=True)]
    assert found.tolist() == expected


@given(words=WORDS)
def test_a_code_is_the_word_in_hexadecimal_digits(words):
    found = coded("O", np.array(words, dtype=np.uint64))
    assert found.tolist() == [f"O{word:016x}" for word in words]


@given(codes=st.lists(st.integers(-1, 2), max_size=20))
def test_names_are_taken_and_found_again(codes):
    column = taken(NAMES, np.array(codes, dtype="int64"))
    assert column.isna().tolist() == [code == -1 for code in codes]
    known = [code for code in codes if code >= 0]
    assert named(column.dropna().to_numpy(), NAMES).tolist() == known


@pytest.mark.parametrize(
    "column",
    [
        numbered("I", np.zeros(0, dtype="int64")),
        subnumbered("S", np.zeros(0, dtype="int64"), np.zeros(0, dtype="int64")),
        coded("O", np.zeros(0, dtype=np.uint64)),
        taken(NAMES, np.zeros(0, dtype="int64")),
    ],
)
def test_a_column_without_rows_is_text_all_the_same(column):
    assert len(column) == 0
    assert column.dtype == pd.Series(["a"], dtype="str").dtype
