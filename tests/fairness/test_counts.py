"""The count table: complete, additive, and the same however rows are ordered or coded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames, range_indexes
from pandas.testing import assert_frame_equal

from equipoise.exceptions import InputError
from equipoise.fairness import CountTable, count_table

BIT = st.integers(0, 1)
TABLES = data_frames(
    [
        column("band", elements=st.sampled_from("abc"), dtype=str),
        column("region", elements=st.sampled_from("ns"), dtype=str),
        column("y", elements=BIT, dtype=int),
        column("d", elements=BIT, dtype=int),
    ],
    index=range_indexes(min_size=1, max_size=40),
)


def counted(frame: pd.DataFrame, by: tuple[str, ...] = ("band", "region")) -> CountTable:
    return count_table(frame, by=list(by), y_true="y", y_pred="d")


@settings(max_examples=20, deadline=None)
@given(TABLES)
def test_every_cell_of_an_observed_combination_is_counted_also_the_empty_ones(frame):
    cells = counted(frame).frame()
    assert len(cells) == 4 * len(frame[["band", "region"]].drop_duplicates())
    for row in cells.itertuples():
        alike = (frame["band"] == row.band) & (frame["region"] == row.region)
        assert row[-1] == (alike & (frame["y"] == row.y_true) & (frame["d"] == row.y_pred)).sum()


@settings(max_examples=20, deadline=None)
@given(TABLES, TABLES)
def test_tables_of_disjoint_rows_add_up(one, other):
    together = counted(pd.concat([one, other], ignore_index=True))
    assert_frame_equal((counted(one) + counted(other)).frame(), together.frame())


@settings(max_examples=20, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_their_index_change_nothing(frame, random):
    order = random.sample(range(len(frame)), len(frame))
    assert_frame_equal(counted(frame.iloc[order]).frame(), counted(frame).frame())


@settings(max_examples=20, deadline=None)
@given(TABLES)
def test_marginals_are_the_counts_by_one_attribute(frame):
    for attribute in ("band", "region"):
        marginal = counted(frame).marginal(attribute)
        assert_frame_equal(marginal, counted(frame, (attribute,)).marginal(attribute))
        assert list(marginal) == [
            "true_negatives", "false_positives", "false_negatives", "true_positives",
        ]  # fmt: skip
        assert marginal.to_numpy().sum() == len(frame)


@pytest.mark.parametrize(
    "coded",
    [
        lambda k: pd.Series(k, dtype="int8"),
        lambda k: pd.Series(k, dtype=float),
        lambda k: pd.Series(k, dtype="Int64"),
        lambda k: pd.Series(k, dtype="category"),
        lambda k: pd.Series(k, dtype=object),
        lambda k: pd.Series(k).astype(str),
        lambda k: pd.Series([str(v) if v else v for v in k], dtype=object),
    ],
)
def test_groups_are_read_as_text_whatever_their_coding(coded):
    levels = [0, 1, 2, 1, 0, 2, 2, 0]
    frame = pd.DataFrame({"band": coded(levels), "y": [0, 1] * 4, "d": [1, 1, 0, 0] * 2})
    cells = counted(frame, ("band",)).frame()
    assert cells["band"].unique().tolist() == ["0", "1", "2"]
    assert cells["count"].sum() == 8


def test_unused_categories_are_no_groups():
    band = pd.Categorical(["a", "b"], categories=["z", "b", "a"])
    frame = pd.DataFrame({"band": band, "y": [0, 1], "d": [1, 1]})
    assert counted(frame, ("band",)).marginal("band").index.tolist() == ["a", "b"]


@pytest.mark.parametrize("kind", ["bool", "boolean", "Int64", "float64", "int8", "object"])
def test_outcomes_may_be_booleans_or_any_zero_and_one(kind, rows):
    typed = rows.assign(y=rows["y"].astype(kind), d=rows["d"].astype(kind))
    assert_frame_equal(counted(typed).frame(), counted(rows).frame())


def test_a_result_is_a_copy():
    table = counted(pd.DataFrame({"band": ["a"], "region": ["n"], "y": [1], "d": [1]}))
    given = table.frame()
    given["count"] = 7
    assert table.frame()["count"].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("y", [1, 2], "column 'y' must be coded 0 and 1, got 2. Code the positive value as 1."),
        ("d", ["0", "1"], "column 'd' must be coded 0 and 1, got '0'. Code the positive value as 1."),
        ("d", [0.3, 1], "column 'd' must be coded 0 and 1, got 0.3. Code the positive value as 1."),
        (
            "y", [1, np.nan],
            "column 'y' must not be missing, got 1 of 2 rows without. "
            "Remove those rows, or complete them.",
        ),
        (
            "d", pd.array([pd.NA, True], dtype="boolean"),
            "column 'd' must not be missing, got 1 of 2 rows without. "
            "Remove those rows, or complete them.",
        ),
        (
            "band", ["a", None],
            "group 'band' must not be missing, got 1 of 2 rows without. "
            "Make it a group of its own, such as 'unknown'.",
        ),
        (
            "band", pd.Categorical(["a", np.nan]),
            "group 'band' must not be missing, got 1 of 2 rows without. "
            "Make it a group of its own, such as 'unknown'.",
        ),
    ],
)  # fmt: skip
def test_values_that_would_be_miscounted_are_refused(column, values, message):
    frame = pd.DataFrame({"band": ["a", "b"], "y": [0, 1], "d": [0, 1]})
    frame[column] = values
    with pytest.raises(InputError) as refusal:
        counted(frame, ("band",))
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"by": ["bend"]},
            "by must name a column of the table, got 'bend'. Did you mean 'band'?",
        ),
        (
            {"y_pred": "z"},
            "y_true, y_pred must name a column of the table, got 'z'. Known: 'band', 'y', 'd'.",
        ),
        (
            {"by": []},
            "groups must have at least one attribute, got none. Name a sensitive attribute.",
        ),
        (
            {"by": ["band", "band"]},
            "groups must have columns named by different texts, other than y_true, y_pred, count, "
            "got 'band'. Rename the column.",
        ),
    ],
)
def test_columns_that_cannot_be_counted_are_refused(asked, message):
    frame = pd.DataFrame({"band": ["a", "b"], "y": [0, 1], "d": [0, 1]})
    with pytest.raises(InputError) as refusal:
        count_table(frame, **({"by": ["band"], "y_true": "y", "y_pred": "d"} | asked))
    assert str(refusal.value) == message


def test_tables_of_other_attributes_do_not_add_up(rows):
    with pytest.raises(InputError) as refusal:
        counted(rows, ("band",)) + counted(rows, ("region",))
    assert str(refusal.value) == (
        "count table must be counted by ['band'], got ['region']. Count both alike."
    )


def test_an_unknown_attribute_has_no_marginal(rows):
    with pytest.raises(InputError) as refusal:
        counted(rows).marginal("bend")
    assert str(refusal.value) == (
        "attribute must name a column of the table, got 'bend'. Did you mean 'band'?"
    )
