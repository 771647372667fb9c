"""Count tables from elsewhere: refused where they mislead, and honest where they were noised."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import binom

from equipoise.exceptions import InputError
from equipoise.fairness import RATES, audit_counts
from equipoise.intervals import difference

SMALL = {"a": (70, 10, 12, 28), "b": (60, 14, 30, 26)}
CELLS = np.array([0.56, 0.14, 0.12, 0.18])  # (y, d) = 00, 01, 10, 11
RARE = np.array([0.945, 0.025, 0.01, 0.02])
KINDS = ("laplace", "geometric")


def at_least(share: float, repeats: int) -> float:
    """Return the coverage that `repeats` draws of a true coverage `share` fall below once in 10^4."""
    return float(binom.ppf(1e-4, repeats, share)) / repeats


def added(rng: np.random.Generator, kind: str, scale: float, shape: tuple[int, ...]) -> np.ndarray:
    """Return Laplace noise of this scale, or the two-sided geometric noise beside it."""
    if kind == "laplace":
        return rng.laplace(scale=scale, size=shape)
    step = 1 - np.exp(-1 / scale)
    return (rng.geometric(step, shape) - rng.geometric(step, shape)).astype(float)


def noised(rng: np.random.Generator, kind: str, scale: float, sizes, cells=CELLS) -> pd.DataFrame:
    """Return a noised table of groups of these sizes whose rates are all alike."""
    counts = np.array([rng.multinomial(size, cells) for size in sizes], dtype=float)
    if scale:
        counts += added(rng, kind, scale, counts.shape)
    groups = len(counts)
    return pd.DataFrame(
        {
            "band": np.repeat([f"g{place:04d}" for place in range(groups)], 4),
            "y_true": np.tile([0, 0, 1, 1], groups),
            "y_pred": np.tile([0, 1], 2 * groups),
            "count": counts.ravel(),
            "noise_scale": float(scale),
        }
    )


def truths(cells: np.ndarray) -> dict[str, float]:
    tn, fp, fn, tp = cells
    return {metric: float(rate(tp, fp, fn, tn).value) for metric, rate in RATES.items()}


def refusal(cells: pd.DataFrame) -> str:
    with pytest.raises(InputError) as refused:
        audit_counts(cells)
    return str(refused.value)


def test_cells_that_are_absent_of_a_plain_table_are_empty(cells_of):
    cells = cells_of(a=(70, 0, 12, 28), b=(60, 14, 0, 26))
    expected = audit_counts(cells).counts.frame()
    assert_frame_equal(audit_counts(cells[cells["count"] > 0]).counts.frame(), expected)


@pytest.mark.parametrize(
    "coded",
    [
        {"y_true": "int8", "y_pred": "float64", "count": "float64"},
        {"y_true": "Int64", "y_pred": "boolean", "count": "Int64"},
        {"y_true": "bool", "y_pred": "object", "count": "uint16"},
        {"band": "category"},
    ],
)
def test_the_coding_of_the_columns_changes_nothing(cells_of, coded):
    cells = cells_of(**SMALL)
    expected = audit_counts(cells)
    found = audit_counts(cells.astype(coded)[["count", "y_pred", "band", "y_true"]])
    assert_frame_equal(found.frame(), expected.frame())
    both = (found.counts + expected.counts).frame()
    assert both["count"].tolist() == (2 * cells["count"]).tolist()


def test_every_other_column_is_an_attribute(cells_of):
    crossed = pd.concat([cells_of(**SMALL).assign(region=region) for region in ("n", "s")])
    result = audit_counts(crossed, reference={"band": "a", "region": "s"})
    assert result.counts.by == ("band", "region")
    assert result.gaps().query("attribute == 'region'")["gap"].eq(0).all()


CHANGES = {
    "a negative count": (
        {"count": [-1] * 8},
        "counts 'count' must not be negative, got -1. "
        "Only noised counts may be negative: add their `noise_scale`.",
    ),
    "a negative weight": (
        {"weight": [-2.0] * 8, "weight_squared": [4.0] * 8},
        "counts 'weight' must not be negative, got -2. Correct it.",
    ),
    "a negative scale": (
        {"noise_scale": [-1.0] * 8},
        "counts 'noise_scale' must not be negative, got -1. Correct it.",
    ),
    "words": (
        {"count": ["7"] * 8},
        "counts 'count' must be finite numbers, got str. Correct it.",
    ),
    "infinity": (
        {"count": [np.inf] * 8},
        "counts 'count' must be finite numbers, got inf. Correct it.",
    ),
    "a missing count": (
        {"count": [np.nan, 1.0] * 4},
        "counts 'count' must be finite numbers, got nan. Correct it.",
    ),
    "a missing count of a nullable column": (
        {"count": pd.array([1, pd.NA] * 4, dtype="Int64")},
        "counts 'count' must be finite numbers, got nan. Correct it.",
    ),
    "half a customer": (
        {"count": [70.5] * 8},
        "counts 'count' must be whole numbers, got 70.5. "
        "Only noised counts may be broken: add their `noise_scale`.",
    ),
    "a missing scale": (
        {"noise_scale": [np.nan] * 8},
        "counts 'noise_scale' must be finite numbers, got nan. Correct it.",
    ),
    "another outcome": (
        {"y_true": [0, 0, 2, 2] * 2},
        "counts 'y_true' must be coded 0 and 1, got 2. Code 1 as positive.",
    ),
    "words for decisions": (
        {"y_pred": ["0", "1"] * 4},
        "counts 'y_pred' must be coded 0 and 1, got '0'. Code 1 as positive.",
    ),
    "a missing group": (
        {"band": ["a"] * 4 + [None] * 4},
        "group 'band' must not be missing, got 4 of 8 rows without. Make it a group of its own.",
    ),
    "a cell that stands twice": (
        {"band": ["1"] * 4 + [1.0] * 4},
        "counts must hold each cell once, got 1, 0, 0. Add its counts up first.",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_values_that_are_no_counts_are_refused(cells_of, what):
    columns, message = CHANGES[what]
    assert refusal(cells_of(**SMALL).assign(**columns)) == message


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"weight": [7.0] * 8},
            "counts must hold weight and weight_squared together, got weight alone. "
            "Add the other sum.",
        ),
        (
            {"weight_squared": [7.0] * 8},
            "counts must hold weight and weight_squared together, got weight_squared alone. "
            "Add the other sum.",
        ),
        (
            {"score_bin": [0, 1] * 4},
            "counts must hold score_bin and score together, got score_bin alone. "
            "Add the other sum.",
        ),
        *(
            (
                {"score_bin": bins, "score": [1.0] * 8},
                f"counts 'score_bin' must be whole numbers of at least 0, got {found}. "
                "Number the bins from 0, the lowest scores.",
            )
            for bins, found in (
                ([0, np.nan] * 4, "nan"),
                ([0.5] * 8, "0.5"),
                ([-1] * 8, "-1"),
                (["0"] * 8, "'0'"),
            )
        ),
    ],
)
def test_sums_that_would_be_misread_are_refused(cells_of, columns, message):
    assert refusal(cells_of(**SMALL).assign(**columns)) == message


def test_squares_too_small_for_their_weights_are_refused(cells_of):
    cells = cells_of(**SMALL).assign(weight=lambda table: 2.0 * table["count"])
    audit_counts(cells.assign(weight_squared=4.0 * cells["count"]))
    assert refusal(cells.assign(weight_squared=2.0 * cells["count"])) == (
        "counts 'weight_squared' must be at least weight² / count in each cell, got less. "
        "Sum the squares of the weights of the rows."
    )


def test_bins_without_the_highest_ones_are_refused(cells_of):
    cells = cells_of(**SMALL).assign(score_bin=lambda table: table["y_pred"])
    inside = cells.assign(score=cells["count"] * (0.25 + 0.5 * cells["y_pred"]))
    assert np.isfinite(audit_counts(inside).calibration()["value"]).any()
    of_ten = cells.assign(score=cells["count"] * (0.05 + 0.1 * cells["y_pred"]))
    assert refusal(of_ten) == (
        "counts 'score_bin' must number bins of equal width from 0 to 1, so that mean scores lie "
        "in their bins, got 2 bins. Keep the empty cells of the highest bins, too."
    )


def test_attributes_may_be_called_as_the_cumulants_of_the_noise_are(cells_of):
    cells = cells_of(**SMALL).assign(noise_scale=2.0)
    plain = audit_counts(cells).frame()
    for name in ("variance", "fourth"):
        renamed = audit_counts(cells.rename(columns={"band": name})).frame()
        assert_frame_equal(renamed.drop(columns="attribute"), plain.drop(columns="attribute"))


def test_what_is_no_frame_of_counts_is_refused(cells_of):
    cells = cells_of(**SMALL)
    assert refusal(cells.to_dict("list")) == (
        "counts must be a count table or a frame of one, got dict. "
        "Use for example count_table(...)."
    )
    assert refusal(cells.drop(columns="count")) == (
        "counts must name a column of the table, got 'count'. Known: 'band', 'y_true', 'y_pred'."
    )
    assert refusal(cells.drop(columns="band")) == (
        "groups must have at least one attribute, got none. Name a sensitive attribute."
    )
    assert refusal(pd.concat([cells, cells[:1]])) == (
        "counts must hold each cell once, got a, 0, 0. Add its counts up first."
    )
    assert (
        refusal(cells[:0]) == "counts must have at least one cell, got none. Count some customers."
    )
    taken = refusal(cells.replace({"band": {"b": "the rest"}}))
    assert taken == (
        "group 'band' must not hold the word for all others together, got 'the rest'. "
        "Rename the group."
    )


def test_a_noised_table_without_some_cell_is_refused(cells_of):
    cells = cells_of(**SMALL).assign(noise_scale=1.0)
    assert refusal(cells[:-1]) == (
        "counts must hold every cell of every group where noise was added, got 7 of 8. "
        "Noise the empty cells, too: an absent one says that it is empty."
    )


def test_noised_counts_may_be_negative_and_broken(cells_of):
    cells = cells_of(a=(70.4, -0.8, 12.1, 28.3), b=(60, 14.2, 30.9, 26)).assign(noise_scale=1.0)
    result = audit_counts(cells)
    assert result.counts.marginal("band").loc["a"].tolist() == [70.4, -0.8, 12.1, 28.3]
    frame = result.frame().set_index(["group", "metric"])
    assert not result.frame()["note"].str.contains("suppressed").any()
    assert frame.loc["a", "n"].eq(110.0).all()
    low, high = frame.loc[("a", "false_positive_rate"), ["low", "high"]]
    assert frame.loc[("a", "false_positive_rate"), "value"] == 0.0 == low
    assert high > 0.05
    assert frame.loc[("a", "base_rate"), "value"] == pytest.approx(40.4 / 110)
    assert (result.conflicts()["note"] == "not estimable (from noised counts)").all()
    json.loads(result.to_json())


def test_a_group_that_noise_hides_has_no_number_and_says_so(cells_of):
    cells = cells_of(a=(-70, 10, 12, 28), b=(600, 140, 300, 260)).assign(noise_scale=20.0)
    result = audit_counts(cells)
    hidden = "not estimable (hidden by noise)"
    frame = result.frame().set_index("group")
    assert frame.loc["a", "n"].isna().all()
    assert frame.loc["b", "n"].eq(1300).all()
    assert frame.loc["a", "note"].eq(hidden).all()
    assert frame.loc["b", "note"].eq("").all()
    assert result.gaps()["note"].eq(hidden).all()
    groups = json.loads(result.to_json())["groups"]
    assert [row["n"] for row in groups] == [None, 1300]
    assert hidden in result.to_html()


class Held:
    """What has a frame of counts, as `privacy.noisy_counts` returns one."""

    def __init__(self, cells):
        self.cells = cells

    def frame(self):
        return self.cells


def test_what_has_a_frame_of_counts_is_taken(cells_of):
    cells = cells_of(**SMALL).assign(noise_scale=1.0)
    assert_frame_equal(audit_counts(Held(cells)).frame(), audit_counts(cells).frame())
    message = "counts must be a count table or a frame of one, got Held. "
    assert refusal(Held(None)) == f"{message}Use for example count_table(...)."
    assert refusal(audit_counts(cells)).startswith("counts must name a column of the table")


def test_a_scale_of_zero_is_no_noise(cells_of):
    cells = cells_of(**SMALL)
    plain, none = audit_counts(cells), audit_counts(cells.assign(noise_scale=0.0))
    for frame in ("frame", "gaps", "ratios", "worst"):
        assert_frame_equal(getattr(none, frame)(), getattr(plain, frame)())


def test_noise_widens_every_interval_and_moves_no_rate(cells_of):
    cells = cells_of(**SMALL)
    for scale, wider in ((0.5, 1.0), (4.0, 1.1)):
        plain, noisy = (audit_counts(each) for each in (cells, cells.assign(noise_scale=scale)))
        for frame in ("frame", "gaps", "ratios"):
            one, other = getattr(plain, frame)(), getattr(noisy, frame)()
            known = other["note"] == ""
            assert known.sum() > 8
            value = one.columns[one.columns.get_loc("low") - 1]
            assert_frame_equal(one.loc[known, [value]], other.loc[known, [value]])
            width, wide = (each[known].eval("high - low") for each in (one, other))
            assert (wide > wider * width).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("scale", "size", "cells"),
    [(1, 170, CELLS), (5, 170, CELLS), (20, 500, CELLS), (20, 40_000, CELLS), (5, 2_000, RARE)],
)
def test_intervals_of_rates_and_gaps_include_the_noise(kind, scale, size, cells):
    groups = 2000
    rng = np.random.default_rng([scale, size, KINDS.index(kind)])
    found = audit_counts(noised(rng, kind, scale, [size] * groups, cells)).measured("band")
    for metric, truth in truths(cells).items():
        known = np.flatnonzero(found.metrics[metric].known)
        if len(known) < 400:  # Whole tables that are not estimable have no coverage.
            continue
        own = found.metrics[metric].take(known).at(0.95)
        covered = (own.low <= truth) & (truth <= own.high)
        assert covered.mean() >= at_least(0.935, len(known))
        half = len(known) // 2
        gap = difference(
            *(
                found.metrics[metric].take(part).at(0.95)
                for part in (known[:half], known[half : 2 * half])
            )
        )
        assert ((gap.low <= 0) & (gap.high >= 0)).mean() >= at_least(0.94, half)


@pytest.mark.parametrize(("scale", "size"), [(50, 300), (50, 600), (10, 60), (10, 150)])
def test_intervals_hold_where_noise_nearly_hides_the_group(scale, size):
    """Whoever is shown has mostly a denominator that noise made too large."""
    rng = np.random.default_rng([scale, size])
    found = audit_counts(noised(rng, "geometric", scale, [size] * 8000)).measured("band")
    for metric, truth in truths(CELLS).items():
        known = np.flatnonzero(found.metrics[metric].known)
        if len(known) < 300:
            continue
        own = found.metrics[metric].take(known).at(0.95)
        assert ((own.low <= truth) & (truth <= own.high)).mean() >= at_least(0.93, len(known))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("scale", "groups", "size", "cells"),
    [(1, 8, 170, CELLS), (5, 8, 500, CELLS), (20, 4, 2_000, CELLS), (1, 8, 2_000, RARE)],
)
def test_the_interval_of_the_worst_gap_includes_the_noise(kind, scale, groups, size, cells):
    repeats = 300
    rng = np.random.default_rng([scale, groups, KINDS.index(kind)])
    table = noised(rng, kind, scale, [size] * groups * repeats, cells)
    found = audit_counts(table).measured("band").metrics
    for metric in ("selection_rate", "true_positive_rate"):
        lows = [
            found[metric].take(np.arange(groups) + groups * place).widest(0.95).low
            for place in range(repeats)
        ]
        told = np.isfinite(lows)
        assert told.sum() > 250
        assert (np.array(lows)[told] <= 0).mean() >= at_least(0.94, int(told.sum()))


def test_a_huge_scale_is_never_a_narrow_interval():
    rng = np.random.default_rng(2)
    for scale in (100.0, 1e4, 1e9):
        result = audit_counts(noised(rng, "laplace", scale, [500] * 200))
        frame, worst = result.frame(), result.worst()
        known = frame["note"] == ""
        assert known.mean() < 0.3
        assert (frame[known].eval("high - low") > 0.2).all()
        assert (frame.loc[~known, "note"].str.startswith("not estimable")).all()
        assert ((worst["low"] == 0) | worst["gap"].isna()).all()


def test_calibration_of_noised_counts_includes_the_noise_or_says_that_it_cannot(cells_of):
    bins = [cells_of(**SMALL).assign(score_bin=k) for k in range(2)]
    plain = pd.concat(bins, ignore_index=True)
    plain["score"] = plain["count"] * (0.25 + 0.5 * plain["score_bin"])
    one, other = (
        audit_counts(each).calibration() for each in (plain, plain.assign(noise_scale=8.0))
    )
    known = other["note"] == ""
    width, wide = (each[known].eval("high - low") for each in (one, other))
    assert (wide > 1.05 * width).all()
    negative = plain.assign(noise_scale=8.0, count=plain["count"] - 27)
    audit_counts(negative).calibration()
