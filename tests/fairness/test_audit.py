"""The audit: signed gaps, ratios and the largest gap, whatever the rows look like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from equipoise.fairness import RATES, REST, Audit, audit, audit_counts, count_table
from equipoise.fairness._allocation import allocation
from equipoise.intervals import worst_gap
from equipoise.intervals.chance import noise_floor

REFERENCE = {"band": "a", "region": "north"}
COUNTS = st.tuples(*[st.integers(0, 60)] * 4)
LARGE = st.tuples(*[st.integers(10, 60)] * 4)
SINGLE = [name for name in RATES if name != "balanced_accuracy"]
FRAMES = ("frame", "gaps", "ratios", "worst", "trials", "conflicts")
FIGURES = ["gap", "low", "high"]


def audited(rows: pd.DataFrame, reference=REFERENCE, **more) -> Audit:
    return audit(rows["y"], rows["d"], groups=rows[list(reference)], reference=reference, **more)


def assert_same(one: Audit, other: Audit, frames=FRAMES, **tolerance) -> None:
    for frame in frames:
        assert_frame_equal(getattr(one, frame)(), getattr(other, frame)(), **tolerance)


def by_metric(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index([name for name in ("group", "metric") if name in frame])


def test_the_columns_are_the_agreed_ones(rows):
    result = audited(rows, y_score=np.linspace(0, 1, len(rows)))
    asked = {
        "frame": "attribute group n metric value low high note",
        "gaps": "attribute group reference metric gap low high note",
        "ratios": "attribute group reference metric ratio low high note",
        "worst": "attribute metric gap low high noise_floor note",
        "trials": "attribute group metric trials",
        "calibration": "attribute group score_bin score_low score_high n mean_score value low high "
        "note",
        "conflicts": "attribute group reference if_equal then gap low high note",
    }
    for frame, columns in asked.items():
        assert list(getattr(result, frame)()) == columns.split()
    for frame in ("frame", "gaps", "worst"):
        metrics = getattr(result, frame)()["metric"]
        assert list(dict.fromkeys(metrics)) == [*RATES, "auc"]
    assert list(dict.fromkeys(result.ratios()["metric"])) == SINGLE


@settings(max_examples=8)
@given(one=COUNTS, other=COUNTS, third=COUNTS)
def test_gaps_flip_with_the_reference(cells_of, one, other, third):
    table = cells_of(a=one, b=other, c=third)
    to_a, to_b = (audit_counts(table, reference={"band": name}) for name in "ab")
    given_gaps, flipped = by_metric(to_a.gaps()), by_metric(to_b.gaps())
    for metric in RATES:
        told = given_gaps.loc[("b", metric), FIGURES].astype(float).to_numpy()
        mirrored = -flipped.loc[("a", metric), ["gap", "high", "low"]].astype(float).to_numpy()
        assert told == pytest.approx(mirrored, abs=1e-12, nan_ok=True)
        assert given_gaps.loc[("b", metric), "note"] == flipped.loc[("a", metric), "note"]
    assert_frame_equal(to_a.worst(), to_b.worst())
    assert_frame_equal(to_a.frame(), to_b.frame())


def test_a_swapped_reference_turns_the_whole_frame_round(rows):
    two = rows[rows["band"] != "c"]
    one, other = (audited(two, {"band": name}).gaps() for name in "ab")
    turned = other.assign(
        group=other["reference"],
        reference=other["group"],
        gap=-other["gap"],
        low=-other["high"],
        high=-other["low"],
    )
    assert_frame_equal(one, turned)


def test_ratios_are_inverses_when_the_reference_is_swapped(rows):
    one, other = (audited(rows, {"band": name}).ratios() for name in "ab")
    to_a = one[one["group"] == "b"].reset_index(drop=True)
    to_b = other[other["group"] == "a"].reset_index(drop=True)
    inverse = to_b.assign(ratio=1 / to_b["ratio"], low=1 / to_b["high"], high=1 / to_b["low"])
    columns = ["metric", "ratio", "low", "high"]
    assert_frame_equal(to_a[columns], inverse[columns])


def test_a_reference_that_never_has_the_outcome_leaves_no_ratio(cells_of):
    result = audit_counts(cells_of(a=(50, 50, 0, 0), b=(40, 30, 20, 10)), reference={"band": "a"})
    ratios = by_metric(result.ratios())
    row = ratios.loc[("b", "base_rate")]
    assert row["note"] == "no ratio (the rate of the reference may be 0)"
    assert np.isnan(row[["ratio", "low", "high"]].astype(float)).all()
    assert ratios.loc[("b", "true_positive_rate"), "note"] == "not estimable (n=0)"
    assert ratios.loc[("b", "selection_rate"), "note"] == ""


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("repeated", [False, True])
def test_the_rest_is_a_hand_made_group_of_everybody_else(rows, weighted, repeated):
    rng = np.random.default_rng(5)
    rows = rows.sort_values("band", ignore_index=True)
    more = {"y_score": np.clip(rng.random(600) + 0.2 * rows["y"] - 0.1, 0, 1)}
    if weighted:
        more["weights"] = rng.integers(1, 6, 600)
    if repeated:  # Customers stay in one group.
        more["unit"] = rows["band"] + pd.Series(rng.integers(0, 90, 600)).astype(str)
    result = audited(rows, {"band": REST}, **more)
    for group in "abc":
        two = rows.assign(band=rows["band"].where(rows["band"] == group, "others"))
        by_hand = audited(two, {"band": "others"}, **more)
        for frame in ("gaps", "ratios", "conflicts"):
            ours, theirs = (getattr(each, frame)() for each in (result, by_hand))
            own = ours[ours["group"] == group].reset_index(drop=True)
            assert set(own["reference"]) == {"the rest"}
            compared = own.assign(reference="others")
            assert_frame_equal(compared, theirs, rtol=1e-9, atol=1e-9)


def test_without_a_reference_every_group_is_compared_with_the_rest(rows):
    groups = rows[["band", "region"]]
    by_itself = audit(rows["y"], rows["d"], groups=groups)
    assert dict(by_itself.reference) == {"band": "the rest", "region": "the rest"}
    assert_same(by_itself, audited(rows, {"band": REST, "region": REST}), ("gaps", "ratios"))
    assert by_itself.gaps()["group"].nunique() == 5


def test_each_attribute_is_audited_over_all_rows(rows):
    both = audited(rows)
    for attribute, reference in REFERENCE.items():
        alone = audited(rows, {attribute: reference})
        for frame in FRAMES:
            table = getattr(both, frame)()
            own = table[table["attribute"] == attribute].reset_index(drop=True)
            assert_frame_equal(own, getattr(alone, frame)())


@settings(max_examples=4)
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows_of, order):
    rng = np.random.default_rng(1)
    table = rows_of(a=(30, 20, 10, 40), b=(11, 12, 13, 14), c=(3, 3, 3, 3))
    unit, score = rng.integers(0, 90, len(table)), rng.random(len(table)).round(2)
    weights = rng.integers(1, 4, len(table))
    places = order.sample(range(len(table)), len(table))
    first = audited(table, {"band": "a"}, unit=unit, y_score=score, weights=weights)
    shuffled = audited(
        table.iloc[places],
        {"band": "a"},
        unit=unit[places],
        y_score=score[places],
        weights=weights[places],
    )
    assert_same(first, shuffled, (*FRAMES, "calibration"))


def test_other_names_for_the_groups_change_only_the_names(rows):
    names = {"a": "zoo", "b": "_", "c": "<c>"}
    renamed = rows.assign(band=rows["band"].map(names))
    one, other = audited(rows, {"band": "b"}), audited(renamed, {"band": "_"})
    shared = ["group", "metric"]
    sorted_by = {"frame": shared, "gaps": shared, "ratios": shared}
    for frame, keys in (sorted_by | {"conflicts": ["group", "if_equal", "then"]}).items():
        told = getattr(one, frame)().replace({"group": names, "reference": names})
        expected = told.sort_values(keys, ignore_index=True)
        assert_frame_equal(getattr(other, frame)().sort_values(keys, ignore_index=True), expected)
    kept = ["metric", *FIGURES, "note"]  # A noise floor is drawn group by group, in their order.
    assert_frame_equal(other.worst()[kept], one.worst()[kept])


GROUP_KINDS = {
    "str": lambda k: pd.Series(k).astype("str"),
    "object": lambda k: pd.Series(k).astype(str).astype(object),
    "int8": lambda k: pd.Series(k, dtype="int8"),
    "float": lambda k: pd.Series(k, dtype=float),
    "Int64": lambda k: pd.Series(k, dtype="Int64"),
    "category": lambda k: pd.Series(pd.Categorical(k, categories=[9, 2, 1, 0])),
    "mixed object": lambda k: pd.Series([str(v) if v else v for v in k], dtype=object),
}


@pytest.mark.parametrize("kind", GROUP_KINDS)
def test_groups_give_the_same_audit_whatever_their_coding(rows, kind):
    levels = rows["band"].map({"a": 0, "b": 1, "c": 2}).tolist()
    texts = rows.assign(band=[str(level) for level in levels])
    coded = rows.assign(band=GROUP_KINDS[kind](levels))
    for reference in (1, "1", 1.0, np.int64(1)):
        assert dict(audited(coded, {"band": reference}).reference) == {"band": "1"}
    assert_same(audited(coded, {"band": 1}), audited(texts, {"band": "1"}), ("frame", "gaps"))


@pytest.mark.parametrize("kind", ["bool", "boolean", "object"])
def test_boolean_groups_are_named_true_and_false(rows, kind):
    coded = rows.assign(band=rows["band"].eq("a").astype(kind))
    result = audited(coded, {"band": True})
    assert dict(result.reference) == {"band": "True"}
    assert result.gaps()["group"].unique().tolist() == ["False"]


@pytest.mark.parametrize(
    "kind",
    ["bool", "boolean", "Int64", "float64", "Float64", "int8", "uint8", "object", "category"],
)
def test_outcomes_and_decisions_give_the_same_audit_whatever_their_coding(rows, kind):
    coded = rows.assign(y=rows["y"].astype(kind), d=rows["d"].astype(kind))
    assert_same(audited(coded), audited(rows), ("frame", "gaps"))


def test_any_two_values_will_do_if_one_is_said_to_be_positive(rows):
    said = rows.assign(y=rows["y"].map({1: "yes", 0: "no"}), d=rows["d"].map({1: "yes", 0: "no"}))
    assert_same(audited(said, positive="yes"), audited(rows))
    turned = rows.assign(y=2 - rows["y"], d=2 - rows["d"])  # 1 is positive, 2 is not
    assert_same(audited(turned, positive=1), audited(rows), ("frame",))
    mirrored = rows.assign(y=1 - rows["y"], d=1 - rows["d"])
    assert_same(audited(rows, positive=0), audited(mirrored), ("frame",))


def test_arrays_are_read_by_position_whatever_the_index_of_the_groups(rows):
    shuffled = rows.sample(frac=1, random_state=0)
    result = audit(
        shuffled["y"].to_numpy(),
        shuffled["d"].tolist(),
        groups=shuffled[["band"]],
        reference={"band": "a"},
    )
    assert_frame_equal(result.frame(), audited(rows, {"band": "a"}).frame())


@settings(max_examples=10)
@given(groups=st.lists(LARGE, min_size=3, max_size=6))
def test_merging_two_groups_never_widens_the_largest_gap_of_a_count_over_another(cells_of, groups):
    table = cells_of(**{f"g{place}": counts for place, counts in enumerate(groups)})
    merged = table.assign(band=table["band"].replace("g1", "g0"))
    merged = merged.groupby(["band", "y_true", "y_pred"], as_index=False).sum()
    before, after = (
        audit_counts(each).worst().set_index("metric")["gap"] for each in (table, merged)
    )
    assert (after[SINGLE] <= before[SINGLE] + 1e-12).all()


@settings(max_examples=10)
@given(groups=st.lists(COUNTS, min_size=2, max_size=6))
def test_the_worst_gap_is_over_all_pairs_of_large_enough_groups(cells_of, groups):
    result = audit_counts(cells_of(**{f"g{k}": counts for k, counts in enumerate(groups)}))
    worst = result.worst().set_index("metric")
    for metric in SINGLE:
        parts = [RATES[metric](tp, fp, fn, tn).parts[0] for tn, fp, fn, tp in groups]
        hits, trials = np.array([part for part in parts if part[1] >= 10]).reshape(-1, 2).T
        told = worst.loc[metric, FIGURES].astype(float).tolist()
        assert told == pytest.approx(worst_gap(hits, trials), abs=1e-12, nan_ok=True)
        floor = worst.loc[metric, "noise_floor"]
        expected = noise_floor([(hits, trials)]) if len(hits) > 1 else np.nan
        assert floor == pytest.approx(expected, abs=1e-12, nan_ok=True)
        few = "not estimable (fewer than two groups large enough)"
        assert worst.loc[metric, "note"] == ("" if len(hits) > 1 else few)


def test_an_audit_of_counts_is_the_audit_of_their_rows(rows):
    names = {"by": ["band", "region"], "y_true": "y", "y_pred": "d"}
    counts = count_table(rows, **names)
    half = rows.index < 200
    parts = [count_table(rows[side], **names) for side in (half, ~half)]
    expected = audited(rows)
    assert_same(audit_counts(counts, reference=REFERENCE), expected)
    for table in (counts.frame(), parts[0] + parts[1]):
        assert_frame_equal(audit_counts(table, reference=REFERENCE).gaps(), expected.gaps())


def test_arguments_are_not_changed(rows):
    given_rows = rows.assign(score=0.25, weight=2.0, unit=np.arange(600) // 2)
    before, reference = given_rows.copy(deep=True), dict(REFERENCE)
    result = audited(
        given_rows,
        reference,
        unit=given_rows["unit"],
        y_score=given_rows["score"],
        weights=given_rows["weight"],
    )
    for frame in (*FRAMES, "calibration", "intersections", "explain"):
        getattr(result, frame)()
    assert_frame_equal(given_rows, before)
    assert reference == REFERENCE
    cells = count_table(rows, by="band", y_true="y", y_pred="d").frame()
    kept = cells.copy(deep=True)
    audit_counts(cells).frame()
    assert_frame_equal(cells, kept)


def test_results_are_copies_that_do_not_touch_the_audit(rows):
    result = audited(rows, y_score=np.linspace(0, 1, len(rows)))
    for frame in (*FRAMES, "calibration", "intersections"):
        first = getattr(result, frame)()
        kept = first.copy(deep=True)
        for column in first:
            first[column] = 0
        assert_frame_equal(getattr(result, frame)(), kept)
    for column in (cells := result.counts.frame()):
        cells[column] = 0
    assert result.counts.frame()["count"].sum() == len(rows)


def test_later_changes_to_the_rows_do_not_reach_the_audit(rows):
    y, d, score = rows["y"].to_numpy().copy(), rows["d"].to_numpy().copy(), np.linspace(0, 1, 600)
    result = audit(y, d, groups=rows[["band"]], y_score=score)
    y[:], d[:], score[:] = 0, 0, 0.5
    expected = audit(rows["y"], rows["d"], groups=rows[["band"]], y_score=np.linspace(0, 1, 600))
    assert_same(result, expected, ("frame", "calibration"))


def test_the_same_seed_gives_the_same_frames_and_another_one_other_draws(rows):
    one, again, other = (audited(rows, seed=seed) for seed in (3, 3, 4))
    assert_same(one, again)
    assert_frame_equal(one.frame(), other.frame())
    assert_frame_equal(one.gaps(), other.gaps())
    assert not one.worst()["noise_floor"].equals(other.worst()["noise_floor"])
    assert not one.conflicts()["low"].equals(other.conflicts()["low"])


@pytest.mark.parametrize(
    ("table", "column"), [(pl.DataFrame, pl.Series), (pa.Table.from_pandas, pa.array)]
)
def test_tables_of_polars_and_pyarrow_are_audited_as_those_of_pandas(rows, table, column):
    groups, given = rows[["band", "region"]], {"band": "a", "region": REST}
    drawn = pd.DataFrame(np.random.default_rng(3).random((len(rows), 2)), columns=["s", "w"])
    more = {"y_score": drawn["s"], "weights": drawn["w"], "unit": pd.Series(rows.index // 2)}
    plain = audit(rows["y"], rows["d"], groups=groups, reference=given, **more)
    held = {name: column(values.to_numpy()) for name, values in more.items()}
    pair = [column(rows[name].to_numpy()) for name in ("y", "d")]
    other = audit(*pair, groups=table(groups), reference=given, **held)
    assert_same(plain, other, ("frame", "gaps", "ratios", "worst", "calibration"))


@pytest.mark.parametrize("table", [pl.DataFrame, pa.Table.from_pandas])
def test_benefits_of_polars_and_pyarrow_tables_are_those_of_pandas(rows, table):
    groups = rows[["band"]]
    plain, other = (
        allocation(each, contacted=rows["d"].to_numpy(), reference={"band": "a"}).frame()
        for each in (groups, table(groups))
    )
    pd.testing.assert_frame_equal(plain, other)
