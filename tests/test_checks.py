"""Argument checks say the parameter, the rule, the value and the next move."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equipoise._checks import (
    check_choice,
    check_columns,
    check_delta,
    check_epsilon,
    check_number,
    check_whole,
    suggestion,
)
from equipoise.exceptions import InputError

MOVE = "Use a positive number such as 1.0, or float('inf') for no privacy."


@pytest.mark.parametrize(
    ("value", "options", "said"),
    [
        ("Gender", ["gender", "age"], "Did you mean 'gender'?"),
        ("zzz", ["gender", "age"], "Known: 'gender', 'age'."),
        ("zzz", [], "There are none."),
        ("zzz", range(14), "Known: '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', …."),
    ],
)  # fmt: skip
def test_a_suggestion_is_the_nearest_name_or_the_known_ones(value, options, said):
    assert suggestion(value, options) == said


@pytest.mark.parametrize("value", [1, 1.5, np.float64(2), np.int64(3), math.inf])
def test_numbers_pass_as_floats(value):
    assert check_number("dose", value) == float(value)


@pytest.mark.parametrize("value", [math.nan, "1", None, True, [1], 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError) as refused:
        check_number("dose", value)
    assert str(refused.value) == f"dose must be a number, got {value!r}. Give a plain number."


def test_numbers_outside_their_range_are_refused():
    with pytest.raises(InputError) as refused:
        check_number("dose", 1.5, low=0, high=1)
    assert str(refused.value) == "dose must be a number in [0, 1], got 1.5. Give a plain number."


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3)])
def test_whole_numbers_pass_as_ints(value):
    assert check_whole("seeds", value, low=1, next_move="Use 5.") == 3


@pytest.mark.parametrize("value", [0, 2.5, "3", True, None, math.inf, math.nan, -(10**400)])
def test_what_is_not_whole_or_too_small_is_refused(value):
    with pytest.raises(InputError) as refused:
        check_whole("seeds", value, low=1, next_move="Use 5.")
    assert (
        str(refused.value) == f"seeds must be a whole number of at least 1, got {value!r}. Use 5."
    )


@pytest.mark.parametrize("value", [0, -1, math.nan, "1", None])
def test_epsilon_is_positive(value):
    with pytest.raises(InputError) as refused:
        check_epsilon(value)
    assert str(refused.value) == f"epsilon must be a number in (0, inf], got {value!r}. {MOVE}"


def test_infinite_epsilon_needs_no_delta():
    assert check_epsilon(math.inf) == math.inf
    assert check_delta(None, math.inf) == 0.0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            None,
            "delta is required with a finite epsilon, got None. Use a value far below 1 / number "
            "of customers, such as 1e-6.",
        ),
        (0, "delta must lie strictly between 0 and 1, got 0. Use a value such as 1e-6."),
        (1, "delta must lie strictly between 0 and 1, got 1. Use a value such as 1e-6."),
        ("x", "delta must lie strictly between 0 and 1, got 'x'. Use a value such as 1e-6."),
    ],
)
def test_delta_lies_strictly_between_zero_and_one(value, message):
    with pytest.raises(InputError) as refused:
        check_delta(value, 1.0)
    assert str(refused.value) == message
    assert check_delta(1e-6, 1.0) == 1e-6


def test_names_are_looked_up():
    assert check_choice("model", "logistic", ["logistic"]) == "logistic"
    with pytest.raises(InputError) as refused:
        check_choice("model", "logstic", ["logistic", "trees"])
    assert (
        str(refused.value) == "model must be a known name, got 'logstic'. Did you mean 'logistic'?"
    )
    check_columns("groups", [1], [1, "b"])
    with pytest.raises(InputError) as refused:
        check_columns("groups", ["1"], [1, "b"])
    assert str(refused.value) == (
        "groups must name a column of the table, got '1'. Use 1, which is another type."
    )
    with pytest.raises(InputError) as refused:
        check_columns("groups", ["c"], ["a", "b"])
    assert str(refused.value) == "groups must name a column of the table, got 'c'. Known: 'a', 'b'."
