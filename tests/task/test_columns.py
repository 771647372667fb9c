"""Text, numbers and dates in raw columns, whatever type stored them."""

from __future__ import annotations

import datetime
import decimal
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.task._columns import Column, as_numbers, as_text, looks_like_dates


def text(values, dtype=object, words=()):
    return as_text(pd.Series(values, dtype=dtype), words).tolist()


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, 0], "int64", ["1", "0"]),
        ([1, None], "Int64", ["1", None]),
        ([1.0, np.nan], "float64", ["1", None]),
        ([1.0, -0.0], "float32", ["1", "0"]),
        ([1.0, 1.5], "float64", ["1.0", "1.5"]),
        ([1e20, 1.0], "float64", ["100000000000000000000", "1"]),
        ([True, False], "bool", ["True", "False"]),
        ([True, None], "boolean", ["True", None]),
        ([True, 1, 1.0], object, ["True", "1", "1.0"]),
        (["1.0", "2", None], object, ["1", "2", None]),
        (["1.0", "2"], "str", ["1", "2"]),
        (["1.0", "02"], "str", ["1.0", "02"]),
        (["1.0", "x"], "category", ["1.0", "x"]),
        ([1.0, 2.0], "category", ["1", "2"]),
        (["  a ", "\t", ""], "str", ["a", None, None]),
        ([decimal.Decimal("1.50"), None], object, ["1.50", None]),
        ([decimal.Decimal("1.0"), 2], object, ["1", "2"]),
        ([datetime.date(2026, 3, 31)], object, ["2026-03-31"]),
        ([9007199254740993], "int64", ["9007199254740993"]),
        ([], object, []),
        ([None, None], object, [None, None]),
    ],
)
def test_values_become_the_text_a_person_would_write(values, dtype, expected):
    if dtype == "category":
        assert as_text(pd.Series(pd.Categorical(values))).tolist() == expected
    else:
        assert text(values, dtype) == expected


def test_words_for_missing_are_found_before_and_after_whole_numbers_are_written():
    assert text(["NA", "1.0", "2"], words=["NA"]) == [None, "1", "2"]
    assert text([-999.0, 1.0], "float64", words=["-999"]) == [None, "1"]


@given(st.lists(st.none() | st.text(max_size=5) | st.integers() | st.booleans() | st.floats()))
def test_text_is_text_without_outer_blanks_or_nothing(values):
    for written in text(values):
        assert written is None or (isinstance(written, str) and written == written.strip() != "")


@given(st.lists(st.none() | st.text(max_size=5), max_size=20))
def test_reading_text_again_changes_nothing(values):
    once = as_text(pd.Series(values, dtype=object))
    assert as_text(once).tolist() == once.tolist()


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_written_as_text_come_back_exactly(values):
    written = as_text(pd.Series(values, dtype=float))
    numbers = as_numbers(written)
    if all(value is None for value in values):
        assert numbers is None
    else:
        assert [None if np.isnan(number) else number for number in numbers] == values


@pytest.mark.parametrize(
    ("values", "decimal_sign", "expected"),
    [
        (["1", "-2.5", "+.5", "1e3", "7."], ".", [1, -2.5, 0.5, 1000, 7]),
        (["1,5", "2"], ",", [1.5, 2]),
        (["1.5", "2,5"], ",", None),
        (["1,5"], ".", None),
        (["01"], ".", None),
        (["1", "inf"], ".", None),
        (["1", "nan"], ".", None),
        (["1e999"], ".", None),
        (["1_000"], ".", None),
        (["١"], ".", None),
        (["0x1F"], ".", None),
    ],
)
def test_only_plain_finite_numbers_are_numbers(values, decimal_sign, expected):
    numbers = as_numbers(pd.Series(values), decimal=decimal_sign)
    assert (numbers if numbers is None else numbers.tolist()) == expected


@pytest.mark.parametrize("value", ["1.2.3", "10-20", "2026", "12:30", "May", "1/2", "2026-13"])
def test_what_only_resembles_a_date_is_none(value):
    assert not looks_like_dates(pd.Series([value]))


def test_dates_are_seen_behind_nine_tenths_of_the_values():
    days = [f"2026-03-{day:02d}" for day in range(1, 20)]
    assert looks_like_dates(pd.Series([*days, "unknown"]))
    assert not looks_like_dates(pd.Series([*days[:8], "a", "b"]))


def test_stored_numbers_take_words_for_missing():
    column = Column("x", pd.Series([-999.0, 1.5, np.nan]), words=("NA",))
    assert column.missing.tolist() == [False, False, True]
    column = Column("x", pd.Series([-999.0, 1.5, np.nan]), words=("-999", "NA"))
    assert column.missing.tolist() == [True, False, True]
    assert column.numbers.tolist()[1] == 1.5


def test_lists_are_not_turned_into_text():
    column = Column("tags", pd.Series([["a"], ["b", "c"]]))
    assert not column.is_plain
    with pytest.raises(InputError) as refused:
        _ = column.text
    assert str(refused.value) == (
        "column 'tags' must hold plain values, got lists, records, bytes or durations. Leave it "
        "out, or spread it over columns of its own."
    )


def test_a_million_codes_become_text_without_a_million_conversions():
    """Guards the path that works once per value; the bound is ten times what it takes."""
    start = time.process_time()
    as_text(pd.Series(np.arange(1_000_000) % 50, dtype=float))
    assert time.process_time() - start < 2


def test_odd_words_are_the_different_values_that_are_no_finite_numbers():
    raw = pd.Series(["1", "n/a", None, "-2.5e3", "007", "1e999", "n/a", "1,5", "?"])
    assert Column("x", raw, ("?",)).odd_words() == ["n/a", "007", "1e999", "1,5"]
    assert Column("x", raw, ("?",), ",").odd_words() == ["n/a", "-2.5e3", "007", "1e999"]
    assert Column("x", pd.Series(["1", None])).odd_words() == []


@given(st.lists(st.sampled_from(["1", "2.5", "1e999", "01", "inf", "a"]), min_size=1))
def test_a_column_has_odd_words_exactly_if_it_is_not_numbers(values):
    column = Column("x", pd.Series(values))
    assert bool(column.odd_words()) == (column.numbers is None)
