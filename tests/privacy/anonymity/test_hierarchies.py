"""What each step releases, and which steps are refused."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.privacy.anonymity import anonymise


def released(values, steps, dtype=None):
    """Every level of a column, each reached by demanding that all rows be alike up to it."""
    from equipoise.privacy.anonymity._generalising import Generalised

    column = Generalised.of("x", pd.Series(values, dtype=dtype), steps)
    return [column.released(level).tolist() for level in range(1, column.levels)]


@pytest.mark.parametrize(
    ("values", "dtype", "steps", "levels"),
    [
        ([31, 38, 107], None, [10, 20], [["30–39", "30–39", "100–109"], ["20–39", "20–39", "100–119"]]),
        ([-1, 0, -10], None, [10], [["−10–−1", "0–9", "−10–−1"]]),
        ([3, 4], "Int64", [1, "*"], [["3", "4"], ["*", "*"]]),
        ([0.3, 0.35, 1.0], None, [0.1], [["0.3 to <0.4", "0.3 to <0.4", "1 to <1.1"]]),
        ([30.0, None], None, [5, "*"], [["30–34", None], ["*", "*"]]),
        (["K01", "K", "L20"], None, [2, 1], [["K0*", "K", "L2*"], ["K*", "K", "L*"]]),
        (["K01", None], "category", [1, "*"], [["K*", None], ["*", "*"]]),
        ([10115, 10117], "category", [10], [["10110–10119", "10110–10119"]]),
        (
            pd.to_datetime(["1994-07-24", "1990-01-01"]),
            None,
            ["month", "quarter", "year", 5, 10],
            [
                ["1994-07", "1990-01"],
                ["1994-Q3", "1990-Q1"],
                ["1994", "1990"],
                ["1990–1994", "1990–1994"],
                ["1990–1999", "1990–1999"],
            ],
        ),
        ([datetime.date(1994, 7, 24), None], None, ["year"], [["1994", None]]),
        (
            [datetime.date(1994, 7, 24), datetime.date(1994, 9, 1)],
            None,
            [{datetime.date(1994, 7, 24): "summer", datetime.date(1994, 9, 1): "autumn"}, "year"],
            [["summer", "autumn"], ["1994", "1994"]],
        ),
        (
            ["web", "social", "store"],
            None,
            [{"web": "online", "social": "online", "store": "shop"}, {"online": "any", "shop": "any"}],
            [["online", "online", "shop"], ["any", "any", "any"]],
        ),
        ([True, False], None, ["*"], [["*", "*"]]),
        ([None, None], "object", [5, "*"], [[None, None], ["*", "*"]]),
        ([1, "a"], "object", [{1: "x", "a": "x"}], [["x", "x"]]),
    ],
)  # fmt: skip
def test_steps_release(values, dtype, steps, levels):
    found = [[None if pd.isna(v) else v for v in level] for level in released(values, steps, dtype)]
    assert found == levels


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    width=st.sampled_from([0.1, 0.25, 0.3, 7.0]),
    factor=st.integers(2, 9),
)
@settings(max_examples=30, deadline=None)
def test_a_fraction_lies_in_its_span_and_a_wider_one_contains_the_span(values, width, factor):
    coarser = float(Decimal(str(width)) * factor)
    fine, coarse = released([*values, 0.5], [width, coarser])
    for value, narrow, wide in zip(values, fine, coarse, strict=False):
        (low, high), (least, most) = (
            [Decimal(end) for end in text.split(" to <")] for text in (narrow, wide)
        )
        assert low <= Decimal(repr(value)) < high
        assert high - low == Decimal(str(width))
        assert least <= low < high <= most


@example(values=[1_099_511_627_773], width=7, factor=2)
@given(
    values=st.lists(st.integers(-(2**42), 2**42) | st.none(), min_size=1, max_size=20),
    width=st.integers(1, 1000),
    factor=st.integers(2, 9),
)
@settings(max_examples=40, deadline=None)
def test_a_span_contains_its_values_and_a_wider_one_the_span(values, width, factor):
    column = pd.Series(values, dtype="Int64")
    fine, coarse = released(column, [width, width * factor])
    for value, narrow, wide in zip(values, fine, coarse, strict=True):
        if value is None:
            assert pd.isna(narrow) and pd.isna(wide)
            continue
        low, high = span(narrow)
        assert low <= value <= high
        assert high - low == width - 1
        assert span(wide)[0] <= low <= high <= span(wide)[1]


def span(text):
    low, _, high = text.partition("–")
    ends = [int(end.replace("−", "-")) for end in (low, high or low)]
    return ends[0], ends[1]


def test_the_largest_numbers_have_a_span():
    table = pd.DataFrame({"x": [-1.7e308, 1.7e308, 0.0, 0.0], "y": [1, 1, 2, 2]})
    found = anonymise(table, quasi_identifiers={"x": ["*"], "y": ["*"]}, k=2).frame()
    assert found["ncp"].iloc[0] == pytest.approx(0.5)
    assert found["ncp"].between(0, 1).all()


@pytest.mark.parametrize(
    ("values", "steps", "message"),
    [
        ([1], 5, "hierarchy of 'x' must be a list of steps, got int. Write a list such as "
                 "[5, 10, '*'], or [mapping, '*'], got 5."),
        ([1], "*", "hierarchy of 'x' must be a list of steps, got str. Write a list such as "
                   "[5, 10, '*'], or [mapping, '*'], got '*'."),
        ([1], ["*", 5], "hierarchy of 'x' must have '*' as its last step, got ['*', 5]. Nothing is "
                        "coarser than '*'."),
        ([1], [4, 10], "hierarchy of 'x' must have steps that each contain whole steps of the one "
                       "before, got 10 after 4. Use multiples, such as [5, 10, 20]."),
        ([1], [10, 5], "hierarchy of 'x' must have steps that each contain whole steps of the one "
                       "before, got 5 after 10. Use multiples, such as [5, 10, 20]."),
        ([1], [0], "hierarchy of 'x' must have a width above 0, got 0. Use a positive number."),
        ([1], ["year"], "hierarchy of 'x' must have steps that suit the column, got 'year'. Use "
                        "widths for numbers, lengths for text, a mapping, or '*' as the last step."),
        *[([float("inf"), 1.0], steps,
           "hierarchy of 'x' must be of finite numbers, got values that are not. Replace infinite "
           "values, or leave their rows out.") for steps in ([5], [], ["*"])],
        ([1e308, 0.5], [0.1], "hierarchy of 'x' must have fewer bins than numbers tell apart, got 0.1. "
                        "Use a wider step."),
        ([pd.Period("2020-01", "M")], ["year", 10],
         "hierarchy of 'x' must have steps that suit the column, got 'year' for periods. Use "
         ".dt.to_timestamp() first."),
        ([pd.Timestamp("2020-01-01")], [{datetime.date(2020, 1, 1): "new"}],
         "hierarchy of 'x' must give every value of the level before its group, got "
         "Timestamp('2020-01-01 00:00:00') without one. Write its keys as Timestamp, as the values "
         "are, not as date."),
        ([1e15, 0.5], [0.1], "hierarchy of 'x' must have fewer bins than numbers tell apart, got 0.1. "
                        "Use a wider step."),
        (["a"], [1, 2], "hierarchy of 'x' must have lengths that get shorter, got 2 after 1. Use for "
                        "example [3, 2, 1]."),
        (["a"], [1.5], "hierarchy of 'x' must have a length in characters that is whole, got 1.5. "
                       "Use 1, 2 or 3."),
        ([True], [2], "hierarchy of 'x' has no numbers for values of type bool, got 2. Use a mapping "
                      "from each value to its group, or only '*'."),
        (["web", "shop"], [{"web": "online", "shpo": "any"}],
         "hierarchy of 'x' must give every value of the level before its group, got 'shop' without "
         "one. Did you mean 'shpo'?"),
        (["web", "shop"], [{"web": "any", "shop": "any"}, 1],
         "hierarchy of 'x' must have steps that never part what an earlier step joined, got 'any' "
         "parted at 1. Let each step contain whole groups of the one before."),
        ([pd.Timestamp("2020-01-01")], ["years"],
         "hierarchy of 'x' must have a known period of time, got 'years'. Did you mean 'year'?"),
        ([pd.Timestamp("2020-01-01")], ["year", "month"],
         "hierarchy of 'x' must have steps that each contain whole steps of the one before, got 1 "
         "after 12. Use multiples, such as [5, 10, 20]."),
    ],
)  # fmt: skip
def test_steps_that_do_not_suit_are_refused(values, steps, message):
    table = pd.DataFrame({"x": [*values, *values]})
    with pytest.raises(InputError) as refused:
        anonymise(table, quasi_identifiers={"x": steps}, k=2)
    assert str(refused.value) == message
