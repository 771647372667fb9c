"""The audit: rates as peers compute them, gaps to a named reference, and what it refuses."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sklearn.metrics import confusion_matrix

from equipoise.exceptions import InputError
from equipoise.fairness import RATES, audit, audit_counts, count_table
from equipoise.intervals import newcombe, wilson, worst_gap

REFERENCE = {"band": "a", "region": "north"}
COUNTS = st.tuples(*[st.integers(0, 60)] * 4)  # tn, fp, fn, tp


def audited(rows: pd.DataFrame, reference=REFERENCE, **more):
    groups = rows[list(reference)]
    return audit(rows["y"], rows["d"], groups=groups, reference=reference, **more)


def rows_of(**cells: tuple[int, int, int, int]) -> pd.DataFrame:
    """Return rows of column `band` with these counts of (y, d) = 00, 01, 10, 11."""
    parts = [
        pd.DataFrame({"band": band, "y": [0, 0, 1, 1], "d": [0, 1, 0, 1]}).loc[
            np.repeat(range(4), counts)
        ]
        for band, counts in cells.items()
    ]
    return pd.concat(parts, ignore_index=True)


def wide(frame: pd.DataFrame, value: str = "value") -> pd.DataFrame:
    return frame.pivot(index="group", columns="metric", values=value)


@settings(max_examples=20, deadline=None)
@given(COUNTS, COUNTS)
def test_rates_are_those_of_the_confusion_matrix(one, other):
    table = rows_of(a=one, b=other, c=(10, 10, 10, 10))
    rates = audited(table, {"band": "c"}).frame().set_index(["group", "metric"])
    for band, counts in (("a", one), ("b", other)):
        part = table[table["band"] == band]
        if part.empty:
            assert band not in rates.index
            continue
        tn, fp, fn, tp = confusion_matrix(part["y"], part["d"], labels=[0, 1]).ravel()
        assert (tn, fp, fn, tp) == counts
        for metric, hits, trials in (
            ("base_rate", tp + fn, len(part)),
            ("selection_rate", tp + fp, len(part)),
            ("true_positive_rate", tp, tp + fn),
            ("false_positive_rate", fp, fp + tn),
            ("precision", tp, tp + fp),
        ):
            row = rates.loc[(band, metric)]
            assert row["n"] == len(part)
            if trials < 10:
                assert np.isnan([row["value"], row["low"], row["high"]]).all()
                assert row["note"] == f"not estimable (n={trials})"
            else:
                told = row[["value", "low", "high"]].tolist()
                assert told == pytest.approx(wilson(hits, trials), abs=1e-12)
                assert row["note"] == ""


def aif360_metric(table: pd.DataFrame):
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        from aif360.datasets import BinaryLabelDataset
        from aif360.metrics import ClassificationMetric
    finally:
        logging.disable(before)
    coded = table.assign(band=(table["band"] == "a").astype(int))
    true, decided = (
        BinaryLabelDataset(
            df=coded[["band", name]].rename(columns={name: "label"}),
            label_names=["label"],
            protected_attribute_names=["band"],
        )
        for name in ("y", "d")
    )
    return ClassificationMetric(
        true, decided, unprivileged_groups=[{"band": 0}], privileged_groups=[{"band": 1}]
    )


@pytest.mark.parametrize("seed", range(5))
def test_rates_and_gaps_are_those_of_aif360(seed):
    counts = np.random.default_rng(seed).integers(10, 90, size=(2, 4))
    table = rows_of(a=tuple(counts[0]), b=tuple(counts[1]))
    metric = aif360_metric(table)
    ours = audited(table, {"band": "a"})
    rates = wide(ours.frame())
    gaps = ours.gaps().set_index("metric")["gap"]
    for group, privileged in (("a", True), ("b", False)):
        assert rates.loc[group].to_dict() == pytest.approx(
            {
                "base_rate": metric.base_rate(privileged),
                "selection_rate": metric.selection_rate(privileged),
                "true_positive_rate": metric.true_positive_rate(privileged),
                "false_positive_rate": metric.false_positive_rate(privileged),
                "precision": metric.precision(privileged),
            },
            abs=1e-12,
        )
    assert gaps["selection_rate"] == pytest.approx(
        metric.statistical_parity_difference(), abs=1e-12
    )
    assert gaps["true_positive_rate"] == pytest.approx(
        metric.equal_opportunity_difference(), abs=1e-12
    )


@settings(max_examples=20, deadline=None)
@given(COUNTS, COUNTS, COUNTS)
def test_gaps_are_newcombes_and_flip_with_the_reference(one, other, third):
    table = rows_of(a=one, b=other, c=third)
    table = pd.concat([table, rows_of(a=(1, 0, 0, 0), b=(1, 0, 0, 0))], ignore_index=True)
    to_a = audited(table, {"band": "a"}).gaps().set_index(["group", "metric"])
    to_b = audited(table, {"band": "b"}).gaps().set_index(["group", "metric"])
    for metric, rate in RATES.items():
        cells = count_table(table, by=["band"], y_true="y", y_pred="d").marginal("band")
        hits, trials = rate.counts(cells)
        row, flipped = to_a.loc[("b", metric)], to_b.loc[("a", metric)]
        least = trials[["a", "b"]].min()
        told = row[["gap", "low", "high"]].astype(float).to_numpy()
        if least < 10:
            assert np.isnan(told).all()
            assert row["note"] == f"not estimable (n={least})"
        else:
            expected = newcombe(hits["b"], trials["b"], hits["a"], trials["a"])
            assert told == pytest.approx(np.array(expected), abs=1e-12)
        mirrored = -flipped[["gap", "high", "low"]].astype(float).to_numpy()
        assert told == pytest.approx(mirrored, abs=1e-12, nan_ok=True)


def test_each_attribute_is_audited_over_all_rows(rows):
    both = audited(rows)
    for attribute, reference in REFERENCE.items():
        alone = audited(rows, {attribute: reference})
        for frame in ("frame", "gaps", "worst", "trials"):
            table = getattr(both, frame)()
            own = table[table["attribute"] == attribute].reset_index(drop=True)
            assert_frame_equal(own, getattr(alone, frame)())


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_rows_changes_nothing(random):
    rng = np.random.default_rng(1)
    table = rows_of(a=(30, 20, 10, 40), b=(11, 12, 13, 14), c=(3, 3, 3, 3))
    unit = rng.integers(0, 90, len(table))
    order = random.sample(range(len(table)), len(table))
    given_order = audited(table, {"band": "a"}, unit=unit)
    shuffled = audited(table.iloc[order], {"band": "a"}, unit=unit[order])
    for frame in ("frame", "gaps", "worst"):
        assert_frame_equal(getattr(shuffled, frame)(), getattr(given_order, frame)())


def test_other_names_for_the_groups_change_only_the_names(rows):
    names = {"a": "zoo", "b": "_", "c": "<c>"}
    renamed = rows.assign(band=rows["band"].map(names))
    one, other = (
        audited(rows, {"band": "b"}),
        audited(renamed, {"band": "_"}),
    )
    keys = ["group", "metric"]
    for frame in ("frame", "gaps"):
        told = getattr(one, frame)().replace({"group": names, "reference": names})
        expected = told.sort_values(keys, ignore_index=True)
        assert_frame_equal(getattr(other, frame)().sort_values(keys, ignore_index=True), expected)
    assert_frame_equal(other.worst(), one.worst())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(10, 60), st.integers(10, 60)), min_size=3, max_size=6))
def test_merging_two_groups_never_widens_the_largest_gap_in_contacts(groups):
    cells = {f"g{k}": (no, yes, 0, 0) for k, (no, yes) in enumerate(groups)}
    table = rows_of(**cells)
    merged = table.assign(band=table["band"].replace("g1", "g0"))
    before, after = (
        audited(frame, {"band": "g0"}).worst().set_index("metric")["gap"]["selection_rate"]
        for frame in (table, merged)
    )
    assert after <= before + 1e-12


def test_the_worst_gap_is_over_all_pairs_of_large_enough_groups(rows):
    small = pd.concat([rows, rows_of(z=(9, 0, 0, 0))], ignore_index=True)
    worst = audited(small, {"band": "a"}).worst().set_index("metric")
    cells = rows.groupby("band")["d"].agg(["sum", "count"])
    told = worst.loc["selection_rate", ["gap", "low", "high"]].tolist()
    assert told == pytest.approx(worst_gap(cells["sum"], cells["count"]), abs=1e-12)
    assert (worst["note"] == "").all()


def test_the_rule_of_ten_looks_at_the_denominator_alone():
    table = rows_of(a=(500, 400, 50, 50), b=(91, 0, 4, 5), c=(300, 20, 10, 0))
    frame = audited(table, {"band": "a"}).frame().set_index(["group", "metric"])
    assert frame.loc[("b", "true_positive_rate"), "note"] == "not estimable (n=9)"
    assert np.isnan(frame.loc[("b", "true_positive_rate"), "value"])
    assert frame.loc[("b", "false_positive_rate"), "value"] == 0
    assert frame.loc[("b", "false_positive_rate"), "high"] > 0
    assert frame.loc[("c", "true_positive_rate"), ["value", "note"]].tolist() == [0, ""]
    assert frame.loc[("b", "base_rate"), "value"] == 0.09


def test_nobody_contacted_leaves_precision_not_estimable_and_the_rest_zero():
    table = rows_of(a=(30, 0, 20, 0), b=(30, 0, 30, 0))
    result = audited(table, {"band": "a"})
    frame = result.frame().set_index(["group", "metric"])
    assert frame.loc[("a", "selection_rate"), "value"] == 0
    assert frame.loc[("a", "precision"), "note"] == "not estimable (n=0)"
    assert np.isnan(frame.loc[("a", "precision"), "value"])
    worst = result.worst().set_index("metric")
    assert worst.loc["precision", "note"] == "not estimable (fewer than two groups large enough)"
    assert np.isnan(worst.loc["precision", "gap"])
    assert worst.loc["selection_rate", "gap"] == 0


def test_a_single_group_has_rates_and_no_gaps():
    result = audited(rows_of(a=(30, 5, 20, 5)), {"band": "a"})
    assert len(result.frame()) == len(RATES)
    assert result.gaps().empty
    assert list(result.gaps()) == [
        "attribute", "group", "reference", "metric", "gap", "low", "high", "note",
    ]  # fmt: skip
    assert result.worst()["gap"].isna().all()


def test_an_audit_of_counts_is_the_audit_of_their_rows(rows):
    counts = count_table(rows, by=["band", "region"], y_true="y", y_pred="d")
    half = rows.index < 200
    parts = [
        count_table(rows[side], by=["band", "region"], y_true="y", y_pred="d")
        for side in (half, ~half)
    ]
    for table in (counts, parts[0] + parts[1]):
        assert_frame_equal(audit_counts(table, reference=REFERENCE).frame(), audited(rows).frame())


@pytest.mark.parametrize("repeats", [2, 3])
def test_repeated_rows_of_each_customer_leave_rates_and_intervals_as_they_were(rows, repeats):
    once = audited(rows, unit=np.arange(len(rows)))
    assert_frame_equal(once.frame(), audited(rows).frame())
    again = rows.loc[rows.index.repeat(repeats)]
    repeated = audited(again, unit=again.index)
    for frame in ("gaps", "worst", "trials"):
        assert_frame_equal(getattr(repeated, frame)(), getattr(once, frame)(), rtol=1e-6)
    assert (repeated.frame()["n"] == repeats * once.frame()["n"]).all()
    assert_frame_equal(
        repeated.frame().drop(columns="n"), once.frame().drop(columns="n"), rtol=1e-6
    )


def test_ten_customers_are_enough_and_nine_are_not_however_many_rows_they_have():
    table = rows_of(a=(50, 50, 50, 50), b=(5, 0, 5, 0), c=(5, 0, 4, 0))
    again = table.loc[table.index.repeat(7)]
    notes = (
        audited(again, {"band": "a"}, unit=again.index)
        .frame()
        .query("metric == 'selection_rate'")
        .set_index("group")["note"]
    )
    assert notes.to_dict() == {"a": "", "b": "", "c": "not estimable (n=9)"}


def test_customers_with_several_rows_widen_the_intervals_and_not_the_rates(rows):
    random = np.random.default_rng(2)
    unit = rows["band"].to_numpy().astype(object) + pd.Series(random.integers(0, 60, 600)).astype(
        str
    ).to_numpy().astype(object)
    decided = rows.assign(d=pd.factorize(unit)[0] % 3 == 0)
    alone, repeated = audited(decided), audited(decided, unit=unit)
    assert_frame_equal(
        alone.frame()[["group", "value"]], repeated.frame()[["group", "value"]], rtol=1e-9
    )
    widths = [
        result.frame().query("metric == 'selection_rate'").eval("high - low")
        for result in (alone, repeated)
    ]
    assert (widths[1] > 1.3 * widths[0]).all()


def test_effective_trials_below_ten_are_shown_as_such():
    table = rows_of(a=(50, 50, 50, 50), b=(12, 0, 0, 0))
    unit = np.r_[np.arange(200), [200, 200, 200, *range(201, 210)]]
    notes = audited(table, {"band": "a"}, unit=unit).frame().query("group == 'b'")["note"]
    assert notes.iloc[0] == "not estimable (n=8)"


def test_arguments_are_not_changed(rows):
    before = rows.copy(deep=True)
    audited(rows, unit=np.arange(600) // 2)
    assert_frame_equal(rows, before)


def test_results_are_copies(rows):
    result = audited(rows)
    first = result.frame()
    first["value"] = 0.0
    result.trials()["trials"].mul(0)
    assert not result.frame()["value"].eq(0).all()


def test_arrays_are_read_by_position_whatever_the_index_of_the_groups(rows):
    shuffled = rows.sample(frac=1, random_state=0)
    result = audit(
        shuffled["y"].to_numpy(),
        shuffled["d"].tolist(),
        groups=shuffled[["band"]],
        reference={"band": "a"},
    )
    assert_frame_equal(result.frame(), audited(rows, {"band": "a"}).frame())


GROUPS = pd.DataFrame({"band": ["a", "b"]})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"y_true": [0, 1, 1]},
            "y_true, y_pred and groups must have the same number of rows, got 3, 2 and 2. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            {"unit": ["k"]},
            "y_true, y_pred, groups and unit must have the same number of rows, got 2, 2, 2 and 1. "
            "Pass the rows of the same customers in the same order.",
        ),
        (
            {"y_true": pd.Series([0, 1], index=[1, 0])},
            "y_true and groups must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
        (
            {"unit": pd.Series(["k", "l"], index=[1, 0])},
            "groups and unit must have the same index in the same order, got different ones. "
            "Align the rows first, or pass arrays to have them read by position.",
        ),
        (
            {"y_true": [1, 2]},
            "y_true must be coded 0 and 1, got 2. Code the positive value as 1.",
        ),
        (
            {"y_true": ["1", "0"]},
            "y_true must be coded 0 and 1, got '1'. Code the positive value as 1.",
        ),
        (
            {"y_pred": np.array([0.2, 0.9])},
            "y_pred must be coded 0 and 1, got 0.2. Code the positive value as 1.",
        ),
        (
            {"y_pred": [0, np.nan]},
            "y_pred must not be missing, got 1 of 2 rows without. "
            "Remove those rows, or complete them.",
        ),
        (
            {"y_true": pd.array([pd.NA, 1], dtype="Int64")},
            "y_true must not be missing, got 1 of 2 rows without. "
            "Remove those rows, or complete them.",
        ),
        (
            {"y_pred": np.array([[0], [1]])},
            "y_pred must be one value a row, got shape (2, 1). Pass one column.",
        ),
        (
            {"unit": ["k", None]},
            "unit must not be missing, got 1 of 2 rows without. Say of every row whose it is.",
        ),
        (
            {"groups": pd.DataFrame({"band": ["a", None]})},
            "group 'band' must not be missing, got 1 of 2 rows without. "
            "Make it a group of its own, such as 'unknown'.",
        ),
        (
            {"groups": GROUPS["band"]},
            "groups must be a DataFrame with one column an attribute, got Series. "
            "Use for example table[['gender']].",
        ),
        (
            {"groups": GROUPS.rename(columns={"band": "count"})},
            "groups must have columns named by different texts, other than y_true, y_pred, count, "
            "got 'count'. Rename the column.",
        ),
        (
            {"reference": {"band": "A"}},
            "reference of 'band' must be one of its groups, got 'A'. Did you mean 'a'?",
        ),
        (
            {"reference": {"bend": "a"}},
            "reference of 'band' must be one of its groups, got None. Known: 'a', 'b'.",
        ),
        (
            {"groups": pd.DataFrame({"band": [1.0, 2.0]}), "reference": {"band": 1}},
            "reference of 'band' must be one of its groups, got 1. Did you mean '1'?",
        ),
    ],
)
def test_arguments_that_would_mislead_are_refused(changed, message):
    arguments = {"y_true": [0, 1], "y_pred": [0, 1], "groups": GROUPS, "reference": {"band": "a"}}
    with pytest.raises(InputError) as refusal:
        audit(**(arguments | changed))
    assert str(refusal.value) == message
