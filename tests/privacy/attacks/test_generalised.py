"""What a generalised value may stand for."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.privacy.attacks import within_generalised
from equipoise.privacy.attacks._generalised import is_generalised


@pytest.mark.parametrize(
    ("released", "inside", "outside"),
    [
        ("30–39", (30, 34.5, 39, "30", np.int64(31)), (29, 40, "forty", -35)),
        ("30-39", (30, 39), (29.9, 40)),
        ("−5–−1", (-5, -1), (0, 5, 1)),
        ("-5–5", (-5, 0, 5), (-6, 6)),
        ("0.5 to <1", (0.5, 0.99), (1, 0.4)),
        ("[30, 40)", (30, 39), (40, 29)),
        ("(30, 40]", (31, 40), (30, 41)),
        ("60+", (60, 99), (59, "K60")),
        (pd.Interval(30, 40, closed="left"), (30, 39.9), (40,)),
        ("*", (1, "K01", pd.Timestamp("1984-05-17")), ()),
        ("K0*", ("K01", "K0"), ("K11", "k01")),
        ("{A, B}", ("A", "B"), ("C", "A, B")),
        ("A|B", ("A", "B"), ("C",)),
        ("1984", (1984, "1984-05-17", pd.Timestamp("1984-12-31")), (1985, "1985-01-01")),
        ("1984-05", (pd.Timestamp("1984-05-17"),), (pd.Timestamp("1984-06-01"), 1984)),
        ("1984-Q2", ("1984-04-01", datetime.date(1984, 6, 30)), ("1984-07-01", "1984-03-31")),
        ("1984-05-17", (pd.Timestamp("1984-05-17"),), (pd.Timestamp("1984-05-18"),)),
        ("1980–1989", ("1980-01-01", "1989-12-31", 1985), ("1979-12-31", "1990-01-01")),
        ("woman", ("woman",), ("man", "Woman", "women")),
        ("39–30", (), (35,)),
        (30, (30, "30", 30.0, "30.0", np.float32(30)), (31, 300, 30.5)),
        (34.0, (34, "34", np.int64(34)), (35, "340", "34a")),
        ("0.50", (0.5, ".5"), (5, 0.05)),
        ("{34, 35}", (34.0, "35.0"), (36, 3)),
        ("0.1 to <0.3", (0.1, "0.2"), (0.3, np.float64(0.3))),
        (12345678901234567890, ("12345678901234567890",), (12345678901234567891,)),
        ("1_0", ("1_0",), (10,)),
        (pd.Timestamp("1984-05-17"), ("1984-05-17", datetime.date(1984, 5, 17)), ("1984-05-18",)),
        (datetime.date(1984, 5, 17), (pd.Timestamp("1984-05-17"), "1984-05-17T00:00:00"), (1984,)),
        ("1984-05-17 00:00:00", ("1984-05-17", np.datetime64("1984-05-17")), ("1984-05-16",)),
        ("{1984-05-17, 1984-05-18}", (pd.Timestamp("1984-05-17"),), ("1984-05-19",)),
        (
            pd.Timestamp("1984-05-17 13:00"),
            ("1984-05-17", "1984-05-17 13:00:00"),
            ("1984-05-17 14:00:00", "1984-05-18"),
        ),
        ("1984", ("1984-05-17 13:00",), ("1984-13-45", "1985-05-17 13:00")),
        (pd.Interval(30, 40), ("34", 40.0), (30, "thirty", pd.Timestamp("1984"))),
        (
            pd.Interval(pd.Timestamp("1984"), pd.Timestamp("1985")),
            ("1984-05-17", datetime.date(1984, 1, 2)),
            ("1985-05-17", 1984),
        ),
    ],
)
def test_a_generalised_value_holds_what_it_says_and_nothing_else(released, inside, outside):
    assert all(within_generalised(released, value) for value in inside)
    assert not any(within_generalised(released, value) for value in outside)


@given(st.integers(-200, 200), st.integers(1, 60))
@settings(max_examples=60)
def test_exactly_one_bin_of_a_partition_holds_a_number(number, width):
    bins = [
        f"{low}–{low + width - 1}".replace("-", "−")
        for low in range(-300 // width * width, 301, width)
    ]
    assert sum(within_generalised(text, number) for text in bins) == 1


def test_marks_of_generalisation_are_recognised():
    marked = (
        "*",
        "K0*",
        "30–39",
        "{A, B}",
        "A|B",
        "[30, 40)",
        "0.5 to <1",
        "70+",
        pd.Interval(0, 1),
    )
    plain = ("K01", "A+", "30-44", "woman", "1984-05-17", 30, "not_member")
    assert all(map(is_generalised, marked))
    assert not any(map(is_generalised, plain))
