"""Several attributes at once: every cell beside everybody else, and the search paid for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import binom

from equipoise.exceptions import InputError
from equipoise.fairness import RATES, audit, audit_counts
from equipoise.intervals.chance import shrunk
from equipoise.intervals.search import simultaneous

REFERENCE = {"band": "a", "region": "north"}
COLUMNS = ["attribute", "group", "n", "metric", "value", "low", "high"]
COLUMNS += ["shrunk", "gap", "gap_low", "gap_high", "note"]


@pytest.fixture
def crossed(rows) -> pd.DataFrame:
    rng = np.random.default_rng(21)
    return rows.assign(age=rng.choice(["old", "young"], 600), score=rng.random(600).round(2))


def audited(rows: pd.DataFrame, by=("band", "region"), **more):
    return audit(rows["y"], rows["d"], groups=rows[list(by)], **more)


def test_depth_one_is_the_frame_with_gaps_to_everybody_else(crossed):
    result = audited(crossed, y_score=crossed["score"], unit=np.arange(600) // 2)
    one, frame = result.intersections(depth=1), result.frame()
    assert list(one) == COLUMNS
    assert_frame_equal(one[list(frame)], frame)
    assert one["gap"].to_numpy() == pytest.approx(result.gaps()["gap"].to_numpy(), nan_ok=True)


def test_depth_one_of_a_suppressed_audit_is_its_frame(crossed):
    result = audited(crossed).suppressed()
    frame = result.frame()
    assert frame["note"].str.startswith("suppressed").any()
    one = result.intersections(depth=1)
    assert_frame_equal(one[list(frame)], frame)
    hidden = one["note"] != ""
    assert one.loc[hidden, ["shrunk", "gap", "gap_low", "gap_high"]].isna().to_numpy().all()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("repeated", [False, True])
def test_cells_are_what_an_audit_of_the_crossed_attribute_says(crossed, weighted, repeated):
    rng = np.random.default_rng(22)
    more = {"y_score": crossed["score"]}
    if weighted:
        more["weights"] = rng.integers(1, 5, 600)
    if repeated:
        cell = crossed["band"] + crossed["region"]
        more["unit"] = cell + pd.Series(rng.integers(0, 40, 600)).astype(str)
    joined = crossed.assign(both=crossed["band"] + " × " + crossed["region"])
    expected = audited(joined, ["both"], **more)
    found = audited(crossed, **more).intersections()
    assert found["attribute"].unique().tolist() == ["band × region"]
    rates = expected.frame().assign(attribute="band × region")
    assert_frame_equal(found[list(rates)], rates)
    assert_frame_equal(found[["gap"]], expected.gaps()[["gap"]])


def test_the_gaps_of_a_depth_hold_for_all_of_its_groups_at_once(crossed):
    result = audited(crossed)
    crossing = result.intersections()
    for metric, part in crossing.groupby("metric", sort=False):
        told = part.set_index("group")
        known = told[told["note"] == ""]
        alone = result.measured("band", "region")
        confidence = simultaneous(len(known), 0.95)
        single = alone.metrics[metric].at(confidence)
        reach = (single.high - single.low)[alone.metrics[metric].known]
        assert (known["gap_high"] - known["gap_low"] >= reach - 1e-9).all()
        assert (known["gap_low"] < known["gap"]).all()
        assert (known["gap"] < known["gap_high"]).all()


def test_shrunk_values_lie_between_the_raw_ones_and_the_mean_of_all(cells_of):
    counts = {"a": (300, 200, 50, 50), "b": (30, 70, 9, 1), "c": (500, 400, 60, 40)}
    counts["d"] = (8, 1, 1, 1)
    told = audit_counts(cells_of(**counts)).intersections(depth=1)
    part = told[told["metric"] == "selection_rate"].set_index("group")
    hits = [fp + tp for tn, fp, fn, tp in counts.values()]
    trials = [sum(cells) for cells in counts.values()]
    assert part["shrunk"].to_numpy() == pytest.approx(shrunk(hits, trials))
    moved = (part["shrunk"] - part["value"]).abs()
    assert moved["d"] == moved.max()
    assert moved["c"] == moved.min()
    assert part["shrunk"].between(part["value"].min(), part["value"].max()).all()


def test_of_two_groups_nothing_is_shrunk(cells_of):
    told = audit_counts(cells_of(a=(30, 20, 50, 50), b=(30, 70, 9, 1))).intersections(depth=1)
    assert told["shrunk"].isna().all()
    assert told.loc[told["note"] == "", "gap"].notna().all()


def test_cells_that_are_too_small_are_named_and_not_compared(crossed):
    rare = crossed.assign(region=np.where(np.arange(600) < 7, "isle", crossed["region"]))
    told = audited(rare).intersections()
    isle = told[told["group"].str.endswith("isle")]
    assert isle["note"].str.fullmatch(r"not estimable \(n=[0-7]\)").all()
    figures = ["value", "low", "high", "shrunk", "gap", "gap_low", "gap_high"]
    assert isle[figures].isna().to_numpy().all()
    assert isle["n"].gt(0).all()


def test_three_attributes_cross_two_at_a_time_or_all_three(crossed):
    result = audited(crossed, ["band", "region", "age"])
    pairs, triples = result.intersections(), result.intersections(depth=3)
    assert pairs["attribute"].unique().tolist() == ["band × region", "band × age", "region × age"]
    assert triples["attribute"].unique().tolist() == ["band × region × age"]
    alone = audited(crossed, ["region", "age"]).intersections()
    own = pairs[pairs["attribute"] == "region × age"].reset_index(drop=True)
    assert_frame_equal(
        own[["group", "n", "metric", "value"]], alone[["group", "n", "metric", "value"]]
    )
    known = alone["note"] == ""
    wider = own[known].eval("gap_high - gap_low") > alone[known].eval("gap_high - gap_low")
    assert wider.all()  # more groups are searched
    for metric in RATES:
        sizes = triples[triples["metric"] == metric]["n"]
        assert sizes.sum() == len(crossed)


@pytest.mark.parametrize("depth", [0, 3, 4, -1, 1.5, "2", True, None])
def test_depths_that_are_not_there_are_refused(crossed, depth):
    with pytest.raises(InputError) as refusal:
        audited(crossed).intersections(depth=depth)
    assert str(refusal.value) == (
        f"depth must be a whole number from 1 to 2, got {depth!r}. Audit more attributes."
    )


def test_a_depth_may_be_a_whole_number_of_any_kind(crossed):
    result = audited(crossed)
    assert_frame_equal(result.intersections(depth=np.int64(2)), result.intersections())


def test_cross_tables_of_a_suppressed_audit_are_refused(crossed):
    with pytest.raises(InputError) as refusal:
        audited(crossed).suppressed().intersections()
    assert str(refusal.value) == (
        "intersections must not be shown of a suppressed audit, got depth 2. "
        "Publish them from noised counts: audit_counts honours `noise_scale`."
    )


@pytest.mark.parametrize(
    ("size", "cells"),
    [
        (250, (0.49, 0.21, 0.21, 0.09)),
        (50, (0.93, 0.05, 0.015, 0.005)),
        (1000, (0.96, 0.02, 0.0196, 0.0004)),
    ],
)
def test_of_eighty_equal_cells_hardly_ever_one_stands_out(size, cells):
    """Nobody differs: whoever is said to differ from everybody else is a false alarm."""
    tables = 50
    rng = np.random.default_rng([size, 3])
    axes = {"a": list("ABCDEFGH"), "b": list("0123456789"), "y_true": [0, 1], "y_pred": [0, 1]}
    empty = pd.MultiIndex.from_product(axes.values(), names=axes).to_frame(index=False)
    alarms = []
    for _ in range(tables):
        counts = rng.multinomial(size, cells, size=80).ravel()
        told = audit_counts(empty.assign(count=counts)).intersections()
        clear = (told["gap_low"] > 0) | (told["gap_high"] < 0)
        alarms.append(clear.groupby(told["metric"]).any())
    most = binom.ppf(1 - 1e-4, tables, 0.06)
    assert (pd.DataFrame(alarms).sum() <= most).all()
