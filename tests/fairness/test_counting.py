"""Counting rows: from arrays, frames and files, whatever their coding, or not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from equipoise.exceptions import InputError
from equipoise.fairness import audit, audit_counts, count_table

ASKED = {"by": "band", "y_true": "y", "y_pred": "d"}
MISSING = "must not be missing, got 1 of 2 rows without. Remove those rows, or complete them."
UNKNOWN_GROUP = (
    "group 'band' must not be missing, got 1 of 2 rows without. "
    "Make it a group of its own, such as 'unknown'."
)
SCORED = ["base_rate", "selection_rate", "true_positive_rate", "accuracy"]


@pytest.fixture
def scored(rows) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    score = np.clip(rng.random(600) * 0.8 + 0.2 * rows["y"], 0, 1)
    return rows.assign(score=score, weight=rng.integers(1, 4, 600).astype(float))


def two(**columns) -> pd.DataFrame:
    return pd.DataFrame({"band": ["a", "b"], "y": [0, 1], "d": [0, 1]}).assign(**columns)


def refusal(frame, **changed) -> str:
    with pytest.raises(InputError) as refused:
        count_table(frame, **(ASKED | changed))
    return str(refused.value)


def test_a_mapping_of_arrays_is_counted_like_a_frame(scored):
    asked = ASKED | {"by": ["band", "region"], "y_score": "score", "weights": "weight"}
    arrays = {name: scored[name].to_numpy() for name in scored}
    lists = {name: scored[name].tolist() for name in scored}
    for columns in (arrays, lists):
        assert_frame_equal(
            count_table(columns, **asked).frame(), count_table(scored, **asked).frame()
        )


def test_engines_and_files_count_like_a_frame(scored, tmp_path):
    asked = ASKED | {"by": ["region", "band"], "y_score": "score", "weights": "weight"}
    expected = count_table(scored, **asked)
    path = tmp_path / "rows.parquet"
    scored.to_parquet(path)
    for given_rows in (pl.from_pandas(scored).lazy(), pa.Table.from_pandas(scored), path):
        found = count_table(given_rows, **asked)
        assert_frame_equal(found.frame(), expected.frame(), check_dtype=False)
        assert (found.by, found.bins) == (expected.by, expected.bins)
        assert_frame_equal(
            audit_counts(found, reference={"region": "north", "band": "a"}).gaps(),
            audit_counts(expected, reference={"region": "north", "band": "a"}).gaps(),
        )


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32 - 1))
def test_an_audit_of_score_bins_is_that_of_the_rows_but_for_the_ties_of_a_bin(seed):
    rng = np.random.default_rng(seed)
    score = rng.random(900)
    frame = pd.DataFrame({"band": np.resize(["a", "b", "c"], 900), "score": score})
    frame = frame.assign(y=rng.binomial(1, score), d=(score > 0.6).astype(int))
    scores = {"y_score": frame["score"]}
    of_rows = audit(frame["y"], frame["d"], groups=frame[["band"]], **scores)
    asked = ASKED | {"y_score": "score"}
    of_counts = audit_counts(count_table(frame, **asked))
    assert_frame_equal(of_counts.calibration(), of_rows.calibration())
    ours, theirs = (
        each.frame().pivot(index="group", columns="metric", values="value")
        for each in (of_counts, of_rows)
    )
    assert_frame_equal(ours[SCORED], theirs[SCORED])
    assert (ours["auc"] - theirs["auc"]).abs().max() < 0.02
    fine = audit_counts(count_table(frame, **asked, bins=500)).frame()
    close = fine.pivot(index="group", columns="metric", values="value")["auc"]
    assert (close - theirs["auc"]).abs().max() < 0.002


def test_a_score_on_an_edge_belongs_to_the_upper_bin_and_one_to_the_last():
    frame = pd.DataFrame({"band": "a", "y": 0, "d": 0, "score": [0.0, 0.25, 0.5, 0.75, 1.0]})
    cells = count_table(frame, **ASKED, y_score="score", bins=4).frame()
    counts = cells[(cells["y_true"] == 0) & (cells["y_pred"] == 0)]["count"]
    assert counts.tolist() == [1, 1, 1, 2]


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
    cells = count_table(frame, **ASKED).frame()
    assert cells["band"].unique().tolist() == ["0", "1", "2"]
    assert cells["count"].sum() == 8


@pytest.mark.parametrize("kind", ["bool", "boolean", "Int64", "float64", "int8", "object"])
def test_outcomes_may_be_booleans_or_any_zero_and_one(kind, rows):
    typed = rows.assign(y=rows["y"].astype(kind), d=rows["d"].astype(kind))
    assert_frame_equal(count_table(typed, **ASKED).frame(), count_table(rows, **ASKED).frame())


def test_any_two_values_are_counted_if_one_is_said_to_be_positive(rows):
    words = rows.assign(y=rows["y"].map({0: "no", 1: "yes"}), d=rows["d"].map({0: "no", 1: "yes"}))
    expected = count_table(rows, **ASKED).frame()
    for given_rows in (words, pl.from_pandas(words)):
        found = count_table(given_rows, **ASKED, positive="yes").frame()
        assert_frame_equal(found, expected, check_dtype=False)


@pytest.mark.parametrize("engine", [lambda frame: frame, pl.from_pandas])
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"y": [1, 2]}, "column 'y' must be coded 0 and 1, got 2. Code the positive value as 1."),
        (
            {"d": ["0", "1"]},
            "column 'd' must be coded 0 and 1, got '0'. Code the positive value as 1.",
        ),
        (
            {"d": [0.3, 1]},
            "column 'd' must be coded 0 and 1, got 0.3. Code the positive value as 1.",
        ),
        ({"y": [1, np.nan]}, f"column 'y' {MISSING}"),
        ({"d": pd.array([pd.NA, True], dtype="boolean")}, f"column 'd' {MISSING}"),
        ({"band": ["a", None]}, UNKNOWN_GROUP),
        ({"band": pd.Categorical(["a", None])}, UNKNOWN_GROUP),
    ],
)
def test_values_that_would_be_miscounted_are_refused_by_every_engine(engine, columns, message):
    told = refusal(engine(two(**columns)))
    assert told.startswith(message.split(" got ")[0])
    assert told.endswith(message.split(". ", 1)[1])
    if "got 2" not in message:  # Of several wrong values an engine may meet another one first.
        assert told == message


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"by": ["bend"]}, "by must name a column of the table, got 'bend'. Did you mean 'band'?"),
        (
            {"y_pred": "z"},
            "y_true, y_pred must name a column of the table, got 'z'. Known: 'band', 'y', 'd'.",
        ),
        (
            {"y_score": "z"},
            "y_score must name a column of the table, got 'z'. Known: 'band', 'y', 'd'.",
        ),
        (
            {"weights": "z"},
            "weights must name a column of the table, got 'z'. Known: 'band', 'y', 'd'.",
        ),
        (
            {"by": []},
            "groups must have at least one attribute, got none. Name a sensitive attribute.",
        ),
        (
            {"by": ["band", "band"]},
            "groups must have columns named by different texts, other than y_true, y_pred, "
            "score_bin, count, score, weight, weight_squared, noise_scale, got 'band'. "
            "Rename the column.",
        ),
        (
            {"y_pred": "y"},
            "y_pred must name a column of its own, got 'y'. Name another column, or copy it.",
        ),
        (
            {"by": ["band", "y"]},
            "y_true must name a column of its own, got 'y'. Name another column, or copy it.",
        ),
        (
            {"weights": "d"},
            "weights must name a column of its own, got 'd'. Name another column, or copy it.",
        ),
        ({"bins": 1}, "bins must be a whole number of at least 2, got 1. Use for example 10."),
        ({"bins": 2.5}, "bins must be a whole number of at least 2, got 2.5. Use for example 10."),
    ],
)
def test_columns_that_cannot_be_counted_are_refused(asked, message):
    assert refusal(two(), **asked) == message


@pytest.mark.parametrize(
    ("columns", "asked", "message"),
    [
        (
            {"score": [0.5, 1.5]},
            {"y_score": "score"},
            "column 'score' must lie in 0..1, got 1.5 among 1 of 2 rows outside. "
            "Pass probabilities, not ranks or margins.",
        ),
        (
            {"score": [0.5, np.nan]},
            {"y_score": "score"},
            "column 'score' must not be missing, got 1 of 2 rows without. "
            "Remove those rows, or score them.",
        ),
        (
            {"weight": [1, -2]},
            {"weights": "weight"},
            "column 'weight' must be 0 or lie in 1e-60..1e60, not all 0, got -2. "
            "Correct those rows.",
        ),
    ],
)
def test_scores_and_weights_that_would_mislead_are_refused(columns, asked, message):
    assert refusal(two(**columns), **asked) == message


@pytest.mark.parametrize("engine", [lambda frame: frame, pl.from_pandas])
def test_no_rows_are_no_count_table(engine):
    assert refusal(engine(two()[:0])) == (
        "frame must have rows, got none. Pass the rows of some customers."
    )


def test_columns_of_other_lengths_are_refused():
    columns = {"band": ["a", "b"], "y": [0, 1], "d": [0]}
    assert refusal(columns) == (
        "band, y and d must have the same number of rows, got 2, 2 and 1. "
        "Pass the rows of the same customers in the same order."
    )


def test_series_of_a_mapping_are_not_put_in_another_order():
    columns = {"band": pd.Series(["a", "b"]), "y": pd.Series([0, 1], index=[1, 0]), "d": [0, 1]}
    assert refusal(columns) == (
        "band and y must have the same index in the same order, got different ones. "
        "Align the rows first, or pass arrays to have them read by position."
    )
