"""Rows are bounded by what was declared alone, and what breaks the declaration is refused."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from equipoise.exceptions import ClippedRowsWarning, InputError
from equipoise.privacy.learning import BoundedEncoding

LEVELS = ["a", "b", "c", "d", "e"]

numeric = (
    st.tuples(st.floats(-1e308, 1e308), st.floats(-1e308, 1e308))
    .map(sorted)
    .filter(lambda pair: pair[0] < pair[1] and math.isfinite(pair[1] - pair[0]))
    .map(tuple)
)
categorical = st.integers(2, 5).map(lambda k: tuple(LEVELS[:k]))
any_number = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def declared_rows(draw):
    """Bounds of mixed features, and rows with any finite number whatever."""
    bounds = draw(st.lists(numeric | categorical, min_size=1, max_size=6))
    n = draw(st.integers(1, 8))
    columns = [
        draw(st.lists(st.sampled_from(b) if isinstance(b[0], str) else any_number, min_size=n, max_size=n))
        for b in bounds
    ]  # fmt: skip
    return bounds, columns


@pytest.mark.filterwarnings("ignore::equipoise.exceptions.ClippedRowsWarning")
@settings(max_examples=200)
@given(declared_rows(), st.booleans())
def test_no_row_is_longer_than_the_declared_norm(declared, as_frame):
    bounds, columns = declared
    if as_frame:
        names = [f"f{place}" for place in range(len(bounds))]
        encoding = BoundedEncoding.of(dict(zip(names, bounds, strict=True)))
        rows = encoding.transform(pd.DataFrame(dict(zip(names, columns, strict=True))))
    else:
        encoding = BoundedEncoding.of(bounds)
        rows = encoding.transform(np.array(columns, dtype=object).T)
    assert np.isfinite(rows).all()
    assert (np.linalg.norm(rows, axis=1) <= encoding.norm).all()
    assert rows.shape[1] == len(encoding.names)
    assert (rows[:, 0] == encoding.constant).all()


def test_the_norm_is_reached_and_not_only_kept():
    encoding = BoundedEncoding.of({"x": (0, 1), "c": ("a", "b", "c")})
    rows = encoding.transform(pd.DataFrame({"x": [1.0], "c": ["b"]}))
    assert np.linalg.norm(rows) == pytest.approx(encoding.norm, rel=1e-11)
    assert encoding.constant**2 == pytest.approx(encoding.features_norm**2 / 5)


def test_columns_of_a_frame_are_found_by_name():
    encoding = BoundedEncoding.of({"x": (0, 1), "c": ("a", "b")})
    X = pd.DataFrame({"x": [0.0, 0.25, 1.0], "c": ["a", "b", "b"]})
    assert_allclose(encoding.transform(X[["c", "x"]]), encoding.transform(X))
    assert_allclose(encoding.transform(X.to_numpy()), encoding.transform(X))
    assert_allclose(encoding.transform(X.to_numpy().tolist()), encoding.transform(X))
    assert encoding.names == ["intercept", "x", "c = a", "c = b"]


def test_columns_may_be_named_by_numbers():
    encoding = BoundedEncoding.of({0: (0, 1), 1: (0, 2)})
    X = np.array([[0.5, 0.5]])
    assert_allclose(encoding.transform(pd.DataFrame(X)), encoding.transform(X))


@pytest.mark.parametrize(
    "codes",
    [
        [1, 2, 1],
        [1.0, 2.0, 1.0],
        np.array([1, 2, 1], dtype=np.int8),
        np.array([1, 2, 1], dtype=np.float32),
        ["1", "2", "1"],
        pd.array([1, 2, 1], dtype="Int64"),
        pd.array([1, 2, 1], dtype="Float64"),
        pd.array(["1", "2", "1"], dtype="string"),
        pd.Categorical([1, 2, 1]),
        pd.Categorical(["1", "2", "1"]),
        pd.Series([1, 2.0, "1"], dtype=object),
    ],
)
def test_a_code_is_the_same_category_however_it_is_stored(codes):
    encoding = BoundedEncoding.of({"c": ("1", "2")})
    rows = encoding.transform(pd.DataFrame({"c": codes}))
    assert rows[:, 2].tolist() == [-0.5, 0.5, -0.5]


def test_truth_is_not_the_number_one():
    encoding = BoundedEncoding.of({"c": ("1", "True")})
    rows = encoding.transform(pd.DataFrame({"c": pd.Series([1, True], dtype=object)}))
    assert rows[:, 1].tolist() == [0.5, -0.5]


@pytest.mark.parametrize(
    "numbers",
    [
        [0, 1],
        [False, True],
        pd.array([0, 1], dtype="Int64"),
        pd.array([False, True], dtype="boolean"),
        pd.Categorical([0, 1]),
        pd.Series([0, 1.0], dtype=object),
        np.array([0, 1], dtype=np.float32),
    ],
)
def test_a_number_is_the_same_however_it_is_stored(numbers):
    rows = BoundedEncoding.of({"x": (0, 2)}).transform(pd.DataFrame({"x": numbers}))
    assert rows[:, 1].tolist() == [-1.0, 0.0]


def test_the_frame_is_left_as_it_was():
    X = pd.DataFrame({1: [0.5], "c": ["a"]})
    before = X.copy()
    BoundedEncoding.of({"1": (0, 1), "c": ("a", "b")}).transform(X)
    pd.testing.assert_frame_equal(X, before)


def test_more_than_a_trace_outside_the_bounds_warns_with_the_count():
    X = np.zeros((1000, 2))
    X[:11, 0] = 5
    X[:11, 1] = -5
    encoding = BoundedEncoding.of([(0, 1), (0, 1)])
    with pytest.warns(ClippedRowsWarning) as warned:
        encoding.transform(X)
    assert str(warned[0].message) == (
        "11 of 1,000 rows lie outside the declared bounds and were clipped. "
        "Check that the bounds describe these customers."
    )


def test_a_trace_outside_the_bounds_is_clipped_in_silence():
    X = np.zeros((1000, 1))
    X[:10] = 5
    rows = BoundedEncoding.of([(0, 1)]).transform(X)
    assert rows[:10, 1].tolist() == [1.0] * 10


def test_no_rows_are_encoded_as_no_rows():
    assert BoundedEncoding.of([(0, 1)]).transform(np.empty((0, 1))).shape == (0, 2)


WRITE = "Write what is known without looking at the data."
RULE = "must be finite numbers, low then high, or categories (two numbers as text)"


@pytest.mark.parametrize(
    "limits",
    [
        (1, 1), (math.nan, 1), (0, math.inf), (-math.inf, 0), (0.5, 1.5, 2.5), (0,), (), None, 3,
        "ab", (0, "1"), ("0", 1), (-1e308, 1e308), ([0], [1]), (0, None, 2),
    ],
)  # fmt: skip
def test_limits_that_bound_nothing_are_refused(limits):
    with pytest.raises(InputError) as refused:
        BoundedEncoding.of({"age": limits})
    assert str(refused.value) == f"bounds of 'age' {RULE}, got {limits}. {WRITE}"


@pytest.mark.parametrize(
    ("declared", "values"),
    [([False, True], [True, False]), ([1, 2, 3], [3, 1]), (("1", 2, 3), [1.0, 3])],
)
def test_truths_and_more_than_two_codes_are_categories(declared, values):
    encoding = BoundedEncoding.of({"code": declared})
    as_text = BoundedEncoding.of({"code": [str(each) for each in declared]})
    frame = pd.DataFrame({"code": values})
    np.testing.assert_array_equal(encoding.transform(frame), as_text.transform(frame))


def test_the_place_names_the_limits_of_an_array():
    with pytest.raises(InputError) as refused:
        BoundedEncoding.of([(0, 1), (2, 1)])
    assert str(refused.value) == (
        "bounds of 'column 1' must be low, then high, got (2, 1). Write (1, 2) if that was meant."
    )


def test_tables_of_polars_are_read_by_name():
    frame = pd.DataFrame({"visits": [3.0, 1.0], "age": [20, 60]})
    encoding = BoundedEncoding.of({"age": (18, 98), "visits": (0, 9)})
    assert (encoding.transform(pl.from_pandas(frame)) == encoding.transform(frame)).all()
    with pytest.raises(InputError, match="must name a column of the table, got 'age'"):
        encoding.transform(pl.DataFrame({"visits": [3.0], "wage": [20]}))


def test_categories_that_are_dates_have_no_bounds():
    dates = pd.Series(pd.Categorical([pd.Timestamp("2020-01-01")] * 2))
    with pytest.raises(InputError, match="feature 'day' must hold numbers as its bounds do"):
        BoundedEncoding.of({"day": (0, 1)}).transform(pd.DataFrame({"day": dates}))


@pytest.mark.parametrize("bounds", [None, {}, [], "age", 3])
def test_missing_bounds_are_refused(bounds):
    with pytest.raises(InputError) as refused:
        BoundedEncoding.of(bounds)
    assert str(refused.value) == (
        "bounds must be declared for every feature, got none. Give (low, high) for each."
    )


def test_bounds_may_be_an_array():
    assert BoundedEncoding.of(np.array([[0, 1], [0, 2]])) == BoundedEncoding.of([(0, 1), (0, 2)])


@pytest.mark.parametrize(
    ("bounds", "X", "said"),
    [
        (
            {"c": ("a", "a")},
            None,
            "bounds of 'c' must not repeat a category, got ['a', 'a']. Name each once.",
        ),
        (
            {"c": ("a",)},
            None,
            "bounds must let at least one feature vary, got a single category each. "
            "Declare every category that a customer can have.",
        ),
        (
            {"age": (0, 1), "wage": (0, 1)},
            pd.DataFrame({"age": [1]}),
            "bounds must name a column of the table, got 'wage'. Did you mean 'age'?",
        ),
        (
            {"age": (0, 1)},
            pd.DataFrame({"age": [1], "city": ["a"]}),
            "bounds must be declared for every feature, got none for 'city'. "
            "Declare (low, high) or categories, or leave the column out.",
        ),
        (
            {"age": (0, 1)},
            pd.DataFrame([[1, 1]], columns=["age", "age"]),
            "X must not repeat a column, got 'age'. Name each once.",
        ),
        (
            [(0, 1)],
            pd.DataFrame({"age": [1]}),
            "bounds must be a mapping by column for a frame, got a list of 1. "
            "Write {column: (low, high), …}.",
        ),
        (
            [(0, 1)],
            np.zeros((3, 2)),
            "X must be a table of 1 columns, as bounds are, got shape (3, 2). "
            "Declare bounds for each column.",
        ),
        (
            [(0, 1)],
            np.zeros(3),
            "X must be a table of 1 columns, as bounds are, got shape (3,). "
            "Declare bounds for each column.",
        ),
        (
            [(0, 1), (0, 1)],
            [[1, 2], [3]],
            "X must be a table of 2 columns, as bounds are, got shape (2,). "
            "Declare bounds for each column.",
        ),
        (
            {"age": (0, 1)},
            pd.DataFrame({"age": [0.5, math.nan, math.inf]}),
            "feature 'age' must hold finite numbers, got 2 missing or infinite. "
            "Declare how missing values are treated before anything private is fitted.",
        ),
        (
            {"age": (0, 1)},
            pd.DataFrame({"age": pd.array([1, None], dtype="Int64")}),
            "feature 'age' must hold finite numbers, got 1 missing or infinite. "
            "Declare how missing values are treated before anything private is fitted.",
        ),
        (
            {"age": (0, 1)},
            pd.DataFrame({"age": ["young", "old"]}),
            "feature 'age' must hold numbers as its bounds do, got str. "
            "Convert it to numbers, or declare categories.",
        ),
        (
            {"joined": (0, 1)},
            pd.DataFrame({"joined": pd.array([datetime.datetime(2026, 1, 1)], dtype="datetime64[s]")}),
            "feature 'joined' must hold numbers as its bounds do, got datetime64[s]. "
            "Convert it to numbers, or declare categories.",
        ),
        (
            {"age": (0, 1)},
            pd.DataFrame({"age": pd.Series([10**400], dtype=object)}),
            "feature 'age' must hold numbers as its bounds do, got object. "
            "Convert it to numbers, or declare categories.",
        ),
        (
            {"c": ("a", "b")},
            pd.DataFrame({"c": ["a", "x"]}),
            "feature 'c' must hold only its declared categories, got 'x'. "
            "Add it to the declared categories, or map it to one of them.",
        ),
        (
            {"c": ("a", "nan")},
            pd.DataFrame({"c": ["a", None]}),
            "feature 'c' must hold a category in every row, got 1 missing. "
            "Declare how missing values are treated before anything private is fitted.",
        ),
    ],
)  # fmt: skip
def test_what_breaks_the_declaration_is_refused(bounds, X, said):
    with pytest.raises(InputError) as refused:
        BoundedEncoding.of(bounds).transform(X)
    assert str(refused.value) == said


def test_columns_of_an_array_may_be_declared_by_their_numbers_in_any_order():
    encoding = BoundedEncoding.of({1: (0, 0.5), 0: (0, 1)})
    rows = np.array([[1.0, 0.5], [0.5, 0.25]])
    by_name = encoding.transform(pd.DataFrame(rows))
    np.testing.assert_array_equal(encoding.transform(rows), by_name)
    assert by_name[0].tolist()[1:] == [1.0, 1.0]


def test_a_column_must_not_be_declared_twice():
    with pytest.raises(InputError) as refused:
        BoundedEncoding.of({1: (0, 1), "1": (0, 2)})
    assert str(refused.value) == (
        "bounds must not repeat a column, got 2 names. Name each once: 1 and '1' are one column."
    )
