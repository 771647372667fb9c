"""Lift: the same for any order of the rows, and the measured ratio where there are no ties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exceptions import InputError
from equipoise.models._lift import lift_at


@st.composite
def scored(draw):
    n = draw(st.integers(1, 60))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(any))
    return np.array(y), np.array(draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))) / 10


@settings(max_examples=30, deadline=None)
@given(scored(), st.floats(0.01, 1), st.randoms(use_true_random=False))
def test_lift_has_bounds_and_no_order(rows, share, random):
    y, scores = rows
    order = np.array(random.sample(range(len(y)), len(y)))
    found = lift_at(y, scores, share)
    assert lift_at(y[order], scores[order], share) == pytest.approx(found)
    assert lift_at(y, 3 * scores - 7, share) == pytest.approx(found)
    taken = max(1, round(share * len(y))) / len(y)
    assert -1e-12 <= found <= min(1 / taken, 1 / y.mean()) + 1e-12


@settings(max_examples=20, deadline=None)
@given(scored())
def test_everybody_and_one_score_for_all_have_no_lift(rows):
    y, scores = rows
    assert lift_at(y, scores, 1) == pytest.approx(1)
    assert lift_at(y, np.full(len(y), 0.2), 0.3) == pytest.approx(1)


def test_the_highest_tenth_is_counted():
    y = np.repeat([1, 0, 1, 0], [6, 4, 14, 76])
    assert lift_at(y, np.linspace(1, 0, 100)) == pytest.approx(0.6 / 0.2)
    assert lift_at(pd.Series(y), pd.Series(np.linspace(0, 1, 100))) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"y": [0, 0, 0]},
            "y must hold a positive outcome, got none of 3. Use more rows.",
        ),
        (
            {"y": [0, 1, 2]},
            "y must be 0 or 1, got something else in 1 of 3 rows. Code the positive outcome as 1.",
        ),
        (
            {"y": [0, 1]},
            "y and scores must have the same number of rows, got 2 and 3. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            {"scores": [0.1, np.nan, 0.2]},
            "scores must be finite numbers, got something else in 1 of 3 rows. "
            "Score those rows, or remove them.",
        ),
        (
            {"scores": ["a", "b", "c"]},
            "scores must be numbers, got str. Convert the column first.",
        ),
        (
            {"scores": pd.Series([0.1, 0.2, 0.3]), "y": pd.Series([0, 1, 1], index=[2, 1, 0])},
            "y and scores must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
        ({"share": 0}, "share must be a number in (0, 1], got 0. Use for example 0.1."),
        (
            {"scores": [[0.1], [0.2], [0.3]]},
            "scores must be one value a row, got shape (3, 1). Pass one column with rows.",
        ),
    ],
)
def test_what_has_no_lift_is_refused(arguments, message):
    with pytest.raises(InputError) as refusal:
        lift_at(**({"y": [0, 1, 1], "scores": [0.1, 0.2, 0.3]} | arguments))
    assert str(refusal.value) == message
