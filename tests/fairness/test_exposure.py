"""Exposure: position-discounted, proportional at 1, blind to the order of rows, honest about chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from equipoise.exceptions import InputError
from equipoise.fairness._exposure import exposure
from equipoise.intervals import Interval, difference, wilson

BAND = {"band": "a"}
SEEN = [None, 1, 3, 100]


def banded(*sizes: int) -> pd.DataFrame:
    return pd.DataFrame({"band": np.repeat([*"abcdef"[: len(sizes)]], sizes)})


def shown(groups: pd.DataFrame, scores: object, **more: object):
    return exposure(groups, scores, **({"reference": BAND} | more))


def by_group(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index("group")


@st.composite
def tables(draw):
    n = draw(st.integers(1, 60))
    rows = {
        "band": draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n)),
        "score": draw(st.lists(st.integers(0, 8), min_size=n, max_size=n)),
        "shelf": draw(st.lists(st.sampled_from("xyz"), min_size=n, max_size=n)),
        "y": draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)),
    }
    table = pd.DataFrame(rows)
    table.loc[0, ["band", "y"]] = ["a", 1]
    return table


def of_table(table: pd.DataFrame, *, reference: str = "a", **more: object):
    return exposure(
        table[["band"]],
        table["score"],
        reference={"band": reference},
        ranking=table["shelf"],
        y=table["y"],
        **more,
    )


def assert_close(one: pd.DataFrame, other: pd.DataFrame) -> None:
    one, other = (frame.sort_values("group", ignore_index=True) for frame in (one, other))
    assert_frame_equal(one, other, check_exact=False, rtol=1e-9, atol=1e-9)


def test_a_hand_made_ranking_gives_its_discounts():
    scores = np.r_[np.arange(20, 10, -1), np.arange(10, 0, -1)]  # a has the first ten places
    frame = by_group(shown(banded(10, 10), scores).frame())
    discount = 1 / np.log2(1 + np.arange(1, 21))
    assert [*shown(banded(10, 10), scores).frame()] == [
        *("attribute", "group", "n", "exposure", "low", "high", "note")
    ]
    assert discount[0] == 1 and discount[2] == 0.5
    assert frame.loc["a", "exposure"] == pytest.approx(discount[:10].mean() / discount.mean())
    assert frame.loc["b", "exposure"] == pytest.approx(discount[10:].mean() / discount.mean())
    assert frame["n"].tolist() == [10, 10] and set(frame["note"]) == {""}


def test_the_highest_score_comes_first():
    frame = by_group(shown(banded(20, 20), np.arange(40)).frame())
    assert frame.loc["b", "exposure"] > 1 > frame.loc["a", "exposure"]


def test_with_seen_positions_are_seen_alike_or_not_at_all():
    found = shown(banded(30, 50), np.r_[np.arange(80, 50, -1), np.arange(50)], seen=20)
    assert found.seen == 20
    frame = by_group(found.frame())
    assert frame["exposure"].tolist() == pytest.approx([20 / 30 * 80 / 20, 0])
    low, high = (80 / 20 * side for side in wilson(0, 50)[1:])
    assert frame.loc["b", ["low", "high"]].tolist() == pytest.approx([low, high])


def test_equal_scores_share_the_mean_of_the_positions_they_occupy():
    scores = np.r_[np.repeat([3.0, 1.0], [2, 10]), np.repeat([3.0, 2.0], [1, 9])]
    frame = by_group(shown(banded(12, 10), scores).frame())
    discount = 1 / np.log2(1 + np.arange(1, 23))
    first, second, third = discount[:3].mean(), discount[3:12].mean(), discount[12:].mean()
    assert frame["exposure"].tolist() == pytest.approx(
        [
            (2 * first + 10 * third) / 12 / discount.mean(),
            (first + 9 * second) / 10 / discount.mean(),
        ]
    )
    half = by_group(shown(banded(12, 10), scores, seen=7).frame())["exposure"]
    assert half.tolist() == pytest.approx(
        [2 / 12 * 22 / 7, (1 + 9 * 4 / 9) / 10 * 22 / 7]  # four of nine tied places are seen
    )


def test_positions_count_within_each_ranking():
    groups = banded(20, 20)
    scores, shelf = np.r_[np.arange(20), np.arange(20)], np.tile(["x", "y"], 20)
    found = by_group(shown(groups, scores, ranking=shelf).frame())["exposure"]
    parts = [
        by_group(shown(groups[shelf == name], scores[shelf == name]).frame())["exposure"]
        for name in "xy"
    ]
    assert found.tolist() == pytest.approx(np.mean(parts, axis=0).tolist())


def test_a_long_ranking_is_no_worse_to_be_in_than_a_short_one():
    groups, shelf = banded(10, 90), np.repeat(["short", "long"], [10, 90])
    frame = by_group(shown(groups, np.arange(100), ranking=shelf).frame())
    assert frame["exposure"].tolist() == pytest.approx([1, 1])


@settings(max_examples=15, deadline=None)
@given(tables(), st.sampled_from(SEEN))
def test_the_mean_exposure_of_all_is_one_in_every_ranking(table, seen):
    each = table.assign(band=[f"{k:02d}" for k in range(len(table))])
    rows = each.loc[np.repeat(each.index, 10)]  # ten rows of one customer each: estimable
    found = of_table(rows.reset_index(drop=True), reference="00", seen=seen).frame()
    assert found["exposure"].mean() == pytest.approx(1)
    shelves = table["shelf"].to_numpy()
    for shelf in np.unique(shelves):
        assert found["exposure"][shelves == shelf].mean() == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(tables(), st.sampled_from(SEEN), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(table, seen, random):
    order = random.sample(range(len(table)), len(table))
    one, other = of_table(table, seen=seen), of_table(table.iloc[order], seen=seen)
    for frame in ("frame", "gaps", "merit"):
        assert_close(getattr(one, frame)(), getattr(other, frame)())


@settings(max_examples=15, deadline=None)
@given(tables(), st.sampled_from(SEEN))
def test_only_the_order_of_scores_counts_and_names_do_not(table, seen):
    other = table.assign(
        score=np.exp(table["score"]),
        band=table["band"].map({"a": "z", "b": "y", "c": "x"}),
        shelf=table["shelf"].map({"x": 3, "y": 1, "z": 2}),
    )
    found = of_table(other, reference="z", seen=seen).frame()
    found = found.assign(group=found["group"].map({"z": "a", "y": "b", "x": "c"}))
    assert_close(of_table(table, seen=seen).frame(), found)


@settings(max_examples=15, deadline=None)
@given(tables())
def test_swapping_group_and_reference_flips_the_sign(table):
    table.loc[len(table)] = {"band": "b", "score": 3, "shelf": "x", "y": 0}
    one = by_group(of_table(table).gaps()).loc["b", ["gap", "low", "high"]]
    other = by_group(of_table(table, reference="b").gaps()).loc["a", ["gap", "high", "low"]]
    flipped = (-other.astype(float)).tolist()
    assert one.tolist() == pytest.approx(flipped, nan_ok=True, abs=1e-9)


def test_gaps_are_differences_to_the_reference():
    found = shown(banded(30, 30, 5), np.arange(65))
    frame, gaps = by_group(found.frame()), by_group(found.gaps())
    assert [*found.gaps()] == ["attribute", "group", "reference", "gap", "low", "high", "note"]
    one, other = (Interval(*frame.loc[group, ["exposure", "low", "high"]]) for group in "ba")
    assert gaps.loc["b", ["gap", "low", "high"]].tolist() == pytest.approx(difference(one, other))
    assert np.isnan(gaps.loc["c", ["gap", "low", "high"]].astype(float)).all()
    assert frame.loc["c", "note"] == gaps.loc["c", "note"] == "not estimable (n=5)"


def test_repeated_rows_of_each_customer_change_nothing():
    random = np.random.default_rng(2)
    groups, scores = banded(60, 40), random.random(100)
    shelves = np.repeat([*"xyz"], 100)
    once = shown(groups, scores).frame()
    three = pd.concat([groups] * 3, ignore_index=True)
    often = shown(three, np.tile(scores, 3), ranking=shelves, unit=np.tile(np.arange(100), 3))
    assert_close(once, often.frame())


@pytest.mark.parametrize(
    ("scores", "more"),
    [
        (np.zeros(40), {}),
        (np.arange(40), {"seen": 40}),
        (np.arange(40), {"ranking": np.arange(40)}),
    ],
)
def test_where_all_are_seen_alike_there_is_no_interval(scores, more):
    found = shown(banded(20, 20), scores, **more)
    frame, gap = found.frame(), found.gaps().iloc[0]
    assert frame["exposure"].tolist() == [1, 1] and frame[["low", "high"]].isna().all(axis=None)
    assert {*frame["note"], gap["note"]} == {"no interval (every row has the same exposure)"}
    assert gap["gap"] == 0 and np.isnan(gap["low"])


@pytest.mark.parametrize(("groups", "worlds"), [(20, 60), (6, 100), (2, 150)])
@pytest.mark.parametrize("seen", [None, 100])
def test_intervals_keep_their_coverage_where_membership_is_random_among_ranks(groups, worlds, seen):
    random, customers = np.random.default_rng(17), 840
    names = np.tile([*"abcdefghijklmnopqrst"[:groups]], customers // groups)
    means, gaps = [], []
    for _ in range(worlds):
        dealt = pd.DataFrame({"band": random.permutation(names)})
        frame = shown(dealt, np.arange(customers), seen=seen).frame()
        value, low, high = frame[["exposure", "low", "high"]].to_numpy().T
        means.append((low <= 1) & (high >= 1))
        # Pairs of their own: gaps to one reference would all miss together.
        gap = difference(*(Interval(value[k::2], low[k::2], high[k::2]) for k in (0, 1)))
        gaps.append((gap.low <= 0) & (gap.high >= 0))
    assert np.mean(means) >= 0.93 and np.mean(gaps) >= 0.93
    if groups == 2:  # half of the ranking: wider than need be, as `frame` says
        assert np.mean(means) > 0.96


def test_merit_sets_exposure_beside_relevance():
    relevance = np.r_[np.repeat([1, 0], [10, 30]), np.repeat([1, 0], [20, 20])]
    scores = np.tile(np.arange(40), 2)
    found = shown(banded(40, 40), scores, y=relevance)
    merit = by_group(found.merit())
    assert [*found.merit()] == [
        *("attribute", "group", "n", "relevance", "relevance_low", "relevance_high"),
        *("exposure_per_relevance", "low", "high", "note"),
    ]
    assert merit["relevance"].tolist() == pytest.approx([10 / 15, 20 / 15])
    assert merit["exposure_per_relevance"].tolist() == pytest.approx([1.5, 0.75])
    assert (merit["low"] < merit["exposure_per_relevance"]).all()
    assert (merit["high"] > merit["exposure_per_relevance"]).all()


def test_merit_says_where_nothing_can_be_said():
    relevance = np.r_[np.ones(20), np.zeros(20), np.ones(5)]
    merit = by_group(shown(banded(20, 20, 5), np.arange(45), y=relevance).merit())
    assert merit.loc["b", "note"] == "no ratio (the group has no relevance)"
    assert merit.loc["c", "note"] == "not estimable (n=5)"
    assert merit.loc[["b", "c"], ["exposure_per_relevance", "low", "high"]].isna().all(axis=None)


def test_a_group_that_is_never_seen_has_a_ratio_of_zero_and_an_upper_bound():
    relevance = np.tile([1, 0], 40)
    merit = by_group(shown(banded(40, 40), np.arange(80), y=relevance, seen=5).merit())
    assert merit.loc["a", ["exposure_per_relevance", "low"]].tolist() == [0, 0]
    assert 0 < merit.loc["a", "high"] < np.inf and merit.loc["a", "note"] == ""


@pytest.mark.parametrize("seen", [None, 100])
def test_ratios_to_relevance_keep_their_coverage_where_membership_is_random(seen):
    random, customers, inside = np.random.default_rng(19), 840, []
    scores, names = np.arange(customers), np.tile([*"abcdef"], customers // 6)
    for _ in range(60):
        dealt = pd.DataFrame({"band": random.permutation(names)})
        relevance = random.random(customers) < 0.05 + 0.3 * scores / customers
        frame = shown(dealt, scores, y=relevance, seen=seen).merit()
        inside.append(frame["low"].le(1) & frame["high"].ge(1))
    assert np.mean(inside) >= 0.93


def test_a_frame_is_a_copy():
    found = shown(banded(20, 20), np.arange(40))
    frame = found.frame()
    frame["exposure"] = 7
    assert (found.frame()["exposure"] < 2).all()


GROUPS, SCORES = banded(15, 15), np.arange(30.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"scores": SCORES[:29]},
            "groups and scores must have the same number of rows, got 30 and 29. Pass the rows of "
            "the same customers in the same order.",
        ),
        (
            {"scores": pd.Series(SCORES, index=range(1, 31))},
            "groups and scores must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
        (
            {"scores": np.where(SCORES > 0, SCORES, np.nan)},
            "scores must be finite numbers, got missing or infinite ones in 1 of 30 rows. Complete "
            "or remove those rows.",
        ),
        (
            {"ranking": [None, *"x" * 29]},
            "ranking must not be missing, got 1 of 30 rows without. Say of every row in which "
            "ranking it stands.",
        ),
        (
            {"ranking": np.ones((30, 1))},
            "ranking must be one value a row, got shape (30, 1). Pass one column.",
        ),
        ({"seen": 0}, "seen must be a whole number of at least 1, got 0. Use for example 10."),
        (
            {"y": -np.ones(30)},
            "y must not be negative, nor zero in every row, got -1 to -1. Correct it.",
        ),
        (
            {"y": np.zeros(30)},
            "y must not be negative, nor zero in every row, got 0 to 0. Correct it.",
        ),
        (
            {"reference": {"band": "B"}},
            "reference of 'band' must be one of its groups, got 'B'. Did you mean 'b'?",
        ),
    ],
)
def test_what_would_mislead_is_refused(changes, message):
    with pytest.raises(InputError) as caught:
        shown(GROUPS, changes.pop("scores", SCORES), **changes)
    assert str(caught.value) == message


def test_merit_is_refused_without_relevance():
    with pytest.raises(InputError) as caught:
        shown(GROUPS, SCORES).merit()
    assert str(caught.value) == "y is required for merit, got none. Pass y= to `exposure`."
