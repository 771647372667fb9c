"""The count table: complete, additive over any split of the rows, and the same in any order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames, range_indexes
from pandas.testing import assert_frame_equal

from equipoise.exceptions import InputError
from equipoise.fairness import CountTable, audit_counts, count_table

BIT = st.integers(0, 1)
# Sums of these in any order are exact.
EIGHTHS = st.integers(0, 8).map(lambda k: k / 8)
TABLES = data_frames(
    [
        column("band", elements=st.sampled_from("abc"), dtype=str),
        column("region", elements=st.sampled_from("ns"), dtype=str),
        column("y", elements=BIT, dtype=int),
        column("d", elements=BIT, dtype=int),
        column("score", elements=EIGHTHS, dtype=float),
        column("weight", elements=st.integers(1, 5), dtype=float),
    ],
    index=range_indexes(min_size=1, max_size=40),
)
MORE = ({}, {"y_score": "score"}, {"weights": "weight"}, {"y_score": "score", "weights": "weight"})


def counted(frame: pd.DataFrame, by: tuple[str, ...] = ("band", "region"), **more) -> CountTable:
    return count_table(frame, by=list(by), y_true="y", y_pred="d", **more)


@settings(max_examples=10)
@given(TABLES)
def test_every_cell_of_an_observed_combination_is_counted_also_the_empty_ones(frame):
    cells = counted(frame).frame()
    assert list(cells) == ["band", "region", "y_true", "y_pred", "count"]
    assert len(cells) == 4 * len(frame[["band", "region"]].drop_duplicates())
    for row in cells.itertuples():
        alike = (frame["band"] == row.band) & (frame["region"] == row.region)
        assert row.count == (alike & (frame["y"] == row.y_true) & (frame["d"] == row.y_pred)).sum()


@settings(max_examples=10)
@given(TABLES)
def test_scores_and_weights_are_summed_in_every_cell_of_every_bin(frame):
    table = counted(frame, ("band",), y_score="score", weights="weight", bins=4)
    cells = table.frame()
    assert table.bins == 4
    assert len(cells) == 16 * frame["band"].nunique()
    bins = np.minimum(np.floor(frame["score"] * 4), 3)
    for row in cells.itertuples():
        alike = (frame["band"] == row.band) & (bins == row.score_bin)
        inside = frame[alike & (frame["y"] == row.y_true) & (frame["d"] == row.y_pred)]
        assert row.count == len(inside)
        assert row.score == pytest.approx((inside["score"] * inside["weight"]).sum())
        assert row.weight == inside["weight"].sum()
        assert row.weight_squared == (inside["weight"] ** 2).sum()


@settings(max_examples=10)
@given(frame=TABLES, more=st.sampled_from(MORE), order=st.randoms(use_true_random=False))
def test_tables_of_any_split_of_the_rows_add_up(frame, more, order):
    side = np.array([order.random() < 0.5 for _ in range(len(frame))])
    whole = counted(frame, **more)
    if side.all() or not side.any():
        return
    one, other = counted(frame[side], **more), counted(frame[~side], **more)
    assert_frame_equal((one + other).frame(), whole.frame())
    assert_frame_equal((other + one).frame(), whole.frame())
    assert_frame_equal(sum([one, other]).frame(), whole.frame())


@settings(max_examples=5)
@given(TABLES, TABLES, TABLES)
def test_it_does_not_matter_which_tables_are_added_first(one, other, third):
    tables = [counted(frame) for frame in (one, other, third)]
    left, right = (tables[0] + tables[1]) + tables[2], tables[0] + (tables[1] + tables[2])
    assert_frame_equal(left.frame(), right.frame())


@settings(max_examples=10)
@given(frame=TABLES, more=st.sampled_from(MORE), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_their_index_change_nothing(frame, more, order):
    places = order.sample(range(len(frame)), len(frame))
    assert_frame_equal(counted(frame.iloc[places], **more).frame(), counted(frame, **more).frame())


@settings(max_examples=10)
@given(TABLES)
def test_marginals_are_the_counts_by_one_attribute(frame):
    for attribute in ("band", "region"):
        marginal = counted(frame).marginal(attribute)
        assert_frame_equal(marginal, counted(frame, (attribute,)).marginal(attribute))
        assert list(marginal) == [
            "true_negatives", "false_positives", "false_negatives", "true_positives",
        ]  # fmt: skip
        assert marginal.to_numpy().sum() == len(frame)


@settings(max_examples=10)
@given(frame=TABLES, more=st.sampled_from(MORE))
def test_a_table_written_as_a_frame_is_the_same_table(frame, more):
    table = counted(frame, **more)
    again = audit_counts(table.frame()).counts
    assert_frame_equal(again.frame(), table.frame())
    assert (again.by, again.bins) == (table.by, table.bins)
    assert_frame_equal((again + table).frame(), (table + table).frame())


@settings(max_examples=10)
@given(TABLES)
def test_the_rest_of_a_group_is_the_sum_of_the_others(frame):
    table = counted(frame, weights="weight")
    tally = table.tally(["band"])
    rest = tally.rest()
    for place, group in enumerate(tally.groups):
        others = frame[frame["band"] != group]
        for name, value in (("rows", 1.0), ("counts", "weight"), ("squares", "weight")):
            size = others[value] if value == "weight" else pd.Series(1.0, others.index)
            size = size**2 if name == "squares" else size
            assert getattr(rest, name)[place].sum() == size.sum()


def test_noise_of_tables_that_are_added_adds_up_as_variances(cells_of):
    cells = cells_of(a=(10, 20, 30, 40), b=(5, 6, 7, 8))
    one, other = (audit_counts(cells.assign(noise_scale=scale)).counts for scale in (3.0, 4.0))
    both = (one + other).frame()
    assert both["noise_scale"].tolist() == [5.0] * 8
    assert both["count"].tolist() == (2 * cells["count"]).tolist()


def test_the_noise_of_a_group_is_that_of_all_its_cells(cells_of):
    cells = cells_of(a=(10, 20, 30, 40), b=(5, 6, 7, 8))
    crossed = pd.concat([cells.assign(region=region) for region in "ns"])
    tally = audit_counts(crossed.assign(noise_scale=3.0)).counts.tally(["band"])
    assert tally.noise[0].tolist() == [[2 * 2 * 3.0**2] * 4] * 2
    assert tally.noise[1].tolist() == [[2 * 12 * 3.0**4] * 4] * 2


def test_unused_categories_are_no_groups():
    band = pd.Categorical(["a", "b"], categories=["z", "b", "a"])
    frame = pd.DataFrame({"band": band, "y": [0, 1], "d": [1, 1]})
    assert counted(frame, ("band",)).marginal("band").index.tolist() == ["a", "b"]


def test_a_result_is_a_copy():
    table = counted(pd.DataFrame({"band": ["a"], "region": ["n"], "y": [1], "d": [1]}))
    for given_frame in (table.frame(), table.marginal("band")):
        given_frame[given_frame.columns[-1]] = 7
    assert table.frame()["count"].tolist() == [0, 0, 0, 1]
    assert table.marginal("band").to_numpy().tolist() == [[0, 0, 0, 1]]


def test_many_levels_are_counted_without_a_cell_for_every_combination():
    n = 3000
    frame = pd.DataFrame({"y": np.arange(n) % 2, "d": 1})
    for place, step in enumerate((7, 11, 13)):
        frame[f"g{place}"] = np.arange(n) * step % n
    table = counted(frame, ("g0", "g1", "g2"))
    assert len(table.frame()) == 4 * n
    assert table.frame()["count"].sum() == n
    assert len(table.marginal("g1")) == n


REFUSED = {
    "other attributes": ({"by": ("region",)}, "['band']", "['region']"),
    "more attributes": ({"by": ("band", "region")}, "['band']", "['band', 'region']"),
    "scores": ({"y_score": "score"}, "['band']", "['band'] with 10 score bins"),
    "weights": ({"weights": "weight"}, "['band']", "['band'], weighted"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_tables_that_are_counted_otherwise_do_not_add_up(rows, what):
    more, wanted, found = REFUSED[what]
    table = rows.assign(score=0.5, weight=1.0)
    with pytest.raises(InputError) as refusal:
        counted(table, ("band",)) + counted(table, **({"by": ("band",)} | more))
    assert str(refusal.value) == (
        f"count table must be counted by {wanted}, got {found}. Count both alike."
    )


def test_tables_with_other_bins_do_not_add_up(rows):
    table = rows.assign(score=0.5)
    with pytest.raises(InputError) as refusal:
        counted(table, y_score="score") + counted(table, y_score="score", bins=5)
    assert str(refusal.value) == (
        "count table must be counted by ['band', 'region'] with 10 score bins, got "
        "['band', 'region'] with 5 score bins. Count both alike."
    )


def test_a_noised_and_a_plain_table_do_not_add_up(cells_of):
    cells = cells_of(a=(10, 20, 30, 40), b=(5, 6, 7, 8))
    plain, noised = (audit_counts(each).counts for each in (cells, cells.assign(noise_scale=2.0)))
    with pytest.raises(InputError) as refusal:
        plain + noised
    assert str(refusal.value) == (
        "count table must be counted by ['band'], got ['band'], noised. Count both alike."
    )


def test_an_unknown_attribute_has_no_marginal(rows):
    with pytest.raises(InputError) as refusal:
        counted(rows).marginal("bend")
    assert str(refusal.value) == (
        "attribute must name a column of the table, got 'bend'. Did you mean 'band'?"
    )


def test_a_table_without_scores_has_no_bins(rows):
    with pytest.raises(InputError) as refusal:
        counted(rows).by_score(["band"])
    assert str(refusal.value) == (
        "y_score must have been counted, got none. Pass scores and count."
    )
